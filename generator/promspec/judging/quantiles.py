"""Quantiles that are no numbers from 0 to 1."""

from __future__ import annotations

from collections.abc import Iterator

from promspec.promql import Aggregate, Call, Expr, Finding, NumberLiteral, walk

_OF_CALLS = ("histogram_quantile", "quantile_over_time")


def quantile_findings(expr: Expr) -> Iterator[Finding]:
    """A finding for each quantile beyond 0 to 1."""
    for part in walk(expr):
        given = part.param if isinstance(part, Aggregate) and part.op == "quantile" else None
        if isinstance(part, Call) and part.func in _OF_CALLS and part.args:
            given = part.args[0]
        if isinstance(given, NumberLiteral) and given.value is not None and not 0 <= given.value <= 1:
            remedy = f"write {given.value / 100:g}" if 1 < given.value <= 100 else "write a number from 0 to 1"
            message = f"{given.text} is no quantile"
            yield Finding("promql/quantile-range", message, remedy, given.start, given.end)
