"""`Retired`: one file that holds what processes counted that ended; theirs are added to it and removed."""

from __future__ import annotations

import contextlib
import json
import mmap
import os
from array import array
from collections.abc import Iterable, Sequence
from operator import add

from .mapped import GENERATION, HEADER, LIST, Numbers, PeerValues, private
from .series_list import SeriesEntry

NAME = "retired.values"
_ABSORBED = "absorbed.json"
_PIECE = 8192


class Retired:
    """Reads and renews the file. To be used with the lock of the directory held."""

    def __init__(self, folder: str, list_id: float) -> None:
        self._path = os.path.join(folder, NAME)
        self._absorbed = os.path.join(folder, _ABSORBED)
        self._list_id = list_id
        self._seen: tuple[int, int] = (0, 0)
        self.view: Numbers = private(0)
        self.absorbed: frozenset[str] = frozenset()
        """Files whose values are in this one, whether or not they still are there."""

    def refresh(self) -> None:
        """Read the file again if it was replaced."""
        try:
            file = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return
        try:
            facts = os.fstat(file)
            if (facts.st_ino, facts.st_mtime_ns) == self._seen:
                return
            view = memoryview(mmap.mmap(file, facts.st_size, access=mmap.ACCESS_READ)).cast("d")
        finally:
            os.close(file)
        if view[LIST] == self._list_id:
            self._seen = (facts.st_ino, facts.st_mtime_ns)
            self.view, self.absorbed = view, self._names(int(view[GENERATION]))

    def _names(self, generation: int) -> frozenset[str]:
        """What this generation absorbed; a list of another one is of an attempt that did not come to its end."""
        with contextlib.suppress(OSError, ValueError), open(self._absorbed, encoding="utf-8") as file:
            written = json.load(file)
            if written["generation"] == generation:
                return frozenset(written["names"])
        return frozenset()

    def absorb(self, dead: Sequence[PeerValues], series: Iterable[SeriesEntry], end: int) -> None:
        """Add these files. The new file's appearance is the one moment at which they count as added.

        Raises `OSError`; nothing has changed then.
        """
        total = _sums([self.view, *(peer.view for peer in dead)], end)
        for entry in series:
            if entry.family.merge != "sum":
                _keep_gauge(entry, total, [self.view, *(peer.view for peer in dead)])
        generation = int(self.view[GENERATION]) + 1
        total[:HEADER] = array("d", [0.0] * HEADER)
        total[LIST], total[GENERATION] = self._list_id, float(generation)
        _replace(self._absorbed, json.dumps({"generation": generation, "names": [p.name for p in dead]}).encode())
        _replace(self._path, total.tobytes())
        self.refresh()


def _sums(views: Sequence[Numbers], end: int) -> array[float]:
    """All slots before `end` added up, some thousand at a time: between two pieces other threads may run."""
    total = array("d")
    for start in range(0, end, _PIECE):
        stop = min(start + _PIECE, end)
        piece = [0.0] * (stop - start)
        for view in views:
            numbers = view[start:stop].tolist()
            piece[: len(numbers)] = map(add, piece, numbers)
        total.extend(piece)
    return total


def _keep_gauge(entry: SeriesEntry, total: array[float], views: Sequence[Numbers]) -> None:
    """A gauge is of those that live; only of one that was set last, the value stays."""
    value, when = entry.start, entry.start + 1
    total[value] = total[when] = 0.0
    if entry.family.merge == "last":
        newest = max((view for view in views if when < len(view)), default=total, key=lambda view: view[when])
        total[value], total[when] = newest[value], newest[when]


def _replace(path: str, data: bytes) -> None:
    temporary = f"{path}.new"
    try:
        with open(temporary, "wb") as file:
            file.write(data)
        os.replace(temporary, path)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
