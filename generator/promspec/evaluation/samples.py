"""Samples of one series, and the store that selectors read; times are whole milliseconds."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from itertools import accumulate, pairwise

from promspec.evaluation.numeric import total
from promspec.evaluation.vectors import Labels

LOOKBACK = 300_000
"""How old an instant value may be, in milliseconds. Source: Prometheus, --query.lookback-delta"""


_MOST_EXACT = 512


class Samples:
    """The values of one series in the order of time, and the times at which it was marked stale.

    `left_open` is Prometheus 3's reading of a range, which leaves out a sample on its left end. `breaks` are the
    indices at which a straight line begins, if the samples are known to lie on lines.
    """

    __slots__ = ("_resets", "_sums", "breaks", "left_open", "memo", "stale", "times", "values")

    def __init__(
        self,
        times: list[int],
        values: list[float],
        stale: list[int],
        left_open: bool = False,
        breaks: list[int] | None = None,
    ) -> None:
        self.times, self.values, self.stale, self.left_open, self.breaks = times, values, stale, left_open, breaks
        self.memo: dict[tuple[object, ...], list[float | None]] = {}
        """What was worked out of these samples, for whoever asks the same again."""
        self._sums: list[float] | None = None
        self._resets: list[int] | None = None

    def at(self, time: int) -> float | None:
        """The instant value: the newest sample within the lookback, unless the series has ended since."""
        index = bisect_right(self.times, time) - 1
        if index < 0:
            return None
        age = time - self.times[index]
        if age > LOOKBACK or (self.left_open and age == LOOKBACK):
            return None
        if self.stale:
            ended = bisect_right(self.stale, time) - 1
            if ended >= 0 and self.stale[ended] > self.times[index]:
                return None
        return self.values[index]

    def at_time(self, time: int) -> int | None:
        """The time of the instant value."""
        return None if self.at(time) is None else self.times[bisect_right(self.times, time) - 1]

    def within(self, start: int, end: int) -> tuple[int, int]:
        """The samples of a range, as the indices from the first to behind the last."""
        first = bisect_right(self.times, start) if self.left_open else bisect_left(self.times, start)
        return first, bisect_right(self.times, end)

    def total(self, first: int, last: int) -> float:
        """The sum of the samples from `first` to before `last`; of a few hundred to the last bit, as in Prometheus."""
        if last - first <= _MOST_EXACT:
            return total(self.values[first:last])
        if self._sums is None:
            self._sums = [0.0, *accumulate(self.values)]
        return self._sums[last] - self._sums[first]

    def falls(self, first: int, last: int) -> int:
        """How often a value is below the one before it."""
        if self._resets is None:
            self._resets = [0, *accumulate(after < before for before, after in pairwise(self.values))]
        return self._resets[last - 1] - self._resets[first] if last > first else 0


class Store:
    """Series by name: what was given, and what rules recorded."""

    def __init__(self, left_open: bool = False) -> None:
        self.left_open = left_open
        self._series: dict[str, dict[Labels, Samples]] = {}

    def add(self, name: str, labels: Labels, samples: Samples) -> None:
        """Add a series; a series that is there already is continued."""
        samples.left_open = self.left_open
        known = self._series.setdefault(name, {})
        earlier = known.get(labels)
        if earlier is None:
            known[labels] = samples
            return
        merged = sorted({**dict(zip(earlier.times, earlier.values, strict=True)), **_dict(samples)}.items())
        stale = sorted({*earlier.stale, *samples.stale} - {time for time, _ in merged})
        known[labels] = Samples([time for time, _ in merged], [value for _, value in merged], stale, self.left_open)

    def named(self, name: str) -> Iterator[tuple[Labels, Samples]]:
        """Every series of a name; labels without `__name__`."""
        yield from self._series.get(name, {}).items()

    def copy(self) -> Store:
        """A store that can be added to without changing this one."""
        made = Store(self.left_open)
        made._series = {name: dict(series) for name, series in self._series.items()}
        return made


def _dict(samples: Samples) -> dict[int, float]:
    return dict(zip(samples.times, samples.values, strict=True))
