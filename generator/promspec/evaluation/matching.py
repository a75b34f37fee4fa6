"""Binary operators of two vectors: how their series are matched, and what fills in for those that are missing.

Source: prometheus/promql/engine.go, VectorBinop and resultMetric
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

from promspec.evaluation.errors import Refused
from promspec.evaluation.vectors import Column, Labels, Vector, drop, is_empty, keep, merge, without_name
from promspec.promql import Binary, Matching, NumberLiteral

Operation = Callable[[Sequence[float | None], Sequence[float | None]], Column]
"""A column from those of the left and the right side."""
Row = tuple[Labels, Column]


def signature(matching: Matching | None) -> Callable[[Labels], Labels]:
    """The labels that must be equal on both sides."""
    names = frozenset(label.name for label in matching.labels) if matching is not None else frozenset[str]()
    if matching is not None and matching.on:
        return lambda labels: keep(labels, names)
    return lambda labels: drop(labels, names)


def sets(node: Binary, lhs: Vector, rhs: Vector) -> Vector:
    """`and`, `or` and `unless`."""
    of = signature(node.matching)
    left, right = (lhs, rhs) if node.op != "or" else (rhs, lhs)
    there: dict[Labels, list[bool]] = {}
    for labels, column in right.items():
        key = of(labels)
        known = there.get(key)
        present = [value is not None for value in column]
        there[key] = present if known is None else [a or b for a, b in zip(known, present, strict=True)]
    wanted = node.op == "and"
    found: Vector = dict(lhs) if node.op == "or" else {}
    for labels, column in left.items():
        present = there.get(of(labels)) or [False] * len(column)
        made = [value if there_ == wanted else None for value, there_ in zip(column, present, strict=True)]
        if not is_empty(made):
            merge(found, labels, made)
    return found


def matched(node: Binary, lhs: Vector, rhs: Vector, compute: Operation, bare: bool) -> Vector:
    """Arithmetic or comparison: one to one, or many to one with group_left and group_right.

    With `bare` the results lose the metric's name. With group_right, Prometheus gives fill_left() to the many side, and
    fill_right() to the one side.
    """
    swapped = node.matching is not None and node.matching.group == "right"
    many, one = (rhs, lhs) if swapped else (lhs, rhs)
    of, ones, manys = signature(node.matching), defaultdict[Labels, list[Row]](list), dict[Labels, list[Row]]()
    for labels, column in one.items():
        ones[of(labels)].append((labels, column))
    taken: dict[Labels, list[Column]] = defaultdict(list)
    pairs: list[tuple[Labels, Column, Column]] = []
    fill_one, fill_many = (_number(node, side) for side in ("right", "left"))

    for labels, column in many.items():
        key = of(labels)
        manys.setdefault(key, []).append((labels, column))
        for other, values in ones.get(key, ()):
            taken[_result(node, labels, other, bare)].append(_both(column, values))
            pairs.append((_result(node, labels, other, bare), column, values))
        if fill_one is not None:
            lacking = _where_none(column, ones.get(key, ()))
            taken[_result(node, labels, key, bare)].append(lacking)
            pairs.append((_result(node, labels, key, bare), lacking, [fill_one] * len(lacking)))
    if many or fill_one is not None or fill_many is not None:
        _refuse_several(ones, manys, fill_one is not None or fill_many is not None)
    _refuse_twice(taken)
    if fill_many is not None:
        for key, rows in ones.items():
            for other, values in rows:
                lacking = _where_none(values, manys.get(key, ()))
                pairs.append((_result(node, key, other, bare), [fill_many] * len(lacking), lacking))
    found: Vector = {}
    for labels, left, right in pairs:
        made = compute(right, left) if swapped else compute(left, right)
        if not is_empty(made):
            merge(found, labels, made)
    return found


def _number(node: Binary, side: str) -> float | None:
    given: NumberLiteral | None = getattr(node.fill, side) if node.fill is not None else None
    return None if given is None else given.value


def _both(left: Column, right: Column) -> Column:
    return [None if a is None or b is None else 1.0 for a, b in zip(left, right, strict=True)]


def _where_none(column: Column, others: Sequence[Row]) -> Column:
    """The values at the times at which none of the other side's series is there."""
    return [
        None if any(other[index] is not None for _, other in others) else value for index, value in enumerate(column)
    ]


def _refuse_several(ones: dict[Labels, list[Row]], manys: dict[Labels, list[Row]], filled: bool) -> None:
    """Two series of the one side that would match the same one; Prometheus says so when the other side has any."""
    every = [column for rows in manys.values() for _, column in rows]
    for rows in ones.values():
        for index in range(len(rows[0][1]) if len(rows) > 1 else 0):
            asked = filled or any(column[index] is not None for column in every)
            if asked and sum(column[index] is not None for _, column in rows) > 1:
                raise Refused("series of which many match one of the other side")


def _refuse_twice(taken: dict[Labels, list[Column]]) -> None:
    for columns in taken.values():
        for row in zip(*columns, strict=True) if len(columns) > 1 else ():
            if sum(value is not None for value in row) > 1:
                raise Refused("series of which many match one of the other side")


def _result(node: Binary, many: Labels, one: Labels, bare: bool) -> Labels:
    matching = node.matching
    labels = without_name(many) if bare else many
    if matching is None:
        return labels
    names = frozenset(label.name for label in matching.labels)
    if not matching.group:
        return keep(labels, names) if matching.on else tuple(p for p in labels if p[0] not in names)
    given = dict(one)
    made = dict(labels)
    for label in matching.include:
        made.pop(label.name, None)
        if given.get(label.name):
            made[label.name] = given[label.name]
    return tuple(sorted(made.items()))
