"""Decides what each runbook says: the alerts and codes that lead to it, and its author's words in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from promspec import naming
from promspec.plan.reference import AlertEntry, alert_entries
from promspec.quantities import milliseconds, spoken
from promspec.vocabulary.runbooks import Runbook, Stage
from promspec.vocabulary.spec import Spec

_UNITS = (("second", 1_000, 60_000), ("minute", 60_000, 3_600_000), ("hour", 3_600_000, 86_400_000))
"""A unit's name, its milliseconds, and up to how many milliseconds people count in it."""


@dataclass(frozen=True, slots=True)
class QueryPlan:
    """A question and the PromQL that answers it."""

    question: str
    expr: str


@dataclass(frozen=True, slots=True)
class StagePlan:
    """A stage of the response; `span` is when, in words."""

    span: str
    title: str
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FixPlan:
    """A cause and its remedy."""

    cause: str
    remedy: str


@dataclass(frozen=True, slots=True)
class CodeEntry:
    """An error code that points to the runbook."""

    value: str
    severity: str
    action: str


@dataclass(frozen=True, slots=True)
class EscalationPlan:
    """Whom to call."""

    level: str
    role: str
    contact: str
    within: str


@dataclass(frozen=True, slots=True)
class RunbookPlan:
    """One runbook; `path` is its file in the output folder, `system` the spec's title."""

    name: str
    path: str
    system: str
    owner: str
    title: str
    summary: str
    impact: str
    alerts: tuple[AlertEntry, ...]
    queries: tuple[QueryPlan, ...]
    logs: tuple[str, ...]
    stages: tuple[StagePlan, ...]
    causes: tuple[str, ...]
    fixes: tuple[FixPlan, ...]
    codes: tuple[CodeEntry, ...]
    prevention: tuple[str, ...]
    escalation: tuple[EscalationPlan, ...]


def plan_runbooks(spec: Spec) -> tuple[RunbookPlan, ...]:
    """Every runbook of a spec, with all that leads to it."""
    alerts = alert_entries(spec)
    return tuple(_runbook(spec, runbook, alerts) for runbook in spec.all_runbooks)


def _runbook(spec: Spec, runbook: Runbook, alerts: Sequence[AlertEntry]) -> RunbookPlan:
    path = naming.runbook_file(runbook.name)
    return RunbookPlan(
        name=runbook.name,
        path=path,
        system=spec.display,
        owner=spec.owner,
        title=runbook.title,
        summary=runbook.summary,
        impact=runbook.impact,
        alerts=tuple(alert for alert in alerts if alert.runbook == path),
        queries=tuple(QueryPlan(question, expr) for question, expr in runbook.detection.items()),
        logs=tuple(runbook.logs),
        stages=tuple(StagePlan(_span(stage), stage.title, tuple(stage.steps)) for stage in runbook.stages),
        causes=tuple(runbook.causes),
        fixes=tuple(FixPlan(cause, remedy) for cause, remedy in runbook.fixes.items()),
        codes=_codes(spec, runbook),
        prevention=tuple(runbook.prevention),
        escalation=tuple(EscalationPlan(e.level, e.role, e.contact, e.within) for e in runbook.escalation),
    )


def _codes(spec: Spec, runbook: Runbook) -> tuple[CodeEntry, ...]:
    codes = spec.error_codes.codes.values() if spec.error_codes is not None else ()
    return tuple(CodeEntry(code.value, code.severity.value, code.action) for code in codes if code.runbook is runbook)


def _span(stage: Stage) -> str:
    """`0 to 5 minutes`, `1 to 4 hours`; `45 minutes to 2 hours` where no one unit serves both."""
    begins, ends = milliseconds(stage.begins), milliseconds(stage.ends)
    for unit, length, most in _UNITS:
        if begins % length == 0 and ends % length == 0 and ends <= most:
            return f"{begins // length} to {ends // length} {unit}{'' if ends == length else 's'}"
    return f"{spoken(stage.begins)} to {spoken(stage.ends)}"
