"""Borders met to the last bit: states in which both sides of a condition are equal while all others hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from promspec.promql import Binary, parse, unwrap
from promspec.proofs.borders import Border, Way
from promspec.proofs.cases import Stories, Story
from promspec.proofs.conditions import Condition, margin
from promspec.proofs.programs import State
from promspec.proofs.situation import Situation
from promspec.proofs.solving import Solution

_SPLITS = (0.2, 0.04, 0.5)
"""Shares that a second series takes over, where one alone does not meet a border to the last bit."""


class Meeter:
    """Meets the border of each condition of a solution once; `plain` is the same with silence beside what is moved."""

    def __init__(self, situation: Situation, solution: Solution, plain: Solution, met: set[str]) -> None:
        self._situation, self._solution, self._plain = situation, solution, plain
        self._met = met

    @property
    def unmet(self) -> list[Condition]:
        """The conditions of whose border there is no story to the last bit."""
        known = [condition for condition in self._solution.alternative if condition.expr not in self._met]
        return [condition for condition in known if margin(condition.expr, parse(condition.expr))]

    def stories(self, name: str, way: Way, border: Border) -> Iterator[Story]:
        """For each condition that begins to hold there and was not met before, the story in which it is met."""
        for condition in self.unmet:
            if not self._situation.holds(way.rest, border.below, condition.expr):
                for rest, state in self.states_on(way, condition, border.share):
                    number = f" {len(self._met) + 1}" if len(self._solution.alternative) > 1 else ""
                    story = Stories(self._situation, rest).of(f"{name}: on it{number}", state, exact=True)
                    if self.tells(story, condition):
                        yield story
                        break

    def states_on(self, way: Way, condition: Condition, share: float) -> Iterator[tuple[State, State]]:
        """States of rest, each with a state on a condition's border near a share of a way.

        Of the way itself, of it without noise, of it without slopes, and with a part of what moves moved elsewhere.
        """
        quiet = self._silent(way)
        for one in dict.fromkeys((way, quiet, _flat(quiet), *_steep(quiet), *self._split(quiet))):
            border = one.border(condition, [share])
            state = None if border is None else one.on(condition, border.share)
            if state is not None and state != one.rest:
                yield one.rest, state

    def tells(self, story: Story, condition: Condition) -> bool:
        """Whether in a story it matters that a condition's border belongs to it, or does not; it is noted."""
        other = self._situation.closure.target.expr.replace(condition.expr, _other_strictness(condition), 1)
        found = self._situation.over_time(story.phases, ["", other])
        there = [{(own, n) for own, c in result.items() for n, v in enumerate(c) if v is not None} for result in found]
        if there[0] != there[1]:
            self._met.add(condition.expr)
        return there[0] != there[1]

    def _silent(self, way: Way) -> Way:
        """The same way without what was added to the series beside those that are moved."""
        pairs = list(zip(self._solution.baseline, self._plain.baseline, strict=True))
        if self._solution is self._plain or way.rest != self._solution.baseline:
            return way
        ends = [
            tuple(level if noisy == quiet else quiet for level, (noisy, quiet) in zip(state, pairs, strict=True))
            for state in (way.start, way.end)
        ]
        return Way(self._situation, self._plain.baseline, ends[0], ends[1])

    def _split(self, way: Way) -> Iterator[Way]:
        """The way on which a series like the one that moves does a part of it."""
        pairs = list(zip(way.start, way.end, strict=True))
        moved = [(index, end) for index, (start, end) in enumerate(pairs) if start != end and end is not None]
        still = [index for index, (start, end) in enumerate(pairs) if start == end]
        for index, end in moved:
            for other in still:
                if self._alike(index, other) and way.start[other] == way.start[index]:
                    for share in _SPLITS:
                        changed = list(way.end)
                        changed[index] = replace(end, value=end.value * (1 - share))
                        changed[other] = replace(end, value=end.value * share)
                        yield way.between(way.start, tuple(changed))
                    return

    def _alike(self, one: int, other: int) -> bool:
        sources, readers = self._situation.inputs.sources, self._situation.inputs.readers
        same = (sources[one].metric, sources[one].bucket) == (sources[other].metric, sources[other].bucket)
        return same and readers.get(one) == readers.get(other)


def _other_strictness(condition: Condition) -> str:
    """The condition with `>=` for `>` and the like."""
    tree = unwrap(parse(condition.expr))
    assert isinstance(tree, Binary)
    op = tree.op.removesuffix("=") if tree.op.endswith("=") else f"{tree.op}="
    return condition.expr[: tree.op_start] + op + condition.expr[tree.op_end :]


def _flat(way: Way) -> Way:
    """The way without slopes."""
    start, end = (
        tuple(None if level is None else replace(level, slope=0.0) for level in state) for state in (way.start, way.end)
    )
    return way.between(start, end)


def _steep(way: Way) -> Iterator[Way]:
    """Ways on which values move twice as far, with slopes from the beginning, or twice or half of them."""
    pairs = list(zip(way.start, way.end, strict=True))
    for factor in (1.0, 0.5, 2.0) if any(level is not None and level.slope for level in way.end) else ():
        start, end = list(way.start), list(way.end)
        for index, (a, b) in enumerate(pairs):
            if a is not None and b is not None and b.slope:
                start[index] = replace(a, slope=factor * b.slope)
                end[index] = replace(b, value=2 * b.value - a.value, slope=factor * b.slope)
        yield way.between(tuple(start), tuple(end))
