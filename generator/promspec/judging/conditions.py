"""Whether an expression is a condition: whether it can yield nothing while its series are there."""

from __future__ import annotations

from collections.abc import Iterator

from promspec.judging.measures import Recorded
from promspec.judging.model import Asked, Facts, judgement
from promspec.problems import Level
from promspec.promql import Binary, Call, Expr, Finding, Selector, children, kind, walk

_FILTERS = ("==", "!=", "<=", "<", ">=", ">", "and", "unless")


def conditional(expr: Expr, recorded: Recorded, known: dict[str, bool] | None = None) -> bool:
    """Whether an alert on this expression can be silent; what is no instant vector has a problem of its own.

    `known` remembers which recording rules are conditions; give the same one for all expressions.
    """
    return kind(expr) != "instant" or _filters(expr, recorded, {} if known is None else known)


def _filters(expr: Expr, recorded: Recorded, known: dict[str, bool]) -> bool:
    """Whether the expression can yield nothing, from its parts; a recording rule is looked into."""
    found: dict[int, bool] = {}
    for part in reversed(list(walk(expr))):
        inner = [found[id(child)] for child in children(part)]
        if isinstance(part, Binary) and part.op == "or":
            found[id(part)] = all(inner)
        elif isinstance(part, Selector):
            found[id(part)] = _selects_conditions(part.name or "", recorded, known)
        else:
            found[id(part)] = any(inner) or _is_filter(part)
    return found[id(expr)]


def _is_filter(part: Expr) -> bool:
    if isinstance(part, Binary):
        return part.op in _FILTERS and not part.return_bool
    return isinstance(part, Call) and part.func.startswith("absent")


def _selects_conditions(name: str, recorded: Recorded, known: dict[str, bool]) -> bool:
    if name.startswith("ALERTS"):
        return True
    if name not in known:
        known[name] = False  # for a rule that reads itself
        known[name] = any(other is None or _filters(other, recorded, known) for other in recorded(name))
    return known[name]


@judgement("alert/no-comparison", Level.WARNING, "alert")
def no_comparison(asked: Asked, facts: Facts) -> Iterator[Finding]:
    """An alert's expression is a condition: whatever it yields fires, also a zero."""
    if not conditional(asked.expr, facts.recorded, facts.conditions):
        text = f"the alert {asked.name} compares nothing, so it fires as long as there are series"
        remedy = "compare the value, such as … > 0 (without bool, which yields 0 or 1 and never nothing)"
        yield Finding("alert/no-comparison", text, remedy, asked.expr.start, asked.expr.end)
