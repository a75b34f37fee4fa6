"""Run mutants through promtool: all of one rule at once, under names of their own, case after case until they fail."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from promspec.evaluation import reads
from promspec.plan.rule_tests import RuleTestFile
from promspec.proofs.model import Case, Check, Proof, TestedRule
from promspec.proving.batches import judged
from promspec.proving.foretelling import Mutant, Trial, noticed, order

_MOST_AT_ONCE = 120
_FAILED_CHECK = re.compile(r'^\s*expr: ".*?__mutant(\d+)\b', re.MULTILINE)
_FAILED_RULE = re.compile(r"\brule: \S*?__mutant(\d+)\b")


def survivors(
    made: Sequence[Mutant],
    argued: Collection[int],
    source: str,
    jobs: int,
    left_open: bool,
    features: Sequence[str] = (),
) -> list[Mutant]:
    """The mutants that pass every case of their rule's proofs; `left_open` is how promtool reads a range.

    Each is tried first on the case that should notice it, then on the others. Those of which it is argued, by their
    places, that they mean the same are tried only if there is a case that should notice them after all.
    """
    alive = dict(enumerate(made))
    left = _trials(alive, argued, noticed(made, left_open))
    waiting = [number for number in alive if left[number]]
    while waiting:
        files = [_file(alive, group, left[group[0]][0]) for group in _groups(alive, waiting, left)]
        again: list[int] = []
        for verdict in judged(files, source, jobs, features):
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


def _trials(alive: Mapping[int, Mutant], argued: Collection[int], first: Mapping[int, Trial]) -> dict[int, list[Trial]]:
    """For each mutant the cases of its rule's proofs in the order in which they are to be tried."""
    found: dict[int, list[Trial]] = {}
    for number, mutant in alive.items():
        all_cases = [
            (proof, place) for proof in mutant.proofs if mutant.as_in(proof) is not None for place in order(proof)
        ]
        found[number] = [] if number in argued else all_cases
        if number in first:
            found[number] = [first[number], *(trial for trial in all_cases if trial != first[number])]
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
