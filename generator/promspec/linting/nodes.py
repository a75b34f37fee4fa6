"""Values of YAML and JSON files that know where they were written: nodes, and the places they have."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from promspec.linting.aligning import offsets
from promspec.problems import Place

Kind = Literal["mapping", "sequence", "text", "number", "bool", "null"]


@dataclass(eq=False)
class Source:
    """A text with its file name; one that stands inside a scalar of another file knows that scalar."""

    file: str
    text: str
    within: Node | None = None

    @cached_property
    def _starts(self) -> list[int]:
        starts = [0]
        for line in self.text.splitlines(keepends=True):
            starts.append(starts[-1] + len(line))
        return starts

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """The lines of the text."""
        return tuple(self.text.splitlines())

    def line(self, offset: int) -> int:
        """The line, from 1, in which an offset of the outermost file lies."""
        return min(bisect_right(self._starts, offset), max(1, len(self._starts) - 1))

    def outer(self, offset: int) -> tuple[Source, int]:
        """The file's own text, and the offset in it."""
        if self.within is None:
            return self, offset
        return self.within.source.outer(self.within.offset(offset))

    def place(self, start: int, end: int) -> Place:
        """The line and column of a part, underlined to the end of its first line at most."""
        source, first = self.outer(start)
        _, last = self.outer(max(start, end - 1))
        line = source.line(first)
        begin = source._starts[line - 1] if line <= len(source._starts) else 0
        width = len(source.lines[line - 1]) if line <= len(source.lines) else 0
        column = min(first - begin, width)
        length = max(1, min(last + 1 - first, width - column)) if last >= first else 1
        return Place(source.file, line, column + 1, length)


@dataclass(eq=False, slots=True)
class Node:
    """A value: pairs of nodes, a list of nodes, or a text; `start:end` are offsets in its source."""

    kind: Kind
    source: Source
    start: int
    end: int
    text: str = ""
    style: str = ""
    pairs: list[tuple[Node, Node]] = field(default_factory=list)
    items: list[Node] = field(default_factory=list)
    _offsets: list[int] | None = None

    def get(self, key: str) -> Node | None:
        """The value of a key; None also where it is null or this is no mapping."""
        for name, value in reversed(self.pairs):
            if name.text == key:
                return None if value.kind == "null" else value
        return None

    def key(self, key: str) -> Node | None:
        """The key itself, for its place."""
        return next((name for name, _ in self.pairs if name.text == key), None)

    def at(self, *path: str) -> Node | None:
        """The value at the end of a path of keys."""
        node: Node | None = self
        for key in path:
            node = node.get(key) if node is not None else None
        return node

    def each(self, key: str) -> Iterator[Node]:
        """The items of the list under a key."""
        value = self.get(key)
        yield from value.items if value is not None else ()

    def string(self, key: str) -> str:
        """The text of the scalar under a key, else the empty string."""
        value = self.get(key)
        return value.text if value is not None and value.scalar else ""

    @property
    def scalar(self) -> bool:
        """Whether it is a single value."""
        return self.kind not in ("mapping", "sequence")

    def offset(self, index: int) -> int:
        """Where in the source a character of the text stands, through quotes, escapes, folds and indentation."""
        if self._offsets is None:
            self._offsets = offsets(self.source.text[self.start : self.end], self.text, self.style)
        inside = self._offsets[min(index, len(self._offsets) - 1)] if self._offsets else 0
        return self.start + inside

    def place_of(self, key: str) -> Place | None:
        """Where the value of a key stands, or the key itself where it is null; None without it."""
        value = self.get(key) or self.key(key)
        return value.place() if value is not None else None

    def place(self) -> Place:
        """The whole node: its first line, underlined if it is a scalar."""
        if self.scalar:
            return self.source.place(self.start, max(self.end, self.start + 1))
        place = self.source.place(self.start, self.start + 1)
        return Place(place.file, place.line)

    def part(self, start: int, end: int) -> Place:
        """A part of the text."""
        if not self.text:
            return self.place()
        start = min(start, len(self.text.rstrip()) - 1) if self.text.strip() else 0
        newline = self.text.find("\n", start)
        end = min(end, newline if newline >= 0 else len(self.text))
        return self.source.place(self.offset(start), self.offset(max(start, end - 1)) + 1)
