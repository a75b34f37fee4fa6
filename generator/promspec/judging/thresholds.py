"""Comparisons with numbers that the other side never reaches, or always exceeds; and sides of different units."""

from __future__ import annotations

import math
from collections.abc import Iterator

from promspec.judging.conditions import conditional
from promspec.judging.measures import Measure, Recorded, measures
from promspec.judging.parts import constant, quotient
from promspec.promql import Binary, Expr, Finding, Registry, kind, unwrap, walk

_COMPARISONS = ("==", "!=", "<", ">", "<=", ">=")
_ALIKE = (*_COMPARISONS, "+", "-")
_FLIPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "==": "==", "!=": "!="}
_MIXED = (
    frozenset(("seconds", "milliseconds")),
    frozenset(("ratio", "percent")),
    frozenset(("bytes", "seconds")),
    frozenset(("timestamp", "milliseconds")),
)


def threshold_findings(expr: Expr, registry: Registry, recorded: Recorded) -> Iterator[tuple[Finding, bool]]:
    """Each threshold out of range, with whether that is certain (and not only what a name promises)."""
    top = unwrap(expr)
    known = measures(expr, registry, recorded)
    for node in walk(expr):
        if not isinstance(node, Binary) or node.op not in _COMPARISONS or node.return_bool:
            continue
        for side, other, op in ((node.lhs, node.rhs, node.op), (node.rhs, node.lhs, _FLIPPED[node.op])):
            value = constant(other)
            if value is None or not math.isfinite(value) or kind(side) == "scalar":
                continue
            found = known[id(side)]
            verdict = _verdict(op, value, found)
            if verdict == "never" or (verdict == "always" and node is top and _always_there(side, found, recorded)):
                yield _finding(node, other, op, value, found, verdict), found.sure and verdict == "never"


def _always_there(side: Expr, found: Measure, recorded: Recorded) -> bool:
    """Whether the compared side is no condition itself, as in `count(up == 0) > 0`, nor counts what may be missing."""
    return found.low != 1 and not conditional(side, recorded)


def _verdict(op: str, value: float, found: Measure) -> str:
    low, high = found.low, found.high
    outside = value < low or value > high
    never = {">": value >= high, ">=": value > high, "<": value <= low, "<=": value < low, "==": outside, "!=": False}
    always = {">": value < low, ">=": value <= low, "<": value > high, "<=": value >= high, "==": False, "!=": outside}
    return "never" if never[op] else "always" if always[op] else ""


def _finding(node: Binary, other: Expr, op: str, value: float, found: Measure, verdict: str) -> Finding:
    what = "is never true" if verdict == "never" else "is always true"
    message = f"`{op} {value:g}` {what}: {found.why or 'the value cannot be there'}"
    return Finding("promql/threshold-range", message, _remedy(op, value, found), other.start, other.end)


def _remedy(op: str, value: float, found: Measure) -> str:
    if found.low == 1 and math.isinf(found.high):
        return "write absent(…), or add `or vector(0)` behind the aggregation"
    if found.unit == "ratio" and 1 < value <= 100:
        return f"write {value / 100:g}, or multiply the ratio by 100"
    if found.unit == "percent" and value > 100:
        return "write a percentage from 0 to 100"
    if math.isfinite(found.high) and value >= found.high and found.unit == "seconds" and value / 1000 < found.high:
        return f"the buckets are in seconds: write {value / 1000:g}, or add a larger bucket"
    return "compare with a value inside the range"


def unit_findings(expr: Expr, registry: Registry, recorded: Recorded) -> Iterator[Finding]:
    """Additions and comparisons of sides whose units cannot be compared."""
    sums = [node for node in walk(expr) if isinstance(node, Binary) and node.op in _ALIKE]
    sums = [node for node in sums if constant(node.lhs) is None and constant(node.rhs) is None]
    known = measures(expr, registry, recorded) if sums else {}
    for node in sums:
        left, right = (known[id(side)].unit for side in (node.lhs, node.rhs))
        left, right = _ratio(node.lhs, left, right), _ratio(node.rhs, right, left)
        if frozenset((left, right)) in _MIXED:
            message = f"`{node.op}` has {left} on its left side and {right} on its right"
            yield Finding("promql/unit-mismatch", message, _conversion(left, right), node.op_start, node.op_end)


def _ratio(side: Expr, unit: str, other: str) -> str:
    """The unit of a side; a quotient beside a percentage is a ratio."""
    return "ratio" if other == "percent" and not unit and quotient(side) else unit


def _conversion(left: str, right: str) -> str:
    by = {"milliseconds": "divide the milliseconds by 1000", "percent": "divide the percentage by 100"}
    return next((text for unit, text in by.items() if unit in (left, right)), "compare values of one unit")
