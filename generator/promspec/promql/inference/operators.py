"""Infer aggregations and binary operators: which labels stay, and labels that are not there."""

from __future__ import annotations

from itertools import islice

from promspec.promql.functions import SET_OPERATORS
from promspec.promql.inference.model import Context, Shape, Values, intersection, known_labels, lacks, union
from promspec.promql.syntax import (
    Aggregate,
    Binary,
    Call,
    Expr,
    Fill,
    Label,
    Matching,
    Selector,
    StringLiteral,
    kind,
    unwrap,
    walk,
)

_OF_TARGETS = ("job", "instance")
_MOST_PARTS = 200
_KEEPS_SERIES = frozenset(("topk", "bottomk", "limitk", "limit_ratio"))
_OF_CALENDAR = {
    "minute": range(60),
    "hour": range(24),
    "day_of_week": range(7),
    "day_of_month": range(1, 32),
    "day_of_year": range(1, 367),
    "days_in_month": range(28, 32),
    "month": range(1, 13),
}
"""What the functions of a time can give."""


def infer_aggregate(context: Context, node: Aggregate, inner: Shape) -> Shape:
    """`by` and `without`; topk, bottomk, limitk and limit_ratio keep whole series."""
    word = "without" if node.without else "by"
    for label in node.grouping:
        if lacks(inner, label.name):
            _unknown(context, label, f"{word} ({label.name}): the series here have no label {label.name}", inner)
    if node.op in _KEEPS_SERIES:
        return Shape(inner.labels, inner.exact)
    shape = _grouped(node, inner)
    if node.op != "count_values" or node.param is None:
        return shape
    param = unwrap(node.param)
    if not isinstance(param, StringLiteral) or param.variable:
        return Shape(shape.labels, exact=False)
    return Shape({**shape.labels, param.value: _values_of(node.expr)}, shape.exact)


def _values_of(expr: Expr) -> Values:
    """The values that count_values finds, as the texts of a label; None if they can be any."""
    inner = unwrap(expr)
    known = _OF_CALENDAR.get(inner.func) if isinstance(inner, Call) else None
    return None if known is None else tuple(str(number) for number in known)


def _grouped(node: Aggregate, inner: Shape) -> Shape:
    names = {label.name: None for label in node.grouping}
    if node.without:
        return Shape({name: values for name, values in inner.labels.items() if name not in names}, inner.exact)
    kept = [name for name in names if name in inner.labels or not inner.exact or name == "__name__"]
    return Shape({name: inner.labels.get(name) for name in kept})


def _unknown(context: Context, label: Label, message: str, shape: Shape) -> None:
    context.report("unknown-label", message, known_labels(shape, label.name), label.start, label.end)


def infer_binary(context: Context, node: Binary, lhs: Shape, rhs: Shape) -> Shape:
    """Scalars leave the labels of the other side; vectors are matched."""
    if kind(node.lhs) == "scalar":
        return Shape(rhs.labels, rhs.exact)
    if kind(node.rhs) == "scalar":
        return Shape(lhs.labels, lhs.exact)
    if node.matching is not None:
        _check_matching(context, node.matching, lhs, rhs)
    if node.op != "or":
        _check_match_possible(context, node, lhs, rhs)
    if node.op in SET_OPERATORS:
        return union(lhs, rhs) if node.op == "or" else Shape(lhs.labels, lhs.exact)
    result = _of_matched(node, lhs, rhs)
    return result if node.fill is None else _filled(node, node.fill, result, lhs, rhs)


def _filled(node: Binary, fill: Fill, result: Shape, lhs: Shape, rhs: Shape) -> Shape:
    """Series of one side alone are there as well: with all labels if it is the many side, else with those compared.

    With group_right, Prometheus fills the one side by fill_right() and the many side by fill_left().
    """
    group = node.matching.group if node.matching else ""
    many, one = (rhs, lhs) if group == "right" else (lhs, rhs)
    if fill.right is not None:
        result = union(result, _many_alone(node.matching, many) if group else _alike(node.matching, many))
    if fill.left is not None:
        result = union(result, _one_alone(node.matching, one))
    return result


def _alike(matching: Matching | None, side: Shape) -> Shape:
    """The labels that are compared."""
    names = {label.name for label in matching.labels} if matching else set[str]()
    on = matching is not None and matching.on
    labels = {name: values for name, values in side.labels.items() if (name in names) == on}
    unseen = {name: None for name in names if on and name not in labels and not side.exact}
    return Shape({**labels, **unseen}, side.exact or on)


def _many_alone(matching: Matching | None, many: Shape) -> Shape:
    """The many side's labels, without those that only the one side could give."""
    given = {label.name for label in matching.include} if matching else set[str]()
    compared = _alike(matching, many).labels
    labels = {name: values for name, values in many.labels.items() if name not in given or name in compared}
    return Shape(labels, many.exact)


def _one_alone(matching: Matching | None, one: Shape) -> Shape:
    """The labels compared, and those that group_left or group_right takes from the one side."""
    compared = _alike(matching, one)
    given = [label.name for label in matching.include] if matching else []
    labels = {name: one.labels.get(name) for name in given if not lacks(one, name)}
    return Shape({**compared.labels, **labels}, compared.exact)


def _of_matched(node: Binary, lhs: Shape, rhs: Shape) -> Shape:
    """What the two sides give where their series match."""
    if node.matching is None:
        return _one_to_one(lhs, rhs)
    if node.matching.group:
        many, one = (lhs, rhs) if node.matching.group == "left" else (rhs, lhs)
        return _many_to_one(node.matching, many, one)
    return _matched(node.matching, lhs, rhs)


def _check_matching(context: Context, matching: Matching, lhs: Shape, rhs: Shape) -> None:
    for label in matching.labels:
        sides = [(side, word) for side, word in ((lhs, "left"), (rhs, "right")) if lacks(side, label.name)]
        if matching.on and sides:
            side, word = sides[0]
            where = "neither side" if len(sides) == 2 else f"the {word} side"
            verb = "has" if len(sides) == 2 else "lacks"
            message = f"on ({label.name}): {where} {verb} label {label.name}"
            _unknown(context, label, message, side)
        elif not matching.on and len(sides) == 2:
            message = f"ignoring ({label.name}): neither side has label {label.name}"
            _unknown(context, label, message, union(lhs, rhs))
    one = rhs if matching.group == "left" else lhs
    word = "right" if matching.group == "left" else "left"
    for label in matching.include:
        if lacks(one, label.name):
            message = f"group_{matching.group} ({label.name}): the {word} side lacks label {label.name}"
            _unknown(context, label, message, one)


def _check_match_possible(context: Context, node: Binary, lhs: Shape, rhs: Shape) -> None:
    """Report sides of which no two series can have the same labels."""
    if not (lhs.exact and rhs.exact):
        return
    for name in _compared(node.matching, lhs, rhs):
        left, right = (side.labels.get(name, ("",)) for side in (lhs, rhs))
        apart = left and right and not set(left) & set(right)
        if apart or (name in _OF_TARGETS and _lacks_target(context, node, name, lhs, rhs)):
            message = f"the sides of `{node.op}` can never match: {_difference(name, lhs, rhs)}"
            remedy = "compare only common labels: on (...), or ignoring (...) what differs"
            context.report("never-matches", message, remedy, node.op_start, node.op_end)
            return


def _lacks_target(context: Context, node: Binary, name: str, lhs: Shape, rhs: Shape) -> bool:
    """Whether only one side has job or instance, and all its series certainly do."""
    if (name in lhs.labels) == (name in rhs.labels):
        return False
    side = node.lhs if name in lhs.labels else node.rhs
    parts = list(islice(walk(side), _MOST_PARTS))
    return len(parts) < _MOST_PARTS and all(_scraped(context, part) for part in parts)


def _scraped(context: Context, part: Expr) -> bool:
    """Whether a part takes its labels from scraped series alone: nothing is recorded, joined, replaced or filled in."""
    if isinstance(part, Selector):
        series = context.registry.series(part.name) if part.name else None
        return series is not None and series.exact and series.kind not in ("recorded", "unknown")
    if isinstance(part, Call):
        return part.func not in ("absent", "absent_over_time", "vector", "label_replace", "label_join", "info")
    if not isinstance(part, Binary):
        return True
    return part.op != "or" and part.fill is None and (part.matching is None or not part.matching.group)


def _compared(matching: Matching | None, lhs: Shape, rhs: Shape) -> list[str]:
    """The labels that must be equal on both sides, but for those of on() that are reported as unknown."""
    if matching is not None and matching.on:
        return [label.name for label in matching.labels if label.name in lhs.labels and label.name in rhs.labels]
    ignored = {label.name for label in matching.labels} if matching else set()
    return [name for name in dict.fromkeys((*lhs.labels, *rhs.labels)) if name not in ignored]


def _difference(name: str, lhs: Shape, rhs: Shape) -> str:
    if name not in lhs.labels or name not in rhs.labels:
        return f"only the {'left' if name in lhs.labels else 'right'} side has label {name}"
    return f"label {name} never has the same value on both"


def _one_to_one(lhs: Shape, rhs: Shape) -> Shape:
    """Without on or ignoring, all labels are equal on both sides."""
    return Shape({name: _both(lhs, rhs, name) for name in lhs.labels}, lhs.exact)


def _both(lhs: Shape, rhs: Shape, name: str) -> Values:
    return intersection(lhs.labels.get(name), rhs.labels.get(name))


def _matched(matching: Matching, lhs: Shape, rhs: Shape) -> Shape:
    """One-to-one with on (only these labels stay) or ignoring (these go)."""
    names = [label.name for label in matching.labels]
    if not matching.on:
        left = Shape({name: values for name, values in lhs.labels.items() if name not in names}, lhs.exact)
        return _one_to_one(left, rhs)
    kept = [name for name in dict.fromkeys(names) if not (lacks(lhs, name) or lacks(rhs, name))]
    return Shape({name: _both(lhs, rhs, name) for name in kept if name != "__name__"})


def _many_to_one(matching: Matching, many: Shape, one: Shape) -> Shape:
    """The many side's labels, and those that group_left or group_right copies from the one side."""
    labels: dict[str, Values] = dict(many.labels)
    for name in (label.name for label in matching.labels if matching.on):
        if name in labels:
            labels[name] = intersection(labels[name], one.labels.get(name))
    for label in matching.include:
        if lacks(one, label.name):
            labels.pop(label.name, None)
        else:
            labels[label.name] = one.labels.get(label.name)
    return Shape(labels, many.exact)
