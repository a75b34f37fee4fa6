"""`SeriesList`: the series of all processes of a service, in one file that only grows; it gives each its slots."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from .mapped import HEADER

Values = tuple[str, ...]

_FIRST = 64
"""Bytes within which the first line ends."""


@dataclass(frozen=True)
class FamilyEntry:
    """A family; equal in two processes if its series may be added up. `width` is the slots of a series.

    `merge` says how the values of several processes become one: `sum`, or the aggregation of a gauge.
    """

    key: str
    width: int
    merge: str


@dataclass(frozen=True)
class SeriesEntry:
    """A series and its first slot."""

    family: FamilyEntry
    values: Values
    start: int


class _Position(NamedTuple):
    """How far the list was read. Replaced as one: a signal handler may raise between any two calls."""

    offset: int
    end: int = HEADER
    series: int = 0
    families: tuple[FamilyEntry, ...] = ()


class SeriesList:
    """Reads and appends. To be used with the lock of the directory held, but for what is known already.

    The file is opened anew each time: the directory may have been emptied, or this process have become a daemon, which
    closes all its files and opens others under their numbers.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self.entries: list[SeriesEntry] = []
        self.known: dict[tuple[str, Values], SeriesEntry] = {}
        with self._opened(os.O_CREAT) as file:
            if os.fstat(file).st_size == 0:
                _write(file, 0, [int.from_bytes(os.urandom(6), "big") + 1])
            first = _first_line(file)
        self.id = float(first)
        """A random number, which every file of values repeats."""
        self._first = first
        self._at = _Position(len(first) + 1)

    @property
    def end(self) -> int:
        """The slot after the last one."""
        return self._at.end

    @contextlib.contextmanager
    def _opened(self, more: int = 0) -> Iterator[int]:
        file = os.open(self._path, os.O_RDWR | os.O_CLOEXEC | more, 0o666)
        try:
            yield file
        finally:
            os.close(file)

    @contextlib.contextmanager
    def _same(self) -> Iterator[int]:
        with self._opened() as file:
            if _first_line(file) != self._first:
                raise OSError(f"{self._path} was replaced")
            yield file

    def check(self) -> None:
        """Raise `OSError` if the file was replaced or removed."""
        with self._same():
            pass

    def catch_up(self) -> None:
        """Note the series that were appended since. Raises `OSError` if the file was spoiled, replaced or removed."""
        with self._same() as file:
            self._read(file)

    def _read(self, file: int) -> None:
        offset = self._at.offset
        data = os.pread(file, max(0, os.fstat(file).st_size - offset), offset)
        # A process that was killed while it wrote left half a line: nobody uses it, and it is overwritten.
        for line in data[: data.rfind(b"\n") + 1].splitlines():
            try:
                self._note(json.loads(line), len(line) + 1)
            except (ValueError, LookupError, TypeError) as error:
                raise OSError(f"{self._path} is no list of series") from error

    def _note(self, entry: Any, size: int) -> None:
        offset, end, series, families = self._at
        if isinstance(entry, dict):
            self._at = _Position(offset + size, end, series, (*families, FamilyEntry(**entry)))
            return
        family, values = families[entry[0]], tuple(entry[1:])
        found = self.known[family.key, values] = SeriesEntry(family, values, end)
        self.entries[series:] = [found]
        self._at = _Position(offset + size, end + family.width, series + 1, families)

    def append(self, family: FamilyEntry, wanted: Iterable[Values]) -> None:
        """List the series that are not listed yet; call `catch_up` before. Raises `OSError`."""
        new = [values for values in dict.fromkeys(wanted) if (family.key, values) not in self.known]
        if not new:
            return
        keys = [known.key for known in self._at.families]
        index = keys.index(family.key) if family.key in keys else len(keys)
        lines = [*([] if index < len(keys) else [vars(family)]), *([index, *values] for values in new)]
        with self._same() as file:
            _write(file, self._at.offset, lines)
            self._read(file)


def _first_line(file: int) -> bytes:
    return os.pread(file, _FIRST, 0).partition(b"\n")[0]


def _write(file: int, offset: int, entries: Iterable[Any]) -> None:
    data = "".join(f"{json.dumps(entry)}\n" for entry in entries).encode("ascii")
    os.ftruncate(file, offset)
    try:
        whole = os.pwrite(file, data, offset) == len(data)
    except OSError:
        whole = False
    if not whole:
        os.ftruncate(file, offset)
        raise OSError("the list of series cannot be written")
