"""Functions of range vectors, as Prometheus 2.42 and 3 compute them. Source: prometheus/promql/functions.go"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

from promspec.evaluation.numeric import greatest, least, quantile, total, variance
from promspec.evaluation.samples import Samples

RangeFunction = Callable[[Samples, int, int, int, int, float], float | None]
"""Samples, first and behind-last index, start and end of the range in milliseconds, the scalar argument."""


def _extrapolated(samples: Samples, first: int, last: int, start: int, end: int, counter: bool) -> tuple[float, float]:
    """The change from the first to the last sample, and the factor that extends it to the range.

    Source: extrapolatedRate. Since Prometheus 3.6 the point at which a counter was zero bounds also what is added for a
    series that begins within the range; left-open ranges, which came with 3.0, stand for that as well.
    """
    times, values = samples.times, samples.values
    change = values[last - 1] - values[first]
    if counter and samples.falls(first, last):
        for index in range(first + 1, last):
            if values[index] < values[index - 1]:
                change += values[index - 1]
    to_start, to_end = (times[first] - start) / 1000, (end - times[last - 1]) / 1000
    sampled = (times[last - 1] - times[first]) / 1000
    between = sampled / (last - first - 1)
    if samples.left_open and to_start >= between * 1.1:
        to_start = between / 2
    if counter and change > 0 and values[first] >= 0:
        to_start = min(to_start, sampled * (values[first] / change))
    covered = sampled
    covered += to_start if to_start < between * 1.1 else between / 2
    covered += to_end if to_end < between * 1.1 else between / 2
    return change, covered / sampled


def _rate(samples: Samples, first: int, last: int, start: int, end: int, _: float) -> float | None:
    if last - first < 2:
        return None
    change, factor = _extrapolated(samples, first, last, start, end, True)
    return change * (factor / ((end - start) / 1000))


def _increase(samples: Samples, first: int, last: int, start: int, end: int, _: float) -> float | None:
    if last - first < 2:
        return None
    change, factor = _extrapolated(samples, first, last, start, end, True)
    return change * factor


def _delta(samples: Samples, first: int, last: int, start: int, end: int, _: float) -> float | None:
    if last - first < 2:
        return None
    change, factor = _extrapolated(samples, first, last, start, end, False)
    return change * factor


def _instant(samples: Samples, first: int, last: int, counter: bool) -> float | None:
    if last - first < 2:
        return None
    before, after = samples.values[last - 2], samples.values[last - 1]
    if counter:
        change = after if after < before else after - before
        return change / ((samples.times[last - 1] - samples.times[last - 2]) / 1000)
    return after - before


def _irate(samples: Samples, first: int, last: int, *_: float) -> float | None:
    return _instant(samples, first, last, True)


def _idelta(samples: Samples, first: int, last: int, *_: float) -> float | None:
    return _instant(samples, first, last, False)


def _regression(samples: Samples, first: int, last: int, at: int) -> tuple[float, float] | None:
    """Slope per second and value at a time, by least squares. Source: linearRegression"""
    values = samples.values[first:last]
    if len(values) < 2:
        return None
    if all(value == values[0] for value in values):
        return (0.0, values[0]) if math.isfinite(values[0]) else (math.nan, math.nan)
    seconds = [(time - at) / 1000 for time in samples.times[first:last]]
    count = float(len(values))
    sum_x, sum_y = math.fsum(seconds), total(values)
    sum_xy = total([x * y for x, y in zip(seconds, values, strict=True)])
    sum_xx = math.fsum(x * x for x in seconds)
    covariance, variance = sum_xy - sum_x * sum_y / count, sum_xx - sum_x * sum_x / count
    slope = covariance / variance
    return slope, sum_y / count - slope * sum_x / count


def _deriv(samples: Samples, first: int, last: int, *_: float) -> float | None:
    found = _regression(samples, first, last, samples.times[first]) if last - first > 1 else None
    return None if found is None else found[0]


def _predict_linear(samples: Samples, first: int, last: int, start: int, end: int, ahead: float) -> float | None:
    found = _regression(samples, first, last, end)
    return None if found is None else found[0] * ahead + found[1]


def _changes(samples: Samples, first: int, last: int, *_: float) -> float | None:
    if last <= first:
        return None
    values = samples.values[first:last]
    return float(sum(a != b and not (a != a and b != b) for a, b in pairwise(values)))


def _resets(samples: Samples, first: int, last: int, *_: float) -> float | None:
    return float(samples.falls(first, last)) if last > first else None


def _of_values(function: Callable[[Sequence[float]], float]) -> RangeFunction:
    def apply(samples: Samples, first: int, last: int, *_: float) -> float | None:
        return function(samples.values[first:last]) if last > first else None

    return apply


def _sum(samples: Samples, first: int, last: int, *_: float) -> float | None:
    return samples.total(first, last) if last > first else None


def _avg(samples: Samples, first: int, last: int, *_: float) -> float | None:
    return samples.total(first, last) / (last - first) if last > first else None


def _quantile_over_time(samples: Samples, first: int, last: int, start: int, end: int, q: float) -> float | None:
    return quantile(q, samples.values[first:last]) if last > first else None


def _deviation(values: Sequence[float]) -> float:
    """The median of the distances from the median."""
    if any(value != value for value in values):
        return math.nan
    median = quantile(0.5, values)
    return quantile(0.5, [abs(value - median) for value in values])


def _first(samples: Samples, first: int, last: int, *_: float) -> float | None:
    return samples.times[first] / 1000 if last > first else None


def _last(samples: Samples, first: int, last: int, *_: float) -> float | None:
    return samples.times[last - 1] / 1000 if last > first else None


def _when(choose: Callable[[Sequence[float]], float]) -> RangeFunction:
    """The time of the last sample with the chosen value; of the last one where no value is a number."""

    def apply(samples: Samples, first: int, last: int, *_: float) -> float | None:
        values = samples.values[first:last]
        if not values:
            return None
        chosen = choose(values)
        places = [place for place, value in enumerate(values) if value == chosen]
        return samples.times[first + places[-1] if places else last - 1] / 1000

    return apply


def smoothing(values: Sequence[float], smooth: float, trend: float) -> float | None:
    """Double exponential smoothing. Source: funcDoubleExponentialSmoothing"""
    if len(values) < 2:
        return None
    before, smoothed, slope = 0.0, values[0], values[1] - values[0]
    for index, value in enumerate(values[1:]):
        slope = trend * (smoothed - before) + (1 - trend) * slope if index else slope
        before, smoothed = smoothed, smooth * value + (1 - smooth) * (smoothed + slope)
    return smoothed


RANGE_FUNCTIONS: dict[str, RangeFunction] = {
    "avg_over_time": _avg,
    "changes": _changes,
    "count_over_time": _of_values(lambda values: float(len(values))),
    "delta": _delta,
    "deriv": _deriv,
    "first_over_time": _of_values(lambda values: values[0]),
    "idelta": _idelta,
    "increase": _increase,
    "irate": _irate,
    "last_over_time": _of_values(lambda values: values[-1]),
    "mad_over_time": _of_values(_deviation),
    "max_over_time": _of_values(greatest),
    "min_over_time": _of_values(least),
    "predict_linear": _predict_linear,
    "present_over_time": _of_values(lambda values: 1.0),
    "quantile_over_time": _quantile_over_time,
    "rate": _rate,
    "resets": _resets,
    "stddev_over_time": _of_values(lambda values: math.sqrt(variance(values))),
    "stdvar_over_time": _of_values(variance),
    "sum_over_time": _sum,
    "ts_of_first_over_time": _first,
    "ts_of_last_over_time": _last,
    "ts_of_max_over_time": _when(greatest),
    "ts_of_min_over_time": _when(least),
}
"""The functions of one range vector; quantile_over_time and predict_linear take a scalar besides."""

KEEPS_NAME = frozenset(("first_over_time", "last_over_time"))
SMOOTHING = frozenset(("double_exponential_smoothing", "holt_winters"))
OF_CHANGE = frozenset(("changes", "delta", "deriv", "idelta", "increase", "irate", "rate", "resets"))
"""Functions that look at differences alone: they do not change when the samples are moved along a line."""
