"""One alert's expression over its inputs: whether it holds in a state, asked of the evaluator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from promspec.evaluation import AlertStates, Labels, Rule, Vector, alert_states, run
from promspec.proofs import programs
from promspec.proofs.closure import Closure
from promspec.proofs.inputs import Inputs
from promspec.proofs.programs import Phase, State
from promspec.proofs.timing import Timing


@dataclass(frozen=True, slots=True)
class Situation:
    """An expression with the rules behind it, its inputs and its clock."""

    closure: Closure
    inputs: Inputs
    timing: Timing

    def at_end(self, phases: Sequence[Phase], expr: str = "", before: int = 0) -> Vector:
        """The result of the alert's expression (or a part of it) at the end of phases, or so many steps before it."""
        time = sum(phase.scrapes for phase in phases) * self.timing.interval - before * self.timing.step
        rules = (*self.closure.rules, Rule("", expr)) if expr else self.closure.all
        times = range(0, time + 1, self.timing.step)
        store = programs.store(self.inputs, phases, self.timing.interval, self.timing.left_open)
        return run(rules, store, times, [time])

    def holds(self, baseline: State, state: State, expr: str = "") -> frozenset[Labels]:
        """The label sets for which an expression has a result once a state has been seen through after the baseline."""
        result = self.at_end(self.phases(baseline, state), expr)
        return frozenset(labels for labels, column in result.items() if column[0] is not None)

    def value(self, baseline: State, state: State, expr: str) -> dict[Labels, float]:
        """The values of an expression once a state has been seen through after the baseline."""
        result = self.at_end(self.phases(baseline, state), expr)
        return {labels: column[0] for labels, column in result.items() if column[0] is not None}

    def phases(self, baseline: State, state: State) -> tuple[Phase, ...]:
        """The baseline until it has settled, then a state until it has been seen through."""
        settle, reach = self.scrapes(self.timing.settle), self.scrapes(self.timing.reach)
        return Phase(baseline, settle), Phase(state, reach)

    def scrapes(self, steps: int) -> int:
        """So many evaluations in scrapes."""
        return steps * self.timing.per_step

    def states(self, phases: Sequence[Phase], labels: tuple[tuple[str, str], ...]) -> tuple[list[int], AlertStates]:
        """The evaluations of a program in milliseconds, and the alert's states at each of them."""
        last = sum(phase.scrapes for phase in phases) * self.timing.interval
        times = list(range(0, last + 1, self.timing.step))
        store = programs.store(self.inputs, phases, self.timing.interval, self.timing.left_open)
        result = run(self.closure.all, store, times)
        return times, alert_states(result, labels, times, self.timing.for_, self.timing.keep)
