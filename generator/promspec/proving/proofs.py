"""Prove a spec: every case of every rule through promtool, and the texts of every alert that fires."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from promspec import promtool
from promspec.binaries import outdated
from promspec.plan import Plan
from promspec.plan.rule_tests import RuleTestFile, RuleTestsPlan, plan_rule_tests, proof_clock
from promspec.problems import near_miss
from promspec.proofs.model import Proof
from promspec.proving.annotations import text_failures
from promspec.proving.batches import judged
from promspec.quantities import milliseconds
from promspec.vocabulary.spec import Spec

_CHECK = re.compile(r'expr: (?P<expr>"(?:[^"\\]|\\.)*"), time: (?P<time>\w+),')


@dataclass(frozen=True, slots=True)
class Proven:
    """One rule: how many cases and checks prove it, and what failed."""

    subject: str
    kind: str
    cases: int
    checks: int
    failures: tuple[str, ...]
    notes: tuple[str, ...] = ()


def reads_left_open() -> bool:
    """Whether the promtool at hand leaves a sample on the left end of a range out."""
    return promtool.version() >= (3,)


def known_names(subjects: Sequence[str], only: Sequence[str]) -> list[str]:
    """What is wrong with the names given: for each that is no rule's, a sentence with the near miss."""
    found = []
    for name in only:
        if not any(is_chosen(subject, [name]) for subject in subjects):
            hint = near_miss(name, [subject.partition("{")[0] for subject in subjects])
            found.append(f"there is no rule {name}{f'; {hint}' if hint else ''}")
    return found


def tests_for_tool(spec: Spec, plan: Plan) -> RuleTestsPlan:
    """The planned tests, or those for the promtool at hand where it reads ranges otherwise than the target does.

    Rules that it cannot read have no proof, and the reason says so.
    """
    newer, tests = reads_left_open(), plan.rule_tests
    if newer != proof_clock(spec).left_open:
        tests = plan_rule_tests(spec, plan.recording_rules, plan.alerting_rules, left_open=newer)
    unread = outdated("promtool", (rule.expr for file in tests.files for rule in file.rules), flags_of(spec))
    return _without(tests, unread) if unread else tests


def flags_of(spec: Spec) -> tuple[str, ...]:
    """The feature flags of Prometheus that a spec's deployment names."""
    return tuple(spec.deployment.features) if spec.deployment is not None else ()


def _without(tests: RuleTestsPlan, unread: Mapping[str, str]) -> RuleTestsPlan:
    """The tests whose rules promtool reads; the other rules each with the reason."""
    reasons = {file.name: [unread[rule.expr] for rule in file.rules if rule.expr in unread] for file in tests.files}
    lost = {proof.subject: reasons[file.name][0] for file in tests.files if reasons[file.name] for proof in file.proofs}
    kept = tuple(file for file in tests.files if not reasons[file.name])
    return RuleTestsPlan(kept, (*tests.unproven, *lost.items()))


def prove(
    tests: RuleTestsPlan, source: str, jobs: int, only: Sequence[str] = (), features: Sequence[str] = ()
) -> list[Proven]:
    """The result for every rule (or those named in `only`), failures first found first, with these feature flags."""
    files = [narrowed(file, only) for file in tests.files]
    files = [file for file in files if file.proofs]
    found: list[Proven] = []
    for verdict in judged(files, source, jobs, features):
        for proof in verdict.file.proofs:
            own = verdict.failures if len(verdict.file.proofs) == 1 else _of(proof, verdict.failures)
            found.append(_proven(proof, tuple(_placed(message, proof) for message in own)))
    alerts = [file for file in files if file.rules[-1].alert and not file.proofs[0].part]
    texts = text_failures(alerts, source, features)
    found = [_with(item, texts.get(item.subject, ())) for item in _merged(found)]
    return [*found, *(Proven(name, "rule", 0, 0, (f"no proof: {why}",)) for name, why in tests.unproven)]


def _merged(found: Sequence[Proven]) -> list[Proven]:
    """Each rule once: what its proofs say together."""
    merged: dict[str, Proven] = {}
    for item in found:
        old = merged.get(item.subject)
        merged[item.subject] = item if old is None else _together(old, item)
    return list(merged.values())


def _together(one: Proven, other: Proven) -> Proven:
    cases, checks = one.cases + other.cases, one.checks + other.checks
    return Proven(one.subject, one.kind, cases, checks, (*one.failures, *other.failures), (*one.notes, *other.notes))


def narrowed(file: RuleTestFile, only: Sequence[str]) -> RuleTestFile:
    """The file with the proofs of the rules named alone."""
    if not only:
        return file
    proofs = tuple(proof for proof in file.proofs if is_chosen(proof.subject, only))
    return RuleTestFile(file.name, file.step, file.rules, proofs)


def is_chosen(subject: str, only: Sequence[str]) -> bool:
    """Whether a rule is named: by its alert's or series' name, or by that with its labels."""
    return not only or subject in only or subject.partition("{")[0] in only


def _proven(proof: Proof, failures: tuple[str, ...]) -> Proven:
    kind = "alert" if proof.rules[-1].alert else "recording rule"
    return Proven(proof.subject, kind, len(proof.cases), sum(len(c.checks) for c in proof.cases), failures, proof.notes)


def _placed(message: str, proof: Proof) -> str:
    """A failed check with the cases that ask it: promtool names the expression and the time alone."""
    asked = _CHECK.match(message)
    if asked is None:
        return message
    expr, at, nothing = json.loads(asked["expr"]), milliseconds(asked["time"]), "exp: nil" in message
    names = [
        case.name
        for case in proof.cases
        if any((c.expr, c.at, not c.samples) == (expr, at, nothing) for c in case.checks)
    ]
    return f"{' or '.join(names)}: {message}" if names else message


def _of(proof: Proof, failures: tuple[str, ...]) -> tuple[str, ...]:
    """The failures that are about one of several proofs of a file: promtool names the expression."""
    exprs = {check.expr for case in proof.cases for check in case.checks}
    return tuple(text for text in failures if any(_quoted(expr) in text for expr in exprs))


def _quoted(expr: str) -> str:
    return expr.replace("\\", "\\\\").replace('"', '\\"')


def _with(item: Proven, failures: tuple[str, ...]) -> Proven:
    if not failures:
        return item
    return Proven(item.subject, item.kind, item.cases, item.checks, (*item.failures, *failures), item.notes)
