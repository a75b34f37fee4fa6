"""The Jinja2 environment of the text artefacts: strict about names, silent about nothing."""

from __future__ import annotations

from functools import lru_cache

import jinja2

from promspec.render import markdown


@lru_cache(maxsize=1)
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(  # nosec B701 - Python and Markdown, each with escapes of its own
        loader=jinja2.PackageLoader("promspec.render", "templates"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    environment.filters["py"] = repr
    environment.filters.update(markdown.FILTERS)
    return environment


def fill(template: str, **values: object) -> str:
    """The template (a path below `render/templates/`) with these values; a name that is missing is an error."""
    return _environment().get_template(template).render(**values)
