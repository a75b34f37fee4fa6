"""The measures of binary operators, from those of their sides."""

from __future__ import annotations

import math
from dataclasses import replace

from promspec.judging import units
from promspec.judging.measure import Measure, Quantity
from promspec.judging.parts import constant, factored, same_but_narrower
from promspec.judging.units import RATIO
from promspec.promql import Aggregate, Binary, Call, Expr, NumberLiteral, kind, unwrap

_COMPARISONS = ("==", "!=", "<", ">", "<=", ">=")
FLIPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "==": "==", "!=": "!="}
"""Each comparison as it is when its sides change places."""


def combined(node: Binary, left: Measure, right: Measure) -> Measure:
    """The measure of a binary operation."""
    if node.fill is not None:
        # With group_right, Prometheus fills the left side, which is the one side, by fill_right().
        swapped = node.matching is not None and node.matching.group == "right"
        fills = (node.fill.right, node.fill.left) if swapped else (node.fill.left, node.fill.right)
        left, right = _filled(left, fills[0]), _filled(right, fills[1])
    found = _arithmetic(node, left, right)
    if node.op in ("or", *_COMPARISONS, "unless"):
        return found
    return replace(found, missing=found.missing or left.missing or right.missing)


def _filled(side: Measure, value: NumberLiteral | None) -> Measure:
    """A side whose missing series have a value: what is given as one."""
    if value is None or value.value is None:
        return side
    number = value.value
    low, high = min(side.low, number), max(side.high, number)
    return replace(side, low=low, high=high, zero=side.zero or number == 0, missing="")


def _arithmetic(node: Binary, left: Measure, right: Measure) -> Measure:
    if node.op in _COMPARISONS:
        return _compared(node, left, right)
    if node.op in ("</", ">/"):
        return Measure(left.unit, missing=f"`{node.op}` trims native histograms, and leaves floats out")
    if node.op == "and":
        return replace(left, missing=left.missing or right.missing or "`and` leaves series out")
    if node.op == "unless":
        return replace(left, missing=left.missing or "`unless` leaves series out")
    if node.op == "or":
        return _either(left, right)
    factor = constant(node.rhs)
    if node.op in ("*", "/") and factor:
        return scaled(left, factor if node.op == "*" else 1 / factor)
    if node.op == "*" and (factor := constant(node.lhs)):
        return scaled(right, factor)
    if node.op == "/":
        return _divided(node, left, right)
    if node.op in ("+", "-"):
        return _added(node.op, left, right)
    low = 0 if node.op == "*" and left.low >= 0 and right.low >= 0 else -math.inf
    unit = units.times(left.unit, right.unit) if node.op == "*" else left.unit if node.op == "%" else None
    by_zero = node.op == "%" and right.zero and right.low <= 0 <= right.high
    return Measure(
        unit, low, nan=left.nan or right.nan or ("the remainder of a division by zero is NaN" if by_zero else "")
    )


def _compared(node: Binary, left: Measure, right: Measure) -> Measure:
    """A filter leaves the values that pass; between scalars and with `bool` it gives 0 or 1."""
    if node.return_bool:
        return Measure(None, 0, 1, "bool gives 0 or 1", missing=left.missing or right.missing)
    flipped = kind(node.lhs) == "scalar"
    kept, other, op = (right, node.lhs, FLIPPED[node.op]) if flipped else (left, node.rhs, node.op)
    kept = replace(kept, missing=kept.missing or "a comparison leaves series out", nan=kept.nan if op == "!=" else "")
    value = constant(other)
    if value is None or not math.isfinite(value):
        return kept
    zero = kept.zero and not ((op == ">" and value >= 0) or (op == ">=" and value > 0) or (op == "!=" and value == 0))
    low = max(kept.low, value) if op in (">", ">=", "==") else kept.low
    high = min(kept.high, value) if op in ("<", "<=", "==") else kept.high
    if (low, high) == (kept.low, kept.high):
        return replace(kept, zero=zero)
    return replace(kept, low=low, high=high, why=f"it is compared with `{op} {value:g}` before", zero=zero)


def _either(left: Measure, right: Measure) -> Measure:
    unit = left.unit if left.unit == right.unit or right.low == right.high == 0 else None
    return Measure(
        *(unit, min(left.low, right.low), max(left.high, right.high), left.why or right.why, left.sure and right.sure),
        quantity=left.quantity if left.quantity == right.quantity or right.low == right.high else "",
        zero=left.zero or right.zero,
        nan=left.nan or right.nan,
        missing=right.missing and left.missing,
    )


def scaled(inner: Measure, factor: float) -> Measure:
    """The measure of values times a number."""
    low, high = sorted((inner.low * factor, inner.high * factor))
    return replace(inner, unit=units.scaled(inner.unit, factor), low=low, high=high)


def _added(op: str, left: Measure, right: Measure) -> Measure:
    low, high = (right.low, right.high) if op == "+" else (-right.high, -right.low)
    same = left.unit == right.unit or right.low == right.high
    unit = left.unit if same else right.unit if left.low == left.high else None
    ages = ({units.TIMESTAMP}, {units.TIMESTAMP, None})  # what is subtracted from a time, or from which, is one
    if op == "-" and {left.unit, right.unit} in ages and left.low != left.high and right.low != right.high:
        unit = units.SECONDS
    quantity: Quantity = left.quantity if op == "+" and left.quantity == right.quantity else ""
    nan, sure = left.nan or right.nan, left.sure and right.sure
    fixed = left.low == left.high or right.low == right.high
    why = _within(left.low + low, left.high + high) if fixed else ""
    return Measure(unit, left.low + low, left.high + high, why, sure, quantity, nan=nan)


def _within(low: float, high: float) -> str:
    """A range in words; empty for one without bounds."""
    if low == high or (math.isfinite(low) and math.isfinite(high)):
        return f"it is {low:g}" if low == high else f"it is {low:g} to {high:g}"
    return f"it is at most {high:g}" if math.isfinite(high) else f"it is at least {low:g}" if math.isfinite(low) else ""


def _divided(node: Binary, left: Measure, right: Measure) -> Measure:
    zeros = left.zero and right.zero and left.low <= 0 <= left.high and right.low <= 0 <= right.high
    counted = zeros and right.quantity in ("rate", "increase")
    nan = left.nan or right.nan or ("without events it divides zero by zero" if counted else "")
    factor, part = factored(node.lhs)
    if same_but_narrower(part, node.rhs):
        return scaled(Measure(RATIO, 0, 1, "a part divided by its whole is 0 to 1", nan=nan), factor)
    unit = None if _spread(node.rhs) else units.over(left.unit, right.unit)
    positive = left.low >= 0 and right.low >= 0
    return Measure(unit, 0 if positive else -math.inf, why="neither side is negative" if positive else "", nan=nan)


def _spread(expr: Expr) -> bool:
    """Whether it is a standard deviation: what is divided by one is no share of anything."""
    expr = unwrap(expr)
    return (isinstance(expr, Call) and expr.func.startswith("std")) or (
        isinstance(expr, Aggregate) and expr.op.startswith("std")
    )
