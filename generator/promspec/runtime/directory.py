"""`Directory`: where the processes of a service meet: the list of series, a file of values each, those that ended.

A series has the same slots in every file, so that to add up processes is to add up numbers.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from . import locks
from .directory_lock import LONGEST_WAIT_TO_ENTER, DirectoryLock
from .forks import renew_after_fork
from .mapped import Numbers, OwnValues
from .peers import Peers
from .series_list import FamilyEntry, SeriesEntry, SeriesList, Values

T = TypeVar("T")

_FRESH = 0.002
"""Seconds for which a look at the directory is good: new processes and new series show that much later."""


class Shared(Protocol):
    """What a directory asks of a storage."""

    entry: FamilyEntry

    def adopt(self, values: Values, start: int, by_others: bool) -> None:
        """Show a series."""

    @property
    def apart(self) -> Mapping[Values, object]:
        """The series that this process keeps, or kept, for itself, since the directory could not be had."""

    def rejoin(self) -> None:
        """Move what was counted apart to where it is shared, if there is room now."""

    def renew(self) -> None:
        """Begin anew, in a forked child."""


@dataclass(frozen=True)
class Others:
    """What was seen of the other processes, at one moment: values move from one that ended to the retired ones."""

    all: tuple[Numbers, ...] = ()
    living: tuple[tuple[int, Numbers], ...] = ()


class Directory:
    """The shared state in a folder, and this process's part of it. Raises `OSError` if it cannot be had."""

    def __init__(self, folder: str) -> None:
        self._folder = os.path.abspath(folder)  # The process may go elsewhere.
        self._fresh_until = 0.0
        self._is_open = False
        self._storages: dict[str, Shared] = {}
        self.tell: list[Callable[[], None]] = []
        """Called when a series or a file is not shared, since the directory cannot be had."""
        self._others = Others()
        self._shown = 0
        os.makedirs(self._folder, exist_ok=True)
        self._lock = DirectoryLock(self._folder)
        self._own: OwnValues | None = None
        with locks.creating:
            self._lock.hold(self._enter, LONGEST_WAIT_TO_ENTER)
        renew_after_fork(self)
        self._tidy()

    def _enter(self) -> None:
        self._series = SeriesList(os.path.join(self._folder, "series"))
        self._series.catch_up()
        self._peers = Peers(self._folder, self._series.id)
        self._take_file()

    @property
    def client_folder(self) -> str:
        """The folder around it, where prometheus_client keeps its files."""
        return os.path.dirname(self._folder)

    def renew(self) -> None:
        """Take a file of one's own, in a forked child."""
        if self._own is not None:
            self._own.leave()
        self._peers.forget()
        self._others = Others()
        self._fresh_until = 0.0
        self._is_open = False
        self._lock.renew()
        self._own = None
        try:
            self._series.check()
            self._take_file()
        except OSError:
            self.failed()
        for storage in self._storages.values():
            storage.renew()
        self._tidy()

    def _take_file(self) -> None:
        own = OwnValues(self._folder, self._series.id)
        self._own = own  # Before it has room: whatever has none is kept apart.
        own.reserve(self._series.end)

    def _tidy(self) -> None:
        """Retire those that ended before there are very many: it may be that nobody scrapes."""
        with contextlib.suppress(OSError):
            if self._peers.are_many():
                self.refresh()

    @property
    def view(self) -> Numbers | None:
        """The values of this process; None if it has no file."""
        return None if self._own is None else self._own.view

    def exclusively(self, work: Callable[[], T]) -> T:
        """Call `work` when what others made is known; nobody makes more meanwhile. Raises `OSError`."""

        def opened() -> T:
            self._catch_up()
            try:
                self._is_open = True
                return work()
            finally:
                self._is_open = False

        with locks.creating:
            return work() if self._is_open else self._lock.hold(opened)

    def failed(self) -> None:
        """Tell whoever asked to be told that this process goes on without the others."""
        for told in self.tell:
            told()

    def join(self, storage: Shared) -> None:
        """Show the series of this family that others made, from now on."""
        with locks.creating:
            self._storages.setdefault(storage.entry.key, storage)
            for entry in list(self._series.entries):
                if entry.family.key == storage.entry.key:
                    storage.adopt(entry.values, entry.start, True)

    def allocate(self, storage: Shared, wanted: Sequence[Values]) -> None:
        """Give each of these series its slots. It is called by `exclusively`. Raises `OSError`."""
        self._is_open = False  # Until all is noted: a signal handler that comes between would mix it up.
        try:
            self._append(storage, wanted)
        finally:
            self._is_open = True

    def _append(self, storage: Shared, wanted: Sequence[Values]) -> None:
        self._series.append(storage.entry, wanted)
        self._show(by_others=False)
        for values in wanted:  # It may have been shown already, without room or by a call that a signal handler ended.
            storage.adopt(values, self._series.known[storage.entry.key, values].start, False)

    def _catch_up(self) -> None:
        self._series.catch_up()
        self._show(by_others=True)
        for storage in self._storages.values():
            if storage.apart:
                self._rejoin(storage)

    def _rejoin(self, storage: Shared) -> None:
        """Share what was kept apart, as far as it can be now."""
        with contextlib.suppress(OSError):
            if self._own is None:
                self._take_file()
            self._make_room()
            self._append(storage, list(storage.apart))
        storage.rejoin()

    def _show(self, by_others: bool) -> None:
        entries = self._series.entries
        if self._shown < len(entries):
            self._make_room()
        while self._shown < len(entries):
            self._adopt(entries[self._shown], by_others)
            self._shown += 1

    def _make_room(self) -> None:
        try:
            if self._own is not None:
                self._own.reserve(self._series.end)
        except OSError:  # Then they are kept apart.
            self.failed()

    def _adopt(self, entry: SeriesEntry, by_others: bool) -> None:
        storage = self._storages.get(entry.family.key)
        if storage is not None:
            storage.adopt(entry.values, entry.start, by_others)

    def refresh(self) -> None:
        """See which series and which processes there are, and retire those that ended."""
        with locks.creating:
            if time.monotonic() < self._fresh_until:
                return  # The families of one scrape ask one after the other.
            try:
                self._lock.hold(self._look)
            except OSError:
                self.failed()  # What is known is shown.
            self._others = Others(tuple(self._peers.views()), tuple(self._peers.living()))
            self._fresh_until = time.monotonic() + _FRESH

    def _look(self) -> None:
        self._catch_up()
        if not self._peers.look(None if self._own is None else self._own.name):
            self.failed()
        self._peers.retire(self._series.entries, self._series.end)

    def views(self) -> list[Numbers]:
        """The values of every process, this one's first, at last those of the processes that ended."""
        return [*self._own_view(), *self._others.all]

    def living(self) -> list[Numbers]:
        """The values of the processes that run, this one's first."""
        return [*self._own_view(), *(view for _, view in self._others.living)]

    def processes(self) -> list[tuple[int, Numbers]]:
        """The processes that run, this one first, each with its values; twice if two packages are in one."""
        return [*((os.getpid(), view) for view in self._own_view()), *self._others.living]

    def _own_view(self) -> list[Numbers]:
        return [] if self._own is None else [self._own.view]
