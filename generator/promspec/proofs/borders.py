"""Where a condition begins to hold: the states just below it, on it and just above it, found by bisection."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from promspec.promql import parse
from promspec.proofs import programs
from promspec.proofs.conditions import Condition, margin
from promspec.proofs.programs import Level, State, is_summable, summable, tidy
from promspec.proofs.roles import COUNTED
from promspec.proofs.situation import Situation

BELOW, ABOVE = 0.02, 0.0317
"""How far below and above the border the states lie, as shares of the level at it.

Not equal ones, or a window half full of each would lie on the border.
"""
_MOST_STEPS = 60
_TIMES = (1, 3, 7)
"""Multiples of a state that are tried: their sums are rounded differently."""


@dataclass(frozen=True, slots=True)
class Border:
    """Two states on the way from one in which a condition does not hold to one in which it does."""

    below: State
    above: State
    share: float
    """Where on the way the border lies, 0-1."""


class Way:
    """The straight way between two states, each seen through after a state of rest, or for so many evaluations."""

    def __init__(self, situation: Situation, rest: State, start: State, end: State, steps: int = 0) -> None:
        self._situation, self.rest, self.start, self.end, self._steps = situation, rest, start, end, steps

    def between(self, start: State, end: State) -> Way:
        """Another way after the same rest; this one if it is the same."""
        return self if (start, end) == (self.start, self.end) else Way(self._situation, self.rest, start, end)

    def at(self, share: float) -> State:
        """The state after a share of the way."""
        return tuple(_between(a, b, share) for a, b in zip(self.start, self.end, strict=True))

    @property
    def continuous(self) -> bool:
        """Whether every level can be changed bit by bit."""
        pairs = list(zip(self.start, self.end, strict=True))
        if any((a is None) != (b is None) for a, b in pairs):
            return False
        return not any(a is not None and b is not None and a.toggles != b.toggles for a, b in pairs)

    def border(self, condition: Condition | None, likely: Sequence[float] = ()) -> Border | None:
        """Where the condition (None: the whole expression) begins to hold; None if it does at both ends or at neither.

        `likely` are shares at which it may well lie.
        """
        expr = condition.expr if condition is not None else ""

        def holds(share: float) -> bool:
            return bool(self._situation.holds(self.rest, self.at(share), expr, self._steps))

        if holds(0.0) or not holds(1.0):
            return None
        if not self.continuous:
            return Border(self.start, self.end, 1.0)
        text = condition.expr if condition is not None else self._situation.closure.target.expr
        distance = margin(text, parse(text))
        share = self._share(holds, distance, likely)
        if share < 1e-5:
            return Border(self.start, self.at(self._smallest(holds, distance)), 0.0)
        unit = self._unit(share)
        below, above = share - BELOW * unit, share + ABOVE * unit
        if not 0 <= below < above <= 1 or holds(below) or not holds(above):
            below, above = share * (1 - BELOW), min(1.0, share * (1 + ABOVE))
        return Border(self.at(below), self.at(above), share)

    def _unit(self, share: float) -> float:
        """The share of the way that is as long as the level at a share is high; of several, the shortest."""
        found = []
        for a, b in zip(self.start, self.end, strict=True):
            if a is not None and b is not None and a != b:
                first, last = (a.value, b.value) if a.slope == b.slope else (a.slope, b.slope)
                found.append(abs(first + (last - first) * share) / abs(last - first) if last != first else share)
        return min((unit for unit in found if unit > 0), default=share)

    def on(self, condition: Condition, share: float) -> State | None:
        """A state near a share in which both sides of a condition are equal; None if there is none."""
        distance = margin(condition.expr, parse(condition.expr))
        if not distance or not self.continuous:
            return None
        return self._exact(share, distance) if share > 0 else self.start

    def _smallest(self, holds: Callable[[float], bool], distance: str) -> float:
        """A small share at which it holds, where any share above zero will do: one that leads to less than one."""
        found = next((share for share in (0.001, 0.01, 0.1) if holds(share)), 1.0)
        far = self._distance(found, distance) or 0.0
        smaller = found * 0.5 / far if far > 0.5 else found
        return smaller if holds(smaller) else found

    def _share(self, holds: Callable[[float], bool], distance: str, likely: Sequence[float]) -> float:
        for share in (*likely, None):
            tried = self._root(distance) if share is None else share
            if tried is not None and not holds(tried * (1 - BELOW)) and holds(min(1.0, tried * (1 + ABOVE))):
                near = (tried * (1 - BELOW), min(1.0, tried * (1 + ABOVE)))
                return tried if share is None or not distance else self._refined(near, distance)
        return self._refined(_bisected(holds), distance)

    def _root(self, distance: str) -> float | None:
        """The border of a condition whose distance can be told at both ends."""
        high, at_high = 1.0, self._distance(1.0, distance)
        if at_high is None or at_high <= 0:
            return None
        for _ in range(8):  # it may lie far below the other end, where a straight line through both tells nothing
            low = high / 8
            found = self._distance(low, distance)
            if found is None:
                return None
            if found < 0:
                return self._refined((low, high), distance)
            high = low
        return self._refined((0.0, high), distance)

    def _refined(self, bracket: tuple[float, float], distance: str) -> float:
        """The root of the distance between two shares, by the secant method kept inside (Illinois)."""
        low, high = bracket
        at_low, at_high = self._distance(low, distance), self._distance(high, distance)
        if at_low is None or at_high is None or at_low > 0 or at_high < 0 or at_low == at_high:
            return high
        before = None
        for _ in range(_MOST_STEPS):
            if at_high == 0 or high - low < 1e-15 * high:
                return high
            middle = high - at_high * (high - low) / (at_high - at_low)
            found = self._distance(middle, distance)
            if found is None or not low < middle < high or found == before:
                return high  # where nothing changes any more, the border is a leap
            before = found
            if found > 0:
                high, at_high, at_low = middle, found, at_low / 2
            elif found < 0:
                low, at_low, at_high = middle, found, at_high / 2
            else:
                return middle
        return high

    def _distance(self, share: float, expr: str) -> float | None:
        if not expr:
            return None
        found = self._situation.value(self.rest, self.at(share), expr, self._steps)
        return max(found.values(), default=None)

    def _exact(self, share: float, distance: str) -> State | None:
        """A state near a share in which both sides are equal to the last bit."""
        there = self.at(share)
        tried = [tuple(_rounded(level, digits) for level in there) for digits in (12, 9, 6, 4)]
        if any(level is not None and level.slope for level in there):
            tried += [tuple(_grained(level, grain) for level in there) for grain in (2.0**-24, 2.0**-12)]
        kinds = (COUNTED, (*COUNTED, "gauge"))
        whole = [
            state for scaled in kinds for times in _TIMES if (state := self._whole(there, scaled, times)) is not None
        ]
        for state in (*tried, *whole) if distance and self._adds_up(self.rest) == self.rest else ():
            exact = self._adds_up(state)
            if self._is_zero(exact, distance):
                return exact
        return None

    def _adds_up(self, state: State) -> State:
        """The state with counters of which any number of steps is exact: multiples of a small power of two."""
        seconds, found = self._situation.timing.interval / 1000, []
        for source, level in zip(self._situation.inputs.sources, state, strict=True):
            if source.kind == "counter" and level is not None and not is_summable(level.value, seconds):
                level = replace(level, value=summable(level.value, seconds))
            found.append(level)
        return tuple(found)

    def _is_zero(self, state: State, distance: str) -> bool:
        """Whether both sides are equal, in whatever order what they sum is added up."""
        phases = self._situation.phases(self.rest, state, self._steps)
        for order in programs.ORDERS:
            found = self._situation.ending(phases, [distance], order)[0]
            if not found or max(found.values()) != 0:
                return False
        return True

    def _whole(self, state: State, kinds: Sequence[str], times: int) -> State | None:
        """The state with sources of these kinds multiplied, so that all are whole; ratios stay as they are."""
        sources = self._situation.inputs.sources
        counted = {index for index, source in enumerate(sources) if source.kind in kinds}
        factor = times
        for index in counted:
            level = state[index]
            if level is not None:
                exact = Fraction(level.value).limit_denominator(50_000)
                if abs(float(exact) - level.value) > 1e-9 * abs(level.value):
                    return None
                factor = math.lcm(factor, times * exact.denominator)
        if factor == 1 or factor > 1_000_000_000:
            return None
        return tuple(
            Level(float(round(level.value * factor)), level.slope) if level is not None and index in counted else level
            for index, level in enumerate(state)
        )


def _bisected(holds: Callable[[float], bool]) -> tuple[float, float]:
    """A share at which it does not hold and one at which it does, within a thousandth of each other."""
    low, high = 0.0, 1.0
    for _ in range(_MOST_STEPS):
        if high - low < 1e-3 * high or high < 1e-6:
            break
        # The border may lie far below the firing state: shares are tried on a logarithmic scale until one is silent.
        middle = high / 8 if low == 0 else (low + high) / 2
        if holds(middle):
            high = middle
        else:
            low = middle
    return low, high


def _between(a: Level | None, b: Level | None, share: float) -> Level | None:
    if a is None or b is None:
        return b if share >= 1 else a
    if a == b:
        return a
    value = tidy(a.value + (b.value - a.value) * share)
    slope = tidy(a.slope + (b.slope - a.slope) * share)
    return Level(value, slope, a.toggles if share < 1 else b.toggles)


def _grained(level: Level | None, grain: float) -> Level | None:
    """The level as a multiple of a power of two: with slopes that are such, regressions are exact."""
    return level if level is None else replace(level, value=round(level.value / grain) * grain)


def _rounded(level: Level | None, digits: int) -> Level | None:
    if level is None:
        return None
    return Level(float(f"{level.value:.{digits}g}"), float(f"{level.slope:.{digits}g}"), level.toggles)
