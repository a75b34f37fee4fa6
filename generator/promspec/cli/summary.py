"""What a plan holds, counted, for people."""

from __future__ import annotations

from promspec.pipeline import Compilation
from promspec.plan.rules import AlertRule


def summary(compiled: Compilation) -> str:
    """A short table: each artefact with what it holds, then the files that would be written."""
    plan = compiled.plan
    assert plan is not None
    alerts = sum(isinstance(rule, AlertRule) for group in plan.alerting_rules for rule in group.rules)
    records = sum(len(group.rules) for group in plan.recording_rules)
    panels = sum(len(row.panels) for board in plan.dashboards for row in board.rows)
    rows = [
        ("instrumentation", _count(len(plan.instrumentation.metrics), "metric")),
        ("recording_rules", f"{_count(records, 'rule')} in {_count(len(plan.recording_rules), 'group')}"),
        ("alerting_rules", f"{_count(alerts, 'alert')} in {_count(len(plan.alerting_rules), 'group')}"),
        ("dashboards", f"{_count(len(plan.dashboards), 'dashboard')}, {_count(panels, 'panel')}"),
        ("alertmanager", _count(len(plan.alertmanager.receivers), "receiver")),
        ("runbooks", _count(len(plan.runbooks), "runbook")),
    ]
    lines = [f"{plan.spec} (from {plan.source})", *(f"  {name:<16}{text}" for name, text in rows), ""]
    lines += [f"  {file.path}" for file in compiled.files]
    return "\n".join(lines) + "\n"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' if number != 1 else ''}"
