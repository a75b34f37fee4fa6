"""Mutants of fallbacks, such as `a / (b > 0) or 0 * b`: where a fallback is used, more is known of its values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from promspec.promql import Aggregate, Binary, Call, Expr, NumberLiteral, Paren, Selector, selectors, unwrap, walk
from promspec.proving.mutations import Change
from promspec.proving.unseen import never_negative
from promspec.quantities import milliseconds

_SUFFIXES = ("_bucket", "_count", "_sum")


def why_fallback(text: str, path: Sequence[Expr], change: Change) -> str:
    """The argument that a change in or beside a fallback changes nothing; empty if there is none."""
    arguments = (
        _zero_either_way(path, change),
        _zero_where_used(text, path, change),
        _wider(text, path, change),
        _beside_zero(text, path, change),
    )
    return next((argument for argument in arguments if argument), "")


def _zero_either_way(path: Sequence[Expr], change: Change) -> str:
    """`x >= 0 or 0 * y` without its equality: where x is zero, y gives the zero, if it is always there with x."""
    node = path[-1]
    if change.operator != "operator" or not isinstance(node, Binary) or node.op != ">=" or change.new != ">":
        return ""
    bound, outer = unwrap(node.rhs), _parent(path, node)
    if not (isinstance(bound, NumberLiteral) and bound.value == 0):
        return ""
    if not isinstance(outer, Binary) or outer.op != "or" or _times_zero(outer.rhs) is None:
        return ""
    together = {_base(s) for s in selectors(outer.rhs)} <= {_base(s) for s in selectors(node.lhs)}
    return "where it is zero, the other side of `or` is zero too" if together else ""


def _base(selector: Selector) -> tuple[str, object]:
    name = selector.name or ""
    suffix = next((suffix for suffix in _SUFFIXES if name.endswith(suffix)), "")
    return name.removesuffix(suffix), selector.range.seconds if selector.range is not None else None


def _zero_where_used(text: str, path: Sequence[Expr], change: Change) -> str:
    """`n / (t > 0) or 0 * t`, where n is a part of t: the fallback is used where t is zero, whatever the factor."""
    outer = next((p for p in path if isinstance(p, Binary) and p.op == "or" and _times_zero(p.rhs) is not None), None)
    if outer is None or not any(part is path[-1] for part in walk(outer.rhs)):
        return ""
    whole, factor = _times_zero(outer.rhs) or (outer.rhs, outer.rhs)
    changes_factor = change.operator == "number" and path[-1] is factor
    drops_factor = change.operator == "operand dropped" and _same(text, path[-1], outer.rhs)
    if not (changes_factor or drops_factor) or (drops_factor and not _is_text_of(text, whole, change.new)):
        return ""
    ratio = unwrap(outer.lhs)
    if not isinstance(ratio, Binary) or ratio.op != "/" or ratio.matching is not None:
        return ""
    below = unwrap(ratio.rhs)
    if not isinstance(below, Binary) or below.op != ">" or not _same(text, below.lhs, whole):
        return ""
    limit = unwrap(below.rhs)
    zero = isinstance(limit, NumberLiteral) and limit.value == 0
    parts = {_plain(text, part) for part in _summands(whole)}
    if zero and never_negative(whole) and {_plain(text, part) for part in _summands(ratio.lhs)} <= parts:
        return "the fallback is used where the whole is zero, and zero it stays"
    return ""


def _beside_zero(text: str, path: Sequence[Expr], change: Change) -> str:
    """`n / (t > 0) or n > bool t`: the fallback is used where t is zero, and sums, means and maxima are so together."""
    node = path[-1]
    outer = next((part for part in path if isinstance(part, Binary) and part.op == "or"), None)
    if outer is None or not _alike(node, change):
        return ""
    ratio, test = unwrap(outer.lhs), unwrap(outer.rhs)
    if not isinstance(ratio, Binary) or not isinstance(test, Binary) or (ratio.op, test.op) != ("/", ">"):
        return ""
    below = unwrap(ratio.rhs)
    limited = isinstance(below, Binary) and below.op == ">" and _is_zero(below.rhs) and ratio.matching is None
    if not (limited and test.return_bool and test.matching is None and isinstance(below, Binary)):
        return ""
    same = _same(text, ratio.lhs, test.lhs) and _same(text, below.lhs, test.rhs)
    side = next((side for side in (test.lhs, test.rhs) if any(part is node for part in walk(side))), None)
    if not same or side is None or not (never_negative(test.lhs) and never_negative(test.rhs)):
        return ""
    inside = [part for part in path if any(part is found for found in walk(side))]
    if all(isinstance(part, Paren) or part is node or _keeps_sign(part) for part in inside):
        return "the fallback is used where the whole is zero: only whether something failed counts"
    return ""


def _alike(node: Expr, change: Change) -> bool:
    if change.operator == "aggregation" and isinstance(node, Aggregate):
        return {node.op, change.new} <= {"sum", "avg", "max"}
    names = {f"{name}_over_time" for name in ("sum", "avg", "max")}
    return change.operator == "function" and isinstance(node, Call) and {node.func, change.new} <= names


def _keeps_sign(part: Expr) -> bool:
    return isinstance(part, Aggregate) and part.op in ("sum", "avg", "max")


def _is_zero(expr: Expr) -> bool:
    literal = unwrap(expr)
    return isinstance(literal, NumberLiteral) and literal.value == 0


def _wider(text: str, path: Sequence[Expr], change: Change) -> str:
    """`t - (x or 0 * t)` with a longer window in the second t: without the first there is no result anyway."""
    node = path[-1]
    if change.operator != "window" or not isinstance(node, Selector) or not _is_longer(text, change):
        return ""
    for index, part in enumerate(path):
        if isinstance(part, Binary) and part.op == "or" and (zero := _times_zero(part.rhs)) is not None:
            whole, _ = zero
            outer = _parent(path, part)
            inside = any(found is node for found in walk(whole))
            if not inside or not isinstance(outer, Binary) or outer.op not in ("+", "-", "*", "/") or outer.matching:
                continue
            on_right = any(found is part for found in walk(outer.rhs))
            if _same(text, outer.lhs if on_right else outer.rhs, whole) and _steady(path[index:], whole):
                return "without the same over the shorter window there is no result, and it counts as zero"
    return ""


def _steady(path: Sequence[Expr], whole: Expr) -> bool:
    """Whether all from the whole down to the window only needs something to be there."""
    inside = [part for part in path if any(part is found for found in walk(whole))]
    return all(isinstance(part, (Aggregate, Paren, Selector)) or _counts(part) for part in inside)


def _counts(part: Expr) -> bool:
    return isinstance(part, Call) and (part.func in ("rate", "increase") or part.func.endswith("_over_time"))


def _is_longer(text: str, change: Change) -> bool:
    return milliseconds(change.new) > milliseconds(text[change.start : change.end])


def _parent(path: Sequence[Expr], node: Expr) -> Expr | None:
    """The operator or function around a node, parentheses left out."""
    place = next(index for index, part in enumerate(path) if part is node)
    return next((part for part in reversed(path[:place]) if not isinstance(part, Paren)), None)


def _times_zero(expr: Expr) -> tuple[Expr, Expr] | None:
    """What is multiplied by zero, and the zero."""
    inner = unwrap(expr)
    if isinstance(inner, Binary) and inner.op == "*":
        for zero, other in ((inner.lhs, inner.rhs), (inner.rhs, inner.lhs)):
            literal = unwrap(zero)
            if isinstance(literal, NumberLiteral) and literal.value == 0:
                return unwrap(other), literal
    return None


def _summands(expr: Expr) -> Iterator[Expr]:
    inner = unwrap(expr)
    if isinstance(inner, Binary) and inner.op == "+" and inner.matching is None:
        yield from _summands(inner.lhs)
        yield from _summands(inner.rhs)
    else:
        yield inner


def _plain(text: str, expr: Expr) -> str:
    inner = unwrap(expr)
    return " ".join(text[inner.start : inner.end].split())


def _same(text: str, one: Expr, other: Expr) -> bool:
    return _plain(text, one) == _plain(text, other)


def _is_text_of(text: str, expr: Expr, new: str) -> bool:
    return _plain(text, expr) == " ".join(new.split()).removeprefix("(").removesuffix(")") or _plain(text, expr) == new
