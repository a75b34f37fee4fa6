"""One alert's expression over its inputs: whether it holds in a state, asked of the evaluator."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from promspec.evaluation import AlertStates, Labels, Rule, Vector, alert_states, run
from promspec.proofs.closure import Closure
from promspec.proofs.inputs import Inputs
from promspec.proofs.programs import Phase, Player, State
from promspec.proofs.timing import Timing


@dataclass(frozen=True, slots=True)
class Situation:
    """An expression with the rules behind it, its inputs and its clock. What was evaluated once is remembered."""

    closure: Closure
    inputs: Inputs
    timing: Timing
    known: dict[tuple[State, State, str, int], dict[Labels, float]] = field(default_factory=dict)

    players: list[Player] = field(default_factory=list)

    def _player(self) -> Player:
        if not self.players:
            self.players.append(Player(self.inputs, self.timing.interval, self.timing.left_open))
        return self.players[0]

    def value(self, baseline: State, state: State, expr: str = "", steps: int = 0) -> dict[Labels, float]:
        """The result of the expression (or a part of it) once a state has been seen through after the baseline.

        With `steps`, after so many evaluations of that state instead.
        """
        return self.values(baseline, state, (expr,), steps)[0]

    def values(self, baseline: State, state: State, exprs: Sequence[str], steps: int = 0) -> list[dict[Labels, float]]:
        """The results of several expressions; the empty one is the alert's own."""
        missing = [expr for expr in exprs if (baseline, state, expr, steps) not in self.known]
        if missing:
            for expr, there in zip(missing, self.ending(self.phases(baseline, state, steps), missing), strict=True):
                self.known[baseline, state, expr, steps] = there
        return [self.known[baseline, state, expr, steps] for expr in exprs]

    def ending(self, phases: Sequence[Phase], exprs: Sequence[str], order: int = 0) -> list[dict[Labels, float]]:
        """The results of several expressions at the end of phases; the empty one is the alert's own."""
        time = sum(phase.scrapes for phase in phases) * self.timing.interval
        targets = [Rule("", expr or self.closure.target.expr) for expr in exprs]
        store = self._player().store(phases, order)
        results = run(self.closure.rules, targets, store, range(0, time + 1, self.timing.step), [time])
        return [{own: c[0] for own, c in result.items() if c[0] is not None} for result in results]

    def holds(self, baseline: State, state: State, expr: str = "", steps: int = 0) -> frozenset[Labels]:
        """The label sets for which an expression has a result."""
        return frozenset(self.value(baseline, state, expr, steps))

    def phases(self, baseline: State, state: State, steps: int = 0) -> tuple[Phase, ...]:
        """The baseline until it has settled, then a state until it is seen through, or for so many evaluations."""
        settle, reach = self.scrapes(self.timing.settle), self.scrapes(steps or self.timing.reach)
        return Phase(baseline, settle), Phase(state, reach)

    def scrapes(self, steps: int) -> int:
        """So many evaluations in scrapes."""
        return steps * self.timing.per_step

    def over_time(self, phases: Sequence[Phase], exprs: Sequence[str]) -> list[Vector]:
        """The results of several expressions at every evaluation; the empty one is the alert's own."""
        targets = [Rule("", expr or self.closure.target.expr) for expr in exprs]
        return run(self.closure.rules, targets, self._player().store(phases), self._times(phases))

    def _times(self, phases: Sequence[Phase]) -> range:
        last = sum(phase.scrapes for phase in phases) * self.timing.interval
        return range(0, last + 1, self.timing.step)

    def states(
        self, phases: Sequence[Phase], labels: tuple[tuple[str, str], ...], exprs: Sequence[str] = ()
    ) -> tuple[Sequence[int], Courses, list[Vector]]:
        """The evaluations of a program in milliseconds, the alert's states and the results of expressions at each."""
        times = self._times(phases)
        targets = [self.closure.target, *(Rule("", expr) for expr in exprs)]
        result, *others = run(self.closure.rules, targets, self._player().store(phases), times)
        return times, Courses(result, labels, times, self.timing), others


@dataclass(frozen=True, slots=True)
class Courses:
    """What an alert may do in a program, where at some evaluations its result is chance."""

    result: Vector
    labels: tuple[tuple[str, str], ...]
    times: Sequence[int]
    timing: Timing

    def states(self) -> AlertStates:
        """The states as the evaluator sees them."""
        return alert_states(self.result, self.labels, self.times, self.timing.for_, self.timing.keep)

    def certain(self, chance: Collection[int]) -> Sequence[int]:
        """The evaluations with the same states whether or not there is a result at those that are chance.

        An alert is the further on the more often it holds, so whatever mixture of both comes lies between the two.
        """
        never, always = (self._if(chance, value) for value in (None, 1.0))
        return [
            index
            for index in range(len(self.times))
            if index not in chance and all(never[labels][index] == column[index] for labels, column in always.items())
        ]

    def _if(self, chance: Collection[int], value: float | None) -> AlertStates:
        changed = {
            labels: [value if index in chance else old for index, old in enumerate(column)]
            for labels, column in self.result.items()
        }
        return alert_states(changed, self.labels, self.times, self.timing.for_, self.timing.keep)
