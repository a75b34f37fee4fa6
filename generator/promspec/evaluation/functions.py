"""Functions of instant vectors: arithmetic on values, quantiles of histograms, changed labels, parts of a time."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from promspec.evaluation.vectors import Column, Labels, Vector, is_empty, labelset, merge, without_name
from promspec.promql import expand_replacement, regex

Argument = Vector | list[float] | str

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _guarded(function: Callable[[float], float]) -> Callable[[float], float]:
    def apply(value: float) -> float:
        try:
            return float(function(value))
        except OverflowError:
            return math.inf
        except ValueError:
            return math.nan

    return apply


def _logarithm(function: Callable[[float], float]) -> Callable[[float], float]:
    return lambda value: -math.inf if value == 0 else _guarded(function)(value)


_OF_VALUE: dict[str, Callable[[float], float]] = {
    "abs": abs,
    "ceil": lambda v: v if math.isinf(v) or v != v else float(math.ceil(v)),
    "floor": lambda v: v if math.isinf(v) or v != v else float(math.floor(v)),
    "exp": _guarded(math.exp),
    "ln": _logarithm(math.log),
    "log10": _logarithm(math.log10),
    "log2": _logarithm(math.log2),
    "sqrt": _guarded(math.sqrt),
    "sgn": lambda v: v if v == 0 or v != v else math.copysign(1.0, v),
    "deg": math.degrees,
    "rad": math.radians,
}

_OF_TIME: dict[str, Callable[[datetime], int]] = {
    "minute": lambda at: at.minute,
    "hour": lambda at: at.hour,
    "day_of_week": lambda at: at.isoweekday() % 7,
    "day_of_month": lambda at: at.day,
    "day_of_year": lambda at: at.timetuple().tm_yday,
    "days_in_month": lambda at: ((at.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)).day,
    "month": lambda at: at.month,
    "year": lambda at: at.year,
}


def call_instant(name: str, args: Sequence[Argument], times: Sequence[int]) -> Vector | None:
    """A function of an instant vector; None if it is not one of those here."""
    if name in _OF_TIME:
        now: Vector = {(): [time / 1000 for time in times]}
        given = args[0] if args else now
        return _mapped(given, lambda v, _: float(_OF_TIME[name](_EPOCH + timedelta(seconds=math.floor(v)))))
    if name in _OF_VALUE:
        return _mapped(args[0], lambda v, _: _OF_VALUE[name](v))
    if name in ("sort", "sort_desc") and isinstance(args[0], dict):
        return args[0]
    if name == "histogram_quantile" and isinstance(args[0], list) and isinstance(args[1], dict):
        return _histogram_quantile(args[0], args[1])
    if name == "label_replace":
        return _label_replace(*args)  # type: ignore[arg-type]
    if name == "label_join":
        return _label_join(*args)  # type: ignore[arg-type]
    return _clamped(name, args)


def _clamped(name: str, args: Sequence[Argument]) -> Vector | None:
    scalars = [arg for arg in args[1:] if isinstance(arg, list)]
    if name == "clamp_max":
        return _mapped(args[0], lambda v, i: min(v, scalars[0][i]))
    if name == "clamp_min":
        return _mapped(args[0], lambda v, i: max(v, scalars[0][i]))
    if name == "clamp":
        lowest, highest = scalars
        inside = _mapped(args[0], lambda v, i: max(lowest[i], min(v, highest[i])))
        return {} if any(low > high for low, high in zip(lowest, highest, strict=True)) else inside
    if name == "round":
        return _mapped(args[0], lambda v, i: rounded(v, scalars[0][i] if scalars else 1.0))
    return None


def rounded(value: float, to: float) -> float:
    """PromQL's round(): to the nearest multiple, a half upwards."""
    if math.isinf(value) or value != value:
        return value
    inverse = 1.0 / to
    return math.floor(value * inverse + 0.5) / inverse


def _mapped(vector: Argument, function: Callable[[float, int], float]) -> Vector | None:
    if not isinstance(vector, dict):
        return None
    found: Vector = {}
    for labels, column in vector.items():
        made: Column = [None if value is None else function(value, index) for index, value in enumerate(column)]
        merge(found, without_name(labels), made)
    return found


def _histogram_quantile(q: list[float], vector: Vector) -> Vector:
    groups: dict[Labels, list[tuple[float, Column]]] = defaultdict(list)
    for labels, column in vector.items():
        bound = dict(labels).get("le")
        if bound is not None:
            others = tuple(pair for pair in without_name(labels) if pair[0] != "le")
            groups[others].append((_number(bound), column))
    found: Vector = {}
    for labels, buckets in groups.items():
        buckets.sort(key=lambda bucket: bucket[0])
        column = []
        for index, quantile in enumerate(q):
            there = [(bound, values[index]) for bound, values in buckets]
            column.append(_bucket_quantile(quantile, [(b, v) for b, v in there if v is not None]))
        if not is_empty(column):
            found[labels] = column
    return found


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _bucket_quantile(q: float, buckets: list[tuple[float, float]]) -> float | None:
    """Source: promql/quantile.go, bucketQuantile"""
    if not buckets:
        return None
    if q != q:
        return math.nan
    if q < 0 or q > 1:
        return -math.inf if q < 0 else math.inf
    if buckets[-1][0] != math.inf:
        return math.nan
    merged: dict[float, float] = {}
    for bound, count in buckets:
        merged[bound] = merged.get(bound, 0.0) + count
    bounds, counts, highest = list(merged), [], -math.inf
    for count in merged.values():
        highest = max(highest, count)
        counts.append(highest)
    if len(bounds) < 2 or counts[-1] == 0 or counts[-1] != counts[-1]:
        return math.nan
    rank = q * counts[-1]
    index = next((i for i in range(len(bounds) - 1) if counts[i] >= rank), len(bounds) - 1)
    if index == len(bounds) - 1:
        return bounds[-2]
    if index == 0 and bounds[0] <= 0:
        return bounds[0]
    start, below = (0.0, 0.0) if index == 0 else (bounds[index - 1], counts[index - 1])
    return start + (bounds[index] - start) * ((rank - below) / (counts[index] - below))


def _label_replace(vector: Vector, target: str, replacement: str, source: str, pattern: str) -> Vector | None:
    expression = regex(pattern)
    if expression is None:
        return None
    found: Vector = {}
    for labels, column in vector.items():
        match = expression.fullmatch(dict(labels).get(source, ""))
        if match is not None:
            value = expand_replacement(match, replacement)
            if value is None:
                return None
            labels = labelset({**dict(labels), target: value})
        merge(found, labels, column)
    return found


def _label_join(vector: Vector, target: str, separator: str, *sources: str) -> Vector:
    found: Vector = {}
    for labels, column in vector.items():
        given = dict(labels)
        joined = separator.join(given.get(source, "") for source in sources)
        merge(found, labelset({**given, target: joined}), column)
    return found
