"""Charts of rows over time: heatmaps of buckets or of series, and the coloured spans of states."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from promspec.previewing.colours import shade
from promspec.previewing.data import Range, Sampled
from promspec.previewing.drawing.axes import Tick
from promspec.previewing.drawing.frame import FIELD, chart
from promspec.previewing.drawing.svg import element, percent, short, text
from promspec.previewing.units import shown

_COLUMNS = 80
_FEWEST = 0.06
"""A span narrower than this part of the chart has no room for its word."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of cells from `start` on: for each column a value, or None."""

    label: str
    cells: tuple[float | None, ...]


def bucket_rows(series: Sequence[Sampled], over: Range, unit: str) -> tuple[Row, ...]:
    """The buckets of a histogram from the lowest up, each without those below it, in columns."""
    bounds = sorted((_bound(each), index) for index, each in enumerate(series))
    below: dict[float, float] = {}
    rows = []
    for bound, index in bounds:
        own = []
        for at, value in series[index].finite:
            own.append((at, max(0.0, value - below.get(at, 0.0))))
            below[at] = max(value, below.get(at, 0.0))
        rows.append(Row("+Inf" if math.isinf(bound) else shown(bound, unit), _columns(own, over)))
    return tuple(rows)


def series_rows(series: Sequence[tuple[str, Sampled]], over: Range) -> tuple[Row, ...]:
    """A row for each series, with its means."""
    return tuple(Row(name, _columns(each.finite, over)) for name, each in series)


def heatmap(
    about: str, rows: Sequence[Row], over: Range, scheme: str, ends: tuple[str, str], blank: bool = True
) -> str:
    """Rows as shades, the first at the bottom; `ends` are where the shades end, `blank` leaves the lowest unpainted."""
    values = [value for row in rows for value in row.cells if value is not None]
    low, high = float(ends[0] or min([0.0, *values])), float(ends[1] or max(values, default=1.0))
    drawn, height = [], FIELD / max(1, len(rows))
    for place, row in enumerate(reversed(rows)):
        for begin, end, value in _runs(row.cells):
            if value is not None and (value > low or not blank):
                part = min(1.0, max(0.0, (value - low) / (high - low))) ** 0.5 if high > low else 1.0
                drawn.append(
                    _rect(begin, end, len(row.cells), place, height, shade(scheme, part), shown(value, "short"))
                )
    return chart(about, over, _labels(list(reversed(rows))), drawn, named=not blank)


def timeline(
    about: str,
    rows: Sequence[tuple[str, Sequence[tuple[float, float]]]],
    over: Range,
    state: Callable[[float], tuple[str, str]],
) -> str:
    """Rows as spans: `state` gives the word and the colour of a value."""
    drawn, words, height = [], [], FIELD / max(1, len(rows))
    for place, (_, points) in enumerate(rows):
        for begin, end, value in _spans(points, over):
            word, colour = state(value)
            x, width = begin * FIELD, (end - begin) * FIELD
            y = short(place * height + 0.12 * height)
            box = element(
                "rect", element("title", text(word)), x=x, y=y, width=width, height=0.76 * height, fill=colour
            )
            drawn.append(box)
            if end - begin > _FEWEST:
                middle = percent((place + 0.5) / len(rows))
                words.append(element("text", text(word), x=percent(begin), dx=6, y=middle, dy="0.32em", class_="word"))
    return chart(about, over, _labels([Row(name, ()) for name, _ in rows]), drawn, words="".join(words), named=True)


def _bound(series: Sampled) -> float:
    try:
        return float(dict(series.labels).get("le", "+Inf"))
    except ValueError:
        return math.inf


def _columns(points: Sequence[tuple[float, float]], over: Range) -> tuple[float | None, ...]:
    """The means of the samples in each column."""
    count = max(1, min(_COLUMNS, math.floor((over.end - over.start) / over.step) + 1))
    found: list[list[float]] = [[] for _ in range(count)]
    for at, value in points:
        part = (at - over.start) / (over.end - over.start + over.step)
        if 0 <= part < 1:
            found[int(part * count)].append(value)
    return tuple(sum(values) / len(values) if values else None for values in found)


def _runs(cells: Sequence[float | None]) -> Iterator[tuple[int, int, float | None]]:
    """Cells side by side that are the same, as one."""
    begin = 0
    for index in range(1, len(cells) + 1):
        if index == len(cells) or cells[index] != cells[begin]:
            yield begin, index, cells[begin]
            begin = index


def _spans(points: Sequence[tuple[float, float]], over: Range) -> Iterator[tuple[float, float, float]]:
    """From when to when, 0-1, a state lasted: until the next, or until its samples stop."""
    span = over.end - over.start
    begin = 0
    for index in range(1, len(points) + 1):
        gap = index == len(points) or points[index][0] - points[index - 1][0] > 1.5 * over.step
        if gap or points[index][1] != points[begin][1]:
            end = points[index - 1][0] + over.step if gap else points[index][0]
            yield (points[begin][0] - over.start) / span, min(1.0, (end - over.start) / span), points[begin][1]
            begin = index


def _rect(begin: int, end: int, columns: int, place: int, height: float, colour: str, word: str) -> str:
    x, width = begin * FIELD / columns, (end - begin) * FIELD / columns
    title = element("title", text(word))
    return element("rect", title, x=x, y=place * height, width=width, height=height, fill=colour, class_="cell")


def _labels(rows: Sequence[Row]) -> tuple[Tick, ...]:
    return tuple(Tick((place + 0.5) / len(rows), _cut(row.label)) for place, row in enumerate(rows))


def _cut(label: str, most: int = 16) -> str:
    return label if len(label) <= most else f"{label[: most - 1]}…"
