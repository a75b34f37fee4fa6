"""A total outage: every event is a bad one. When the alert fires then, beside the closed formula of burn rates.

Source: Google SRE Workbook, "Alerting on SLOs": after clean history an error ratio r is noticed after
threshold x window / r; here r is 1, and the slowest window decides.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from promspec.promql import Binary, Call, Expr, NumberLiteral, Selector, parse, selectors, unwrap, walk
from promspec.proofs.borders import Way
from promspec.proofs.cases import Story
from promspec.proofs.closure import Closure
from promspec.proofs.conditions import Condition
from promspec.proofs.programs import Level, State
from promspec.proofs.roles import COUNTED
from promspec.proofs.situation import Situation
from promspec.proofs.solving import Solution, Solver
from promspec.quantities import duration


@dataclass(frozen=True, slots=True)
class Burn:
    """A condition on a ratio of events over a window: `bad` over `total`, in milliseconds, above a threshold."""

    bad: str
    total: str
    window: int
    threshold: float


def burns(closure: Closure, conditions: tuple[Condition, ...]) -> list[Burn]:
    """The conditions that ask for a share of bad events, each with its window."""
    found = []
    for condition in conditions:
        tree = unwrap(parse(condition.expr))
        if not isinstance(tree, Binary) or tree.op not in (">", ">="):
            continue
        limit = unwrap(tree.rhs)
        if isinstance(limit, NumberLiteral) and limit.value:
            ratios = [_ratio(rule.expr) for s in selectors(tree.lhs) for rule in closure.producers(s)]
            found += [replace(burn, threshold=limit.value) for burn in ratios if burn is not None]
    return found


def _ratio(text: str) -> Burn | None:
    """`sum_over_time(bad[w]) / (sum_over_time(total[w]) > 0)` in a rule, if it has one."""
    for node in walk(parse(text)):
        if isinstance(node, Binary) and node.op == "/":
            above, below = _summed(node.lhs), _summed(node.rhs)
            if above is not None and below is not None and above[1] == below[1]:
                (bad, length), (total, _) = above, below
                return Burn(_instant(text, bad), _instant(text, total), length, 0.0)
    return None


def _summed(expr: Expr) -> tuple[Selector, int] | None:
    inner = unwrap(expr)
    if isinstance(inner, Binary) and inner.op == ">":
        inner = unwrap(inner.lhs)
    read = unwrap(inner.args[0]) if isinstance(inner, Call) and inner.func == "sum_over_time" else None
    if not isinstance(read, Selector) or read.range is None or read.range.seconds is None:
        return None
    return read, int(read.range.seconds * 1000)


def _instant(text: str, selector: Selector) -> str:
    return text[selector.start : selector.end].split("[")[0]


class Outage:
    """The state in which all events are bad, and what the formula says of it."""

    def __init__(self, solver: Solver, solution: Solution) -> None:
        self._solver, self._solution = solver, solution
        self._situation: Situation = solver.situation
        self.burns = burns(self._situation.closure, solution.alternative)

    @property
    def formula(self) -> int:
        """Milliseconds from the outage to the alert, by the formula: the slowest window, then the wait."""
        slowest = max(burn.threshold * burn.window for burn in self.burns)
        return round(slowest / 1000) * 1000 + self._situation.timing.for_

    def state(self) -> State | None:
        """The state with nothing but bad events; None if there is none."""
        if not self.burns:
            return None
        first = self.burns[0]
        for state in (self._replaced(), self._grown(first)):
            if state is not None and self._is_total(state, first):
                return state
        return None

    def _is_total(self, state: State, burn: Burn) -> bool:
        shares = self._situation.value(self._solution.baseline, state, f"{burn.bad} / {burn.total}")
        return any(abs(share - 1) < 1e-3 for share in shares.values())

    def _moved(self) -> list[int]:
        pairs = zip(self._solution.baseline, self._solution.firing, strict=True)
        return [index for index, (rest, firing) in enumerate(pairs) if rest != firing]

    def _replaced(self) -> State | None:
        """Where one metric counts good and bad events: what was good is bad now."""
        sources, state = self._situation.inputs.sources, list(self._solution.baseline)
        moved, good = self._moved(), 0.0
        for index, source in enumerate(sources):
            level = state[index]
            same = any(source.metric == sources[m].metric and self._together(index, m) for m in moved)
            if same and index not in moved and level is not None and self._solver.parts[index].level != "up":
                good += level.value
                state[index] = Level(0.0)
        if not good or not moved:
            return None
        for index in moved:
            state[index] = Level(good / len(moved))
        return tuple(state)

    def _together(self, one: int, other: int) -> bool:
        """Whether two sources count for the same alert: they agree in the labels of its result."""
        sources = self._situation.inputs.sources
        names = {name for own in self._solution.labels for name, _ in own}
        first, second = dict(sources[one].labels), dict(sources[other].labels)
        return all(first[name] == second[name] for name in names & set(first) & set(second))

    def _grown(self, burn: Burn) -> State | None:
        """Where each has a metric: as many bad events as there are events."""
        base, far = self._solution.baseline, list(self._solution.firing)
        for index in self._moved():
            level = far[index]
            if level is not None and self._situation.inputs.sources[index].kind in COUNTED:
                far[index] = Level(100 * level.value)
        way = Way(self._situation, base, base, tuple(far))
        border = way.border(Condition(f"{burn.bad} >= {burn.total}"))
        return None if border is None else way.at(border.share)

    def delay(self, story: Story) -> int | None:
        """Milliseconds from the beginning of the outage to the first alert that fires."""
        times, courses, _ = self._situation.states(story.phases, ())
        states = courses.states()
        begin = self._situation.timing.settle * self._situation.timing.step
        firing = [time for column in states.values() for time, s in zip(times, column, strict=True) if s == "firing"]
        return min((time - begin for time in firing if time > begin), default=None)

    def note(self, delay: int | None) -> str:
        """What is to be said where the formula is missed by more than the evaluation's own pace."""
        slack = max(120_000, 3 * self._situation.timing.step)
        if delay is None:
            return "a total outage never makes it fire"
        if abs(delay - self.formula) > slack:
            return f"a total outage makes it fire after {duration(delay)}; the formula says {duration(self.formula)}"
        return ""
