"""Small questions about syntax trees: constants, and whether one expression counts a part of what another counts."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import fields, is_dataclass

from promspec.promql import Aggregate, Binary, Call, Expr, NumberLiteral, Paren, Selector, Unary, unwrap

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
    expr = unwrap(expr)
    if isinstance(expr, NumberLiteral):
        return expr.value
    if isinstance(expr, Unary):
        value = constant(expr.expr)
        return None if value is None else -value if expr.op == "-" else value
    if isinstance(expr, Binary) and expr.op in ("*", "/", "+", "-"):
        left, right = constant(expr.lhs), constant(expr.rhs)
        if left is None or right is None or (expr.op == "/" and right == 0):
            return None
        return {"*": left * right, "/": left / (right or 1), "+": left + right, "-": left - right}[expr.op]
    return None


_PASSES = ("sum", "avg", "min", "max", "topk", "bottomk")


def bare(expr: Expr) -> Selector | None:
    """The selector whose values reach the outside through aggregations only."""
    expr = unwrap(expr)
    while isinstance(expr, Aggregate) and expr.op in _PASSES:
        expr = unwrap(expr.expr)
    return expr if isinstance(expr, Selector) and expr.range is None else None


def same_but_narrower(part: Expr, whole: Expr) -> bool:
    """Whether `part` is `whole` with more matchers: then part / whole is 0 to 1, if what is counted is a counter."""
    part, whole = unwrap(part), unwrap(whole)
    if isinstance(part, Aggregate) and isinstance(whole, Aggregate) and part.op == whole.op == "sum":
        same = part.without == whole.without and _names(part) == _names(whole)
        return same and same_but_narrower(part.expr, whole.expr)
    if isinstance(part, Call) and isinstance(whole, Call) and part.func == whole.func and part.func in _COUNTING:
        return same_but_narrower(part.args[0], whole.args[0])
    if isinstance(part, Selector) and isinstance(whole, Selector) and part.range is not None:
        return _narrower(part, whole)
    return False


_COUNTING = ("rate", "increase")


def _names(node: Aggregate) -> set[str]:
    return {label.name for label in node.grouping}


def _narrower(part: Selector, whole: Selector) -> bool:
    if part.name is None or whole.name is None or whole.range is None or part.range is None:
        return False
    if part.range.seconds != whole.range.seconds or part.offset != whole.offset or part.at != whole.at:
        return False
    asked, given = ({(m.label, m.op, m.value) for m in selector.matchers} for selector in (whole, part))
    if part.name == whole.name:
        return asked <= given
    of_buckets = part.name.endswith("_bucket") and whole.name == f"{part.name.removesuffix('_bucket')}_count"
    return of_buckets and asked <= given and any(m.label == "le" and m.op == "=" for m in part.matchers)


def key(part: object) -> Hashable:
    """What an expression says, without where it stands: equal for two that mean the same by their form."""
    if isinstance(part, Paren):
        return key(part.expr)
    if isinstance(part, NumberLiteral) and part.value is not None:
        return "number", part.value
    if isinstance(part, tuple):
        return tuple(key(item) for item in part)
    if not is_dataclass(part):
        return str(part)
    values = {field.name: getattr(part, field.name) for field in fields(part) if field.name not in _PLACES}
    if isinstance(part, Selector):
        values["matchers"] = sorted(values["matchers"], key=lambda matcher: (matcher.label, matcher.op, matcher.value))
        values["matchers"] = tuple(values["matchers"])
    return type(part).__name__, tuple((name, key(value)) for name, value in values.items())
