"""Quantiles: numbers that are none, buckets without rate(), and means of quantiles."""

from __future__ import annotations

from collections.abc import Iterator

from promspec.judging.model import Asked, Facts, judgement
from promspec.judging.parts import bare, buckets_of
from promspec.problems import Level
from promspec.promql import Aggregate, Call, Expr, Finding, NumberLiteral, walk

_OF_CALLS = ("histogram_quantile", "quantile_over_time")


@judgement("promql/quantile-range", Level.ERROR)
def quantile_range(asked: Asked, facts: Facts) -> Iterator[Finding]:
    """A quantile is a number from 0 to 1: beyond it Prometheus answers with infinity."""
    for part in walk(asked.expr):
        for given in _quantiles(part):
            if isinstance(given, NumberLiteral) and given.value is not None and not 0 <= given.value <= 1:
                remedy = f"write {given.value / 100:g}" if 1 < given.value <= 100 else "write a number from 0 to 1"
                message = f"{given.text} is no quantile"
                yield Finding("promql/quantile-range", message, remedy, given.start, given.end)


def _quantiles(part: Expr) -> tuple[Expr, ...]:
    """The numbers that an aggregation or a function takes as quantiles."""
    if isinstance(part, Aggregate):
        return (part.param,) if part.op == "quantile" and part.param is not None else ()
    if not isinstance(part, Call):
        return ()
    return part.args[2:] if part.func == "histogram_quantiles" else part.args[:1] if part.func in _OF_CALLS else ()


@judgement("promql/quantile-of-raw-buckets", Level.WARNING)
def raw_quantiles(asked: Asked, facts: Facts) -> Iterator[Finding]:
    """A quantile is taken of rates of buckets."""
    for node in walk(asked.expr):
        buckets = buckets_of(node)
        selector = bare(buckets) if buckets is not None else None
        series = facts.registry.series(selector.name) if selector is not None and selector.name else None
        if selector is not None and series is not None and series.kind == "histogram_bucket":
            message = f"a quantile of {series.name} itself covers the whole life of its process"
            remedy = f"write rate({series.name}[5m])"
            yield Finding("promql/quantile-of-raw-buckets", message, remedy, selector.start, selector.end)


@judgement("promql/aggregated-quantile", Level.WARNING)
def aggregated_quantile(asked: Asked, facts: Facts) -> Iterator[Finding]:
    """Quantiles are not added up and not averaged: the mean of two 99th percentiles is no percentile of anything."""
    nodes = [node for node in walk(asked.expr) if isinstance(node, Aggregate) and node.op in ("avg", "sum")]
    for node in nodes:
        found = facts.measures.table(asked.expr)[id(node.expr)]
        selector = bare(node.expr)
        series = facts.registry.series(selector.name) if selector is not None and selector.name else None
        if found.quantity == "quantile" or (series is not None and series.kind == "summary"):
            message = f"{node.op}() of quantiles is no quantile of anything"
            remedy = "aggregate the buckets first: histogram_quantile(0.99, sum by (le) (rate(…_bucket[5m])))"
            if found.quantity != "quantile":
                remedy = "take max(), or a histogram instead of a summary"
            yield Finding("promql/aggregated-quantile", message, remedy, node.start, node.start + len(node.op))
