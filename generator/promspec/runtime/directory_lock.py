"""`DirectoryLock`: one process at a time changes the directory; who waits in vain does without for a while."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

LONGEST_WAIT = 0.25
"""Seconds to wait for the lock of the directory: who holds it may have been stopped."""

_STARTING = 10.0
_LONGEST_WAIT_AT_START = 5.0
"""Seconds to wait while the process starts, as all its siblings may, and serves nobody yet."""

LONGEST_WAIT_TO_ENTER = 15.0
"""Seconds to wait for the first time: in vain, the process stays alone."""

_QUIET = 1.0
"""Seconds without another attempt, after one that was in vain."""


class Busy(OSError):
    """The lock of the directory could not be had in time."""


class DirectoryLock:
    """The lock of a directory, for one thread of the process at a time."""

    def __init__(self, folder: str) -> None:
        self._path = os.path.join(folder, "lock")
        self._started = time.monotonic()
        self._is_taken = False
        self._not_before = 0.0

    def renew(self) -> None:
        """Begin anew, in a forked child."""
        self._is_taken, self._not_before = False, 0.0

    def hold(self, work: Callable[[], T], longest: float | None = None) -> T:
        """Call `work` with the lock. Raises `OSError` if it cannot be had in time.

        Neither a context manager nor a function gives it back: a signal handler may raise where they begin.
        """
        if self._is_taken or time.monotonic() < self._not_before:
            raise Busy(self._path)  # Taken: a signal handler came between; what it wants must do without.
        file = -1
        try:
            self._is_taken = True
            file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
            self._wait(file, longest)
            return work()
        finally:
            self._is_taken = False
            if file >= 0:
                try:
                    fcntl.flock(file, fcntl.LOCK_UN)  # Not by closing alone: a child forked meanwhile would keep it.
                finally:
                    os.close(file)

    def _wait(self, file: int, longest: float | None) -> None:
        now = time.monotonic()
        usual = _LONGEST_WAIT_AT_START if now < self._started + _STARTING else LONGEST_WAIT
        until = now + (longest or usual)
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                if time.monotonic() > until:
                    self._not_before = time.monotonic() + _QUIET
                    raise Busy(self._path) from None
                time.sleep(0.0005)
