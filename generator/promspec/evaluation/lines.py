"""Long series kept as straight lines: values and times are worked out where somebody looks."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from math import fsum
from typing import overload

from promspec.evaluation.samples import LOOKBACK, Samples


class Points(Sequence[float]):
    """A sequence of numbers made of lines: (first value, step, count) one behind the other."""

    __slots__ = ("_firsts", "_length", "_lines")

    def __init__(self, lines: Sequence[tuple[float, float, int]]) -> None:
        self._lines = lines
        ends = list(accumulate(count for _, _, count in lines))
        self._length = ends[-1] if ends else 0
        self._firsts = [0, *ends[:-1]]

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, index: int) -> float: ...

    @overload
    def __getitem__(self, index: slice) -> list[float]: ...

    def __getitem__(self, index: int | slice) -> float | list[float]:
        if isinstance(index, slice):
            return [self[position] for position in range(*index.indices(self._length))]
        if index < 0:
            index += self._length
        if not 0 <= index < self._length:
            raise IndexError(index)
        line = bisect_right(self._firsts, index) - 1
        start, step, _ = self._lines[line]
        return start + step * (index - self._firsts[line])

    def total(self, first: int, last: int) -> float:
        """The sum of the values between two indices."""
        parts = []
        while first < last:
            line = bisect_right(self._firsts, first) - 1
            count = min(last, self._firsts[line] + self._lines[line][2]) - first
            parts += [self[first] * count, self._lines[line][1] * (count * (count - 1) / 2)]
            first += count
        return fsum(parts)

    def falls(self, first: int, last: int) -> int:
        """How often a value between two indices is below the one before it."""
        found = 0
        for number in range(bisect_right(self._firsts, first) - 1, bisect_right(self._firsts, last - 1)):
            begin, (_, step, count) = self._firsts[number], self._lines[number]
            if step < 0:
                found += min(last, begin + count) - max(first, begin) - 1
            if begin > first:
                found += self[begin] < self[begin - 1]
        return found


class LineSamples(Samples):
    """Samples on lines: (first time in milliseconds, interval, first value, step, count)."""

    __slots__ = ("_begin", "_first", "_lines", "_points")

    def __init__(self, lines: Sequence[tuple[int, int, float, float, int]], stale: list[int], left_open: bool) -> None:
        times = Points([(time, interval, count) for time, interval, _, _, count in lines])
        self._points = Points([(value, step, count) for _, _, value, step, count in lines])
        self._lines = lines
        self._begin = [line[0] for line in lines]
        self._first = list(accumulate((line[4] for line in lines[:-1]), initial=0))
        super().__init__(times, self._points, stale, left_open, self._first)  # type: ignore[arg-type]

    def at(self, time: int) -> float | None:
        """The instant value, as `Samples.at` has it."""
        index = self._behind(time) - 1
        if index < 0:
            return None
        age = time - int(self.times[index])
        if age > LOOKBACK or (self.left_open and age == LOOKBACK):
            return None
        ended = bisect_right(self.stale, time) - 1
        if ended >= 0 and self.stale[ended] > self.times[index]:
            return None
        return self._points[index]

    def within(self, start: int, end: int) -> tuple[int, int]:
        """The samples of a range, as `Samples.within` has them."""
        return self._behind(start if self.left_open else start - 1), self._behind(end)

    def _behind(self, time: int) -> int:
        """The index behind the last sample at or before a time."""
        line = bisect_right(self._begin, time) - 1
        if line < 0:
            return 0
        begin, interval, _, _, count = self._lines[line]
        return self._first[line] + min(count, (time - begin) // interval + 1)

    def total(self, first: int, last: int) -> float:
        """The sum of the samples from `first` to before `last`."""
        return self._points.total(first, last)

    def falls(self, first: int, last: int) -> int:
        """How often a value is below the one before it."""
        return self._points.falls(first, last) if last > first else 0
