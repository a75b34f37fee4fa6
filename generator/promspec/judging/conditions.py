"""Whether an expression is a condition: whether it can yield nothing while its series are there."""

from __future__ import annotations

from collections.abc import Iterator

from promspec.judging.measures import Recorded
from promspec.judging.model import Asked, Facts, judgement
from promspec.problems import Level
from promspec.promql import Binary, Call, Expr, Finding, Selector, children, kind, selectors, walk

_FILTERS = ("==", "!=", "<=", "<", ">=", ">", "and", "unless")


def conditional(expr: Expr, recorded: Recorded, known: dict[str, bool] | None = None) -> bool:
    """Whether an alert on this expression can be silent; what is no instant vector has a problem of its own.

    `known` remembers which recording rules are conditions; give the same one for all expressions. An alert that reads
    no series, such as `vector(1)`, is a watchdog: it is meant to fire as long as Prometheus runs.
    """
    if kind(expr) != "instant" or not selectors(expr):
        return True
    known = {} if known is None else known
    _learn(expr, recorded, known)
    return _filters(expr, known)


def _learn(expr: Expr, recorded: Recorded, known: dict[str, bool]) -> None:
    """Find out of every rule that is read, also through others, whether it is a condition: the innermost first."""
    waiting, opened = _names(expr), set[str]()
    while waiting:
        name = waiting[-1]
        rules = recorded(name) if name not in known else ()
        unread = [] if name in opened else [other for rule in rules if rule is not None for other in _names(rule)]
        opened.add(name)
        unread = [other for other in unread if other not in known and other not in opened]
        if unread:
            waiting += unread
            continue
        waiting.pop()
        if name not in known:
            found = [rule is None or _filters(rule, known) for rule in rules]
            known[name] = name.startswith("ALERTS") or any(found)


def _names(expr: Expr) -> list[str]:
    return [selector.name for selector in selectors(expr) if selector.name]


def _filters(expr: Expr, known: dict[str, bool]) -> bool:
    """Whether the expression can yield nothing, from its parts; a recording rule is looked into."""
    found: dict[int, bool] = {}
    for part in reversed(list(walk(expr))):
        inner = [found[id(child)] for child in children(part)]
        if isinstance(part, Binary) and part.op == "or":
            found[id(part)] = all(inner)
        elif isinstance(part, Selector):
            found[id(part)] = known.get(part.name or "", False)
        else:
            found[id(part)] = any(inner) or _is_filter(part)
    return found[id(expr)]


def _is_filter(part: Expr) -> bool:
    if isinstance(part, Binary):
        return part.op in _FILTERS and not part.return_bool
    return isinstance(part, Call) and part.func.startswith("absent")


@judgement("alert/no-comparison", Level.WARNING, "alert")
def no_comparison(asked: Asked, facts: Facts) -> Iterator[Finding]:
    """An alert's expression is a condition: whatever it yields fires, also a zero."""
    if not conditional(asked.expr, facts.recorded, facts.conditions):
        text = f"the alert {asked.name} compares nothing, so it fires as long as there are series"
        remedy = "compare the value, such as … > 0 (without bool, which yields 0 or 1 and never nothing)"
        yield Finding("alert/no-comparison", text, remedy, asked.expr.start, asked.expr.end)
