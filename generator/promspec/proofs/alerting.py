"""The proof of one alert: inputs found, borders found, cases written; or why its expression needs a scenario."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from promspec.evaluation import NotEvaluated, Rule, reads
from promspec.promql import parse
from promspec.proofs import inputs, roles
from promspec.proofs.calendar import lead
from promspec.proofs.cases import Stories, Story, case
from promspec.proofs.closure import Closure
from promspec.proofs.conditions import Alternative, Condition, alternatives, margin
from promspec.proofs.leaves import Leaf, leaves
from promspec.proofs.model import Proof, ProvableAlert, TestedRule
from promspec.proofs.programs import summable
from promspec.proofs.refining import refined
from promspec.proofs.shapes import Shapes
from promspec.proofs.situation import Situation
from promspec.proofs.solving import Solution, Solver, Unsolved
from promspec.proofs.telling import Teller
from promspec.proofs.timing import Clock, Timing, timing
from promspec.proofs.valuing import shows_value, value_proof
from promspec.quantities import milliseconds


class AlertProver:
    """Finds the inputs of an alert's proof and writes its cases. Raises Unsolved or NotEvaluated where it cannot.

    What is recorded under a name in `given` is an input.
    """

    def __init__(
        self,
        alert: ProvableAlert,
        rules: Sequence[Rule],
        shapes: Shapes,
        clock: Clock,
        given: frozenset[str] = frozenset(),
    ) -> None:
        self._alert, self._rules = alert, rules
        self._met: set[str] = set()
        self._known: list[tuple[Solver, Solution, Solution]] = []
        keep = milliseconds(alert.keep_firing_for or "0s")
        self._closure, paced = _paced(alert, Closure(alert.expr, rules, given), clock, keep)
        self._shapes, self._clock = shapes, clock
        self._alternatives = alternatives(alert.expr, self._closure.target.tree)
        self._leaves = self._readings()
        number = roles.counted(roles.constants(self._closure))
        made = inputs.build(self._leaves, shapes, shapes.result_labels(self._closure.target), number)
        conditions = (c.expr for alternative in self._alternatives for c in alternative)
        paced = paced.after(lead(conditions, paced.round * paced.step, paced.step, paced.left_open))
        self._situation = Situation(self._closure, made, paced)
        rate, per_step = summable(alert.rate, paced.interval / 1000), summable(alert.rate * paced.step / 1000)
        self._ladder = roles.Ladder(rate, per_step, roles.constants(self._closure))

    def _readings(self) -> tuple[Leaf, ...]:
        """How the expression reads its inputs, and how its conditions do."""
        own = [leaf for alternative in self._alternatives for c in alternative for leaf in self._read(c)]
        return tuple(dict.fromkeys((*leaves(self._closure), *own)))

    def _read(self, condition: Condition) -> tuple[Leaf, ...]:
        return leaves(Closure(condition.expr, self._rules, self._closure.given))

    def solutions(self) -> list[tuple[Solver, Solution]]:
        """For each alternative of the expression the series that make it hold."""
        problems: list[Unsolved] = []
        for timing_, unborn in self._attempts(self._situation.timing):
            self._situation = Situation(self._closure, self._situation.inputs, timing_)
            solvers = (self._solver(alternative, unborn) for alternative in self._alternatives)
            try:
                return [(solver, solver.solve()) for solver in solvers]
            except Unsolved as problem:
                problems.append(problem)
        raise problems[0]

    def _attempts(self, usual: Timing) -> Iterator[tuple[Timing, bool]]:
        """Clocks to try, and whether what was not there before is new: seen through, for as long as it must last, or
        after all that lies back."""
        yield usual, False
        soon = -(-(usual.for_ + usual.keep) // usual.step) + 2
        if soon < usual.reach:
            yield from ((replace(usual, reach=soon), unborn) for unborn in (False, True))
        elif usual.past:
            yield usual, True
        patient = timing(self._closure, self._clock, usual.for_, usual.keep, patient=True)
        if patient.settle > usual.settle:
            yield patient, False

    def _solver(self, alternative: Alternative, unborn: bool) -> Solver:
        parts = roles.parts(self._situation.inputs, [self._read(condition) for condition in alternative])
        others = [other for other in self._alternatives if other is not alternative]
        return Solver(self._situation, alternative, parts, self._ladder, others, unborn)

    def proofs(self) -> tuple[Proof, ...]:
        """The alert's whole proof; before it, if it reads recorded series, that of its borders by these alone.

        There values can be given that meet a border to the last bit, which sums of events seldom do.
        """
        borders = self._borders()
        stories, notes = self._stories(self._met)
        proof = self._written(stories, "")
        if not _fires(proof):
            raise Unsolved("it holds, but never for long enough to fire")
        return (*borders, *self._value(), replace(proof, notes=tuple(dict.fromkeys(notes))))

    def _value(self) -> tuple[Proof, ...]:
        """The proof of the value that the texts show, if they do."""
        if not shows_value(self._alert):
            return ()
        _, _, solution = self._solved()[0]
        return value_proof(self._alert, self._situation, solution, self._recording())

    def _borders(self) -> tuple[Proof, ...]:
        own = frozenset(rule.record for rule in self._closure.rules)
        direct = frozenset(name for _, _, name in reads(self._alert.expr) if name in own)
        if not direct:
            return ()
        prover = AlertProver(self._alert, self._rules, self._shapes, self._clock, direct)
        try:
            stories, _ = prover._stories(self._met)
        except (Unsolved, NotEvaluated):
            return ()
        proof = prover._written([story for story in stories if story.exact], "borders")
        return (proof,) if proof.cases else ()

    def _solved(self) -> list[tuple[Solver, Solution, Solution]]:
        if not self._known:
            self._known += [(solver, *refined(solver, solution)) for solver, solution in self.solutions()]
        return self._known

    def _stories(self, met: set[str]) -> tuple[list[Story], list[str]]:
        """The stories of all ways in which it fires, and what was noticed."""
        solved = self._solved()
        notes: list[str] = []
        stories = [*Stories(self._situation, solved[0][2].baseline).quiet()]
        for number, (solver, plain, solution) in enumerate(solved):
            prefix = f"way {number + 1}, " if len(solved) > 1 else ""
            teller = Teller(solver, plain, solution, prefix, met)
            stories += teller.stories()
            notes += teller.notes
        return stories, notes

    def _written(self, stories: Sequence[Story], part: str) -> Proof:
        own = (c for alternative in self._alternatives for c in alternative)
        distances = [found for found in dict.fromkeys(margin(c.expr, parse(c.expr)) for c in own) if found]
        name, labels = self._alert.name, self._alert.labels
        written = (case(self._situation, story, name, labels, distances) for story in stories)
        cases = tuple(found for found in written if found is not None)
        rules = (*self._recording(), self._alert.tested)
        return Proof(name, rules, self._situation.timing.step, cases, part=part)

    def _recording(self) -> tuple[TestedRule, ...]:
        return tuple(TestedRule(rule.record, rule.expr, rule.labels) for rule in self._closure.rules)


def _fires(proof: Proof) -> bool:
    states = (name for case in proof.cases for check in case.checks for name, _ in check.samples)
    return any('alertstate="firing"' in name for name in states)


def _paced(alert: ProvableAlert, closure: Closure, clock: Clock, keep: int) -> tuple[Closure, Timing]:
    """The rules behind an alert as far as they are unfolded, and the clock of its proof.

    Over days not every scrape can be played: what the base rules count of them is given instead. Where the wait is
    short beside the windows, and so the steps are many, what the longest windows record is given as well.
    """
    rules, wait = closure.known, milliseconds(alert.for_)
    paced = timing(closure, clock, wait, keep)
    while not paced.bearable and closure.longest:
        closure = Closure(alert.expr, rules, closure.given | closure.longest)
        paced = timing(closure, clock, wait, keep)
    events = closure.sampled(paced.step) if paced.step > clock.evaluation else frozenset()
    if events:
        closure = Closure(alert.expr, rules, closure.given | events)
        paced = timing(closure, clock, wait, keep)
    return closure, paced


def unprovable(alert: ProvableAlert, rules: Sequence[Rule], shapes: Shapes, clock: Clock) -> str:
    """Why no series can be found that make an alert fire; empty if they can."""
    try:
        AlertProver(alert, rules, shapes, clock).solutions()
    except NotEvaluated as error:
        return f"its expression has {error}"
    except Unsolved as error:
        return str(error)
    return ""
