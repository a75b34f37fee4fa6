"""Run mutants through promtool: all of one rule at once, under names of their own, case after case until they fail."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from promspec.evaluation import reads
from promspec.plan.rule_tests import RuleTestFile
from promspec.proofs.model import Case, Check, Proof, TestedRule
from promspec.proving.batches import judged
from promspec.proving.foretelling import noticing
from promspec.proving.mutations import Change

_MOST_AT_ONCE = 120
_FAILED_CHECK = re.compile(r'^\s*expr: ".*?__mutant(\d+)\b', re.MULTILINE)
_FAILED_RULE = re.compile(r"\brule: \S*?__mutant(\d+)\b")


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


def survivors(made: Sequence[Mutant], source: str, jobs: int, left_open: bool) -> list[Mutant]:
    """The mutants that pass every case of their rule's proofs; `left_open` is how promtool reads a range.

    Each is tried first on the case that should notice it, then on the others.
    """
    alive = dict(enumerate(made))
    left = _trials(alive, left_open)
    waiting = [number for number in alive if left[number]]
    while waiting:
        files = [_file(alive, group, left[group[0]][0]) for group in _groups(alive, waiting, left)]
        again: list[int] = []
        for verdict in judged(files, source, jobs):
            numbers = [int(number) for number in verdict.file.name.split(",")]
            killed, stopped = _killed(verdict.failures, numbers)
            for number in killed:
                del alive[number]
            for number in numbers:
                # A rule that cannot be evaluated ends the whole test: the others are asked again without it.
                if number in alive and (stopped or left[number].pop(0)):
                    again.append(number)
        waiting = [number for number in again if left[number]]
    return list(alive.values())


def _trials(alive: Mapping[int, Mutant], left_open: bool) -> dict[int, list[Trial]]:
    """For each mutant the cases of its rule's proofs in the order in which they are to be tried."""
    found: dict[int, list[Trial]] = {number: [] for number in alive}
    first: dict[int, Trial] = {}
    of_proof: dict[int, tuple[Proof, dict[int, TestedRule]]] = {}
    for number, mutant in alive.items():
        for proof in mutant.proofs:
            changed = mutant.as_in(proof)
            if changed is not None:
                of_proof.setdefault(id(proof), (proof, {}))[1][number] = changed
    for proof, mutants in of_proof.values():
        order = sorted(range(len(proof.cases)), key=lambda place, own=proof: _telling(own.cases[place]))  # type: ignore[misc]
        new = {number: rule for number, rule in mutants.items() if number not in first}
        first.update({number: (proof, place) for number, place in noticing(proof, new, order, left_open).items()})
        for number in mutants:
            found[number] += [(proof, place) for place in order]
    for number, trial in first.items():
        found[number] = [trial, *(other for other in found[number] if other != trial)]
    return found


def _groups(alive: Mapping[int, Mutant], waiting: Sequence[int], left: Mapping[int, list[Trial]]) -> list[list[int]]:
    """Mutants that share a file: those of one rule that are tried on one case, unless it reads what it records."""
    found: list[list[int]] = []
    last: dict[tuple[int, int], list[int]] = {}
    for number in waiting:
        rule, (proof, place) = alive[number].changed, left[number][0]
        key = (id(proof), place)
        if rule.record and any(name == rule.record for _, _, name in reads(rule.expr)):
            found.append([number])
        elif key in last and len(last[key]) < _MOST_AT_ONCE:
            last[key].append(number)
        else:
            last[key] = [number]
            found.append(last[key])
    return found


def _killed(failures: Sequence[str], numbers: Sequence[int]) -> tuple[set[int], bool]:
    """Which of the mutants of a file failed, and whether one of them stopped the test."""
    if not failures:
        return set(), False
    text = "\n".join(failures)
    broken = {int(number) for number in _FAILED_RULE.findall(text)}
    failed = {int(number) for number in _FAILED_CHECK.findall(text)}
    if broken:
        return broken, True
    return (failed, False) if failed else (set(numbers), False)


def _file(alive: Mapping[int, Mutant], numbers: Sequence[int], trial: Trial) -> RuleTestFile:
    """One case of a proof for several mutants, each under its own name with its own checks."""
    proof, place = trial
    case = proof.cases[place]
    alone = len(numbers) == 1
    changed = [(number, alive[number].as_in(proof) or proof.rules[-1]) for number in numbers]
    rules = [rule if alone else _renamed(rule, number) for number, rule in changed]
    checks = case.checks if alone else tuple(_asked(c, proof.rules[-1], n) for n in numbers for c in case.checks)
    name = ",".join(map(str, numbers))
    every = (*proof.rules[:-1], *rules)
    only = Proof(proof.subject, every, proof.step, (Case(case.name, case.interval, case.series, checks),))
    return RuleTestFile(name, proof.step, every, (only,))


def _telling(case: Case) -> tuple[int, int]:
    """The cases that tell most come first: those with the most results, and of these the shortest."""
    return -len({check.samples for check in case.checks}), max((check.at for check in case.checks), default=0)


def _renamed(rule: TestedRule, number: int) -> TestedRule:
    if rule.alert:  # its texts would be rendered for every mutant, and are not what is asked
        return replace(rule, alert=f"{rule.alert}__mutant{number}", annotations=())
    return replace(rule, record=f"{rule.record}__mutant{number}")


def _asked(check: Check, rule: TestedRule, number: int) -> Check:
    """The check with the mutant's name in the place of the rule's."""
    if rule.alert:
        old, new = f'alertname="{rule.alert}"', f'alertname="{rule.alert}__mutant{number}"'
        samples = tuple((labels.replace(old, new), value) for labels, value in check.samples)
        return Check(check.expr.replace(old, new), check.at, samples)
    name = re.compile(rf"(?<![\w:]){re.escape(rule.record)}(?![\w:])")
    return Check(name.sub(f"{rule.record}__mutant{number}", check.expr), check.at, check.samples)
