"""Classic histograms: quantiles and fractions of their buckets. Source: prometheus/promql/quantile.go"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable

from promspec.evaluation.numeric import divided
from promspec.evaluation.vectors import Column, Labels, Vector, is_empty, without_name

Buckets = list[tuple[float, float]]
"""Upper bound and count of each bucket, in the order of bounds."""


def of_buckets(vector: Vector, function: Callable[[Buckets, int], float | None]) -> Vector:
    """A function of each histogram's buckets at each time, given the place of the time as well."""
    groups: dict[Labels, list[tuple[float, Column]]] = defaultdict(list)
    for labels, column in vector.items():
        bound = _number(dict(labels).get("le"))
        if bound is not None:
            others = tuple(pair for pair in without_name(labels) if pair[0] != "le")
            groups[others].append((bound, column))
    found: Vector = {}
    for labels, buckets in groups.items():
        buckets.sort(key=lambda bucket: bucket[0])
        column = []
        for index in range(len(buckets[0][1])):
            there = [(bound, value) for bound, values in buckets if (value := values[index]) is not None]
            column.append(function(there, index) if there else None)
        if not is_empty(column):
            found[labels] = column
    return found


def _number(text: str | None) -> float | None:
    try:
        return None if text is None else float(text)
    except ValueError:
        return None


def _merged(buckets: Buckets) -> Buckets:
    """The buckets, those of one bound added up."""
    merged: dict[float, float] = {}
    for bound, count in buckets:
        merged[bound] = merged.get(bound, 0.0) + count
    return list(merged.items())


def _rising(buckets: Buckets) -> Buckets:
    """The buckets with counts that never fall."""
    found: Buckets = []
    highest = -math.inf
    for bound, count in _merged(buckets):
        highest = count if count > highest or count != count else highest
        found.append((bound, highest))
    return found


def bucket_quantile(q: float, given: Buckets) -> float:
    """The q-quantile, by linear interpolation in its bucket."""
    if q != q:
        return math.nan
    if q < 0 or q > 1:
        return -math.inf if q < 0 else math.inf
    if given[-1][0] != math.inf:
        return math.nan
    buckets = _rising(given)
    if len(buckets) < 2 or buckets[-1][1] == 0:
        return math.nan
    rank = q * buckets[-1][1]
    last = len(buckets) - 1
    index = next((place for place in range(last) if buckets[place][1] >= rank), last)
    if index == last:
        return buckets[-2][0]
    bound, count = buckets[index]
    if index == 0 and bound <= 0:
        return bound
    start, below = (0.0, 0.0) if index == 0 else buckets[index - 1]
    return start + (bound - start) * divided(rank - below, count - below)


def bucket_fraction(lower: float, upper: float, given: Buckets) -> float:
    """The share of observations between two values, by linear interpolation in their buckets."""
    if given[-1][0] != math.inf:
        return math.nan
    buckets = _merged(given)
    count = buckets[-1][1]
    if count == 0 or lower != lower or upper != upper:
        return math.nan
    if lower >= upper:
        return 0.0
    ranks = [_rank(value, buckets) for value in (lower, upper)]
    below, above = (count if rank > count else rank for rank in ranks)
    return divided(above - below, count)


def _rank(value: float, buckets: Buckets) -> float:
    """How many observations are below a value."""
    start, rank = (-math.inf if buckets[0][0] <= 0 else 0.0), 0.0
    for bound, count in buckets:
        if start >= value:
            return rank
        if start < value < bound:
            return count if start == -math.inf else rank + (count - rank) * (value - start) / (bound - start)
        start, rank = bound, count
    return rank
