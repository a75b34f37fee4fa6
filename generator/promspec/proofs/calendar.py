"""Alerts that hang on the time of day or week: how long their rounds are, and when in one of them they can hold."""

from __future__ import annotations

from collections.abc import Iterable

from promspec.evaluation import Rule, Store, run
from promspec.promql import Call, Expr, Selector, parse, walk
from promspec.proofs.closure import Closure

_HOUR = 3_600_000
_ROUNDS = {
    "minute": _HOUR,
    "hour": 24 * _HOUR,
    "day_of_week": 7 * 24 * _HOUR,
}


def round_of(closure: Closure) -> int:
    """After how many milliseconds the parts of the time that an expression asks for come again; 0 if it asks none."""
    calls = (node for rule in closure.all for node in walk(rule.tree) if isinstance(node, Call) and _of_now(node))
    return max((_ROUNDS.get(call.func, 0) for call in calls), default=0)


def _of_now(call: Call) -> bool:
    return call.func in _ROUNDS and not _reads(call)


def _reads(expr: Expr) -> bool:
    return any(isinstance(node, Selector) for node in walk(expr))


def lead(expressions: Iterable[str], every: int, step: int, left_open: bool) -> int:
    """After how many steps of a round all conditions on the time alone begin to hold; 0 if they never do together."""
    targets = [Rule("", expr) for expr in dict.fromkeys(expressions) if not _reads(parse(expr))]
    times = range(0, every + 1, step)
    if not targets or not every:
        return 0
    found = [
        {index for column in result.values() for index, value in enumerate(column) if value is not None}
        for result in run([], targets, Store(left_open), times)
    ]
    return min(set.intersection(*found), default=0)
