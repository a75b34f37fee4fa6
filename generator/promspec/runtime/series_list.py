"""`SeriesList`: the series of all processes of a service, in one file that only grows; it gives each its slots."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .mapped import HEADER

Values = tuple[str, ...]


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


class SeriesList:
    """Reads and appends. To be used with the lock of the directory held, but for what is known already."""

    def __init__(self, path: str) -> None:
        self._path = path
        self.end = HEADER
        """The slot after the last one."""
        self.known: dict[tuple[str, Values], SeriesEntry] = {}
        self._families: list[FamilyEntry] = []
        self._index: dict[str, int] = {}
        self._read = 0
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)

    def opened(self) -> float:
        """Read the name of the list, or give it one: a random number, which every file of values repeats."""
        if os.fstat(self._file).st_size == 0:
            self._write([secrets.randbits(48) + 1])
        first = os.pread(self._file, 64, 0).partition(b"\n")[0]
        self._read = len(first) + 1
        return float(first)

    def caught_up(self) -> list[SeriesEntry]:
        """The series that were appended since. Raises `OSError` if the file was spoiled."""
        data = os.pread(self._file, max(0, os.fstat(self._file).st_size - self._read), self._read)
        found = []
        # A process that was killed while it wrote left half a line: nobody uses it, and it is overwritten.
        for line in data[: data.rfind(b"\n") + 1].splitlines():
            try:
                entry = self._noted(json.loads(line))
            except (ValueError, LookupError, TypeError) as error:
                raise OSError(f"{self._path} is no list of series") from error
            self._read += len(line) + 1
            if entry is not None:
                found.append(entry)
        return found

    def _noted(self, entry: Any) -> SeriesEntry | None:
        if isinstance(entry, dict):
            self._index[entry["key"]] = len(self._families)
            self._families.append(FamilyEntry(**entry))
            return None
        family, values = self._families[entry[0]], tuple(entry[1:])
        found = self.known[family.key, values] = SeriesEntry(family, values, self.end)
        self.end += family.width
        return found

    def append(self, family: FamilyEntry, wanted: Iterable[Values]) -> None:
        """List the series that are not listed yet; call `caught_up` before and after. Raises `OSError`."""
        lines: list[Any] = []
        new = [values for values in dict.fromkeys(wanted) if (family.key, values) not in self.known]
        if new and family.key not in self._index:
            lines.append(vars(family))
        index = self._index.get(family.key, len(self._families))
        self._write([*lines, *([index, *values] for values in new)])

    def _write(self, entries: Iterable[Any]) -> None:
        data = "".join(f"{json.dumps(entry)}\n" for entry in entries).encode("ascii")
        if not data:
            return
        os.ftruncate(self._file, self._read)
        try:
            whole = os.pwrite(self._file, data, self._read) == len(data)
        except OSError:
            whole = False
        if not whole:
            os.ftruncate(self._file, self._read)
            raise OSError(f"{self._path} cannot be written")
