"""What an expression reads: the series it selects, the labels it names, the values its matchers leave out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from promspec.promql import Aggregate, Binary, Expr, Matcher, PromQLError, Registry, Selector, accepts, parse, walk
from promspec.promql.grafana import series_names

_TEMPLATE_LABEL = re.compile(r"\$labels\.(\w+)|\{\{\s*(\w+)\s*\}\}")


@dataclass(frozen=True, slots=True)
class Reading:
    """One selector: the name of the series it reads, and its matchers."""

    series: str
    matchers: tuple[Matcher, ...]

    def may_read(self, labels: Mapping[str, str]) -> bool:
        """Whether series with these fixed labels can pass the matchers."""
        fixed = (matcher for matcher in self.matchers if matcher.label in labels)
        return all(accepts(matcher, labels[matcher.label]) is not False for matcher in fixed)

    def selects(self, label: str) -> bool:
        """Whether it asks for values of this label."""
        return any(matcher.label == label and matcher.op in ("=", "=~") for matcher in self.matchers)

    def accepts(self, label: str, value: str) -> bool:
        """Whether series with this value of the label can pass."""
        return self.may_read({label: value})


def readings(exprs: Iterable[Expr], registry: Registry) -> tuple[Reading, ...]:
    """Every selector of the expressions with every name it can mean."""
    found = [
        Reading(name, part.matchers)
        for expr in exprs
        for part in walk(expr)
        if isinstance(part, Selector)
        for name in series_names(part, registry)
    ]
    return tuple(dict.fromkeys(found))


def labels_named(exprs: Iterable[Expr], texts: Sequence[str] = ()) -> tuple[str, ...]:
    """The labels that the expressions match, group or join by, or that templates show, in the order of mention."""
    named = [label for expr in exprs for part in walk(expr) for label in _labels(part)]
    named += [name for text in texts for found in _TEMPLATE_LABEL.findall(text) for name in found if name]
    return tuple(dict.fromkeys(named))


def _labels(part: Expr) -> Iterator[str]:
    if isinstance(part, Selector):
        yield from (matcher.label for matcher in part.matchers)
    elif isinstance(part, Aggregate):
        yield from (label.name for label in part.grouping if not part.without)
    elif isinstance(part, Binary) and part.matching is not None:
        if part.matching.on:
            yield from (label.name for label in part.matching.labels)
        yield from (label.name for label in part.matching.include)


def expression(text: str, templated: bool = False) -> Expr | None:
    """The expression, or None where it does not parse (which has its own problem)."""
    try:
        return parse(text, templated=templated)
    except PromQLError:
        return None
