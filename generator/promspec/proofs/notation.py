"""promtool's notation of a series' values: `0+3x40 _x5 stale 7`, printed, read, and turned into samples."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from promspec.evaluation import LineSamples, Samples
from promspec.quantities import plain


@dataclass(frozen=True, slots=True)
class Line:
    """`count` samples: `start`, `start + step`, ..."""

    start: float
    step: float
    count: int


@dataclass(frozen=True, slots=True)
class Gap:
    """`count` scrapes without a sample."""

    count: int


@dataclass(frozen=True, slots=True)
class Stale:
    """The marker that Prometheus writes where a series ends."""


Segment = Line | Gap | Stale
_MOST_LISTED = 512
"""Up to so many samples promtool's sums of steps are repeated, to the last bit."""
_NUMBER = r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[+-]?[iI]nf|[nN]a[nN]"
_ITEM = re.compile(rf"(?P<gap>_)(?:x(?P<gaps>\d+))?|(?P<stale>stale)|(?P<start>{_NUMBER})(?P<more>\S*)")
_MORE = re.compile(r"(?:(?P<step>[+-](?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?))?x(?P<count>\d+)")


def text(segments: Iterable[Segment]) -> str:
    """The segments as promtool reads them."""
    return " ".join(_written(segment) for segment in segments)


def _written(segment: Segment) -> str:
    if isinstance(segment, Gap):
        return "_" if segment.count == 1 else f"_x{segment.count}"
    if isinstance(segment, Stale):
        return "stale"
    if segment.count == 1:
        return plain(segment.start)
    sign = "-" if segment.step < 0 else "+"
    return f"{plain(segment.start)}{sign}{plain(abs(segment.step))}x{segment.count - 1}"


def read(values: str) -> tuple[Segment, ...]:
    """The segments of a text; ValueError says what is no value.

    >>> text(read("0+3x4 _x2 stale 7"))
    '0+3x4 _x2 stale 7'
    """
    found: list[Segment] = []
    for word in values.split():
        item = _ITEM.fullmatch(word)
        more = _MORE.fullmatch(item["more"]) if item is not None and item["more"] else None
        if item is None or (item["more"] and more is None):
            raise ValueError(f"{word!r} is no value: write numbers, 0+3x40, _x5 or stale")
        if item["gap"]:
            found.append(Gap(int(item["gaps"] or 1)))
        elif item["stale"]:
            found.append(Stale())
        else:
            step, count = (float(more["step"] or 0), int(more["count"])) if more else (0.0, 0)
            found.append(Line(float(item["start"]), step, count + 1))
    return tuple(found)


def length(segments: Iterable[Segment]) -> int:
    """How many scrapes the segments cover."""
    return sum(1 if isinstance(segment, Stale) else segment.count for segment in segments)


def samples(segments: Sequence[Segment], interval: int, left_open: bool = False) -> Samples:
    """The segments as samples every `interval` milliseconds from 0, with promtool's own sums of steps."""
    if length(segments) > _MOST_LISTED:
        return _lines(segments, interval, left_open)
    times: list[int] = []
    values: list[float] = []
    stale: list[int] = []
    breaks: list[int] = []
    index = 0
    for segment in segments:
        if isinstance(segment, Stale):
            stale.append(index * interval)
            index += 1
        elif isinstance(segment, Gap):
            index += segment.count
        else:
            value, step = segment.start, segment.step
            breaks.append(len(times))
            times.extend(range(index * interval, (index + segment.count) * interval, interval))
            for _ in range(segment.count):
                values.append(value)
                value += step
            index += segment.count
    return Samples(times, values, stale, left_open, breaks)


def _lines(segments: Sequence[Segment], interval: int, left_open: bool) -> Samples:
    lines: list[tuple[int, int, float, float, int]] = []
    stale: list[int] = []
    index = 0
    for segment in segments:
        if isinstance(segment, Stale):
            stale.append(index * interval)
        elif isinstance(segment, Line):
            lines.append((index * interval, interval, segment.start, segment.step, segment.count))
        index += 1 if isinstance(segment, Stale) else segment.count
    return LineSamples(lines, stale, left_open)
