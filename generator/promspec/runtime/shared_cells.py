"""The cells of series that several processes share: each call ends with a number stored in a mapped file.

To add to a slot is one statement, `view[slot] += amount`, on an exact float. CPython hands the interpreter lock on only
between calls and at the end of a loop, never within such a statement, so no addition is lost, and no lock is taken
(which would double the cost). A build without that lock takes one.

Adding one is the call that counts most: `next` of a chain of C iterators stores the next number in 30 ns, a method does
in 80. (A generator takes 50, but two threads that meet in one while they are traced crash the interpreter.)
"""

from __future__ import annotations

import sys
from bisect import bisect_left
from collections.abc import Callable, Iterator
from itertools import accumulate, count, repeat
from operator import setitem
from threading import RLock
from typing import Any, TypeAlias

from .cells import LOCKED
from .mapped import HEADER, Numbers, private

Views: TypeAlias = Callable[[], list[Numbers]]

UNLISTED = sys.maxsize
"""The start of a series that has no slots."""

_NOWHERE, _NO_SLOT = private(0), -1
_FIRST = repeat(0)

adding = RLock()
"""Held to add, without an interpreter lock."""


class SharedCell:
    """`width` slots from `start` on in the file of each process; `views` gives those of all.

    Without room in this process's file, it counts in its memory, `apart`, until there is.
    """

    __slots__ = ("_slot", "_view", "_views", "apart", "start")

    width = 1

    def __init__(self, views: Views) -> None:
        self._views = views
        self._view, self._slot = _NOWHERE, _NO_SLOT
        self.start = UNLISTED
        self.apart: Numbers | None = None
        """What was counted in this process's memory and not moved yet."""

    def attach(self, view: Numbers | None, start: int) -> None:
        """Count there from now on; without room in the view, in this process's memory."""
        self.start = start
        if view is not None and start + self.width <= len(view):
            self._move(view, start)
        else:
            if self.apart is None:
                self.apart = private(self.width)
            self._move(self.apart, HEADER)

    def _move(self, view: Numbers, slot: int) -> None:
        self._view, self._slot = view, slot

    def restart(self, view: Numbers | None) -> None:
        """Count from zero, in a forked child: what is there is its parent's."""
        self._view, self._slot, self.apart = _NOWHERE, _NO_SLOT, None
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
    """A counter. As long as only ones are added, `ones` counts them and stores how many there are."""

    __slots__ = ("_stored", "ones")

    def __init__(self, views: Views) -> None:
        super().__init__(views)
        self._stored: Numbers | None = None
        """The one number that `ones` stores; released, `next(ones)` is a `ValueError`."""
        self.ones: Iterator[Any] = iter(self._one, False)
        """What `next` adds one by."""

    def _move(self, view: Numbers, slot: int) -> None:
        is_new = self._slot == _NO_SLOT and view is not self.apart
        self._end_ones()
        super()._move(view, slot)
        if is_new and LOCKED:
            self._stored = view[slot : slot + 1]
            store: Callable[..., object] = setitem
            self.ones = map(store, repeat(self._stored), _FIRST, count(view[slot] + 1.0, 1.0))

    def _end_ones(self) -> None:
        """From now on whatever is added is added to what is stored."""
        stored = self._stored
        if stored is not None:
            stored.release()
            self._stored, self.ones = None, iter(self._one, False)

    def _one(self) -> bool:
        self._plus(1.0)
        return True

    def _plus(self, amount: float) -> None:
        if LOCKED:
            self._view[self._slot] += amount
        else:
            with adding:
                self._view[self._slot] += amount

    def __next__(self) -> None:
        self.add(1.0)

    def add(self, amount: float) -> None:
        """Add a finite float, 0 or more."""
        if amount == 1.0:
            try:
                next(self.ones)
                return
            except ValueError:
                pass  # Another thread has ended them.
        self._end_ones()
        self._plus(amount)

    def value(self) -> float:
        """The sum of all processes."""
        return sum(column[0] for column in self.columns())


class SharedSpread(SharedCell):
    """A histogram: the sum, then how many values fell into each bucket."""

    __slots__ = ("_bounds", "_lost", "pending", "width")

    def __init__(self, views: Views, bounds: tuple[float, ...], lost: Callable[[], None]) -> None:
        self._bounds, self._lost = bounds, lost
        self.width = len(bounds) + 2
        self.pending = Intake()
        """Takes values as the list of pending ones does; none ever is pending."""
        super().__init__(views)

    def _move(self, view: Numbers, slot: int) -> None:
        super()._move(view, slot)
        self.pending.append = _spread(view, slot, self._bounds, self._lost)  # type: ignore[method-assign]

    def add(self, value: float) -> None:
        """Count a value that was found to be one."""
        self.pending.append(value)

    def fold_soon(self) -> None:
        """Nothing is pending."""

    def read(self) -> tuple[list[int], float]:
        """Counts per bucket, each with those below it, the last one of all; and the sum."""
        total, *counts = map(sum, zip(*self.columns(), strict=True))
        return list(accumulate(map(int, counts))), float(total)


class Intake(list[Any]):
    """An empty list whose `append` counts the value."""

    __slots__ = ("append",)


def _spread(view: Numbers, start: int, bounds: tuple[float, ...], lost: Callable[[], None]) -> Callable[[Any], None]:
    counts, bucket = view[start + 1 : start + len(bounds) + 2], bisect_left

    def add(value: Any) -> None:
        if type(value) is not float:
            try:
                value = float(value)
            except Exception:  # Something that compares like a number and is none.
                lost()
                return
        index = bucket(bounds, value)
        counts[index] += 1.0
        view[start] += value

    def add_locked(value: Any) -> None:
        with adding:
            add(value)

    return add if LOCKED else add_locked
