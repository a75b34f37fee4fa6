"""`renew_after_fork`: what holds locks or threads is told when it finds itself in a forked process."""

from __future__ import annotations

import contextlib
import os
from typing import Protocol
from weakref import WeakSet

from . import locks as locks  # First: its locks are renewed before anything that takes them.


class Renewable(Protocol):
    """Has locks, queues or threads that a fork leaves in an unknown state."""

    def renew(self) -> None:
        """Begin anew, in the child."""


_known: WeakSet[Renewable] = WeakSet()


def renew_after_fork(renewable: Renewable) -> None:
    """Call its `renew` in every forked child, as long as it lives."""
    _known.add(renewable)


def _renew_all() -> None:
    for each in list(_known):
        with contextlib.suppress(Exception):  # One that cannot must not keep the others from it.
            each.renew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_all)
