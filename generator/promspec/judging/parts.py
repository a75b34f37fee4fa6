"""Small questions about syntax trees: constants, and whether one expression counts a part of what another counts."""

from __future__ import annotations

from collections.abc import Sequence

from promspec.promql import Aggregate, Binary, Call, Expr, Matcher, NumberLiteral, Selector, Unary, accepts, unwrap


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


def quotient(expr: Expr) -> bool:
    """Whether something is divided by something that is no number, whatever is aggregated of it then."""
    expr = unwrap(expr)
    while isinstance(expr, Aggregate) and expr.op in ("avg", "min", "max"):
        expr = unwrap(expr.expr)
    return isinstance(expr, Binary) and expr.op == "/" and constant(expr.rhs) is None


def same_but_narrower(part: Expr, whole: Expr) -> bool:
    """Whether `part` is `whole` with more matchers, or a summand of it: then part / whole is 0 to 1, for counters."""
    part, whole = unwrap(part), unwrap(whole)
    if isinstance(whole, Binary) and whole.op == "+":
        return same_but_narrower(part, whole.lhs) or same_but_narrower(part, whole.rhs)
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
