"""Queries with Grafana's variables: which they mention, which series they select, how a variable filters them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from promspec.promql.edit import add_matchers, matcher
from promspec.promql.inference.fold import infer
from promspec.promql.inference.model import Registry
from promspec.promql.parser import parse
from promspec.promql.syntax import Selector, selectors

_VARIABLE = re.compile(r"\$(\w+)|\$\{(\w+)[^}]*\}|\[\[(\w+)[^\]]*\]\]")


def filtered(expr: str, registry: Registry, variables: Mapping[str, str]) -> str:
    """The query with `label=~"$variable"` in every selector whose series can have the label, unless it has one.

    `variables` maps labels to the names of their variables.
    """

    def choose(selector: Selector) -> Sequence[str]:
        labels = series_labels(selector, registry)
        return [matcher(label, "=~", f"${variable}") for label, variable in variables.items() if label in labels]

    return add_matchers(expr, choose, templated=True)


def series_labels(selector: Selector, registry: Registry) -> tuple[str, ...]:
    """The labels that the selected series can have, as far as the registry knows."""
    found = [registry.series(name) for name in series_names(selector, registry)]
    return tuple(dict.fromkeys(label for series in found if series is not None for label in series.labels))


def series_names(selector: Selector, registry: Registry) -> tuple[str, ...]:
    """The names of the selected series: the one that is written, or all that match a condition on `__name__`."""
    if selector.name is not None:
        return (selector.name,)
    wanted = [matcher for matcher in selector.matchers if matcher.label == "__name__" and not matcher.variable]
    return tuple(name for name in registry.names() if wanted and all(_fits(m.op, m.value, name) for m in wanted))


def _fits(operator: str, value: str, name: str) -> bool:
    try:
        same = re.fullmatch(value, name) is not None if operator.endswith("~") else value == name
    except re.error:  # a pattern of RE2 that Python cannot read
        return False
    return same == operator.startswith("=")


def used_series(queries: Iterable[str], registry: Registry) -> tuple[str, ...]:
    """The names of the series that any of the queries selects, in the order of first mention."""
    every = (selector for query in queries for selector in selectors(parse(query, templated=True)))
    return tuple(dict.fromkeys(name for selector in every for name in series_names(selector, registry)))


def variables_in(text: str) -> tuple[str, ...]:
    """The names of the variables a text mentions as `$name`, `${name}` or `[[name]]`; Grafana's own begin with `__`."""
    names = ("".join(found.groups("")) for found in _VARIABLE.finditer(text))
    return tuple(dict.fromkeys(name for name in names if not name.startswith("__") and not name[0].isdigit()))


def result_labels(expr: str, registry: Registry) -> tuple[tuple[str, ...], bool]:
    """The labels of a query's result in order, and whether these are all."""
    inference = infer(parse(expr, templated=True), registry)
    return tuple(inference.labels), inference.exact
