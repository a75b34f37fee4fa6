"""`Peers`: the files of values of the other processes, those that run and those that ended, and the retired ones."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator, Sequence

from .mapped import ENDING, UNFINISHED, Numbers, PeerValues
from .retired import NAME as RETIRED
from .retired import Retired
from .series_list import SeriesEntry

_MANY = 64
"""With more files than this, they are looked at without a scrape."""

_LONG = 60.0
"""Seconds after which a file that was not finished never will be."""


class Peers:
    """Who else there is. What changes the folder is to be used with the lock of the directory held."""

    def __init__(self, folder: str, list_id: float) -> None:
        self._folder = folder
        self._list_id = list_id
        self._retired = Retired(folder, list_id)
        self._known: dict[str, PeerValues] = {}
        self._left: set[str] = set()
        """Files that are retired, and cannot be removed."""

    def forget(self) -> None:
        """Close the files, in a forked child."""
        for peer in self._known.values():
            peer.close()
        self._known = {}

    def are_many(self) -> bool:
        """Whether there are so many files that some should be retired. Raises `OSError`."""
        return sum(name.endswith(ENDING) for name in os.listdir(self._folder)) > _MANY

    def look(self, own: str | None) -> bool:
        """See which files there are and how long they are; whether all could be read. Raises `OSError`."""
        self._retired.refresh()
        listed = os.listdir(self._folder)
        names = {name for name in listed if name.endswith(ENDING) and name not in (RETIRED, own)}
        absorbed = names & self._retired.absorbed
        self._left = {name for name in absorbed if not self._removed(name)}  # Who retired it was stopped before this.
        names -= absorbed
        for name in set(self._known) - names:
            self._known.pop(name).close()
        for peer in self._known.values():
            peer.refresh()
        for name in listed:
            if name.endswith(UNFINISHED):
                self._clear(name)
        unread = [name for name in sorted(names - set(self._known)) if not self._met(name)]
        return not unread

    def _met(self, name: str) -> bool:
        try:
            peer = PeerValues(self._folder, name)
        except PermissionError:
            return False  # Another user's, who keeps it to himself.
        if peer.is_of(self._list_id):
            self._known[name] = peer
            return True
        # Of a process from before the directory was emptied.
        if not peer.is_alive():
            self._removed(name)
        peer.close()
        return True

    def _clear(self, name: str) -> None:
        """Remove what a process left that was killed while it made its file."""
        path = os.path.join(self._folder, name)
        with contextlib.suppress(OSError):
            if time.time() - os.stat(path).st_mtime > _LONG:
                os.unlink(path)

    def _removed(self, name: str) -> bool:
        try:
            os.unlink(os.path.join(self._folder, name))
        except FileNotFoundError:
            return True
        except OSError:
            return False
        return True

    def retire(self, series: Sequence[SeriesEntry], end: int) -> None:
        """Add up the files of those that ended, and remove them. Raises `OSError`."""
        dead = [peer for peer in self._known.values() if not peer.is_alive()]
        if not dead:
            return
        for peer in dead:
            peer.refresh()  # It may have grown before it ended, after it was listed.
        self._retired.absorb(dead, self._left, series, end)
        for peer in dead:
            self._removed(peer.name)
            self._known.pop(peer.name).close()

    def views(self) -> Iterator[Numbers]:
        """The values of all, at last those of the processes that ended."""
        yield from (peer.view for peer in self._counted())
        yield self._retired.view

    def living(self) -> Iterator[tuple[int, Numbers]]:
        """The processes that run, each with its values."""
        yield from ((peer.process, peer.view) for peer in self._counted() if peer.is_alive())

    def _counted(self) -> list[PeerValues]:
        absorbed = self._retired.absorbed
        return [peer for peer in self._known.values() if peer.name not in absorbed]
