"""`Retired`: one file that holds what processes counted that ended; theirs are added to it and removed."""

from __future__ import annotations

import contextlib
import json
import mmap
import os
from array import array
from collections.abc import Iterable, Sequence
from operator import add
from typing import NamedTuple

from .mapped import END, HEADER, LIST, SIZE, Numbers, PeerValues, private
from .series_list import SeriesEntry

NAME = "retired.values"
_PIECE = 8192


class _Seen(NamedTuple):
    """One state of the file."""

    identity: tuple[int, int] = (0, 0)
    view: Numbers = private(0)
    absorbed: frozenset[str] = frozenset()


class Retired:
    """Reads and renews the file: the numbers, then the names of whose they are. The lock of the directory is held."""

    def __init__(self, folder: str, list_id: float) -> None:
        self._path = os.path.join(folder, NAME)
        self._list_id = list_id
        self._seen = _Seen()

    @property
    def view(self) -> Numbers:
        """The values."""
        return self._seen.view

    @property
    def absorbed(self) -> frozenset[str]:
        """Files whose values are in this one, whether or not they still are there."""
        return self._seen.absorbed

    def refresh(self) -> None:
        """Read the file again if it was replaced."""
        try:
            file = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return
        try:
            facts = os.fstat(file)
            identity = (facts.st_ino, facts.st_mtime_ns)
            if identity == self._seen.identity or facts.st_size < HEADER * SIZE:
                return
            mapped = memoryview(mmap.mmap(file, facts.st_size, access=mmap.ACCESS_READ))
        finally:
            os.close(file)
        numbers = mapped[: facts.st_size // SIZE * SIZE].cast("d")
        if numbers[LIST] == self._list_id:
            end = int(numbers[END])
            try:
                names = frozenset(json.loads(bytes(mapped[end * SIZE :])))
            except (ValueError, TypeError) as error:
                raise OSError(f"{self._path} was spoiled") from error
            self._seen = _Seen(identity, numbers[:end], names)

    def absorb(self, dead: Sequence[PeerValues], still: Iterable[str], series: Iterable[SeriesEntry], end: int) -> None:
        """Add these files; `still` names those that were added before and are there still.

        The new file's appearance is the one moment at which they count as added. Raises `OSError`; nothing has changed
        then.
        """
        views = [self.view, *(peer.view for peer in dead)]
        total = _sums(views, end)
        for entry in series:
            if entry.family.merge != "sum":
                _keep_gauge(entry, total, views)
        total[:HEADER] = array("d", [0.0] * HEADER)
        total[LIST], total[END] = self._list_id, float(end)
        names = sorted({*still, *(peer.name for peer in dead)})
        _replace(self._path, total.tobytes() + json.dumps(names).encode("ascii"))
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
