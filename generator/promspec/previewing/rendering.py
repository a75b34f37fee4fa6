"""Fills the templates of the pages: everything is escaped; style and script stand inside, allowed by their hashes."""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache
from importlib.resources import files

import jinja2
from markupsafe import Markup

from promspec.previewing.words import blocks, inline, link


@lru_cache(maxsize=1)
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("promspec.previewing", "templates"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=True,
    )
    environment.filters.update(
        {"inline": inline, "blocks": blocks, "link": link, "thousands": _thousands, "outage": _outage}
    )
    return environment


def page(template: str, **values: object) -> str:
    """A page from its template, with the style, the script, and the policy that allows these two and nothing else."""
    style, script = _asset("preview.css"), _asset("preview.js")
    return (
        _environment()
        .get_template(template)
        .render(
            **values,
            style=Markup(style),  # nosec B704 - a file of ours
            script=Markup(script),  # nosec B704 - a file of ours
            policy=(
                f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; "
                "base-uri 'none'; form-action 'none'"
            ),
        )
    )


@lru_cache(maxsize=2)
def _asset(name: str) -> str:
    """A file of `assets`, exactly as it will stand between its tags."""
    return (files("promspec.previewing") / "assets" / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """Source: https://www.w3.org/TR/CSP3/#grammardef-hash-source"""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _thousands(number: int) -> str:
    return f"{number:,}"


def _outage(minutes: str) -> str:
    """So many minutes, from an hour on as hours: nobody reads 403.2 minutes."""
    whole = int(float(minutes))
    return f"{minutes} minutes" if whole < 60 else f"{whole // 60}h{whole % 60}m"
