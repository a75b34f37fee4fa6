"""The cases of one alert: programs of its inputs, and the checks of its states wherever they change."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from promspec.evaluation import AlertStates, Column
from promspec.proofs import notation, programs
from promspec.proofs.model import Case, Check, selector
from promspec.proofs.programs import Level, Phase, State, is_summable, summable
from promspec.proofs.roles import COUNTED
from promspec.proofs.situation import Situation

_MOST_CHECKS = 16
_ROUNDING = 1e-12
"""What the order of additions can change, as a share of the largest value."""
_BRIEF = 12
"""Evaluations after which nothing new is expected of series that are at rest."""


@dataclass(frozen=True, slots=True)
class Story:
    """A program with a name."""

    name: str
    phases: tuple[Phase, ...]
    exact: bool = False
    """Whether a distance is zero in it to the last bit, and meant to be."""


class Stories:
    """Writes the programs of a situation, in whole evaluations."""

    def __init__(self, situation: Situation, rest: State) -> None:
        self._situation, self._rest = situation, rest
        timing = situation.timing
        waits = -(-timing.for_ // timing.step) + 2
        self._settle, self.hold = timing.settle, timing.reach + waits
        self._brief = min(timing.reach, _BRIEF) + waits
        self._start = timing.settle if timing.past else min(timing.settle, timing.lead + _BRIEF)
        self._recovery = timing.reach + -(-timing.keep // timing.step) + 2

    def born(self, name: str, unborn: State, state: State) -> Story:
        """Something is not there, then is, with counts, and counts no more."""
        first, hold = self._phase(unborn, self._start), replace(self._phase(state, self.hold), born_at=5.0)
        return Story(name, (first, hold, self._phase(state, self._recovery)))

    def _phase(self, state: State, steps: int, reset: bool = False) -> Phase:
        return Phase(self._steady(state), self._situation.scrapes(steps), reset)

    def _steady(self, state: State) -> State:
        """The state with counters whose sums are not rounded: what falls by the last bit would be a reset."""
        seconds, found = self._situation.timing.interval / 1000, []
        for source, level in zip(self._situation.inputs.sources, state, strict=True):
            if source.kind == "counter" and level is not None and not is_summable(level.value, seconds):
                level = replace(level, value=summable(level.value, seconds, 20))
            found.append(level)
        return tuple(found)

    def of(self, name: str, *states: State, exact: bool = False) -> Story:
        """At rest, then each state until it has been seen through, then at rest again."""
        return self._story(name, self._start, [(state, self.hold) for state in states], exact)

    def lasting(self, name: str, *parts: tuple[State, int], exact: bool = False) -> Story:
        """At rest until all windows are full of it, states for so many evaluations each, then at rest again."""
        return self._story(name, self._settle, parts, exact)

    def _story(self, name: str, start: int, parts: Sequence[tuple[State, int]], exact: bool) -> Story:
        middle = [self._phase(state, steps) for state, steps in parts]
        return Story(name, (self._phase(self._rest, start), *middle, self._phase(self._rest, self._recovery)), exact)

    def quiet(self) -> Iterator[Story]:
        """What must not alarm anybody: healthy traffic, none, series that are born late, a restart."""
        start, brief = self._phase(self._rest, self._start), self._phase(self._rest, self._brief)
        yield Story("healthy", (start, brief))
        sources = self._situation.inputs.sources
        flat = tuple(
            Level(0.0) if source.kind in COUNTED else level for source, level in zip(sources, self._rest, strict=True)
        )
        if flat != self._rest:
            yield Story("no traffic", (start, self._phase(flat, self._brief)))
        nothing: State = (None,) * len(sources)
        yield Story("series not yet born", (self._phase(nothing, self._brief), brief))
        if any(source.kind == "counter" for source in sources):
            yield Story("counter reset", (start, self._phase(self._rest, self._brief, reset=True)))


def case(
    situation: Situation, story: Story, alert: str, labels: tuple[tuple[str, str], ...], distances: Sequence[str]
) -> Case | None:
    """A story as a test: the states of the alert before and at each change, and at the end.

    `distances` say how far each condition is from its border. What hangs on the last bit of a sum, which depends on the
    order of addition, is not checked; None for a story of which nothing is left.
    """
    times, courses, results = situation.states(story.phases, labels, distances)
    states = courses.states()
    columns = [column for result in results for column in result.values()]
    chance = {index for column in columns for index in _chances(column, story.exact)}
    if chance and not courses.result:
        return None
    certain = frozenset(courses.certain(chance) if chance else range(len(times)))
    edges = [n for n in sorted(certain) if not {n - 1, n + 1} <= certain]
    met = [index for on in (True, False) for column in columns for index in _met(column, on)]
    moments = _moments(states, len(times), [*edges, *met, *sorted(_turns(story, situation.timing.per_step))])
    checks = tuple(state_check(alert, states, times, index) for index in moments if index in certain)
    series = written_series(situation, story.phases)
    return Case(story.name, situation.timing.interval, series, checks) if checks else None


def written_series(situation: Situation, phases: Sequence[Phase]) -> tuple[tuple[str, str], ...]:
    """The series of a program as a test has them; those without a sample are left out."""
    found = []
    for one in situation.inputs.series:
        values = programs.values(situation.inputs, one, phases, situation.timing.interval)
        if any(isinstance(segment, notation.Line) for segment in values):
            found.append((selector(one.name, one.labels), notation.text(values)))
    return tuple(found)


def _chances(column: Column, exact: bool) -> Iterator[int]:
    """The evaluations at which a distance comes so close to zero that its sign is chance.

    Where it should not be exact, a zero on the way from one side to the other is chance as well.
    """
    values = [math.inf if value is None or value != value else value for value in column]
    most = max(_ROUNDING * max((abs(value) for value in values if value != math.inf), default=0.0), 1e-14)
    for index, value in enumerate(values):
        crossing = not exact and 0 < index < len(values) - 1 and values[index - 1] * values[index + 1] < 0
        if abs(value) < most and (value or crossing):
            yield index


def _met(column: Column, on: bool) -> Iterator[int]:
    """The first and the last evaluation of each time for which a distance is zero; or the first behind each border."""
    signs = [None if value is None or value != value else (value > 0) - (value < 0) for value in column]
    for index, sign in enumerate(signs):
        before, after = signs[index - 1] if index else sign, signs[index + 1] if index + 1 < len(signs) else sign
        if (sign == 0 and (before != 0 or after != 0)) if on else sign != before:
            yield index


def _turns(story: Story, per_step: int) -> set[int]:
    """The first evaluation that sees each phase, and the last."""
    found, scrapes = set(), 0
    for phase in story.phases:
        found.add(scrapes // per_step + 1)
        scrapes += phase.scrapes
        found.add(scrapes // per_step)
    return found


def _moments(states: AlertStates, count: int, others: Sequence[int]) -> Sequence[int]:
    """The evaluations before and at each change of any state, and as many of the others as there is room for."""
    found = {count - 1}
    for column in states.values():
        for index in range(1, count):
            if column[index] != column[index - 1]:
                found |= {index - 1, index}
        if column[0] is not None:
            found.add(0)
    if len(found) > _MOST_CHECKS:
        found = {*sorted(found)[: _MOST_CHECKS - 1], count - 1}
    more = [index for index in dict.fromkeys(others) if 0 < index < count and index not in found]
    return sorted({*found, *more[: _MOST_CHECKS - len(found)]})


def state_check(alert: str, states: AlertStates, times: Sequence[int], index: int) -> Check:
    """What an alert is at one evaluation, as a check."""
    expr = selector("ALERTS", (("alertname", alert),))
    there = []
    for labels, column in states.items():
        state = column[index]
        if state is not None:
            own = tuple(sorted({**dict(labels), "alertname": alert, "alertstate": state}.items()))
            there.append((selector("ALERTS", own), 1.0))
    return Check(expr, times[index], tuple(sorted(there)))
