"""Everything at once: a burst that brings a condition exactly to its border, and the windows that forget it again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from promspec.promql import parse
from promspec.proofs.cases import Story
from promspec.proofs.conditions import Condition, margin, shown
from promspec.proofs.meeting import Meeter
from promspec.proofs.programs import Level, Phase, State
from promspec.proofs.roles import COUNTED
from promspec.proofs.situation import Situation
from promspec.proofs.solving import Solution

_FRACTIONS = (1, 2, 4, 8, 64, 1000)


class Jumper:
    """Finds bursts for the conditions of a solution that count something."""

    def __init__(
        self, situation: Situation, solution: Solution, meeter: Meeter, hold: int, quiet: Sequence[State]
    ) -> None:
        self._situation, self._solution, self._hold, self._quiet = situation, solution, hold, quiet
        self._meeter = meeter
        sources = situation.inputs.sources
        counted = [i for i, source in enumerate(sources) if source.kind in COUNTED]
        moved = [i for i in counted if solution.firing[i] != solution.baseline[i]]
        self._moved = moved or [i for i in counted if i in situation.inputs.primary]

    def stories(self, prefix: str) -> Iterator[Story]:
        """For each condition not met otherwise the burst that meets its border to the last bit, if there is one."""
        for condition in self._meeter.unmet if self._moved else ():
            distance = margin(condition.expr, parse(condition.expr))
            tried = ((state, source) for source in self._moved for state in self._quiet)
            bursts = (p for state, source in tried if (p := self._burst(condition, distance, state, source)))
            made = (Story(f"{prefix}a burst, {shown(condition)}", found, exact=True) for found in bursts)
            story = next((story for story in made if self._meeter.tells(story, condition)), None)
            if story is not None:
                yield story

    def _burst(self, condition: Condition, distance: str, quiet: State, source: int) -> tuple[Phase, ...]:
        """Quiet, the burst, quiet again; nothing if the border is not met exactly while all other conditions hold."""
        at_ends = [self._distance(quiet, source, amount, distance) for amount in (1.0, 2.0)]
        if None in at_ends or at_ends[0] == at_ends[1]:
            return ()
        one, two = (value or 0.0 for value in at_ends)
        root = 1.0 - one / (two - one)
        for parts in _FRACTIONS if root > 0 else ():
            amount = round(root * parts) / parts
            if amount > 0 and abs(amount - root) < 1e-6 * root and self._distance(quiet, source, amount, distance) == 0:
                others = [c for c in self._solution.alternative if c != condition]
                results = self._situation.ending(self._phases(quiet, source, amount, 2), [c.expr for c in others])
                if all(results):
                    return self._phases(quiet, source, amount, self._hold)
        return ()

    def _distance(self, quiet: State, source: int, amount: float, distance: str) -> float | None:
        found = self._situation.ending(self._phases(quiet, source, amount, 2), [distance])[0]
        return max(found.values(), default=None)

    def _phases(self, quiet: State, source: int, amount: float, steps: int) -> tuple[Phase, ...]:
        """A counter's burst is one scrape long, that of counted events one evaluation."""
        timing = self._situation.timing
        counter = self._situation.inputs.sources[source].kind == "counter"
        level = Level(amount / (timing.interval / 1000) if counter else amount)
        burst = tuple(level if index == source else old for index, old in enumerate(quiet))
        scrapes = 1 if counter else timing.per_step
        settle, after = self._situation.scrapes(timing.settle), self._situation.scrapes(steps)
        return Phase(quiet, settle), Phase(burst, scrapes), Phase(quiet, after - scrapes)
