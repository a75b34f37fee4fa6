"""`Directory`: where the processes of a service meet: the list of series, a file of values each, those that ended.

A series has the same slots in every file, so that to add up processes is to add up numbers.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from . import locks
from .forks import renew_after_fork
from .mapped import ENDING, Numbers, OwnValues, PeerValues
from .retired import NAME as RETIRED
from .retired import Retired
from .series_list import FamilyEntry, SeriesEntry, SeriesList, Values

LONGEST_WAIT = 0.25
"""Seconds to wait for the lock of the directory: who holds it may have been stopped."""

_STARTING = 10.0
_LONGEST_WAIT_AT_START = 5.0
"""Seconds to wait while the process starts, as all its siblings may, and serves nobody yet."""

_FRESH = 0.002
"""Seconds for which a look at the directory is good: new processes and new series show that much later."""

_QUIET = 1.0
"""Seconds without another attempt, after one that was in vain."""


class Shared(Protocol):
    """What a directory asks of a storage."""

    entry: FamilyEntry

    def adopt(self, values: Values, start: int, by_others: bool) -> None:
        """Show a series."""

    def renew(self) -> None:
        """Begin anew, in a forked child."""


@dataclass(frozen=True)
class Others:
    """What was seen of the other processes, at one moment: values move from one that ended to the retired ones."""

    all: tuple[Numbers, ...] = ()
    living: tuple[tuple[int, Numbers], ...] = ()


class Busy(OSError):
    """The lock of the directory could not be had in time."""


class Directory:
    """The shared state in a folder, and this process's part of it. Raises `OSError` if it cannot be had."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._started = time.monotonic()
        self._not_before = self._fresh_until = 0.0
        self._is_working = self._is_open = False
        self._storages: dict[str, Shared] = {}
        self.tell: list[Callable[[], None]] = []
        """Called when a series or a file is not shared, since the directory cannot be had."""
        self._peers: dict[str, PeerValues] = {}
        self._others = Others()
        os.makedirs(folder, exist_ok=True)
        with locks.creating, self._locked():
            self._series = SeriesList(os.path.join(folder, "series"))
            self._list_id = self._series.opened()
            self._series.caught_up()
            self._retired = Retired(folder, self._list_id)
            self._own: OwnValues | None = OwnValues(folder, self._list_id)
            self._own.reserve(self._series.end)
        renew_after_fork(self)

    def renew(self) -> None:
        """Take a file of one's own, in a forked child."""
        if self._own is not None:
            self._own.leave()
        for peer in self._peers.values():
            peer.close()
        self._peers, self._others = {}, Others()
        self._not_before = self._fresh_until = 0.0
        self._is_working = self._is_open = False
        try:
            self._own = OwnValues(self._folder, self._list_id)
            self._own.reserve(self._series.end)
        except OSError:
            self._own = None
            self.failed()
        for storage in self._storages.values():
            storage.renew()

    @property
    def view(self) -> Numbers | None:
        """The values of this process, with room for every series known; None if it has no file."""
        return None if self._own is None else self._own.view

    @contextlib.contextmanager
    def exclusive(self) -> Iterator[None]:
        """What others made is known, and nobody makes more meanwhile. Raises `OSError`."""
        with locks.creating:
            if self._is_open:
                yield
                return
            with self._locked():
                self._catch_up()
                self._is_open = True
                try:
                    yield
                finally:
                    self._is_open = False

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        if self._is_working or time.monotonic() < self._not_before:
            raise Busy(self._folder)  # Working: a signal handler came between; what it wants must do without.
        self._is_working = True
        try:
            with self._lock_file():
                yield
        finally:
            self._is_working = False

    @contextlib.contextmanager
    def _lock_file(self) -> Iterator[None]:
        file = os.open(os.path.join(self._folder, "lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            self._wait(file)
            try:
                yield
            finally:
                fcntl.flock(file, fcntl.LOCK_UN)  # Not by closing alone: a child forked meanwhile would keep it.
        finally:
            os.close(file)

    def _wait(self, file: int) -> None:
        now = time.monotonic()
        until = now + (_LONGEST_WAIT_AT_START if now < self._started + _STARTING else LONGEST_WAIT)
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                if time.monotonic() > until:
                    self._not_before = time.monotonic() + _QUIET
                    raise Busy(self._folder) from None
                time.sleep(0.0005)

    def failed(self) -> None:
        """Tell whoever asked to be told that this process goes on without the others."""
        for told in self.tell:
            told()

    def join(self, storage: Shared) -> None:
        """Show the series of this family that others made, from now on."""
        with locks.creating:
            self._storages.setdefault(storage.entry.key, storage)
            for (key, values), entry in list(self._series.known.items()):
                if key == storage.entry.key:
                    storage.adopt(values, entry.start, True)

    def allocate(self, storage: Shared, wanted: Sequence[Values]) -> None:
        """Give each of these series its slots. The caller is in `exclusive`. Raises `OSError`."""
        self._is_open = False  # Until all is noted: a signal handler that comes between would mix it up.
        try:
            self._series.append(storage.entry, wanted)
            for entry in self._series.caught_up():
                self._adopt(entry, by_others=False)
        finally:
            self._is_open = True

    def _catch_up(self) -> None:
        for entry in self._series.caught_up():
            self._adopt(entry, by_others=True)

    def _adopt(self, entry: SeriesEntry, by_others: bool) -> None:
        if self._own is not None:
            self._own.reserve(self._series.end)
        storage = self._storages.get(entry.family.key)
        if storage is not None:
            storage.adopt(entry.values, entry.start, by_others)

    def refresh(self) -> None:
        """See which series and which processes there are, and retire those that ended."""
        with locks.creating:
            if time.monotonic() < self._fresh_until:
                return  # The families of one scrape ask one after the other.
            try:
                with self._locked():
                    self._catch_up()
                    self._list()
                    if not all(peer.is_alive() for peer in self._peers.values()):
                        self._retire()
            except OSError:
                pass  # What is known is shown.
            living = [peer for peer in self._peers.values() if peer.is_alive()]
            self._others = Others(
                (*(peer.view for peer in self._peers.values()), self._retired.view),
                tuple((peer.process, peer.view) for peer in living),
            )
            self._fresh_until = time.monotonic() + _FRESH

    def _list(self) -> None:
        self._retired.refresh()
        names = {name for name in os.listdir(self._folder) if name.endswith(ENDING) and name != RETIRED}
        for name in sorted(names & self._retired.absorbed):
            os.unlink(os.path.join(self._folder, name))  # Who retired it was stopped before this.
        names -= self._retired.absorbed
        names.discard("" if self._own is None else self._own.name)
        for name in set(self._peers) - names:
            self._peers.pop(name).close()
        for name in sorted(names - set(self._peers)):
            peer = PeerValues(self._folder, name)
            if peer.is_of(self._list_id):
                self._peers[name] = peer
            else:
                peer.close()
        for peer in self._peers.values():
            peer.refresh()

    def _retire(self) -> None:
        dead = [peer for peer in self._peers.values() if not peer.is_alive()]
        for peer in dead:
            peer.refresh()  # It may have grown before it ended, after it was listed.
        self._retired.absorb(dead, list(self._series.known.values()), self._series.end)
        for peer in dead:
            self._peers.pop(peer.name).close()
            os.unlink(os.path.join(self._folder, peer.name))

    def views(self) -> list[Numbers]:
        """The values of every process, this one's first, at last those of the processes that ended."""
        return [*self._own_view(), *self._others.all]

    def living(self) -> list[Numbers]:
        """The values of the processes that run, this one's first."""
        return [*self._own_view(), *(view for _, view in self._others.living)]

    def processes(self) -> list[tuple[int, Numbers]]:
        """The processes that run, this one first, each with its values."""
        return [*((os.getpid(), view) for view in self._own_view()), *self._others.living]

    def _own_view(self) -> list[Numbers]:
        return [] if self._own is None else [self._own.view]
