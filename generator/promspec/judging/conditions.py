"""Whether an expression is a condition: whether it can yield nothing while its series are there."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from promspec.promql import Binary, Call, Expr, Selector, kind, selectors, walk

_FILTERS = ("==", "!=", "<=", "<", ">=", ">", "and", "unless")

Recorded = Callable[[str], Sequence[Expr | None]]
"""The expressions that are recorded under a name; None for one that does not parse."""


def conditional(expr: Expr, recorded: Recorded) -> bool:
    """Whether an alert on this expression can be silent; what is no instant vector has a problem of its own.

    An alert that reads no series, such as `vector(1)`, is a watchdog: it is meant to fire as long as Prometheus runs.
    """
    return kind(expr) != "instant" or not selectors(expr) or _filters(expr, recorded)


def _filters(expr: Expr, recorded: Recorded) -> bool:
    """Whether a part of the expression can yield nothing; recording rules are looked into, each once."""
    waiting, read = [expr], set[str]()
    while waiting:
        for part in walk(waiting.pop()):
            if isinstance(part, Binary) and part.op in _FILTERS and not part.return_bool:
                return True
            if isinstance(part, Call) and part.func.startswith("absent"):
                return True
            if isinstance(part, Selector) and part.name is not None and part.name not in read:
                read.add(part.name)
                rules = recorded(part.name)
                if part.name.startswith("ALERTS") or any(rule is None for rule in rules):
                    return True
                waiting += [rule for rule in rules if rule is not None]
    return False
