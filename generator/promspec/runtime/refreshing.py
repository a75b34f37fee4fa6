"""`refresh_regularly`: asks the callbacks of shared gauges every few seconds: another process may be scraped."""

from __future__ import annotations

import contextlib
import threading
from typing import Protocol
from weakref import WeakSet

from . import locks
from .forks import renew_after_fork

EVERY = 5.0
"""Seconds between two askings; the process that is scraped asks its own at that moment."""

_SOON = 0.5
"""Seconds after which a new one is asked first: who sets it may not be ready to answer yet."""


class Refreshable(Protocol):
    """A gauge with a callback."""

    def refresh(self) -> None:
        """Ask the callback, and store what it gives."""


class _Refresher:
    def __init__(self) -> None:
        self._known: WeakSet[Refreshable] = WeakSet()
        self._thread: threading.Thread | None = None
        self._added = threading.Event()
        renew_after_fork(self)

    def renew(self) -> None:
        self._thread = None
        self._added = threading.Event()
        if self._known:
            self._start()

    def add(self, gauge: Refreshable) -> None:
        with locks.creating:
            self._known.add(gauge)
            self._start()
        self._added.set()

    def _start(self) -> None:
        if self._thread is None:
            thread = threading.Thread(target=self._run, name="promspec-gauges", daemon=True)
            with contextlib.suppress(RuntimeError):  # No more threads: the process's own scrapes still ask.
                thread.start()
                self._thread = thread

    def _run(self) -> None:
        pause, added = threading.Event(), self._added
        while True:
            added.wait(EVERY)
            added.clear()
            pause.wait(_SOON)
            with locks.creating:  # Nobody adds one meanwhile.
                known = list(self._known)
            for gauge in known:
                with contextlib.suppress(Exception):
                    gauge.refresh()


_refresher = _Refresher()


def refresh_regularly(gauge: Refreshable) -> None:
    """Ask its callback from now on, as long as it lives."""
    _refresher.add(gauge)
