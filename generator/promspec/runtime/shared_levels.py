"""The cells of gauges that several processes share: a value, and whether this process has one, or since when."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from functools import partial, reduce
from operator import add

from .cells import LOCKED
from .mapped import HEADER, Numbers
from .refreshing import refresh_regularly
from .shared_cells import SharedCell, Views, adding

_PRESENT = 1.0


class SharedLevel(SharedCell):
    """A gauge: its value, and whether this process has one."""

    __slots__ = ("__weakref__", "_callback", "_merge")

    width = 2

    def __init__(self, views: Views, merge: str) -> None:
        self._merge = merge
        self._callback: Callable[[], float | None] | None = None
        super().__init__(views)

    def attach(self, view: Numbers | None, start: int) -> None:
        apart = self.apart
        room = 0 if view is None else len(view) - start
        if view is not None and apart is not None and room >= self.width and self._view is apart:
            # No call here, so that no other thread comes between: one may set it, or add.
            view[start], view[start + 1] = apart[HEADER], apart[HEADER + 1]
            apart[HEADER] = apart[HEADER + 1] = 0.0
            self._view, self._slot = view, start
        super().attach(view, start)

    def begin(self) -> None:
        """This process has the series; it is 0 until it is set."""
        if not self._view[self._slot + 1] and self._callback is None:
            self._view[self._slot + 1] = _PRESENT

    @property
    def log(self) -> list[float]:
        """What this process set it to. To set it, assign a list of one number."""
        return [self._view[self._slot]]

    @log.setter
    def log(self, values: list[float]) -> None:
        view, start = self._view, self._slot
        view[start] = values[0]
        view[start + 1] = _PRESENT

    def add(self, amount: float) -> None:
        """Add a finite amount."""
        number, view, start = float(amount), self._view, self._slot
        if LOCKED:
            view[start] += number
        else:
            with adding:
                view[start] += number
        view[start + 1] = _PRESENT

    def clear(self) -> None:
        """This process has the series no longer."""
        self._view[self._slot] = self._view[self._slot + 1] = 0.0

    @property
    def callback(self) -> Callable[[], float | None] | None:
        """What is asked for the value."""
        return self._callback

    @callback.setter
    def callback(self, callback: Callable[[], float | None]) -> None:
        self._callback = callback
        self.clear()  # Until it was asked.
        refresh_regularly(self)

    def refresh(self) -> None:
        """Ask the callback, if there is one; while it fails, this process has no value."""
        if self._callback is not None:
            value = self._callback()
            if value is None:
                self.clear()
            else:
                self.log = [value]

    def kept_apart(self) -> dict[int, float]:
        """This process, with the value that no other can see."""
        apart = self.apart
        return {os.getpid(): apart[HEADER]} if apart is not None and apart[HEADER + 1] else {}

    def restart(self, view: Numbers | None) -> None:
        """As of the others, but a child goes on from what its parent had, unless it adds up: it would count twice."""
        value, when = self._view[self._slot], self._view[self._slot + 1]
        super().restart(view)
        if when:
            self._view[self._slot] = 0.0 if self._merge in ("sum", "process") else value
            self._view[self._slot + 1] = when

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
        return [self._view[self._slot]]

    @log.setter
    def log(self, values: list[float]) -> None:
        now = time.time()
        view, start = self._view, self._slot
        view[start] = values[0]
        view[start + 1] = now

    def add(self, amount: float) -> None:
        super().add(amount)
        now = time.time()
        self._view[self._slot + 1] = now


def _last(found: list[tuple[float, float]]) -> float:
    return max(found)[1]


def _over(merge: Callable[[list[float]], float]) -> Callable[[list[tuple[float, float]]], float]:
    return lambda found: merge([value for _, value in found])


_MERGES: dict[str, Callable[[list[tuple[float, float]]], float]] = {
    "sum": _over(partial(reduce, add)),  # `sum` begins with 0, which makes 0 of -0.0.
    "min": _over(min),
    "max": _over(max),
    "last": _last,
}
