"""An expression as alternatives of conditions: what must hold together, each with its place in the text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from promspec.promql import Aggregate, Binary, Call, Expr, unwrap


@dataclass(frozen=True, slots=True)
class Condition:
    """A part of an expression that must have a result."""

    expr: str


_COMPARISONS = ("<", "<=", ">", ">=")
Alternative = tuple[Condition, ...]
"""Conditions that hold together."""


def alternatives(text: str, tree: Expr) -> list[Alternative]:
    """The ways in which an expression can have a result; `text` is what `tree` was parsed from."""
    return [tuple(found) for found in _ways(text, tree)]


def _ways(text: str, expr: Expr) -> Iterator[list[Condition]]:
    inner = unwrap(expr)
    if isinstance(inner, Binary) and inner.op == "or":
        yield from _ways(text, inner.lhs)
        yield from _ways(text, inner.rhs)
    elif isinstance(inner, Binary) and inner.op == "and":
        for left in _ways(text, inner.lhs):
            for right in _ways(text, inner.rhs):
                yield [*left, *right]
    elif isinstance(inner, Binary) and inner.op == "unless":
        for left in _ways(text, inner.lhs):
            yield [*left, Condition(_cut(text, inner))]
    elif isinstance(inner, Aggregate) and inner.op in ("max", "min", "sum", "avg", "group") and _split(inner.expr):
        yield from _ways(text, inner.expr)
    elif isinstance(inner, Call) and inner.func == "label_replace" and _split(inner.args[0]):
        yield from _ways(text, inner.args[0])
    elif isinstance(inner, Binary) and inner.op in (">", ">=") and (inside := _absolute(inner.lhs)) is not None:
        bound = _cut(text, inner)[inside[1].end - inner.start :]
        yield from ([Condition(f"{sign}({_cut(text, inside[0])}){bound}")] for sign in ("", "-"))
    else:
        yield [Condition(_cut(text, inner))]


def _absolute(expr: Expr) -> tuple[Expr, Expr] | None:
    """What stands within abs() where two sides of it are compared with something; else None."""
    outer = unwrap(expr)
    if not isinstance(outer, Call) or outer.func != "abs":
        return None
    inner = unwrap(outer.args[0])
    return (inner, expr) if isinstance(inner, Binary) and inner.op in ("-", "+") else None


def _split(expr: Expr) -> bool:
    inner = unwrap(expr)
    return isinstance(inner, Binary) and inner.op in ("and", "or", "unless", *_COMPARISONS) and not inner.return_bool


def _cut(text: str, expr: Expr) -> str:
    return text[expr.start : expr.end]


def margin(text: str, expr: Expr) -> str:
    """For a comparison, an expression that says how far it is from the border (positive: it holds); else empty."""
    inner = unwrap(expr)
    if not isinstance(inner, Binary) or inner.op not in _COMPARISONS or inner.return_bool:
        return ""
    left, right = _cut(text, inner.lhs), _cut(text, inner.rhs)
    matching = "" if inner.matching is None else text[inner.matching.start : inner.matching.end]
    if inner.matching is not None and inner.matching.group and not inner.matching.include:
        matching += " ()"  # or the parentheses that follow would be taken for its labels
    if inner.op in (">", ">="):
        return f"({left}) - {matching} ({right})"
    return f"0 - (({left}) - {matching} ({right}))"


def shown(condition: Condition, most: int = 70) -> str:
    """A condition on one short line."""
    text = " ".join(condition.expr.split())
    return text if len(text) <= most else f"{text[: most - 3]}..."
