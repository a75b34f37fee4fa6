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
    """A rule with one change; `shown` says which."""

    proof: Proof
    rule: TestedRule
    operator: str
    shown: str
    change: Change | None = None

    @property
    def subject(self) -> str:
        """The rule that was changed."""
        return self.proof.subject


def survivors(made: Sequence[Mutant], source: str, jobs: int, left_open: bool) -> list[Mutant]:
    """The mutants that pass every case of their rule's proof; `left_open` is how promtool reads a range.

    Each is tried first on the case that should notice it, then on the others.
    """
    alive = dict(enumerate(made))
    left = _orders(alive, left_open)
    waiting = list(alive)
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
                if number in alive and (stopped or left[number].pop(0) is not None):
                    again.append(number)
        waiting = [number for number in again if left[number]]
    return list(alive.values())


def _orders(alive: Mapping[int, Mutant], left_open: bool) -> dict[int, list[int]]:
    """For each mutant the cases of its proof, by their places, in the order in which they are to be tried."""
    found: dict[int, list[int]] = {}
    of_proof: dict[int, dict[int, Mutant]] = {}
    for number, mutant in alive.items():
        of_proof.setdefault(id(mutant.proof), {})[number] = mutant
    for mutants in of_proof.values():
        cases = next(iter(mutants.values())).proof.cases
        order = sorted(range(len(cases)), key=lambda place: _telling(cases[place]))
        proof = next(iter(mutants.values())).proof
        shown = noticing(proof, {number: mutant.rule for number, mutant in mutants.items()}, order, left_open)
        for number in mutants:
            first = shown.get(number)
            found[number] = [*([] if first is None else [first]), *(place for place in order if place != first)]
    return found


def _groups(alive: Mapping[int, Mutant], waiting: Sequence[int], left: Mapping[int, list[int]]) -> list[list[int]]:
    """Mutants that share a file: those of one rule that are tried on one case, unless it reads what it records."""
    found: list[list[int]] = []
    last: dict[tuple[int, int], list[int]] = {}
    for number in waiting:
        rule, place = alive[number].rule, (id(alive[number].proof), left[number][0])
        if rule.record and any(name == rule.record for _, _, name in reads(rule.expr)):
            found.append([number])
        elif place in last and len(last[place]) < _MOST_AT_ONCE:
            last[place].append(number)
        else:
            last[place] = [number]
            found.append(last[place])
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


def _file(alive: Mapping[int, Mutant], numbers: Sequence[int], place: int) -> RuleTestFile:
    """One case of a proof for several mutants, each under its own name with its own checks."""
    proof = alive[numbers[0]].proof
    case = proof.cases[place]
    alone = len(numbers) == 1
    rules = [alive[number].rule if alone else _renamed(alive[number].rule, number) for number in numbers]
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
