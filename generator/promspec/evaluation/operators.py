"""Binary operators, and aggregations. Source: prometheus/promql/engine.go"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Sequence

from promspec.evaluation.errors import Refused, unevaluated
from promspec.evaluation.matching import matched, sets
from promspec.evaluation.numeric import divided, greatest, least, mean, modulo, power, quantile, variance
from promspec.evaluation.vectors import NAME, Column, Labels, Vector, is_empty, keep, labelset, merge, without_name
from promspec.promql import Aggregate, Binary
from promspec.quantities import plain

ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": divided,
    "%": modulo,
    "^": power,
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
    if node.op in ("</", ">/"):
        raise unevaluated(node.op)
    if isinstance(lhs, list) and isinstance(rhs, list):
        return [_scalar(node, a, b) for a, b in zip(lhs, rhs, strict=True)]
    if isinstance(lhs, dict) and isinstance(rhs, dict):
        if node.op in ("and", "or", "unless"):
            return sets(node, lhs, rhs)
        bare = node.op in ARITHMETIC or node.return_bool
        return matched(node, lhs, rhs, lambda left, right: _pairs(node, left, right), bare)
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


_AGGREGATES: dict[str, Callable[[Sequence[float]], float]] = {
    "avg": mean,
    "count": lambda values: float(len(values)),
    "group": lambda values: 1.0,
    "max": greatest,
    "min": least,
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
    if node.op in ("limitk", "limit_ratio"):
        raise unevaluated(node.op)
    return {key: _folded(node.op, [column for _, column in members], param) for key, members in groups.items()}


def _counted_values(label: str, groups: dict[Labels, list[tuple[Labels, Column]]]) -> Vector:
    """How many series have each value; the value is a label."""
    found: Vector = {}
    for key, members in groups.items():
        for _, column in members:
            for index, value in enumerate(column):
                if value is not None:
                    own = labelset({**dict(key), label: _written(value)})
                    counts = found.setdefault(own, [None] * len(column))
                    counts[index] = (counts[index] or 0.0) + 1.0
    return found


def _written(value: float) -> str:
    return "-0" if value == 0 and math.copysign(1.0, value) < 0 else plain(value)


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
            if not math.isfinite(most):
                raise Refused(f"{op}() of a number that is not finite")
            present = [(value, n) for n, (_, c) in enumerate(members) if (value := c[index]) is not None]
            present.sort(key=lambda pair: (pair[0] != pair[0], -pair[0] if op == "topk" else pair[0]))
            for value, number in present[: max(0, int(most))]:
                chosen[number][index] = value
        for (labels, _), column in zip(members, chosen, strict=True):
            if not is_empty(column):
                found[labels] = column
    return found
