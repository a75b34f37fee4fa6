"""What the sources do over time: levels in phases, and the values of every series that come of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from promspec.evaluation import Samples, Store
from promspec.proofs import notation
from promspec.proofs.inputs import Inputs, InputSeries
from promspec.proofs.notation import Gap, Line, Segment, Stale


@dataclass(frozen=True, slots=True)
class Level:
    """How a source moves: a counter's events per second, a gauge's value, a clock's age in seconds.

    `slope` is what a gauge's value gains per second; with `toggles` it changes that often, every second scrape, and a
    counter starts anew.
    """

    value: float
    slope: float = 0.0
    toggles: int = 0


_FINEST = 2.0**24

State = tuple[Level | None, ...]
"""The level of every source; None: it exposes nothing."""


@dataclass(frozen=True, slots=True)
class Phase:
    """A state that lasts for a number of scrapes; a counter may start anew at its beginning."""

    state: State
    scrapes: int
    reset: bool = False
    born_at: float = 0.0
    """What a counter that is new in this phase begins with."""


def values(inputs: Inputs, series: InputSeries, phases: Sequence[Phase], interval: int) -> tuple[Segment, ...]:
    """The values of one series, a scrape every `interval` milliseconds; the last phase ends with a scrape."""
    counter = inputs.sources[series.parts[0][0]].kind == "counter"
    built = _counter(series, phases, interval) if counter else _gauge(inputs, series, phases, interval)
    return _joined(built)


def _counter(series: InputSeries, phases: Sequence[Phase], interval: int) -> list[Segment]:
    """Events add up; the scrape that ends a phase belongs to it, and the first of all is where it starts."""
    found: list[Segment] = []
    total: float | None = None
    for number, phase in enumerate(phases):
        levels = [(phase.state[index], weight) for index, weight in series.parts]
        count = phase.scrapes + (number == 0)
        if all(level is None for level, _ in levels):
            found += _ended(total is not None, count)
            total = None
            continue
        step = tidy(sum(level.value * weight for level, weight in levels if level is not None) * interval / 1000)
        start = phase.born_at if total is None else 0.0 if phase.reset else tidy(total + step)
        for _ in range(max(level.toggles for level, _ in levels if level is not None) if count > 2 else 0):
            if count > 2:
                found.append(Line(start, step, 2))
                start, count = 0.0, count - 2
        found.append(Line(start, step, count))
        total = start + step * (count - 1)
    return found


def _gauge(inputs: Inputs, series: InputSeries, phases: Sequence[Phase], interval: int) -> list[Segment]:
    """A level holds from the scrape that begins its phase; the very last scrape belongs to the last phase."""
    found: list[Segment] = []
    index, (source, _) = 0, series.parts[0]
    for number, phase in enumerate(phases):
        count = phase.scrapes + (number == len(phases) - 1)
        level = phase.state[source]
        if level is None:
            found += _ended(bool(found) and not isinstance(found[-1], (Gap, Stale)), count)
        elif inputs.sources[source].kind == "clock":
            seconds = interval / 1000
            found.append(Line(tidy(index * seconds - level.value), seconds, count))
        elif level.toggles:
            found += _toggling(level, count)
        else:
            found.append(Line(tidy(level.value), tidy(level.slope * interval / 1000), count))
        index += count
    return found


def _toggling(level: Level, count: int) -> list[Segment]:
    """A value that changes with every second scrape, as often as asked, and then stays."""
    found: list[Segment] = []
    left = count
    for number in range(level.toggles + 1):
        length = left if number == level.toggles else min(2, left)
        if length > 0:
            found.append(Line(level.value + number, 0.0, length))
        left -= length
    return found


def _ended(was_there: bool, count: int) -> list[Segment]:
    if not was_there:
        return [Gap(count)] if count else []
    return [Stale(), *([Gap(count - 1)] if count > 1 else [])]


def tidy(value: float) -> float:
    """The number to twelve digits, which is what the file will say; multiples of small powers of two stay exact."""
    return value if (value * _FINEST).is_integer() and abs(value) < _FINEST else float(f"{value:.12g}")


def summable(value: float, per: float = 1.0, bits: int = 10) -> float:
    """About the value, so that any number of them, times `per`, adds up without rounding: to so many binary digits."""
    step = value * per
    if not step or math.isinf(step):
        return value
    grain = 2.0 ** max(math.frexp(step)[1] - bits, -bits)
    return round(step / grain) * grain / per or value


def is_summable(value: float, per: float) -> bool:
    """Whether any number of values, times `per`, adds up without rounding."""
    return (tidy(value * per) * 1024).is_integer()


def _joined(segments: Sequence[Segment]) -> tuple[Segment, ...]:
    """Segments of no length left out, and lines that go on at the same pace made one."""
    found: list[Segment] = []
    for segment in segments:
        if isinstance(segment, Line) and segment.count == 0:
            continue
        before = found[-1] if found else None
        if isinstance(segment, Line) and isinstance(before, Line) and _goes_on(before, segment):
            found[-1] = Line(before.start, before.step, before.count + segment.count)
            continue
        found.append(segment)
    return tuple(found)


def _goes_on(before: Line, after: Line) -> bool:
    return before.step == after.step and tidy(before.start + before.step * before.count) == after.start


class Player:
    """Plays programs of the inputs; the samples of a series that does the same again are kept."""

    def __init__(self, inputs: Inputs, interval: int, left_open: bool) -> None:
        self._inputs, self._interval, self._left_open = inputs, interval, left_open
        self._known: dict[tuple[Segment, ...], Samples] = {}

    def store(self, phases: Sequence[Phase], order: int = 0) -> Store:
        """All series as samples; `order` picks one of several orders in which they are added up."""
        made = Store(self._left_open)
        series = self._inputs.series if order % 2 == 0 else self._inputs.series[::-1]
        turn = order // 2
        for one in (*series[turn:], *series[:turn]):
            segments = values(self._inputs, one, phases, self._interval)
            samples = self._known.get(segments)
            if samples is None:
                samples = self._known[segments] = notation.samples(segments, self._interval, self._left_open)
            made.add(one.name, one.labels, samples)
        return made


ORDERS = range(4)
"""Orders of adding up that what is exact must not depend on."""
