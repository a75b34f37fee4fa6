"""The cells of series that several processes share: each call ends with a number stored in a mapped file.

To add to a slot is one statement, `view[slot] += amount`, on an exact float. CPython hands the interpreter lock on only
between calls and at the end of a loop, never within such a statement, so no addition is lost, and no lock is taken
(which would double the cost). A build without that lock takes one.

The hot path calls a generator, which keeps view and slot at hand: 45 ns where a method takes 100. Two threads in one
generator raise `ValueError`; the caller then adds by the cell's method. One that an interrupt ended is replaced.
"""

from __future__ import annotations

import sys
from bisect import bisect_left
from collections.abc import Callable, Generator, Iterator
from itertools import accumulate
from threading import Lock
from typing import Any, TypeAlias

from .cells import LOCKED
from .mapped import HEADER, Numbers, private

Views: TypeAlias = Callable[[], list[Numbers]]

UNLISTED = sys.maxsize
"""The start of a series that has no slots."""

adding = Lock()
"""Held to add, without an interpreter lock."""


class SharedCell:
    """`width` slots from `start` on in the file of each process; `views` gives those of all.

    Without room in this process's file, it counts in its memory, `apart`, until there is.
    """

    __slots__ = ("_slot", "_view", "_views", "apart", "start")

    width = 1

    def __init__(self, views: Views) -> None:
        self._views = views
        self.start = UNLISTED
        self.apart: Numbers | None = None
        """What was counted in this process's memory and not moved yet."""
        self.attach(None, UNLISTED)

    def attach(self, view: Numbers | None, start: int) -> None:
        """Count there from now on; without room in the view, in this process's memory."""
        if view is not None and start + self.width <= len(view):
            self._view, self._slot = view, start
        else:
            if self.apart is None:
                self.apart = private(self.width)
            self._view, self._slot = self.apart, HEADER
        self.start = start

    def restart(self, view: Numbers | None) -> None:
        """Count from zero, in a forked child: what is there is its parent's."""
        self.apart = None
        self.attach(view, self.start)

    @property
    def is_apart(self) -> bool:
        """Whether it counts in this process's memory alone."""
        return self._view is self.apart

    def rejoin(self) -> None:
        """Move what was counted apart to this process's file. A thread may still add to it: then it is moved later."""
        apart, view, start = self.apart, self._view, self._slot
        if apart is None or view is apart:
            return
        for index in range(self.width):
            amount = apart[HEADER + index]
            if amount:
                view[start + index] += amount
                apart[HEADER + index] -= amount

    def columns(self) -> list[list[float]]:
        """Its numbers in each process."""
        start, stop = self.start, self.start + self.width
        found = [list(view[start:stop]) for view in self._views() if stop <= len(view)]
        return found if self.apart is None else [*found, list(self.apart[HEADER : HEADER + self.width])]


class SharedCount(SharedCell):
    """A counter."""

    __slots__ = ()

    def __next__(self) -> None:
        self.add(1.0)

    def add(self, amount: float) -> None:
        """Add a finite float, 0 or more."""
        if LOCKED:
            self._view[self._slot] += amount
        else:
            with adding:
                self._view[self._slot] += amount

    def counting(self) -> Iterator[None] | SharedCount:
        """What `next` adds one by."""
        return _ones(self._view, self._slot) if LOCKED else self

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
            self._sends: Any = _spread(self._view, self._slot, self._bounds, self._lost)
            next(self._sends)
            self.pending.append = self._sends.send  # type: ignore[method-assign]

    def add(self, value: float) -> None:
        """Count a value that was found to be one."""
        number = float(value)
        view, start = self._view, self._slot
        slot = start + 1 + bisect_left(self._bounds, number)
        if not LOCKED:
            with adding:
                view[slot] += 1.0
                view[start] += number
            return
        view[slot] += 1.0
        view[start] += number
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
