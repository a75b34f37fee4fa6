"""The measures of functions and aggregations, from those of their arguments."""

from __future__ import annotations

import math
from dataclasses import replace

from promspec.judging import units
from promspec.judging.measure import Measure
from promspec.judging.parts import buckets_of, constant
from promspec.promql import Aggregate, Call, Expr, Registry, Selector, Subquery, kind, unwrap, walk

_SAME = (
    *("abs", "avg_over_time", "ceil", "clamp", "clamp_max", "clamp_min", "double_exponential_smoothing"),
    *("first_over_time", "floor", "holt_winters", "label_join", "label_replace", "last_over_time", "mad_over_time"),
    *("max_over_time", "min_over_time", "predict_linear", "quantile_over_time", "round", "info"),
    *("sort", "sort_desc", "sort_by_label", "sort_by_label_desc"),
)
"""Functions that keep the unit of their vector."""
_BEYOND = ("abs", "ceil", "clamp", "double_exponential_smoothing", "floor", "holt_winters", "predict_linear", "round")
"""Those of them whose values may lie outside of the range of what they are given."""
_OF_COUNTS = ("count_over_time", "present_over_time")
_POINTS = (
    *("end", "start", "start_timestamp", "time", "timestamp", "ts_of_first_over_time", "ts_of_last_over_time"),
    *("ts_of_max_over_time", "ts_of_min_over_time"),
)
_INFINITE = "outside of 0 to 1 a quantile is infinite"
_OF_QUERY = ("range", "step")
_OF_TWO = ("max_of", "min_of")
_DATES = {
    "minute": (0, 59),
    "hour": (0, 23),
    "day_of_week": (0, 6),
    "day_of_month": (1, 31),
    "day_of_year": (1, 366),
    "days_in_month": (28, 31),
    "month": (1, 12),
}
_UNDEFINED = {
    "sqrt": 0.0,
    **dict.fromkeys(("ln", "log10", "log2"), math.ulp(0.0)),
    **dict.fromkeys(("acos", "acosh", "asin", "atanh"), math.inf),
}
"""Functions that are not finite somewhere, with the number below which that may be."""
_CIRCULAR = {"sin": 1.0, "cos": 1.0, "tanh": 1.0, "sgn": 1.0}
_BOUNDED = {**{name: (-most, most) for name, most in _CIRCULAR.items()}, **_DATES}


def aggregated(node: Expr, inner: list[Measure]) -> Measure | None:
    """The measure of an aggregation; None for anything else."""
    if not isinstance(node, Aggregate):
        return None
    vector = inner[-1]
    if node.op in ("avg", "min", "max", "quantile", "topk", "bottomk", "limitk", "limit_ratio"):
        vector = replace(vector, zero=vector.zero or _mixed(vector))
        outside = node.op == "quantile" and not _is_quantile(node.param)
        return replace(vector, low=-math.inf, high=math.inf, nan=vector.nan or _INFINITE) if outside else vector
    if node.op == "sum":
        unit = None if vector.unit in (units.RATIO, units.PERCENT, units.TIMESTAMP) else vector.unit
        low = 0 if vector.low >= 0 else -math.inf
        high = 0 if vector.low == vector.high == 0 else math.inf  # however many zeros: their sum is 0
        zero = vector.zero or _mixed(vector)
        return replace(vector, unit=unit, low=low, high=high, why=vector.why if low == 0 else "", zero=zero)
    if node.op == "count":
        why = "a count is at least 1: without series there is no result, not a zero"
        return Measure(None, 1, why=why, quantity="count", zero=False, missing=vector.missing)
    if node.op == "count_values":
        return Measure(None, 1, why="a count is at least 1", quantity="count", zero=False, missing=vector.missing)
    if node.op == "group":
        return Measure(None, 1, 1, "group() is 1", zero=False, missing=vector.missing)
    unit = vector.unit if node.op == "stddev" else units.times(vector.unit, vector.unit)
    return Measure(unit, 0, why=f"{node.op}() is never negative", nan=vector.nan, missing=vector.missing)


def _mixed(vector: Measure) -> bool:
    """Whether values of both signs can be among them, whose mean or sum may be 0."""
    return vector.low < 0 < vector.high


def _is_quantile(param: Expr | None) -> bool:
    value = constant(param) if param is not None else None
    return value is not None and 0 <= value <= 1


def called(node: Expr, inner: list[Measure], registry: Registry) -> Measure:
    """The measure of a function call."""
    if not isinstance(node, Call):
        return Measure()
    vectors = [m for m, arg in zip(inner, node.args, strict=True) if kind(arg) in ("instant", "range")]
    vector = vectors[0] if vectors else Measure()
    found = _found(node, inner, vector, registry)
    if node.func in ("absent", "absent_over_time"):
        return replace(found, missing="absent() has no result while the series are there")
    return replace(found, missing=found.missing or (vector.missing if kind(node) != "scalar" else ""))


def _found(node: Call, inner: list[Measure], vector: Measure, registry: Registry) -> Measure:
    buckets = buckets_of(node)
    if buckets is not None:
        found = _quantile(buckets, registry)
        numbers = node.args[2:] if node.func == "histogram_quantiles" else node.args[:1]
        inside = all(_is_quantile(number) for number in numbers)
        return found if inside else replace(found, low=-math.inf, high=math.inf, why="", nan=found.nan or _INFINITE)
    if node.func in _OF_QUERY:
        return Measure(units.SECONDS, 0)
    if node.func in _OF_TWO:
        return _of_two(node.func, *inner)
    if node.func in ("absent", "absent_over_time"):
        return Measure(None, 1, 1, "absent() is 1 where it has a result", zero=False)
    if node.func in _POINTS:
        return Measure(units.TIMESTAMP, 0, zero=False)
    if node.func in _OF_COUNTS:
        why = f"{node.func}() is at least 1: without samples there is no result, not a zero"
        return Measure(None, 1, 1 if node.func == "present_over_time" else math.inf, why, quantity="count", zero=False)
    if node.func == "scalar":
        return replace(inner[0], nan=inner[0].nan or "scalar() of none or of several series is NaN")
    if node.func == "vector":
        return inner[0]
    if node.func == "quantile_over_time" and not _is_quantile(node.args[0]):
        return replace(_kept(node, vector), low=-math.inf, high=math.inf, why="", nan=vector.nan or _INFINITE)
    if node.func in ("clamp_max", "clamp_min"):
        return _clamped(node, vector)
    if node.func in _BOUNDED:
        low, high = _BOUNDED[node.func]
        return Measure(None, low, high, f"{node.func}() is {low:g} to {high:g}", nan=vector.nan)
    if node.func == "histogram_fraction":
        return Measure(units.RATIO, 0, 1, "a fraction is 0 to 1", nan="without observations it divides zero by zero")
    return _changed(node, vector) or _kept(node, vector)


def _changed(node: Call, vector: Measure) -> Measure | None:
    """Rates, changes and spreads of samples over time."""
    never = f"{node.func}() is never negative"
    falls = vector.low < 0 and (vector.quantity == "gauge" or any(isinstance(unwrap(a), Subquery) for a in node.args))
    low = -math.inf if falls else 0  # never negative is the rate of what only grows
    if node.func in ("rate", "irate"):
        return Measure(units.per_second(vector.unit), low, why=never if low == 0 else "", quantity="rate")
    if node.func == "increase":
        return Measure(vector.unit, low, why=never if low == 0 else "", quantity="increase")
    if node.func in ("deriv", "delta", "idelta"):
        return Measure(units.per_second(vector.unit) if node.func == "deriv" else _difference(vector.unit))
    if node.func in ("changes", "resets"):
        return Measure(None, 0, why=never)
    if node.func in ("stdvar_over_time", "histogram_stdvar"):
        return Measure(units.times(vector.unit, vector.unit), 0, why=never)
    if node.func in ("stddev_over_time", "mad_over_time", "histogram_stddev"):
        return Measure(_difference(vector.unit), 0, why=never)
    if node.func in _UNDEFINED:
        nan = vector.nan or (f"{node.func}() is not defined everywhere" if vector.low < _UNDEFINED[node.func] else "")
        return Measure(None, 0, why=never, nan=nan) if node.func == "sqrt" else Measure(None, nan=nan)
    return None


def _difference(unit: units.Unit | None) -> units.Unit | None:
    return units.SECONDS if unit == units.TIMESTAMP else unit


def _kept(node: Call, vector: Measure) -> Measure:
    if node.func == "sum_over_time":
        return Measure(vector.unit if vector.unit != units.RATIO else None, 0 if vector.low >= 0 else -math.inf)
    if node.func not in _SAME:
        return Measure()
    if node.func in _BEYOND:
        low = 0 if node.func == "abs" or (vector.low >= 0 and node.func in ("ceil", "floor", "round")) else -math.inf
        to_nothing = node.func == "round" and len(node.args) > 1 and not constant(node.args[1])
        nan = vector.nan or ("rounded to a multiple of 0 it is NaN" if to_nothing else "")
        return replace(vector, low=low, high=math.inf, quantity="", zero=vector.zero or node.func != "abs", nan=nan)
    over_time = node.func.endswith("_over_time")
    return replace(vector, quantity="" if over_time else vector.quantity, zero=vector.zero or _mixed(vector))


def _clamped(node: Call, vector: Measure) -> Measure:
    bound = constant(node.args[1])
    if bound is None or bound != bound:
        return replace(vector, low=-math.inf, high=math.inf, why="", zero=True, nan=vector.nan or "a bound may be NaN")
    if node.func == "clamp_max":
        zero = vector.zero or bound <= 0
        why = f"clamp_max() leaves at most {bound:g}" if bound < vector.high else vector.why
        return replace(vector, high=min(vector.high, bound), low=min(vector.low, bound), why=why, zero=zero)
    zero = vector.zero and bound <= 0
    why = f"clamp_min() leaves at least {bound:g}" if bound > vector.low else vector.why
    return replace(vector, low=max(vector.low, bound), high=max(vector.high, bound), why=why, zero=zero)


def _of_two(function: str, left: Measure, right: Measure) -> Measure:
    """The larger or the smaller of two scalars."""
    choose = max if function == "max_of" else min
    low, high = choose(left.low, right.low), choose(left.high, right.high)
    return Measure(left.unit if left.unit == right.unit else None, low, high, zero=left.zero or right.zero)


def _quantile(buckets: Expr, registry: Registry) -> Measure:
    """Never above the largest bound that is finite: that is what Prometheus answers for the bucket +Inf."""
    bounds: list[float] = []
    unit = None
    for part in walk(buckets):
        if isinstance(part, Selector) and part.name is not None:
            series = registry.series(part.name)
            found = series.labels.get("le") if series is not None and series.kind == "histogram_bucket" else None
            if not found:
                return Measure(quantity="quantile")
            bounds += [float(bound) for bound in found if _finite(bound)]
            unit = units.of_name(part.name.removesuffix("_bucket"))
    nan = "without observations a quantile is NaN"
    if not bounds:
        return Measure(unit, quantity="quantile", nan=nan)
    top, low = max(bounds), 0 if min(bounds) >= 0 else -math.inf
    return Measure(unit, low, top, f"the largest finite bucket is {top:g}", quantity="quantile", nan=nan)


def _finite(bound: str) -> bool:
    try:
        return math.isfinite(float(bound))
    except ValueError:
        return False
