"""Comparisons with numbers that the other side never reaches, or always exceeds; conditions that exclude each other."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator
from itertools import pairwise

from promspec.judging import units
from promspec.judging.combining import FLIPPED
from promspec.judging.conditions import conditional
from promspec.judging.measure import Measure
from promspec.judging.model import RULES, Asked, Facts, Weighed, judgement
from promspec.judging.parts import constant, key
from promspec.problems import Level
from promspec.promql import Binary, Expr, Finding, kind, remembered, unwrap, walk

COMPARISONS = tuple(FLIPPED)
_PER_SECOND = units.Unit((("seconds", -1),))
_MOST_BOUNDS = 50
"""Parts of a conjunction that are looked at."""


@remembered
def comparisons(expr: Expr) -> tuple[tuple[Binary, Expr, Expr, str, float], ...]:
    """Each comparison with a number: the node, what is compared, the number's node, the operator, the number."""
    nodes = (node for node in walk(expr) if isinstance(node, Binary))
    compared = (node for node in nodes if node.op in COMPARISONS and not node.return_bool)
    return tuple((node, *each) for node in compared for each in _compared(node))


def _compared(node: Binary) -> Iterator[tuple[Expr, Expr, str, float]]:
    for side, other, op in ((node.lhs, node.rhs, node.op), (node.rhs, node.lhs, FLIPPED[node.op])):
        value = constant(other)
        if value is not None and math.isfinite(value) and kind(side) != "scalar":
            yield side, other, op, value


@judgement("promql/threshold-range", Level.ERROR, "alert")
def out_of_range(asked: Asked, facts: Facts) -> Iterator[Finding | Weighed]:
    """A threshold lies where values can be: a ratio is 0 to 1, a quantile at most the largest bucket, a count not 0."""
    top = unwrap(asked.expr)
    table = facts.measures.table(asked.expr)
    for node, side, other, op, value in comparisons(asked.expr):
        found = table[id(side)]
        verdict = _verdict(op, value, found)
        if verdict == "never" or (verdict == "always" and node is top and _always_there(side, found, facts)):
            finding = _finding(other, op, value, found, verdict)
            yield finding if found.sure and verdict == "never" else Weighed(finding, Level.WARNING)


def _always_there(side: Expr, found: Measure, facts: Facts) -> bool:
    """Whether the compared side is no condition itself, as in `count(up == 0) > 0`, nor counts what may be missing."""
    return found.low != 1 and not conditional(side, facts.recorded, facts.conditions)


def _verdict(op: str, value: float, found: Measure) -> str:
    low, high = found.low, found.high
    outside = value < low or value > high
    never = {">": value >= high, ">=": value > high, "<": value <= low, "<=": value < low, "==": outside, "!=": False}
    always = {">": value < low, ">=": value <= low, "<": value > high, "<=": value >= high, "==": False, "!=": outside}
    return "never" if never[op] else "always" if always[op] else ""


def _finding(other: Expr, op: str, value: float, found: Measure, verdict: str) -> Finding:
    always = "is true of all but NaN" if found.nan and op != "!=" else "is always true"
    what = "is never true" if verdict == "never" else always
    message = f"`{op} {value:g}` {what}: {found.why or f'the values are {found.low:g} to {found.high:g}'}"
    return Finding("promql/threshold-range", message, _remedy(op, value, found), other.start, other.end)


def _remedy(op: str, value: float, found: Measure) -> str:
    if found.quantity == "count":
        return "write absent(…), or add `or vector(0)` behind the aggregation"
    if found.low == found.high == 0:
        return "to count series write count(…): a comparison keeps their values, and zeros add up to 0"
    share = found.unit == units.RATIO or (_yes_or_no(found) and op not in ("==", "!="))
    if share and 1 < value <= 100:
        return f"write {value / 100:g}, or multiply the ratio by 100"
    if found.unit == units.PERCENT and value > 100:
        return "write a percentage from 0 to 100"
    too_large = op in (">", ">=", "==") and math.isfinite(found.high) and value >= found.high
    if too_large and found.unit == units.SECONDS and value / 1000 < found.high:
        return f"the buckets are in seconds: write {value / 1000:g}, or add a larger bucket"
    return "compare with a value inside the range"


def _yes_or_no(found: Measure) -> bool:
    """Whether it is a gauge of 0 or 1, or the mean of one over time."""
    return (found.low, found.high) == (0, 1) and (found.quantity == "gauge" or not found.sure)


@judgement("promql/unit-mismatch", Level.WARNING)
def different_units(asked: Asked, facts: Facts) -> Iterator[Finding]:
    """What is added or compared has the same unit."""
    nodes = [node for node in walk(asked.expr) if isinstance(node, Binary) and node.op in (*COMPARISONS, "+", "-")]
    table = facts.measures.table(asked.expr) if nodes else {}
    for node in nodes:
        if constant(node.lhs) is not None or constant(node.rhs) is not None:
            continue
        left, right = (units.named(table[id(side)].unit) for side in (node.lhs, node.rhs))
        if left is not None and right is not None and left != right and _apart(left, right):
            message = f"`{node.op}` has {left} on its left side and {right} on its right"
            yield Finding("promql/unit-mismatch", message, _conversion(left, right), node.op_start, node.op_end)


@judgement("promql/time-threshold", Level.WARNING, *RULES)
def point_and_duration(asked: Asked, facts: Facts) -> Iterator[Finding]:
    """A point in time is subtracted from time() before its age is compared with a duration."""
    table = facts.measures.table(asked.expr)
    for _, side, other, op, value in comparisons(asked.expr):
        if table[id(side)].unit == units.TIMESTAMP and _EARLIEST > abs(value) > 1 and op in (">", ">=", "<", "<="):
            age = "is always true" if op in (">", ">=") else "is never true"
            message = f"`{op} {value:g}` compares a point in time, in seconds since 1970, with a duration: it {age}"
            remedy = "write time() - … for its age, or … - time() for how long until then"
            yield Finding("promql/time-threshold", message, remedy, other.start, other.end)


_EARLIEST = 5e8
"""In seconds since 1970: a point in time before 1985 is meant as a duration."""


def _apart(left: units.Unit, right: units.Unit) -> bool:
    """Whether nobody compares these: a number of events may be compared with anything that counts or divides."""
    loose = (units.BUSY, units.EVENTS, units.RATIO)
    if left in loose or right in loose:
        return {left, right} == {units.RATIO, units.PERCENT}
    if units.over(left, right) in (units.SECONDS, _PER_SECOND):
        return False  # what some exporters call bytes are bytes per second, such as the speed of a network
    return {left, right} != {units.TIMESTAMP, units.SECONDS}


def _conversion(left: units.Unit, right: units.Unit) -> str:
    if units.MILLISECONDS in (left, right):
        return "divide the milliseconds by 1000"
    if units.PERCENT in (left, right):
        return "divide the percentage by 100"
    return "compare values of one unit"


@judgement("promql/contradiction", Level.ERROR, *RULES)
def contradiction(asked: Asked, facts: Facts) -> Iterator[Finding]:
    """Conditions on one value that are joined with `and` can hold at the same time."""
    nodes = [node for node in walk(asked.expr) if isinstance(node, Binary) and node.op in ("and", "unless")]
    for node in (node for node in nodes if node.matching is None):
        left = _bounds(node.lhs)
        for what, op, value, _ in _bounds(node.rhs):
            for same, other_op, other, _ in left:
                if same == what and _excluded((other_op, other), (op, value), node.op == "unless"):
                    message = f"`{other_op} {other:g}` {node.op} `{op} {value:g}` of the same value never hold together"
                    remedy = "take one of them out, or write `or`"
                    yield Finding("promql/contradiction", message, remedy, node.op_start, node.op_end)


def _bounds(expr: Expr) -> list[tuple[Hashable, str, float, Binary]]:
    """The comparisons with numbers that all hold where an expression has a result."""
    waiting, found = [expr], list[tuple[Hashable, str, float, Binary]]()
    for _ in range(_MOST_BOUNDS):
        part = unwrap(waiting.pop()) if waiting else None
        if not isinstance(part, Binary) or part.return_bool:
            continue
        if part.op == "and" and part.matching is None:
            waiting += (part.rhs, part.lhs)
        elif part.op in COMPARISONS:
            found += [(key(side), op, value, part) for side, _, op, value in _compared(part)]
    return found


def _excluded(one: tuple[str, float], other: tuple[str, float], unless: bool) -> bool:
    """Whether no value passes the first and the second comparison (or, with `unless`, the first and not the second)."""
    candidates = sorted({one[1], other[1]})
    between = [(low + high) / 2 for low, high in pairwise(candidates)]
    points = [candidates[0] - 1, *candidates, *between, candidates[-1] + 1]
    return not any(_holds(point, *one) and _holds(point, *other) != unless for point in points)


def _holds(value: float, op: str, bound: float) -> bool:
    return {
        "==": value == bound,
        "!=": value != bound,
        "<": value < bound,
        ">": value > bound,
        "<=": value <= bound,
        ">=": value >= bound,
    }[op]
