"""The grid of a dashboard: panels flow from left to right over 24 columns, line after line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

COLUMNS = 24


@dataclass(frozen=True, slots=True)
class Size:
    """What a panel asks for; with `elastic`, it may be up to twice as wide to fill its line."""

    width: int
    height: int
    elastic: bool = False


@dataclass(frozen=True, slots=True)
class Position:
    """Where a panel is: the upper left corner and the size, in Grafana's grid units."""

    x: int
    y: int
    width: int
    height: int


def lay_out(sizes: Iterable[Size], top: int = 0) -> tuple[Position, ...]:
    """The positions of panels from `top` down, in order: no overlap, none outside, every line of one height."""
    positions: list[Position] = []
    for line in _lines(sizes):
        height = max(size.height for size in line)
        x = 0
        for size in _filled(line):
            positions.append(Position(x, top, size.width, height))
            x += size.width
        top += height
    return tuple(positions)


def _lines(sizes: Iterable[Size]) -> list[list[Size]]:
    lines: list[list[Size]] = []
    used = COLUMNS
    for asked in sizes:
        size = replace(asked, width=min(asked.width, COLUMNS))
        if used + size.width > COLUMNS:
            lines.append([])
            used = 0
        lines[-1].append(size)
        used += size.width
    return lines


def _filled(line: Sequence[Size]) -> list[Size]:
    """The line with its free columns given to the elastic panels, one after the other."""
    most = [size.width * 2 if size.elastic else size.width for size in line]
    widths = [size.width for size in line]
    free = min(COLUMNS, sum(most)) - sum(widths)
    while free > 0:
        for index, width in enumerate(widths):
            if free > 0 and width < most[index]:
                widths[index] += 1
                free -= 1
    return [replace(size, width=width) for size, width in zip(line, widths, strict=True)]
