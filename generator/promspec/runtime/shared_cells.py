"""The cells of series that several processes share: each call ends with a number stored in a mapped file.

To add to a slot is one statement, `view[slot] += amount`, on an exact float. CPython hands the interpreter lock on only
between calls and at the end of a loop, never within such a statement, so no addition is lost, and no lock is taken
(which would double the cost). A build without that lock takes one.

The hot path calls a generator, which keeps view and slot at hand: 45 ns where a method takes 100. Two threads in one
generator raise `ValueError`; the caller then adds by the cell's method. One that an interrupt ended is replaced.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Callable, Generator, Iterator
from itertools import accumulate
from threading import Lock
from typing import Any, TypeAlias

from .cells import LOCKED
from .mapped import HEADER, Numbers, private
from .refreshing import refresh_regularly

Views: TypeAlias = Callable[[], list[Numbers]]

_adding = Lock()
_PRESENT = 1.0


class SharedCell:
    """`width` slots from `start` on of this process's numbers; `views` gives those of all processes."""

    __slots__ = ("_view", "_views", "is_private", "start")

    width = 1

    def __init__(self, views: Views) -> None:
        self._views = views
        self.is_private = True
        """Whether it is in this process's memory alone, since no file has room."""
        self.attach(None, HEADER)

    def attach(self, view: Numbers | None, start: int) -> None:
        """Keep the series there from now on; without room in the view, in this process's memory."""
        self.is_private = view is None or start + self.width > len(view)
        if view is None or self.is_private:
            self._view, self.start = private(self.width), HEADER
        else:
            self._view, self.start = view, start

    def columns(self) -> list[list[float]]:
        """Its numbers in each process."""
        start, stop = self.start, self.start + self.width
        views = [self._view] if self.is_private else self._views()
        return [list(view[start:stop]) for view in views if stop <= len(view)]


class SharedCount(SharedCell):
    """A counter."""

    __slots__ = ()

    def __next__(self) -> None:
        self.add(1.0)

    def add(self, amount: float) -> None:
        """Add a finite float, 0 or more."""
        if LOCKED:
            self._view[self.start] += amount
        else:
            with _adding:
                self._view[self.start] += amount

    def counting(self) -> Iterator[None] | SharedCount:
        """What `next` adds one by."""
        return _ones(self._view, self.start) if LOCKED else self

    def value(self) -> float:
        """The sum of all processes."""
        return sum(column[0] for column in self.columns())


def _ones(view: Numbers, slot: int) -> Generator[None, None, None]:
    while True:
        view[slot] += 1.0
        yield


class SharedSpread(SharedCell):
    """A histogram: the sum, then how many values fell into each bucket."""

    __slots__ = ("_bounds", "_lost", "_sends", "pending", "width")

    def __init__(self, views: Views, bounds: tuple[float, ...], lost: Callable[[], None]) -> None:
        self._bounds, self._lost = bounds, lost
        self.width = len(bounds) + 2
        self.pending = Intake(self.add)
        """Takes values as the list of pending ones does; none ever is pending."""
        super().__init__(views)

    def attach(self, view: Numbers | None, start: int) -> None:
        super().attach(view, start)
        self._open()

    def _open(self) -> None:
        if LOCKED:
            self._sends: Any = _spread(self._view, self.start, self._bounds, self._lost)
            next(self._sends)
            self.pending.append = self._sends.send  # type: ignore[method-assign]

    def add(self, value: float) -> None:
        """Count a value that was found to be one."""
        number = float(value)
        slot = self.start + 1 + bisect_left(self._bounds, number)
        if not LOCKED:
            with _adding:
                self._view[slot] += 1.0
                self._view[self.start] += number
            return
        self._view[slot] += 1.0
        self._view[self.start] += number
        if self._sends.gi_frame is None:
            self._open()

    def fold_soon(self) -> None:
        """Nothing is pending."""

    def read(self) -> tuple[list[int], float]:
        """Counts per bucket, each with those below it, the last one of all; and the sum."""
        total, *counts = map(sum, zip(*self.columns(), strict=True))
        return list(accumulate(map(int, counts))), float(total)


class Intake(list[Any]):
    """An empty list whose `append` counts the value."""

    __slots__ = ("append",)

    def __init__(self, append: Callable[[Any], object]) -> None:
        super().__init__()
        self.append = append  # type: ignore[method-assign,assignment]


def _spread(
    view: Numbers, start: int, bounds: tuple[float, ...], lost: Callable[[], None]
) -> Generator[None, Any, None]:
    counts, bucket = view[start + 1 :], bisect_left
    while True:
        value = yield
        if type(value) is not float:
            try:
                value = float(value)
            except Exception:  # Something that compares like a number and is none.
                lost()
                continue
        index = bucket(bounds, value)
        counts[index] += 1.0
        view[start] += value


class SharedLevel(SharedCell):
    """A gauge: its value, and whether this process has one."""

    __slots__ = ("__weakref__", "_callback", "_merge")

    width = 2

    def __init__(self, views: Views, merge: str) -> None:
        self._merge = merge
        self._callback: Callable[[], float | None] | None = None
        super().__init__(views)

    def begin(self) -> None:
        """This process has the series; it is 0 until it is set."""
        if not self._view[self.start + 1]:
            self._view[self.start + 1] = _PRESENT

    @property
    def log(self) -> list[float]:
        """What this process set it to. To set it, assign a list of one number."""
        return [self._view[self.start]]

    @log.setter
    def log(self, values: list[float]) -> None:
        view, start = self._view, self.start
        view[start] = values[0]
        view[start + 1] = _PRESENT

    def add(self, amount: float) -> None:
        """Add a finite amount."""
        number, view, start = float(amount), self._view, self.start
        if LOCKED:
            view[start] += number
        else:
            with _adding:
                view[start] += number
        view[start + 1] = _PRESENT

    def clear(self) -> None:
        """This process has the series no longer."""
        self._view[self.start] = self._view[self.start + 1] = 0.0

    @property
    def callback(self) -> Callable[[], float | None] | None:
        """What is asked for the value."""
        return self._callback

    @callback.setter
    def callback(self, callback: Callable[[], float | None]) -> None:
        self._callback = callback
        refresh_regularly(self)

    def refresh(self) -> None:
        """Ask the callback, if there is one; while it fails, this process has no value."""
        if self._callback is not None:
            value = self._callback()
            if value is None:
                self.clear()
            else:
                self.log = [value]

    def inherit(self) -> float | None:
        """What a forked child goes on from, if this process has the series: what adds up would count twice."""
        value, has_it = self._view[self.start], self._view[self.start + 1]
        if not has_it:
            return None
        return 0.0 if self._merge in ("sum", "process") else value

    def value(self) -> float | None:
        """The value of all processes; None if none has one."""
        self.refresh()
        found = [(when, value) for value, when in self.columns() if when]
        if not found:
            return None
        return _MERGES[self._merge](found)


class SharedLast(SharedLevel):
    """A gauge of which the value counts that was set last, by whichever process: its value, and when it was set."""

    __slots__ = ()

    @property
    def log(self) -> list[float]:
        """As of the others."""
        return [self._view[self.start]]

    @log.setter
    def log(self, values: list[float]) -> None:
        view, start, now = self._view, self.start, time.time()
        view[start] = values[0]
        view[start + 1] = now

    def add(self, amount: float) -> None:
        super().add(amount)
        self._view[self.start + 1] = time.time()


def _last(found: list[tuple[float, float]]) -> float:
    return max(found)[1]


def _over(merge: Callable[[list[float]], float]) -> Callable[[list[tuple[float, float]]], float]:
    return lambda found: merge([value for _, value in found])


_MERGES: dict[str, Callable[[list[tuple[float, float]]], float]] = {
    "sum": _over(sum),
    "min": _over(min),
    "max": _over(max),
    "last": _last,
}
