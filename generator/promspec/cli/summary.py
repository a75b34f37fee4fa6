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
        ("instrumentation", f"{len(plan.instrumentation.metrics)} metrics"),
        ("recording_rules", f"{records} rules in {len(plan.recording_rules)} groups"),
        ("alerting_rules", f"{alerts} alerts in {len(plan.alerting_rules)} groups"),
        ("dashboards", f"{len(plan.dashboards)} dashboards, {panels} panels"),
        ("alertmanager", f"{len(plan.alertmanager.receivers)} receivers"),
        ("runbooks", f"{len(plan.runbooks)} runbooks"),
    ]
    lines = [f"{plan.spec} (from {plan.source})", *(f"  {name:<16}{text}" for name, text in rows), ""]
    lines += [f"  {file.path}" for file in compiled.files]
    return "\n".join(lines) + "\n"
