"""Sums and counts of what does not add up: buckets that hold each other, several units, conditions as 0 and 1."""

from __future__ import annotations

from collections.abc import Iterator

from promspec.judging.model import Asked, Facts, judgement
from promspec.judging.parts import buckets_of
from promspec.problems import Level
from promspec.promql import Aggregate, Binary, Call, Expr, Finding, Matcher, Selector, accepts, unwrap, walk

_COMPARISONS = ("==", "!=", "<", ">", "<=", ">=")
_ADDING = ("sum", "avg")
_MIXING = (*_ADDING, "max", "min")
_RATES = ("rate", "increase", "irate")


@judgement("promql/buckets-summed", Level.WARNING)
def buckets_summed(asked: Asked, facts: Facts) -> Iterator[Finding]:
    """Buckets are not added up: each holds all below it, so an event is counted once for every bucket above it."""
    asides = {id(part) for node in walk(asked.expr) for part in _of_quantile(node)}
    for node in walk(asked.expr):
        selector = _added(node, "le") if id(node) not in asides else None
        series = facts.registry.series(selector.name) if selector is not None and selector.name else None
        if selector is None or series is None or series.kind != "histogram_bucket" or not isinstance(node, Aggregate):
            continue
        if _several(selector, series.labels.get("le")):
            count = f"{series.name.removesuffix('_bucket')}_count"
            message = f"{node.op}() of the buckets of {series.name} counts each event in every bucket that holds it"
            remedy = f'select one bucket, such as le="1", or read {count}; for a quantile keep le'
            yield Finding("promql/buckets-summed", message, remedy, selector.start, selector.end)


def _of_quantile(node: Expr) -> tuple[Expr, ...]:
    """What a quantile is asked of: that it lacks le is told of as such."""
    buckets = buckets_of(node)
    return walk(buckets) if buckets is not None else ()


def _added(node: Expr, label: str, operators: tuple[str, ...] = _ADDING) -> Selector | None:
    """The selector of which an aggregation adds up, or averages, series that a label tells apart."""
    if not isinstance(node, Aggregate) or node.op not in operators:
        return None
    if (label in [each.name for each in node.grouping]) != node.without:
        return None
    inner = unwrap(node.expr)
    if isinstance(inner, Call) and inner.func in _RATES:
        inner = unwrap(inner.args[0])
    return inner if isinstance(inner, Selector) else None


def _several(selector: Selector, bounds: tuple[str, ...] | None) -> bool:
    """Whether several buckets pass; that 1 and 1.0 are one bound counts."""
    asked: list[Matcher] = [matcher for matcher in selector.matchers if matcher.label == "le"]
    if any(matcher.variable or matcher.op == "=" for matcher in asked) or bounds is None:
        return False
    passing = [bound for bound in bounds if all(accepts(matcher, bound) is not False for matcher in asked)]
    return len({bound.removesuffix(".0") for bound in passing}) > 1


@judgement("promql/mixed-units", Level.WARNING)
def mixed_units(asked: Asked, facts: Facts) -> Iterator[Finding]:
    """What is added up has one unit: where a label says the unit, one of its values is chosen or kept."""
    for node in walk(asked.expr):
        selector = _added(node, "unit", _MIXING)
        series = facts.seen.series(selector.name) if selector is not None and selector.name else None
        if selector is None or series is None or not isinstance(node, Aggregate):
            continue
        units, kinds = series.labels.get("unit") or (), series.labels.get("resource") or ()
        kept = [each.name for each in node.grouping if not node.without]
        chosen = any(matcher.label in ("unit", "resource") for matcher in selector.matchers) or "resource" in kept
        if len(units) > 1 and not chosen:
            label = "resource" if kinds else "unit"
            message = f"{node.op}() is over {' and '.join(units[:3])} at once: {series.name} has several units"
            remedy = f'choose one: {series.name}{{{label}="{(kinds or units)[0]}"}}, or keep {label}'
            yield Finding("promql/mixed-units", message, remedy, selector.start, selector.end)


@judgement("promql/count-of-bool", Level.WARNING)
def count_of_bool(asked: Asked, facts: Facts) -> Iterator[Finding]:
    """What is counted was filtered: bool keeps every series, as 0 or 1, and count() counts the zeros too."""
    for node in walk(asked.expr):
        inner = unwrap(node.expr) if isinstance(node, Aggregate) and node.op == "count" else None
        if isinstance(inner, Binary) and inner.op in _COMPARISONS and inner.return_bool:
            message = f"count() of `{inner.op} bool` counts every series: bool gives 0 or 1, and leaves none out"
            remedy = f"write sum(… {inner.op} bool …), or count(… {inner.op} …) without bool"
            yield Finding("promql/count-of-bool", message, remedy, inner.op_start, inner.op_end)
