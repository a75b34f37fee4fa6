"""The storages of families that several processes share: each shows the whole service, whichever process is asked."""

from __future__ import annotations

import contextlib
import json
import math
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

from prometheus_client.core import Metric
from prometheus_client.samples import Sample

from . import locks
from .directory import Directory
from .series_list import FamilyEntry
from .shared_cells import UNLISTED, SharedCell, SharedCount, SharedSpread
from .shared_levels import SharedLast, SharedLevel
from .storage import CounterStorage, GaugeStorage, HistogramStorage, ProcessGaugeStorage, Storage, Values
from .text import number

X = TypeVar("X", bound=SharedCell)
T = TypeVar("T")

_LATE = 10.0
"""Seconds within which a thread that had looked a series up has added to it."""


class _Sharing(Storage[X]):
    """What they have in common; first among the bases."""

    _directory: Directory
    entry: FamilyEntry

    def share(self, directory: Directory, width: int, merge: str) -> None:
        """Take part in the directory."""
        self._directory = directory
        self.apart: dict[Values, float] = {}
        """Series that are, or lately were, kept apart; until when they are looked after."""
        self.entry = FamilyEntry(json.dumps(self.signature), width, merge)
        directory.join(self)

    def cell(self, values: Values) -> X:
        found = self.cells.get(values)
        if found is None:
            self.lay_out([values])
            found = self.cells[values]
        return found

    def lay_out(self, wanted: Sequence[Values]) -> None:
        try:
            new = [values for values in wanted if values not in self.cells]
            self._directory.exclusively(lambda: self._directory.allocate(self, new))
        except Exception:  # No space, a directory that was removed, a process that was stopped while it held the lock.
            self._directory.failed()
            with locks.creating:
                for values in wanted:
                    self._adopted(values)

    def settle(self, decide: Callable[[], T], new: bool) -> T:
        if new:
            with contextlib.suppress(OSError):  # Else this process decides for itself.
                return self._directory.exclusively(decide)
        return super().settle(decide, new)

    def adopt(self, values: Values, start: int, by_others: bool) -> None:
        """Show a series whose slots begin at `start`."""
        self._adopted(values, start)
        if by_others:
            for label, value in enumerate(values):
                if value != self.overflows[label]:
                    self.seen[label].setdefault(value, value)

    def _adopted(self, values: Values, start: int = UNLISTED) -> None:
        cell = self.cells.get(values)
        if cell is None:
            made = self._made()
            made.attach(self._directory.view, start)
            cell = self.cells.setdefault(values, made)  # That of a signal handler that came between has counted.
        elif cell.is_apart and start != UNLISTED:
            cell.attach(self._directory.view, start)
        else:
            return
        if cell.is_apart:
            self.apart[values] = math.inf
        self._place(values)

    def rejoin(self) -> None:
        """Move what was counted apart to where it is shared, for those that have room now."""
        now = time.monotonic()
        for values, until in list(self.apart.items()):
            cell = self.cells[values]
            if cell.is_apart:
                continue
            cell.rejoin()
            if until < now:
                cell.apart = None
                del self.apart[values]
            else:  # A thread may be about to add to what the hot path called before.
                self.apart[values] = min(until, now + _LATE)

    def renew(self) -> None:
        """Begin anew, in a forked child."""
        self.apart = {}
        for values, cell in self.cells.items():
            cell.restart(self._directory.view)
            if cell.is_apart:
                self.apart[values] = math.inf
            self._place(values)

    def collect(self) -> Iterable[Metric]:
        self._directory.refresh()
        return super().collect()

    def slices(self, openmetrics: bool) -> Iterator[str]:
        self._directory.refresh()
        return super().slices(openmetrics)


class SharedCounterStorage(_Sharing[Any], CounterStorage):
    """Counters, summed over all processes. Exemplars are those of the process that is asked."""

    def __init__(self, directory: Directory, kind: str, name: str, help: str, labels: Sequence[str]) -> None:
        super().__init__(kind, name, help, labels)
        self.share(directory, 1, "sum")

    def _made(self) -> Any:
        return SharedCount(self._directory.views)

    def _hot(self, cell: Any) -> object:
        return cell.ones

    def add(self, values: Values, amount: float) -> None:
        cell = self.cell(values)
        cell.add(amount)
        self._place(values)  # What the hot path calls may be another now.

    def samples(self, labels: dict[str, str], values: Values, cell: Any) -> Iterable[Sample]:
        return [Sample(self.name, labels, cell.value(), None, self.exemplars.get(values))]

    def texts(self, keys: Sequence[Values], found: Sequence[Any], openmetrics: bool) -> list[str | None]:
        totals = [0.0] * len(found)
        slots = [cell.start for cell in found]
        for view in self._directory.views():
            size = len(view)
            totals = [total + view[slot] if slot < size else total for total, slot in zip(totals, slots, strict=True)]
        if self.apart:
            totals = [cell.value() if cell.apart else total for cell, total in zip(found, totals, strict=True)]
        shown = [repr(total) if 1.0 <= total < 1e6 or not total else number(total) for total in totals]
        return self.with_exemplars(keys, shown) if openmetrics and self.exemplars else [*shown]


class SharedGaugeStorage(_Sharing[Any], GaugeStorage):
    """Gauges, and facts, of the processes that live."""

    def __init__(
        self, directory: Directory, kind: str, name: str, help: str, labels: Sequence[str], extra: object, merge: str
    ) -> None:
        super().__init__(kind, name, help, labels, extra)
        self._merge = merge
        self.share(directory, SharedLevel.width, merge)

    def _made(self) -> Any:
        if self._merge == "last":
            return SharedLast(self._directory.views, self._merge)
        return SharedLevel(self._directory.living, self._merge)

    def cell(self, values: Values) -> Any:
        found = super().cell(values)
        found.begin()
        return found

    def lay_out(self, wanted: Sequence[Values]) -> None:
        super().lay_out(wanted)
        for values in wanted:
            self.cells[values].begin()

    def only(self, values: Values) -> Any:
        with locks.creating:
            found = self.cell(values)
            for other in self.cells.values():
                if other is not found:
                    other.clear()
            return found


class SharedProcessGaugeStorage(SharedGaugeStorage, ProcessGaugeStorage):
    """Gauges that each process has for itself, told apart by `pid`."""

    def by_process(self, cell: Any) -> list[tuple[int, float]]:
        cell.refresh()
        start = cell.start
        found = {
            process: view[start]
            for process, view in self._directory.processes()
            if start + 1 < len(view) and view[start + 1]
        }
        return [*(found | cell.kept_apart()).items()]


class SharedHistogramStorage(_Sharing[Any], HistogramStorage):
    """Histograms, summed over all processes. Exemplars are those of the process that is asked."""

    def __init__(
        self,
        directory: Directory,
        name: str,
        help: str,
        labels: Sequence[str],
        buckets: Sequence[float],
        lost: Callable[[], None],
    ) -> None:
        super().__init__(name, help, labels, buckets, lost)
        self.share(directory, len(self._bounds) + 2, "sum")

    def _made(self) -> Any:
        return SharedSpread(self._directory.views, self._bounds, self._lost)
