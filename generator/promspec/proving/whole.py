"""Mutants that mean the same because a value is whole, or one."""

from __future__ import annotations

import math
from collections.abc import Sequence

from promspec.promql import Aggregate, Binary, Call, Expr, NumberLiteral, Paren, Selector, Unary, unwrap
from promspec.proving.mutations import Change

_OF_TIME = ("minute", "hour", "day_of_week", "day_of_month", "day_of_year", "days_in_month", "month", "year")
_NUMBERS_OF = ("changes", "resets", "count_over_time")
_ONES = ("present_over_time", "sgn", "absent", "absent_over_time")
_WHOLE_CALLS = frozenset((*_OF_TIME, *_NUMBERS_OF, *_ONES, "floor", "ceil"))
_KEEPING_CALLS = frozenset(("label_replace", "label_join", "abs", "vector", "scalar", "sort", "sort_desc"))
_COMPARISONS = frozenset((">", ">=", "<", "<=", "==", "!="))


def why_ones(path: Sequence[Expr], change: Change) -> str:
    """Why the sum of what is counted is its number."""
    node = path[-1]
    if change.operator != "aggregation" or not isinstance(node, Aggregate) or {node.op, change.new} != {"count", "sum"}:
        return ""
    inner = unwrap(node.expr)
    if isinstance(inner, Aggregate) and inner.op == "group":
        return "the value of every group is 1"
    ones = isinstance(inner, Binary) and inner.op == "==" and not inner.return_bool
    right = unwrap(inner.rhs) if isinstance(inner, Binary) else None
    return "only ones are counted" if ones and isinstance(right, NumberLiteral) and right.value == 1 else ""


def why_whole(path: Sequence[Expr], change: Change) -> str:
    """Why a changed number compares, or is cut, as the old one does; empty if it may not."""
    node = path[-1]
    if change.operator != "number" or not isinstance(node, NumberLiteral) or node.value is None:
        return ""
    old, new = node.value, float(change.new)
    parent = next((part for part in reversed(path[:-1]) if not isinstance(part, Paren)), None)
    if isinstance(parent, Aggregate) and parent.op in ("topk", "bottomk", "limitk") and int(old) == int(new):
        return f"{parent.op} cuts the number to {int(old)}"
    if not isinstance(parent, Binary) or unwrap(parent.rhs) is not node or not is_whole(parent.lhs):
        return ""
    cut = {">": math.floor, "<=": math.floor, "<": math.ceil, ">=": math.ceil}.get(parent.op)
    return "no whole number lies between the two" if cut is not None and cut(old) == cut(new) else ""


def is_whole(expr: Expr) -> bool:
    """Whether every value of an expression is a whole number."""
    inner = unwrap(expr)
    if isinstance(inner, NumberLiteral):
        return inner.value is not None and inner.value.is_integer()
    if isinstance(inner, Selector):
        return inner.name == "up"
    if isinstance(inner, Call):
        keeps = inner.func in _KEEPING_CALLS and any(is_whole(arg) for arg in inner.args)
        rounds = inner.func == "round" and len(inner.args) == 1
        return inner.func in _WHOLE_CALLS or keeps or rounds
    if isinstance(inner, Aggregate):
        whole = inner.op in ("sum", "min", "max", "topk", "bottomk") and is_whole(inner.expr)
        return inner.op in ("count", "group", "count_values") or whole
    if isinstance(inner, Unary):
        return is_whole(inner.expr)
    return isinstance(inner, Binary) and _binary(inner)


def _binary(node: Binary) -> bool:
    if node.op in _COMPARISONS:
        return node.return_bool or is_whole(node.lhs)
    if node.op in ("and", "unless"):
        return is_whole(node.lhs)
    return node.op in ("+", "-", "*", "or") and is_whole(node.lhs) and is_whole(node.rhs)
