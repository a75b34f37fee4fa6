"""The stories of an alert's proof: for each, in which state the alert is from when to when, as the tests check it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from promspec.plan.rule_tests import RuleTestsPlan
from promspec.proofs.model import Case, Check, Proof
from promspec.simulating.words import lasting

_ALERTS = "ALERTS{"
_SCENARIO = " (scenario)"


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
    """The stories that prove an alert; `file` holds them for promtool. Without any, `unproven` says why."""

    file: str = ""
    stories: tuple[Story, ...] = ()
    notes: tuple[str, ...] = ()
    checks: int = 0
    unproven: str = ""


def proofs_of(alert: str, plan: RuleTestsPlan, taken: set[str]) -> AlertProof:
    """The proof of an alert. Alerts that share a name are told apart by `taken`, the files that are shown already."""
    own = [(file.name, proof) for file in plan.files for proof in file.proofs if _subject(proof) == alert]
    scenario = [(name, proof) for name, proof in own if proof.subject != alert and name not in taken]
    found = [(name, proof) for name, proof in own if proof.subject == alert and name not in taken]
    chosen = [*scenario[:1], *found[:1]]
    taken.update(name for name, _ in chosen)
    if not chosen:
        return AlertProof(unproven=dict(plan.unproven).get(alert, "there is no proof of it"))
    return AlertProof(
        file=f"rule_tests/{chosen[-1][0]}.yml",
        stories=tuple(story for _, proof in chosen for story in _stories(proof)),
        notes=tuple(note for _, proof in chosen for note in proof.notes),
        checks=sum(len(case.checks) for _, proof in chosen for case in proof.cases),
    )


def _subject(proof: Proof) -> str:
    return proof.subject.removesuffix(_SCENARIO)


def _stories(proof: Proof) -> Iterator[Story]:
    declared = proof.subject.endswith(_SCENARIO)
    for case in proof.cases:
        if any(_ALERTS in check.expr for check in case.checks):
            yield _story(case, declared)


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
