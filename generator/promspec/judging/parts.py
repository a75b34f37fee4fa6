"""Small questions about syntax trees: constants, and whether one expression counts a part of what another counts."""

from __future__ import annotations

import operator
from collections.abc import Callable, Hashable, Sequence
from dataclasses import fields, is_dataclass
from functools import cache
from itertools import islice
from typing import Any

from promspec.promql import (
    Aggregate,
    Binary,
    Call,
    Expr,
    Matcher,
    NumberLiteral,
    Paren,
    Selector,
    Unary,
    accepts,
    children,
    kind,
    unwrap,
    walk,
)

_ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "*": operator.mul,
    "/": operator.truediv,
    "+": operator.add,
    "-": operator.sub,
}
_LARGEST = 100
"""Nodes of the largest expression that is computed or compared with others."""

_PLACES = (
    "start",
    "end",
    "name_start",
    "name_end",
    "braces",
    "label_end",
    "value_start",
    "value_end",
    "op_start",
    "op_end",
)


def constant(expr: Expr) -> float | None:
    """The value of a number, also with a sign or as arithmetic of numbers; None for anything else."""
    if isinstance(expr, NumberLiteral):
        return expr.value
    if kind(expr) != "scalar":
        return None
    nodes = list(islice(walk(expr), _LARGEST))
    if len(nodes) == _LARGEST:
        return None
    values: dict[int, float | None] = {}
    for node in reversed(nodes):
        values[id(node)] = _computed(node, [values[id(child)] for child in children(node)])
    return values[id(expr)]


def _computed(node: Expr, inner: Sequence[float | None]) -> float | None:
    """The value of a node of arithmetic from those below it."""
    if isinstance(node, NumberLiteral):
        return node.value
    values = [value for value in inner if value is not None]
    if not inner or len(values) < len(inner):
        return None
    if isinstance(node, Binary):
        left, right = values
        if node.op not in _ARITHMETIC or (node.op == "/" and right == 0):
            return None
        return _ARITHMETIC[node.op](left, right)
    if isinstance(node, Unary):
        return -values[0] if node.op == "-" else values[0]
    return values[0] if isinstance(node, Paren) else None


def factored(expr: Expr) -> tuple[float, Expr]:
    """An expression as a number times the rest, such as `100 * x`; times 1 where there is no number."""
    expr = unwrap(expr)
    if isinstance(expr, Binary) and expr.op == "*":
        for number, rest in ((expr.lhs, expr.rhs), (expr.rhs, expr.lhs)):
            factor = constant(number)
            if factor:
                return factor, unwrap(rest)
    return 1.0, expr


_PASSES = ("sum", "avg", "min", "max", "topk", "bottomk")


def bare(expr: Expr) -> Selector | None:
    """The selector whose values reach the outside through aggregations only."""
    expr = unwrap(expr)
    while isinstance(expr, Aggregate) and expr.op in _PASSES:
        expr = unwrap(expr.expr)
    return expr if isinstance(expr, Selector) and expr.range is None else None


def buckets_of(expr: Expr) -> Expr | None:
    """What histogram_quantile() or histogram_quantiles() is given; None for anything else."""
    if not isinstance(expr, Call) or expr.func not in ("histogram_quantile", "histogram_quantiles"):
        return None
    return expr.args[0] if expr.func == "histogram_quantiles" else expr.args[-1]


def same_but_narrower(part: Expr, whole: Expr) -> bool:
    """Whether `part` is `whole` with more matchers, or a summand of it: then part / whole is 0 to 1, for counters."""
    part, whole = unwrap(part), unwrap(whole)
    for _ in range(_MOST_SUMMANDS):
        if not (isinstance(whole, Binary) and whole.op == "+"):
            break
        if same_but_narrower(part, whole.rhs):
            return True
        whole = unwrap(whole.lhs)
    if isinstance(part, Aggregate) and isinstance(whole, Aggregate) and part.op == whole.op == "sum":
        same = part.without == whole.without and _names(part) == _names(whole)
        return same and same_but_narrower(part.expr, whole.expr)
    if isinstance(part, Call) and isinstance(whole, Call) and part.func == whole.func and part.func in _COUNTING:
        return same_but_narrower(part.args[0], whole.args[0])
    if isinstance(part, Selector) and isinstance(whole, Selector) and part.range is not None:
        return _narrower(part, whole)
    return False


_COUNTING = ("rate", "increase")
_MOST_SUMMANDS = 20


def _names(node: Aggregate) -> set[str]:
    return {label.name for label in node.grouping}


def _narrower(part: Selector, whole: Selector) -> bool:
    if part.name is None or whole.name is None or whole.range is None or part.range is None:
        return False
    if part.range.seconds != whole.range.seconds or part.offset != whole.offset or part.at != whole.at:
        return False
    if (part.extended and part.extended.word) != (whole.extended and whole.extended.word):
        return False
    narrower = all(_implied(asked, part.matchers) for asked in whole.matchers)
    if part.name == whole.name:
        return narrower
    of_buckets = part.name.endswith("_bucket") and whole.name == f"{part.name.removesuffix('_bucket')}_count"
    return of_buckets and narrower and any(m.label == "le" and m.op == "=" for m in part.matchers)


def _implied(asked: Matcher, given: Sequence[Matcher]) -> bool:
    """Whether what passes the given matchers passes the asked one: the same matcher, or values that it accepts."""
    for matcher in given:
        if matcher.label == asked.label:
            same = matcher.op == asked.op and matcher.value == asked.value
            if same or (matcher.op == "=" and not matcher.variable and accepts(asked, matcher.value) is True):
                return True
    return False


def key(expr: Expr) -> Hashable:
    """What an expression says, without where it stands: equal for two that mean the same by their form.

    A very large one is like no other.
    """
    return id(expr) if len(list(islice(walk(expr), _LARGEST))) == _LARGEST else _key(expr)


@cache
def _said(node: Any) -> tuple[str, ...]:
    """The fields of a node that are not places."""
    return tuple(field.name for field in fields(node) if field.name not in _PLACES)


def _key(part: object) -> Hashable:
    if isinstance(part, Paren):
        return _key(part.expr)
    if isinstance(part, NumberLiteral) and part.value is not None:
        return "number", part.value
    if isinstance(part, tuple):
        return tuple(_key(item) for item in part)
    if not is_dataclass(part):
        return str(part)
    node: Any = type(part)
    values = {name: getattr(part, name) for name in _said(node)}
    if isinstance(part, Selector):
        values["matchers"] = sorted(values["matchers"], key=lambda matcher: (matcher.label, matcher.op, matcher.value))
        values["matchers"] = tuple(values["matchers"])
    return type(part).__name__, tuple((name, _key(value)) for name, value in values.items())
