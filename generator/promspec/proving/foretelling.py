"""Which case will notice a mutant: worked out in memory, so that promtool is asked for that case first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from promspec.evaluation import (
    Column,
    Evaluator,
    Labels,
    NotEvaluated,
    Refused,
    Rule,
    Store,
    Vector,
    alert_states,
    reads,
    record,
    result_labels,
    rounded,
    run_alone,
)
from promspec.proofs import notation
from promspec.proofs.cases import state_check
from promspec.proofs.model import Case, Check, Proof, TestedRule, braces
from promspec.proofs.scenarios import read_series
from promspec.proofs.valuing import PART, shown_check
from promspec.proving.mutations import Change
from promspec.quantities import milliseconds


@dataclass(frozen=True, slots=True)
class Mutant:
    """A rule with one change, which `shown` tells, and the proofs of the rule."""

    rule: TestedRule
    changed: TestedRule
    operator: str
    shown: str
    proofs: tuple[Proof, ...]
    change: Change | None = None

    @property
    def subject(self) -> str:
        """The rule that was changed."""
        return self.proofs[0].subject

    def as_in(self, proof: Proof) -> TestedRule | None:
        """The changed rule as one of the proofs loads it; None if the change is not one of its copy of the rule."""
        if proof.rules[-1] == self.rule:
            return self.changed
        return None if self.change is None else replace(proof.rules[-1], expr=self.changed.expr)


Trial = tuple[Proof, int]
"""A case of a proof, by its place."""


def noticed(made: Sequence[Mutant], left_open: bool) -> dict[int, Trial]:
    """For each mutant, by its place, a case whose checks it fails; those of which none is known are left out."""
    found: dict[int, Trial] = {}
    of_proof: dict[int, tuple[Proof, dict[int, TestedRule]]] = {}
    for number, mutant in enumerate(made):
        for proof in mutant.proofs:
            changed = mutant.as_in(proof)
            if changed is not None:
                of_proof.setdefault(id(proof), (proof, {}))[1][number] = changed
    for proof, mutants in of_proof.values():
        for place in order(proof):
            waiting = {number: rule for number, rule in mutants.items() if number not in found}
            if waiting:
                failing = list(_failing(proof, proof.cases[place], waiting, left_open))
                found.update((number, (proof, place)) for number in failing)
    return found


def order(proof: Proof) -> list[int]:
    """The places of a proof's cases: those that tell most come first."""
    return sorted(range(len(proof.cases)), key=lambda place: _telling(proof.cases[place]))


def _telling(case: Case) -> tuple[int, int]:
    """The cases that tell most come first: those with the most results, and of these the shortest."""
    return -len({check.samples for check in case.checks}), max((check.at for check in case.checks), default=0)


def _failing(proof: Proof, case: Case, mutants: Mapping[int, TestedRule], left_open: bool) -> Iterator[int]:
    end = max(check.at for check in case.checks)
    times = range(0, end + 1, proof.step)
    store = _store(case, left_open)
    for rule in proof.rules[:-1]:
        made = Rule(rule.record, rule.expr, rule.labels)
        record(made, Evaluator(store, times).vector(made.tree), store, times)
    results: dict[str, Vector] = {}
    for number, mutant in mutants.items():
        try:
            if mutant.expr not in results:
                results[mutant.expr] = _result(mutant, store, times)
            if not _passes(proof, mutant, results[mutant.expr], case.checks, times):
                yield number
        except Refused:
            yield number
        except (NotEvaluated, ArithmeticError):
            continue


def _store(case: Case, left_open: bool) -> Store:
    store = Store(left_open)
    for name, values in case.series:
        metric, matchers = read_series(name)
        labels = tuple(sorted((matcher.label, matcher.value) for matcher in matchers))
        store.add(metric, labels, notation.samples(notation.read(values), case.interval, left_open))
    return store


def _result(mutant: TestedRule, store: Store, times: Sequence[int]) -> Vector:
    rule = Rule(mutant.record, mutant.expr, mutant.labels)
    itself = mutant.record and any(name == mutant.record for _, _, name in reads(mutant.expr))
    return run_alone(rule, store.copy() if itself else store, times)


def _passes(proof: Proof, mutant: TestedRule, result: Vector, checks: Sequence[Check], times: Sequence[int]) -> bool:
    if proof.part == PART:
        return all(shown_check(mutant, result, times.index(check.at), check.at) == check for check in checks)
    if not mutant.alert:
        merged: dict[Labels, Column] = {result_labels(labels, mutant.labels): c for labels, c in result.items()}
        return all(_same(check, merged, times) for check in checks)
    for_, keep = milliseconds(mutant.for_), milliseconds(mutant.keep_firing_for or "0s")
    states = alert_states(result, mutant.labels, times, for_, keep)
    asked = [check for check in checks if check.expr.startswith("ALERTS{") and check.at in times]
    return all(state_check(mutant.alert, states, times, times.index(check.at)) == check for check in asked)


def _same(check: Check, result: Mapping[Labels, Column], times: Sequence[int]) -> bool:
    """Whether the values are those of a check: rounded as it says, without what is not a number if it says so."""
    index = times.index(check.at)
    given = {braces(labels): column[index] for labels, column in result.items()}
    there = {labels: value for labels, value in given.items() if value is not None}
    to = _precision(check)
    if to:
        there = {labels: rounded(value, to) + 0.0 for labels, value in there.items()}
    if "==" in check.expr:
        there = {labels: value for labels, value in there.items() if value == value}
    return there == dict(check.samples)


def _precision(check: Check) -> float:
    """What a check rounds to; 0 if it does not."""
    return float(check.expr.rpartition(",")[2].rstrip(") ")) if check.expr.startswith("round(") else 0.0
