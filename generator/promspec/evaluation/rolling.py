"""A function of ranges at many times: worked out once where the samples lie on a straight line."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

from promspec.evaluation.ranges import OF_CHANGE, RANGE_FUNCTIONS
from promspec.evaluation.samples import Samples
from promspec.evaluation.vectors import Column


def over_ranges(name: str, samples: Samples, ends: Sequence[int], length: int, given: Sequence[float]) -> Column:
    """A function over the range of a length that ends at each time, all in milliseconds."""
    if name in OF_CHANGE and samples.breaks is not None:
        return _on_lines(name, samples, ends, length)
    function, column = RANGE_FUNCTIONS[name], list[float | None]()
    for end, argument in zip(ends, given, strict=True):
        first, last = samples.within(end - length, end)
        column.append(function(samples, first, last, end - length, end, argument))
    return column


def _on_lines(name: str, samples: Samples, ends: Sequence[int], length: int) -> Column:
    """A function of changes: the same for every range that lies alike on one straight line."""
    function = RANGE_FUNCTIONS[name]

    def at(index: int) -> float | None:
        end = ends[index]
        first, last = samples.within(end - length, end)
        return function(samples, first, last, end - length, end, 0.0)

    column: Column = [None] * len(ends)
    done = 0
    for start, stop in _inside_lines(name, samples, ends, length):
        for index in range(done, min(start + 1, stop)):
            column[index] = at(index)
        column[start + 1 : stop] = [column[start]] * (stop - start - 1)
        done = stop
    for index in range(done, len(column)):
        column[index] = at(index)
    return column


def _inside_lines(name: str, samples: Samples, ends: Sequence[int], length: int) -> Iterator[tuple[int, int]]:
    """The stretches of ends whose ranges lie on one line of samples, alike to its scrapes."""
    breaks = samples.breaks or []
    alike: dict[int, bool] = {}
    for number, first in enumerate(breaks):
        behind = breaks[number + 1] if number + 1 < len(breaks) else len(samples.times)
        if behind - first < 2:
            continue
        begin, end = int(samples.times[first]), int(samples.times[behind - 1])
        interval = int(samples.times[first + 1]) - begin
        if name in ("increase", "rate"):
            # Near zero a counter is not extrapolated beyond it: a value above the change is far enough away.
            step = samples.values[first + 1] - samples.values[first]
            needed = abs(step) * (length // interval + 1) - samples.values[first]
            if needed > 0:
                begin += interval * math.ceil(needed / step) if step > 0 else end
        start = bisect_left(ends, begin + length + 1)
        stop = bisect_right(ends, end)
        if stop - start > 1:
            if interval not in alike:
                alike[interval] = all(time % interval == ends[0] % interval for time in ends)
            if alike[interval]:
                yield start, stop
