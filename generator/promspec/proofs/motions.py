"""What the input series of a recording rule's proof do: uneven, flat, small, late, gone, or back again."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from promspec.evaluation import Rule, reads
from promspec.promql import NumberLiteral, walk
from promspec.proofs.inputs import Inputs, InputSeries
from promspec.proofs.notation import Gap, Line, Segment, Stale
from promspec.proofs.programs import tidy
from promspec.proofs.timing import STEPS, Clock

_MOST_LISTED = 60
_LINES = 24
"""Beyond `_MOST_LISTED` scrapes a series is so many straight lines instead of single values."""
Series = list[tuple[InputSeries, tuple[Segment, ...]]]


@dataclass(frozen=True, slots=True)
class Grid:
    """When a proof scrapes: every `interval` milliseconds, so many times."""

    interval: int
    scrapes: int
    left_open: bool
    oldest: float = 0.0
    """The largest number of the rule, if it may be an age in seconds."""

    @property
    def end(self) -> int:
        return self.interval * self.scrapes

    @property
    def last_alive(self) -> int:
        """The scrape after which the series of one story are gone."""
        return max(2, self.scrapes // 4)


def grid_of(rule: Rule, clock: Clock) -> Grid:
    """Four scrapes or more in the shortest range, and twice as far back as the rule reads."""
    spans = [(offset + length, length) for offset, length, _ in reads(rule.expr)]
    numbers = [n.value for n in walk(rule.tree) if isinstance(n, NumberLiteral) and n.value is not None]
    oldest = max((number for number in numbers if math.isfinite(number) and number >= 60), default=0.0)
    itself = any(name == rule.record for _, _, name in reads(rule.expr))
    ranges = [length for _, length in spans if length]
    if not ranges:
        furthest = max((span for span, _ in spans), default=0)
        interval = _nice(max(clock.evaluation, furthest // 4)) if furthest else clock.evaluation
        return Grid(interval, max(3, math.ceil(2 * furthest / interval)), clock.left_open, oldest)
    interval = _nice(min(ranges) // 4)
    times = 3 if itself else 2.2
    scrapes = math.ceil(times * max(span for span, _ in spans) / interval) + 2
    return Grid(interval, scrapes, clock.left_open, oldest)


def _nice(length: int) -> int:
    return next((step for step in reversed(STEPS) if step <= length), max(1, length))


def out_of_step(made: Inputs, grid: Grid) -> Series:
    """Every series on its own, those that are mentioned later smaller: parts may exceed their whole."""
    found: Series = []
    for place, series in enumerate(made.series):
        step = tidy(60.0 / (1 + place))
        counted = made.sources[series.parts[0][0]].kind == "counter"
        line = Line(0.0, step, grid.scrapes + 1) if counted else Line(step, 0.0, grid.scrapes + 1)
        found.append((series, (line,)))
    return found


def cut_off(segments: Sequence[Segment], grid: Grid) -> tuple[Segment, ...]:
    """The first quarter of a series."""
    left, found = grid.last_alive + 1, list[Segment]()
    for segment in segments:
        if isinstance(segment, Line) and left > 0:
            found.append(Line(segment.start, segment.step, min(left, segment.count)))
            left -= segment.count
    return (*found, Stale())


def late(segments: Sequence[Segment], grid: Grid) -> tuple[Segment, ...]:
    """There for the last scrapes alone."""
    first = next(segment for segment in segments if isinstance(segment, Line))
    return Gap(grid.scrapes - 2), Line(first.start, first.step, 3)


def returning(segments: Sequence[Segment], grid: Grid) -> tuple[Segment, ...]:
    """There from the third scrape on, gone for less than the longest range, back, gone for longer, and back."""
    alive, away = 3, grid.scrapes // 4
    first = next(segment for segment in segments if isinstance(segment, Line))
    line = Line(first.start, 1.0, alive)
    found: list[Segment] = [Gap(2), line]
    for gap in (away, 2 * away):
        found += [Stale(), Gap(gap - 1), line]
    return tuple(found)


def uneven(made: Inputs, series: InputSeries, grid: Grid, small: float = 0.0) -> tuple[Segment, ...]:
    """Values whose steps differ at every scrape and between series; a counter of a second instance starts anew."""
    kind = made.sources[series.parts[0][0]].kind
    lengths = _lengths(grid)
    if kind == "clock":
        return _ageing(series.parts[0][0], grid, grid.oldest)
    if kind != "counter":
        decoy = not made.readers.get(series.parts[0][0])
        scale = 1000.0 if small else 10.0
        if made.sources[series.parts[0][0]].bucket < 0:
            return _moving(series.parts[0][0], lengths, scale, decoy)
        shares = ((index, 0.01 / _share(made, index, small) if small else 1.0) for index, _ in series.parts)
        return _together([_moving(index, lengths, scale * share, decoy) for index, share in shares])
    found: list[Segment] = []
    total, restarts = 0.0, all(index not in made.primary for index, _ in series.parts)
    for place, count in enumerate(lengths):
        step = sum(weight * _step(index, place) * _share(made, index, small) for index, weight in series.parts)
        if not found or (restarts and place == len(lengths) // 2 + 1):
            total = 0.0 if not found else step
            found.append(Line(total, tidy(step), count))
        else:
            found.append(Line(tidy(total + step), tidy(step), count))
            total += step
        total = tidy(total + step * (count - 1))
    return tuple(found)


def _lengths(grid: Grid) -> list[int]:
    """How many scrapes each straight line lasts; one each for few scrapes."""
    total = grid.scrapes + 1
    if total <= _MOST_LISTED:
        return [1] * total
    return [total // _LINES + (1 if place < total % _LINES else 0) for place in range(_LINES)]


def _step(source: int, place: int) -> float:
    return float((source + 2) * (3 + (place * place + 5 * place + 3 * source) % 7))


def _share(made: Inputs, source: int, small: float) -> float:
    """Small values are few events, most of them (`small` times as many) in the lowest bucket with values above zero."""
    if not small:
        return 1.0
    bucket = made.sources[source].bucket
    lowest = bucket == 0 or (bucket == 1 and made.sources[source - 1].value <= 0)
    return 1e-4 * small if lowest and made.sources[source].value > 0 else 1e-4


def _ageing(source: int, grid: Grid, oldest: float) -> tuple[Segment, ...]:
    """A time whose age grows from a tenth of the rule's largest number of seconds to half as much again."""
    oldest = oldest or grid.end / 1000
    first, last = 0.1 * oldest, (1.4 - 0.03 * (source % 5)) * oldest
    slope = (grid.end / 1000 - last + first) / grid.scrapes
    return (Line(tidy(-first), tidy(slope), grid.scrapes + 1),)


def _together(moving: Sequence[Sequence[Line]]) -> tuple[Segment, ...]:
    """The sum of values that move at the same times: what is recorded of a bucket holds that of all lower ones."""
    return tuple(
        Line(tidy(sum(line.start for line in lines)), tidy(sum(line.step for line in lines)), lines[0].count)
        for lines in zip(*moving, strict=True)
    )


def _moving(source: int, lengths: Sequence[int], parts: float, decoy: bool) -> tuple[Line, ...]:
    """Values of a gauge; those of one that nobody should look at are now above and now below all others."""
    found: list[Line] = []
    for place, count in enumerate(lengths):
        start = (source + 1) * (1 + (7 * place + 3 * source) % 11) * ((0.01, 100)[place % 2] if decoy else 1)
        step = 0 if count == 1 else ((place + source) % 5 - 2) * (source + 1) / 10
        found.append(Line(tidy(start / parts), tidy(step / parts), count))
    return tuple(found)


def flat(made: Inputs, series: InputSeries, grid: Grid) -> tuple[Segment, ...]:
    kind = made.sources[series.parts[0][0]].kind
    level = 5.0 * sum(weight for _, weight in series.parts) if kind == "counter" else 0.0
    return (Line(tidy(level), 0.0, grid.scrapes + 1),)
