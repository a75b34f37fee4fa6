"""Quotients: of a series by itself, of events over different windows, and shares compared with a percentage."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from promspec.judging.model import Asked, Facts, judgement
from promspec.judging.parts import factored, key
from promspec.judging.thresholds import comparisons
from promspec.problems import Level
from promspec.promql import Aggregate, Binary, Call, Expr, Finding, Selector, kind, unwrap, walk

_RATES = ("rate", "increase", "irate")
_OF_HISTOGRAM = ("_bucket", "_sum", "_count")


def _quotients(expr: Expr) -> Iterator[Binary]:
    for node in walk(expr):
        if isinstance(node, Binary) and node.op == "/" and kind(node.lhs) == kind(node.rhs) == "instant":
            yield node


@judgement("promql/divided-by-itself", Level.WARNING)
def divided_by_itself(asked: Asked, facts: Facts) -> Iterator[Finding]:
    """A part is divided by its whole, not each series by itself: then every result is 1."""
    for node in _quotients(asked.expr):
        apart = _told_apart(node.lhs, node.rhs) if node.matching is None else None
        if apart is None:
            continue
        message = "each series is divided by itself, so every result is 1"
        remedy = "divide by something else, or write 1"
        if apart:
            message = f"both sides keep the label {apart[0]}, so each series is divided by itself: every result is 1"
            remedy = f"leave {apart[0]} out of both sides: sum without ({apart[0]}) (…) / sum without ({apart[0]}) (…)"
        yield Finding("promql/divided-by-itself", message, remedy, node.op_start, node.op_end)


def _told_apart(left: Expr, right: Expr) -> list[str] | None:
    """The labels by which one side selects less, if both sides keep them; None where the sides are not the same."""
    left, right = unwrap(left), unwrap(right)
    if isinstance(left, Aggregate) and isinstance(right, Aggregate) and left.op == right.op and left.param is None:
        names = {label.name for label in left.grouping}
        if left.without != right.without or names != {label.name for label in right.grouping}:
            return None
        inner = _told_apart(left.expr, right.expr)
        return inner if inner is not None and all((label in names) != left.without for label in inner) else None
    if isinstance(left, Call) and isinstance(right, Call) and left.func == right.func:
        same = len(left.args) == len(right.args) and all(map(_alike, left.args[1:], right.args[1:]))
        return _told_apart(left.args[0], right.args[0]) if left.args and same else None
    if not isinstance(left, Selector) or not isinstance(right, Selector) or left.name is None:
        return None
    if key(replace(left, matchers=())) != key(replace(right, matchers=())):
        return None
    sides = [{(m.label, m.op, m.value) for m in side.matchers} for side in (left, right)]
    return sorted({label for label, _, _ in sides[0] ^ sides[1]})


def _alike(left: Expr, right: Expr) -> bool:
    return key(left) == key(right)


@judgement("promql/window-mismatch", Level.WARNING)
def different_windows(asked: Asked, facts: Facts) -> Iterator[Finding]:
    """A part and its whole are counted over the same time."""
    for node in _quotients(asked.expr):
        part, whole = _rates(node.lhs), _rates(node.rhs)
        if len(part) != 1 or len(whole) != 1 or not _related(part[0][1], whole[0][1]):
            continue
        (one, left), (other, right) = part[0], whole[0]
        if left.range is not None and right.range is not None and left.range.text != right.range.text:
            message = f"the part is counted over {left.range.text}, the whole over {right.range.text}"
            remedy = f"write [{right.range.text}] on both sides"
        elif (one == "increase") != (other == "increase"):
            message = f"{one}() of the part is divided by {other}() of the whole: one counts events, one per second"
            remedy = "write rate() on both sides"
        else:
            continue
        yield Finding("promql/window-mismatch", message, remedy, node.op_start, node.op_end)


def _rates(expr: Expr) -> list[tuple[str, Selector]]:
    """The rates in an expression, each with what it is of."""
    calls = (node for node in walk(expr) if isinstance(node, Call) and node.func in _RATES)
    read = ((call.func, unwrap(call.args[0])) for call in calls)
    return [(function, selector) for function, selector in read if isinstance(selector, Selector)]


def _related(part: Selector, whole: Selector) -> bool:
    """Whether they are of one metric, and not the same series now and over a longer time, which is a comparison."""
    if part.name is None or whole.name is None or part.offset != whole.offset or part.at != whole.at:
        return False
    if part.name == whole.name:
        return {(m.label, m.op, m.value) for m in part.matchers} != {(m.label, m.op, m.value) for m in whole.matchers}
    return part.name.endswith(_OF_HISTOGRAM) and part.name.rpartition("_")[0] == whole.name.rpartition("_")[0]


_WHOLES = frozenset(("size", "total", "capacity", "limit", "limits", "max", "maximum", "quota", "allocatable"))
_LIMITS = frozenset(("limit", "limits", "max", "maximum", "quota", "capacity"))
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
"""The words of a name, also of MemFree."""
_PARTS = frozenset(
    (
        *("used", "usage", "use", "avail", "available", "free", "active", "current", "allocated", "open", "connected"),
        *("running", "working", "set", "resident", "rss", "in", "busy", "idle", "entries"),
    )
)


@judgement("promql/percent-of-share", Level.WARNING, "alert")
def percent_of_share(asked: Asked, facts: Facts) -> Iterator[Finding]:
    """What is used of a limit is 0 to 1, or times 100 a percentage: the threshold is of the same kind."""
    table = facts.measures.table(asked.expr)
    for _, side, other, op, value in comparisons(asked.expr):
        factor, quotient = _scaled(side)
        if quotient is None or op in ("==", "!=") or (table[id(side)].sure and table[id(side)].high in (1, 100)):
            continue
        if not _share(quotient):
            continue
        if factor == 1 and 2 <= value <= 100:
            message = f"a share is 0 to 1, and {value:g} looks like a percentage"
            remedy = f"write {value / 100:g}, or multiply the quotient by 100"
        elif factor == 100 and 0 < value < 1:
            message = f"a percentage is 0 to 100, and {value:g} looks like a share of 1"
            remedy = f"write {value * 100:g}, or leave out the 100"
        else:
            continue
        yield Finding("promql/percent-of-share", message, remedy, other.start, other.end)


def _scaled(side: Expr) -> tuple[float, Binary | None]:
    """A quotient and what it is multiplied by, also above the line; no quotient where there is none."""
    factor, rest = factored(side)
    if not isinstance(rest, Binary) or rest.op != "/":
        return factor, None
    above, part = factored(rest.lhs)
    return factor * above, replace(rest, lhs=part)


def _share(node: Binary) -> bool:
    """Whether the names say that what is above is a part of what is below, such as used and limit."""
    part, whole = (_one_name(side) for side in (node.lhs, node.rhs))
    if not part or not whole or part == whole:
        return False
    above, below = (_words(name) for name in (part, whole))
    if below < above:  # throttled_periods_total of periods_total
        return True
    kin = (above & below) - {part.split("_")[0]}  # more than the exporter's own word
    if not (below - above) & _WHOLES or (above - below) & _LIMITS:
        return False
    return bool((above - below) & _PARTS) or bool(kin and (below - above) & _LIMITS)


def _words(name: str) -> set[str]:
    return {word.lower() for word in _WORD.findall(name)}


def _one_name(expr: Expr) -> str:
    """The name of the only series that an expression adds up, or takes the rate of."""
    expr = unwrap(expr)
    while isinstance(expr, (Aggregate, Call)):
        if isinstance(expr, Aggregate):
            expr = unwrap(expr.expr)
        elif expr.func in _RATES or expr.func.endswith("_over_time"):
            expr = unwrap(expr.args[-1])
        else:
            return ""
    return expr.name or "" if isinstance(expr, Selector) else ""
