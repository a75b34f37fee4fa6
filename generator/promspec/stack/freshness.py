"""Whether a generated folder is what its spec generates now: what a stack runs, and a service imports."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from promspec.files import GeneratedFile
from promspec.plan.alerting_rules import plan_alerting_rules
from promspec.plan.alertmanager import plan_alertmanager
from promspec.plan.deployment import plan_deployment
from promspec.plan.instrumentation import plan_instrumentation
from promspec.plan.recording_rules import plan_recording_rules
from promspec.render.alerting_rules import render_alerting_rules
from promspec.render.alertmanager import render_alertmanager
from promspec.render.deployment import render_deployment
from promspec.render.instrumentation import render_instrumentation
from promspec.render.recording_rules import render_recording_rules
from promspec.vocabulary.spec import Spec

_NAMED = 3


def outdated(spec: Spec, generated: Path) -> str:
    """One sentence on what is not as the spec has it, and what to do; empty where all is.

    Proofs, dashboards and texts are not looked at: that would take as long as generating them.
    """
    if not generated.is_dir():
        return f"{generated} is not there: run promspec generate first"
    behind = [file.path for file in _running(spec) if _body(file.text) != _on_disk(generated / file.path)]
    if not behind:
        return ""
    more = f" and {len(behind) - _NAMED} more" if len(behind) > _NAMED else ""
    return f"{generated} is not what the spec generates: {', '.join(behind[:_NAMED])}{more}; run promspec generate"


def _running(spec: Spec) -> Iterator[GeneratedFile]:
    yield from render_instrumentation(plan_instrumentation(spec), "")
    yield from render_recording_rules(plan_recording_rules(spec), "")
    yield from render_alerting_rules(plan_alerting_rules(spec), "")
    yield from render_alertmanager(plan_alertmanager(spec), "")
    prometheus = "deployment/prometheus.yml"
    yield from (file for file in render_deployment(plan_deployment(spec), "", [], {}) if file.path == prometheus)


def _body(text: str) -> str:
    """Without the first line, which names the spec's file."""
    return text.partition("\n")[2]


def _on_disk(path: Path) -> str | None:
    try:
        return _body(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return None
