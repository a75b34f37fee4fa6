"""The stories of an alert's proof: for each, in which state the alert is from when to when, as the tests check it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from promspec.plan.reference import AlertEntry
from promspec.plan.rule_tests import RuleTestsPlan
from promspec.proofs.model import Case, Check, Proof
from promspec.proofs.valuing import PART as VALUE
from promspec.simulating.words import lasting

_ALERTS = "ALERTS{"
SCENARIO = "scenario"
_ORDER = {SCENARIO: 0, "": 1}
"""Which part of a proof is told first."""


@dataclass(frozen=True, slots=True)
class Span:
    """A state, silent, pending or firing, from `begins` to `ends`, in parts 0-1 of the story."""

    state: str
    begins: float
    ends: float


@dataclass(frozen=True, slots=True)
class Story:
    """A case of a proof: its name, the states, and what happens when, in words."""

    name: str
    lasts: str
    spans: tuple[Span, ...]
    told: str
    fires: bool


@dataclass(frozen=True, slots=True)
class AlertProof:
    """The stories that prove an alert; `files` hold them for promtool. Without any, `unproven` says why."""

    files: tuple[str, ...] = ()
    stories: tuple[Story, ...] = ()
    notes: tuple[str, ...] = ()
    checks: int = 0
    unproven: str = ""


def proof_of(alert: AlertEntry, plan: RuleTestsPlan) -> AlertProof:
    """The proof of an alert: its scenario, if it has one, then what was found."""
    found = sorted(
        ((file.name, proof) for file in plan.files for proof in file.proofs if _is_of(proof, alert)),
        key=lambda item: _ORDER.get(item[1].part, len(_ORDER)),
    )
    if not found:
        return AlertProof(unproven=dict(plan.unproven).get(alert.name, "none was found"))
    return AlertProof(
        files=tuple(f"rule_tests/{name}.yml" for name, _ in found),
        stories=tuple(story for _, proof in found for story in _stories(proof)),
        notes=tuple(note for _, proof in found for note in proof.notes),
        checks=sum(len(case.checks) for _, proof in found for case in proof.cases),
    )


def _is_of(proof: Proof, alert: AlertEntry) -> bool:
    """Alerts may share a name: then their expressions or severities differ."""
    severity = ("severity", alert.severity)
    return any(
        rule.alert == alert.name and rule.expr == alert.expr and (not alert.severity or severity in rule.labels)
        for rule in proof.rules
    )


def _stories(proof: Proof) -> Iterator[Story]:
    """The cases that ask for the alert's state; the copy of it that shows its value is no story."""
    for case in proof.cases if proof.part != VALUE else ():
        if any(_ALERTS in check.expr for check in case.checks):
            yield _story(case, proof.part == SCENARIO)


def _story(case: Case, declared: bool) -> Story:
    """A case as a story; of a `declared` scenario only firing is checked, not whether the alert is pending before."""
    checks = sorted((check for check in case.checks if _ALERTS in check.expr), key=lambda check: check.at)
    end = max(check.at for check in checks) or 1
    changes = list(_changes(checks, declared))
    stops = [at for at, _ in changes[1:]] + [end]
    spans = tuple(Span(state, at / end, stop / end) for (at, state), stop in zip(changes, stops, strict=True))
    name = f"scenario, {case.name}" if declared else case.name
    told = _told(changes, "not firing" if declared else "silent")
    return Story(name, lasting(end), spans, told, any(state == "firing" for _, state in changes))


def _changes(checks: Sequence[Check], declared: bool) -> Iterator[tuple[int, str]]:
    """When which state is first seen; every story begins silent, for Prometheus has seen nothing yet."""
    before = "silent"
    yield 0, before
    for check in checks:
        found = [series for series, _ in check.samples]
        state = ("firing" if found else "silent") if declared else _state(found)
        if state != before:
            yield check.at, state
            before = state


def _state(found: Sequence[str]) -> str:
    """The worst state of any of its alerts."""
    for state in ("firing", "pending"):
        if any(f'alertstate="{state}"' in each for each in found):
            return state
    return "silent"


def _told(changes: Sequence[tuple[int, str]], silent: str) -> str:
    if len(changes) == 1:
        return f"{silent} throughout"
    words = [f"{f'{silent} again' if state == 'silent' else state} at {lasting(at)}" for at, state in changes[1:]]
    return ", ".join(words)
