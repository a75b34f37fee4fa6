"""The two locks of the runtime, and what a fork does to them. No call that counts waits for either."""

from __future__ import annotations

import os
from threading import Lock, RLock
from typing import Any

creating: Any = RLock()
"""Held while series are made. Re-entrant: a signal handler may make one while one is being made."""

folding: Any = Lock()
"""Held while the pending values of a cell are folded; taken for microseconds, and only tried by who counts."""

_LONGEST = 1.0
"""Seconds a fork waits for a lock: longer only if the forking thread itself holds it, in a signal handler."""

_held: list[Any] = []


def _before() -> None:
    _held.extend(lock for lock in (creating, folding) if lock.acquire(timeout=_LONGEST))


def _in_parent() -> None:
    while _held:
        _held.pop().release()


def _in_child() -> None:
    global creating, folding
    _held.clear()
    creating, folding = RLock(), Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before, after_in_parent=_in_parent, after_in_child=_in_child)
