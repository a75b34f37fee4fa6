"""The border of what a condition remembers: everything brought down together, also what was there before."""

from __future__ import annotations

from collections.abc import Iterator

from promspec.proofs.borders import ABOVE, BELOW
from promspec.proofs.cases import Stories, Story
from promspec.proofs.conditions import Condition, shown
from promspec.proofs.meeting import Meeter
from promspec.proofs.programs import State
from promspec.proofs.silencing import SCALES, scaled
from promspec.proofs.solving import Solution, Solver

_MOST_STEPS = 60


class Lowerer:
    """Lowers rest and firing state alike; of use where something is read with an offset."""

    def __init__(self, solver: Solver, solution: Solution, meeter: Meeter, prefix: str) -> None:
        self._solver, self._solution, self._meeter, self._prefix = solver, solution, meeter, prefix
        self._scaled = [n for n, s in enumerate(solver.situation.inputs.sources) if s.kind != "clock"]

    def stories(self) -> Iterator[Story]:
        """Just below and just above where one condition alone fails, and on it."""
        before = 1.0
        for factor in SCALES if self._solver.situation.timing.past else ():
            failing = self._failing(factor)
            if len(failing) == 1:
                yield from self._bordering(failing[0], factor, before)
            if failing:
                return
            before = factor

    def _failing(self, factor: float) -> list[Condition]:
        return self._solver.failing(*self._states(factor))

    def _states(self, factor: float) -> tuple[State, State]:
        rest, firing = self._solution.baseline, self._solution.firing
        return scaled(rest, self._scaled, factor), scaled(firing, self._scaled, factor)

    def _bordering(self, condition: Condition, low: float, high: float) -> Iterator[Story]:
        for _ in range(_MOST_STEPS):
            middle = (low + high) / 2
            if high - low < 1e-15 * high:
                break
            low, high = (middle, high) if self._failing(middle) else (low, middle)
        name = f"{self._prefix}less of everything, {shown(condition)}"
        for side, factor in (("below", low * (1 - BELOW)), ("above", high * (1 + ABOVE))):
            rest, state = self._states(factor)
            yield Stories(self._solver.situation, rest).of(f"{name}: {side}", state)
        for digits in (12, 9, 6, 4):
            rest, state = self._states(float(f"{high:.{digits}g}"))
            story = Stories(self._solver.situation, rest).of(f"{name}: on it", state, exact=True)
            if condition in self._meeter.unmet and self._meeter.tells(story, condition):
                yield story
