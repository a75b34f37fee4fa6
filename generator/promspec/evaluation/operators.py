"""Binary operators with their matching of series, and aggregations. Source: prometheus/promql/engine.go"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Sequence

from promspec.evaluation.errors import NotEvaluated, Refused
from promspec.evaluation.ranges import quantile, variance
from promspec.evaluation.vectors import (
    NAME,
    Column,
    Labels,
    Vector,
    drop,
    is_empty,
    keep,
    labelset,
    merge,
    without_name,
)
from promspec.promql import Aggregate, Binary, Matching
from promspec.quantities import plain


def _divide(a: float, b: float) -> float:
    if b == 0:
        negative = math.copysign(1.0, b) < 0
        return math.nan if a == 0 or a != a else (-math.inf if (a < 0) != negative else math.inf)
    return a / b


def _modulo(a: float, b: float) -> float:
    return math.fmod(a, b) if b != 0 and not math.isinf(a) and b == b and a == a else math.nan


def _power(a: float, b: float) -> float:
    try:
        return math.pow(a, b)
    except ValueError:
        return math.nan
    except OverflowError:
        return math.inf


ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": _divide,
    "%": _modulo,
    "^": _power,
    "atan2": math.atan2,
}
COMPARISON: dict[str, Callable[[float, float], bool]] = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def binary(node: Binary, lhs: Vector | list[float], rhs: Vector | list[float]) -> Vector | list[float]:
    """An operation of two scalars, a scalar and a vector, or two vectors."""
    if node.fill is not None or node.op in ("</", ">/"):
        raise NotEvaluated(f"the operator {node.op}" if node.fill is None else "fill()")
    if isinstance(lhs, list) and isinstance(rhs, list):
        return [_scalar(node, a, b) for a, b in zip(lhs, rhs, strict=True)]
    if isinstance(lhs, dict) and isinstance(rhs, dict):
        return _sets(node, lhs, rhs) if node.op in ("and", "or", "unless") else _matched(node, lhs, rhs)
    vector, scalar = (lhs, rhs) if isinstance(lhs, dict) else (rhs, lhs)
    assert isinstance(vector, dict)
    assert isinstance(scalar, list)
    bare = node.op in ARITHMETIC or node.return_bool
    found: Vector = {}
    for labels, column in vector.items():
        made = _pairs(node, column, scalar) if isinstance(lhs, dict) else _pairs(node, scalar, column, keep_right=True)
        if not is_empty(made):
            merge(found, without_name(labels) if bare else labels, made)
    return found


def _scalar(node: Binary, a: float, b: float) -> float:
    return ARITHMETIC[node.op](a, b) if node.op in ARITHMETIC else float(COMPARISON[node.op](a, b))


def _pairs(
    node: Binary, left: Sequence[float | None], right: Sequence[float | None], keep_right: bool = False
) -> Column:
    """An operation at every time; a filter keeps the value of one side."""
    pairs = zip(left, right, strict=True)
    if node.op in ARITHMETIC:
        compute = ARITHMETIC[node.op]
        return [None if a is None or b is None else compute(a, b) for a, b in pairs]
    true = COMPARISON[node.op]
    if node.return_bool:
        return [None if a is None or b is None else float(true(a, b)) for a, b in pairs]
    if keep_right:
        return [b if a is not None and b is not None and true(a, b) else None for a, b in pairs]
    return [a if a is not None and b is not None and true(a, b) else None for a, b in pairs]


def _signature(matching: Matching | None) -> Callable[[Labels], Labels]:
    names = frozenset(label.name for label in matching.labels) if matching is not None else frozenset[str]()
    if matching is not None and matching.on:
        return lambda labels: keep(labels, names)
    return lambda labels: drop(labels, names)


def _sets(node: Binary, lhs: Vector, rhs: Vector) -> Vector:
    signature = _signature(node.matching)
    left, right = (lhs, rhs) if node.op != "or" else (rhs, lhs)
    there: dict[Labels, list[bool]] = {}
    for labels, column in right.items():
        key = signature(labels)
        known = there.get(key)
        present = [value is not None for value in column]
        there[key] = present if known is None else [a or b for a, b in zip(known, present, strict=True)]
    wanted = node.op == "and"
    found: Vector = dict(lhs) if node.op == "or" else {}
    for labels, column in left.items():
        present = there.get(signature(labels)) or [False] * len(column)
        made = [value if there_ == wanted else None for value, there_ in zip(column, present, strict=True)]
        if not is_empty(made):
            merge(found, labels, made)
    return found


def _matched(node: Binary, lhs: Vector, rhs: Vector) -> Vector:
    """Arithmetic or comparison of two vectors: one to one, or many to one with group_left and group_right."""
    signature, group = _signature(node.matching), node.matching.group if node.matching else ""
    many, one = (rhs, lhs) if group == "right" else (lhs, rhs)
    ones: dict[Labels, list[tuple[Labels, Column]]] = defaultdict(list)
    for labels, column in one.items():
        ones[signature(labels)].append((labels, column))
    found: Vector = {}
    for labels, column in many.items():
        for other, values in ones.get(signature(labels), ()):
            made = _pairs(node, values, column) if group == "right" else _pairs(node, column, values)
            if not is_empty(made):
                _put(found, _result(node, labels, other), made)
    return found


def _put(found: Vector, labels: Labels, column: Column) -> None:
    earlier = found.get(labels)
    both = earlier is not None and any(a is not None and b is not None for a, b in zip(earlier, column, strict=True))
    if both:
        raise Refused("series of which many match one of the other side")
    merge(found, labels, column)


def _result(node: Binary, many: Labels, one: Labels) -> Labels:
    matching = node.matching
    labels = without_name(many) if node.op in ARITHMETIC or node.return_bool else many
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


def _mean(values: Sequence[float]) -> float:
    mean = 0.0
    for count, value in enumerate(values, 1):
        mean += value / count - mean / count
    return mean


_AGGREGATES: dict[str, Callable[[Sequence[float]], float]] = {
    "avg": _mean,
    "count": lambda values: float(len(values)),
    "group": lambda values: 1.0,
    "max": lambda values: max((v for v in values if v == v), default=math.nan),
    "min": lambda values: min((v for v in values if v == v), default=math.nan),
    "stddev": lambda values: math.sqrt(variance(values)),
    "stdvar": variance,
    "sum": sum,
}


def aggregate(node: Aggregate, vector: Vector, param: list[float] | str | None) -> Vector:
    """An aggregation at every time; `param` is its number at each time, or its text."""
    names = frozenset(label.name for label in node.grouping)
    groups: dict[Labels, list[tuple[Labels, Column]]] = defaultdict(list)
    for labels, column in vector.items():
        key = tuple(p for p in labels if p[0] not in names and p[0] != NAME) if node.without else keep(labels, names)
        groups[key].append((labels, column))
    if isinstance(param, str):
        return _counted_values(param, groups)
    if node.op in ("topk", "bottomk"):
        return _extremes(node.op, groups, param or [])
    return {key: _folded(node.op, [column for _, column in members], param) for key, members in groups.items()}


def _counted_values(label: str, groups: dict[Labels, list[tuple[Labels, Column]]]) -> Vector:
    """How many series have each value; the value is a label."""
    found: Vector = {}
    for key, members in groups.items():
        for _, column in members:
            for index, value in enumerate(column):
                if value is not None:
                    own = labelset({**dict(key), label: plain(value)})
                    counts = found.setdefault(own, [None] * len(column))
                    counts[index] = (counts[index] or 0.0) + 1.0
    return found


def _folded(op: str, columns: list[Column], param: list[float] | None) -> Column:
    if len(columns) == 1 and op in ("sum", "avg", "min", "max"):
        return columns[0]
    found: Column = []
    for index, row in enumerate(zip(*columns, strict=True)):
        values = [value for value in row if value is not None]
        if not values:
            found.append(None)
        elif op == "quantile":
            found.append(quantile(param[index] if param else math.nan, values))
        else:
            found.append(_AGGREGATES[op](values))
    return found


def _extremes(op: str, groups: dict[Labels, list[tuple[Labels, Column]]], param: list[float]) -> Vector:
    found: Vector = {}
    for members in groups.values():
        chosen: list[Column] = [[None] * len(column) for _, column in members]
        for index, most in enumerate(param):
            present = [(c[index], n) for n, (_, c) in enumerate(members) if c[index] is not None]
            present.sort(key=lambda pair: pair[0] or 0.0, reverse=op == "topk")
            for value, number in present[: max(0, int(most))]:
                chosen[number][index] = value
        for (labels, _), column in zip(members, chosen, strict=True):
            if not is_empty(column):
                found[labels] = column
    return found
