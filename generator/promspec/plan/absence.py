"""The alerts on absence: nothing answers the scrapes, or what answers is not what the spec describes."""

from __future__ import annotations

from collections.abc import Iterator

from promspec import naming, objectives
from promspec.plan.rules import AlertRule, plain
from promspec.promql import matcher
from promspec.vocabulary.severity import Severity
from promspec.vocabulary.spec import Spec

Pairs = tuple[tuple[str, str], ...]
_HEARTBEAT_FOR = "5m"


def absence_alerts(spec: Spec, links: Pairs) -> Iterator[AlertRule]:
    """Judged on scrape and heartbeat, never on traffic: who is idle is not gone. Needs a deployment, for the job."""
    deployment = spec.deployment
    if deployment is None or deployment.broken or not deployment.absence_alerts:
        return
    yield _absent(spec, deployment.job, links)
    if any(not metric.external for metric in spec.all_metrics):
        yield _heartbeat(spec, deployment.job, links)


def _absent(spec: Spec, job: str, links: Pairs) -> AlertRule:
    text = (
        f"Prometheus reaches no instance of the job {plain(job)}: they are down, or discovery and network hide them. "
        "Every other alert on them is blind until they are back."
    )
    return AlertRule(
        naming.absence_alert(spec.name, "Absent"),
        f"absent(up{{{matcher('job', '=', job)}}} == 1)",
        # As long as the base window: after that no window of an SLO sees anything either.
        objectives.clock(spec.deployment).base,
        None,
        (*_own(spec, Severity.CRITICAL), ("job", plain(job))),
        (("summary", f"{plain(spec.display)} has vanished: no instance answers."), ("description", text), *links),
    )


def _heartbeat(spec: Spec, job: str, links: Pairs) -> AlertRule:
    up = f"up{{{matcher('job', '=', job)}}} == 1"
    heartbeat = f"{naming.HEARTBEAT}{{{matcher('spec', '=', spec.name)}}}"
    text = (
        "{{ $labels.instance }} answers the scrapes, but without the heartbeat of this spec: the port is another "
        "program's, or the service runs without the generated instrumentation. Nothing it does is measured."
    )
    return AlertRule(
        naming.absence_alert(spec.name, "HeartbeatMissing"),
        f"{up}\nunless on (job, instance)\n{heartbeat}",
        _HEARTBEAT_FOR,
        None,
        _own(spec, Severity.WARNING),
        (("summary", f"An instance of {plain(spec.display)} shows no heartbeat."), ("description", text), *links),
    )


def _own(spec: Spec, severity: Severity) -> Pairs:
    return ("severity", str(severity)), ("spec", spec.name), ("team", plain(spec.owner))
