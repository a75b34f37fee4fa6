"""Ranges that are `anchored` or `smoothed`: values at the borders of the range, no extrapolation.

Source: prometheus/promql/functions.go, extendedRate and pickFirstSampleIndices; engine.go, smoothSeries.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import pairwise

from promspec.evaluation.samples import LOOKBACK, Samples
from promspec.evaluation.vectors import Column

_COUNTERS = ("rate", "increase")


def over_extended(function: str, word: str, samples: Samples, ends: Sequence[int], length: int) -> Column:
    """A function over the range of a length that ends at each time, all in milliseconds."""
    if function in ("changes", "resets"):
        return [_counted(function, samples, end - length, end) for end in ends]
    return [_change(function, word == "smoothed", samples, end - length, end) for end in ends]


def _points(samples: Samples, start: int, end: int) -> tuple[list[int], list[float]]:
    """The samples behind `start` and up to `end`."""
    first, last = bisect_right(samples.times, start), bisect_right(samples.times, end)
    return list(samples.times[first:last]), list(samples.values[first:last])


def _counted(function: str, samples: Samples, start: int, end: int) -> float | None:
    """How often a value changes or falls, from the last sample at or before the range on."""
    times, values = _points(samples, start - LOOKBACK, end)
    if not times or times[-1] <= start:
        return None
    values = values[max(0, bisect_right(times, start) - 1) :]
    if function == "resets":
        return float(sum(after < before for before, after in pairwise(values)))
    return float(sum(a != b and not (a != a and b != b) for a, b in pairwise(values)))


def _change(function: str, smoothed: bool, samples: Samples, start: int, end: int) -> float | None:
    times, values = _points(samples, start - LOOKBACK, end + LOOKBACK if smoothed else end)
    if not times:
        return None
    last = len(times) - 1
    first = max(0, bisect_right(times, start, 0, last) - 1)
    if smoothed:
        last = bisect_left(times, end, 0, last)
    if times[last] <= start or (smoothed and times[first] > end):
        return None
    counter = function in _COUNTERS
    left, right = values[first], values[last]
    if smoothed and times[first] < start:
        left = _between(times, values, first, start, counter)
    if smoothed and last > 0 and times[last] > end:
        right = _between(times, values, last - 1, end, counter)
    change = right - left
    if counter:
        inside = values[first + (times[first] <= start) : last + 1 - (times[last] >= end)]
        change += sum(before for before, after in pairwise((left, *inside, right)) if after < before)
    return change / ((end - start) / 1000) if function == "rate" else change


def _between(times: list[int], values: list[float], index: int, time: int, counter: bool) -> float:
    """The value between a sample and the next, on a straight line; a counter that was reset starts at zero."""
    before, after = values[index], values[index + 1]
    if counter and after < before:
        before = 0.0
    return before + (after - before) * (time - times[index]) / (times[index + 1] - times[index])


def smoothed_at(samples: Samples, time: int) -> float | None:
    """The value at a time on the straight line between the samples around it; the last value where none follows."""
    times, values = _points(samples, time - LOOKBACK, time + LOOKBACK)
    index = bisect_left(times, time)
    if index < len(times) and times[index] == time:
        return values[index]
    if index == 0:
        return None
    return values[index - 1] if index == len(times) else _between(times, values, index - 1, time, False)
