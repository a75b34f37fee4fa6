"""Which case will notice a mutant: worked out in memory, so that promtool is asked for that case first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

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
from promspec.quantities import milliseconds


def noticing(proof: Proof, mutants: Mapping[int, TestedRule], order: Sequence[int], left_open: bool) -> dict[int, int]:
    """For each mutant, by its number, the first case in this order whose checks it fails.

    Mutants of which no such case is known are left out.
    """
    found: dict[int, int] = {}
    for place in order:
        waiting = {number: rule for number, rule in mutants.items() if number not in found}
        if waiting:
            found.update((number, place) for number in _failing(proof, proof.cases[place], waiting, left_open))
    return found


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
