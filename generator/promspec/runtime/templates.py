"""`Templates`: the series of a family as text, some hundred at a time: what never changes is printed once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, Protocol

from . import locks
from .text import heading

LINES = 1_000
"""Lines of a slice: rendering one takes under a millisecond, and between two of them others may run."""


class Family(Protocol):
    """What is asked of a storage."""

    name: str
    help: str
    kind: str
    cells: dict[tuple[str, ...], Any]

    def lines(self, values: tuple[str, ...]) -> list[str]:
        """What stands before the values of one series."""

    def texts(self, keys: Sequence[tuple[str, ...]], found: Sequence[Any], openmetrics: bool) -> list[str | None]:
        """The printed values of many series."""


class _Slice:
    __slots__ = ("cells", "keys", "made")

    def __init__(self) -> None:
        self.cells: list[Any] = []
        self.keys: list[tuple[str, ...]] = []
        self.made = ("", 0)
        """The template, and how many series it has. One attribute: two scrapes may meet here."""

    def append(self, series: list[tuple[tuple[str, ...], Any]]) -> None:
        """Take more series."""
        del self.cells[len(self.keys) :]  # What is left of a call that a signal handler ended between the next two.
        self.cells += [cell for _, cell in series]
        self.keys += [values for values, _ in series]


class Templates:
    """Keeps a template per slice, made at the first scrape: names and labels, with %s for each value.

    Filling a template takes 60 ns a line, and it holds the prefixes in one text instead of many.
    """

    def __init__(self, family: Family) -> None:
        self._family = family
        self._slices: list[_Slice] = []
        self._most = 0
        """Series of a slice."""

    def _catch_up(self) -> None:
        """Append the series that were made since; not when they are made, since a signal handler may raise then."""
        count = len(self._slices[-1].keys) + self._most * (len(self._slices) - 1) if self._slices else 0
        if count == len(self._family.cells):
            return
        series = list(islice(self._family.cells.items(), count, None))
        if not self._slices:
            self._most = max(1, LINES // len(self._family.lines(series[0][0])))
        taken = 0
        while taken < len(series):
            room = self._most - len(self._slices[-1].keys) if self._slices else 0
            if room:
                self._slices[-1].append(series[taken : taken + room])
                taken += room
            else:
                self._slices.append(_Slice())

    def filled(self, openmetrics: bool) -> Iterator[str]:
        """The heading, then each slice with its values."""
        family = self._family
        with locks.creating:
            self._catch_up()
        yield heading(family.name, family.kind, family.help, openmetrics)
        for part in list(self._slices):
            yield self._text(part, openmetrics)

    def _text(self, part: _Slice, openmetrics: bool) -> str:
        family = self._family
        template, width = part.made
        keys = part.keys[:]  # After the template: there are as many, or more.
        if width < len(keys):
            new = (line for values in keys[width:] for line in family.lines(values))
            template += "".join(line.replace("%", "%%") + " %s\n" for line in new)
            part.made = (template, len(keys))
        texts = family.texts(keys, part.cells[: len(keys)], openmetrics)
        if None not in texts:
            return template % tuple(texts)
        lines = template.split("\n")
        return "".join(f"{line}\n" % text for line, text in zip(lines, texts, strict=False) if text is not None)
