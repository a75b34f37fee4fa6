"""Find a state in which an expression holds and one in which it does not, from the roles of its sources."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from promspec.evaluation import Labels, NotEvaluated
from promspec.proofs.conditions import Alternative, Condition
from promspec.proofs.inputs import Source
from promspec.proofs.leaves import Leaf
from promspec.proofs.programs import Level, State
from promspec.proofs.roles import COUNTED, Ladder, Part, group_key
from promspec.proofs.situation import Situation

_MOST_PROBES = 400
_MOST_PARTS = 6
_THERE = Level(3.0)
"""What is counted, whatever its value: not one, or its sum would be its number."""


class Unsolved(Exception):
    """No series were found that make an expression hold; says what was tried."""


@dataclass(frozen=True, slots=True)
class Solution:
    """A state of rest and one in which an alternative of the expression holds, for these label sets."""

    alternative: Alternative
    baseline: State
    firing: State
    labels: frozenset[Labels]


class Solver:
    """Searches with the evaluator; `parts` are the roles of the sources in the alternative to be solved."""

    def __init__(
        self,
        situation: Situation,
        alternative: Alternative,
        parts: Sequence[Part],
        ladder: Ladder,
        others: Sequence[Alternative] = (),
        unborn: bool = False,
    ) -> None:
        self.situation, self.alternative, self.parts, self.ladder = situation, alternative, parts, ladder
        self._others, self._unborn = others, unborn
        self._sources: Sequence[Source] = situation.inputs.sources
        self._probes = 0

    def solve(self) -> Solution:
        """A solution with as few sources moved as will do."""
        baseline = self._baseline()
        firing = self._firing(baseline)
        baseline, firing = self._alone(baseline, firing)
        firing = self._fewest(baseline, firing)
        baseline = self._settled(baseline, firing)
        return Solution(self.alternative, baseline, firing, self.situation.holds(baseline, firing))

    def all_hold(self, baseline: State, state: State) -> bool:
        """Whether every condition of the alternative holds, and so the expression."""
        self._probes += 1
        if self._probes > _MOST_PROBES:
            raise Unsolved("too many combinations of levels would have to be tried")
        parts = self.alternative if len(self.alternative) > 1 or self._others else ()
        whole, *each = self.situation.values(baseline, state, ["", *(condition.expr for condition in parts)])
        return bool(whole) and all(each)

    def failing(self, baseline: State, state: State) -> list[Condition]:
        """The conditions of the alternative that do not hold."""
        results = self.situation.values(baseline, state, [condition.expr for condition in self.alternative])
        return [condition for condition, there in zip(self.alternative, results, strict=True) if not there]

    # --- the state of rest ------------------------------------------------------------------------------------------

    def _baseline(self) -> State:
        """Healthy: what would lead to the condition is at zero, everything else has its usual rate."""
        first = tuple(self._rest(index) for index in range(len(self._sources)))
        if not self.situation.holds(first, first):
            return first
        for state in self._varied(first, [self._rests(index) for index in range(len(self._sources))]):
            self._probes += 1
            if not self.situation.holds(state, state):
                return state
            if self._probes > _MOST_PROBES // 2:
                break
        raise Unsolved("it holds with healthy series as well")

    def _rest(self, index: int) -> Level | None:
        return self._rests(index)[0]

    def _rests(self, index: int) -> list[Level | None]:
        part, kind = self.parts[index], self._sources[index].kind
        if self._unborn and "presence" in part.modes:
            return [None]
        past = any(leaf.past for leaf in self.situation.inputs.readers.get(index, ()))
        if kind in COUNTED:
            silent, usual = Level(0.0), self.ladder.usual(kind)
            return [silent, usual] if part.level == "up" and not part.divides and not past else [usual, silent]
        downs = self.ladder.down("gauge")
        known = self.ladder.near()
        if kind == "clock":
            # As old as anything asks for, unless that is what the condition is about: then as young as a scrape.
            oldest = Level(2 * max(self.ladder.numbers, default=0.0) + 3600)
            return [oldest, Level(30.0), Level(0.0), Level(-self.ladder.far)]
        if part.number:
            more = part.level == "up" and index in self.situation.inputs.primary and index != min(self._alike(index))
            return [None, _THERE] if more else [_THERE, None]
        if part.level == "up":
            return [*known[1:2], downs[0], *known, *downs[1:]] if past else [downs[0], *known, *downs[1:]]
        if part.level in ("down", "both"):
            return [known[-1], *reversed(known[:-1]), *downs]
        return [Level(1.0), *self.ladder.hit("gauge"), *known]

    # --- the state in which it holds --------------------------------------------------------------------------------

    def _firing(self, baseline: State) -> State:
        primary, every = self.situation.inputs.primary, set(range(len(self._sources)))
        whole = {index for index in every if self.parts[index].divides}
        for chosen in (primary - whole, primary, every):
            for state in self._rungs(baseline, chosen):
                if self.all_hold(baseline, state):
                    return state
        for state in self._partly(baseline):
            if self.all_hold(baseline, state):
                return state
        groups = self._moves(baseline)
        for state in self._varied(baseline, groups):
            if self.all_hold(baseline, state):
                return state
        raise Unsolved("no levels were found that make it hold")

    def _rungs(self, baseline: State, chosen: set[int]) -> Iterator[State]:
        """Everything that helps moved at once, further with each rung."""
        moves = {
            index: self._helping(index, baseline[index])
            for index in sorted(chosen)
            if self.parts[index].level != "none" or self.parts[index].slope != "none"
        }
        moves = {index: found for index, found in moves.items() if found}
        for rung in range(max((len(found) for found in moves.values()), default=0)):
            state = list(baseline)
            for index, found in moves.items():
                state[index] = found[min(rung, len(found) - 1)]
            yield tuple(state)

    def _partly(self, baseline: State) -> Iterator[State]:
        """What is counted moved but for some of it: of what is gone nothing can be said."""
        every = set(range(len(self._sources)))
        for rung in itertools.islice(self._rungs(baseline, every), _MOST_PARTS):
            moved = [index for index in sorted(every) if rung[index] != baseline[index] and self._counted(index)]
            for kept in range(1, len(moved)):
                state = list(rung)
                for index in moved[:kept]:
                    state[index] = baseline[index]
                yield tuple(state)

    def _counted(self, index: int) -> bool:
        return any(leaf.counted for leaf in self.situation.inputs.readers.get(index, ()))

    def _alike(self, index: int) -> list[int]:
        metric = self._sources[index].metric
        return [other for other, source in enumerate(self._sources) if source.metric == metric]

    def _helping(self, index: int, rest: Level | None) -> list[Level | None]:
        part, kind = self.parts[index], self._sources[index].kind
        if ("presence" in part.modes and not self._unborn) or (part.number and part.level != "up"):
            return [None]
        if part.number:
            return [_THERE]
        from_here = rest.value if rest is not None else 0.0
        found: list[Level | None] = []
        if part.level == "up" or kind == "clock":
            rising = self.ladder.up("gauge" if kind == "clock" else kind)
            found = [level for level in rising if level.value > from_here]
        elif part.level == "down":
            found = [level for level in self.ladder.down(kind) if level.value < from_here]
        elif part.level == "towards":
            found = [*self.ladder.hit(kind)]
        if "changes" in part.modes:
            value = self.ladder.usual(kind).value if kind in COUNTED else 0.0
            return [Level(value, toggles=count) for count in (1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30)]
        if part.slope in ("up", "down"):
            levels = [level for level in (found or [rest]) if level is not None]
            found = [
                Level(levels[min(number // 8, len(levels) - 1)].value, slope)
                for number, slope in enumerate(self.ladder.slopes(part.slope))
            ]
        return found

    def _moves(self, baseline: State) -> list[list[Level | None]]:
        """Every level worth a try for each source, for the search over pairs."""
        found: list[list[Level | None]] = []
        for index, part in enumerate(self.parts):
            kind = self._sources[index].kind
            if part.level == "none" and part.slope == "none":
                found.append([])
                continue
            levels = [*self.ladder.hit(kind), *self.ladder.up(kind), *self.ladder.down(kind)]
            if part.slope != "none":
                slopes = self.ladder.slopes(part.slope)
                levels = [Level(level.value, slope) for level in levels[:12] for slope in slopes]
            found.append([*levels, None] if "presence" in part.modes else [*levels])
        return found

    def _varied(self, start: State, moves: Sequence[Sequence[Level | None]]) -> Iterator[State]:
        """One group of sources moved, then two of them."""
        groups: dict[tuple[str, str, str, int], list[int]] = {}
        for index, found in enumerate(moves):
            if found:
                groups.setdefault(group_key(self.situation.inputs, index, self.parts[index]), []).append(index)
        single: list[tuple[list[int], Level | None]] = []
        for members in groups.values():
            for level in moves[members[0]]:
                single.append((members, level))
                yield _moved(start, members, level)
        for number, (members, level) in enumerate(single):
            for others, second in single[number + 1 :]:
                if others is not members:
                    yield _moved(_moved(start, members, level), others, second)

    def _alone(self, baseline: State, firing: State) -> tuple[State, State]:
        """Both states with what this alternative does not read at levels at which no other one holds besides."""
        if not self._others_hold(baseline, firing):
            return baseline, firing
        free: dict[str, list[int]] = {}
        for index in (n for n, part in enumerate(self.parts) if part.level == part.slope == "none"):
            free.setdefault(self._sources[index].metric, []).append(index)
        for members in free.values():
            kind = self._sources[members[0]].kind
            for level in (*self.ladder.hit(kind), *self.ladder.up(kind)[:6], *self.ladder.down(kind)[:6]):
                rest, end = _moved(baseline, members, level), _moved(firing, members, level)
                quiet = not self.situation.holds(rest, rest) and not self._others_hold(rest, end)
                if quiet and self.all_hold(rest, end):
                    return rest, end
        return baseline, firing

    def _others_hold(self, baseline: State, firing: State) -> bool:
        return any(
            all(self.situation.values(baseline, firing, [condition.expr for condition in other]))
            for other in self._others
        )

    def _fewest(self, baseline: State, firing: State) -> State:
        """The firing state with every source back at rest that need not move."""
        state = firing
        moved = [index for index in range(len(state)) if state[index] != baseline[index]]
        primary = self.situation.inputs.primary
        for index in sorted(moved, key=lambda number: (number in primary, -number)) if len(moved) > 1 else ():
            tried = (*state[:index], baseline[index], *state[index + 1 :])
            try:
                if self.all_hold(baseline, tried):
                    state = tried
            except NotEvaluated:
                continue
        return state

    def _settled(self, baseline: State, firing: State) -> State:
        """The state of rest with all metrics but one at their firing levels already, those that are a whole first.

        Not counters of which the number is looked at: at rest they are to be zero.
        """
        readers = self.situation.inputs.readers
        bare = {n for n, found in readers.items() if self._sources[n].kind == "counter" and not _all_count(found)}
        moved = [n for n in range(len(firing)) if firing[n] != baseline[n] and firing[n] is not None]
        moved.sort(key=lambda n: (not self.parts[n].divides, self.parts[n].level == "up", -n))
        last = {self._sources[n].metric for n in moved[-1:]}
        state = baseline
        for index in (n for n in moved if n not in bare and self._sources[n].metric not in last):
            tried = (*state[:index], firing[index], *state[index + 1 :])
            if not self.situation.holds(tried, tried) and self.all_hold(tried, firing):
                state = tried
        return self._one_less(state, firing)

    def _one_less(self, baseline: State, firing: State) -> State:
        """The state of rest with as many of the counted series there, or gone, as can be without an alarm."""
        state = baseline
        for index in (n for n in range(len(firing)) if firing[n] != baseline[n] and self._counted(n)):
            tried = (*state[:index], firing[index], *state[index + 1 :])
            if not self.situation.holds(tried, tried) and self.all_hold(tried, firing):
                state = tried
        return state


def _all_count(readers: Sequence[Leaf]) -> bool:
    return all(leaf.counts for leaf in readers)


def _moved(state: State, members: Sequence[int], level: Level | None) -> State:
    changed = list(state)
    for index in members:
        changed[index] = level
    return tuple(changed)
