"""The artefact `alerting_rules`: the spec's own alerts, those on absence, then two groups for each SLO."""

from __future__ import annotations

from collections.abc import Iterator

from promspec import naming, objectives
from promspec.plan.absence import absence_alerts
from promspec.plan.rules import AlertRule, Group, grouped, plain, rules_per_group
from promspec.plan.slo_alerts import slo_alerts
from promspec.plan.slos import SloQueries
from promspec.vocabulary.alerts import Alert
from promspec.vocabulary.runbooks import Runbook
from promspec.vocabulary.slos import SLO
from promspec.vocabulary.spec import Spec


def plan_alerting_rules(spec: Spec) -> tuple[Group, ...]:
    """Every alerting rule in its group, in the order of declaration."""
    evaluation = objectives.clock(spec.deployment).evaluation
    own = [(alert.group or f"{spec.name}_alerts", evaluation, _rule(spec, alert)) for alert in spec.alerts]
    gone = [(f"{spec.name}_absence", evaluation, alert) for alert in _absence(spec)]
    return grouped([*own, *gone, *_slos(spec)], rules_per_group(spec))


def _rule(spec: Spec, alert: Alert) -> AlertRule:
    labels = {"severity": str(alert.severity), "spec": spec.name, "team": alert.team or plain(spec.owner)}
    if alert.component is not None:
        labels["component"] = alert.component
    annotations = {"summary": alert.summary}
    if alert.description:
        annotations["description"] = alert.description
    annotations.update(links(spec, alert))
    return AlertRule(
        alert.name,
        alert.expr,
        alert.for_,
        alert.keep_firing_for,
        tuple({**labels, **alert.labels}.items()),
        tuple({**annotations, **alert.annotations}.items()),
    )


def _slos(spec: Spec) -> Iterator[tuple[str, str, AlertRule]]:
    clock = objectives.clock(spec.deployment)
    for slo in spec.slos:
        queries = SloQueries(slo, spec.name, clock, spec.error_codes)
        # Of an SLO that is grouped by team, each team is told of its own.
        team = () if "team" in slo.group_labels else (("team", slo.team or plain(spec.owner)),)
        labels = (("spec", spec.name), *team)
        for alert, slow in slo_alerts(queries, labels, tuple(links(spec, slo).items())):
            part, interval = ("alerts-slow", clock.slow) if slow else ("alerts", clock.evaluation)
            yield naming.slo_group(slo.name, part), interval, alert


def _absence(spec: Spec) -> Iterator[AlertRule]:
    if spec.deployment is not None:
        found = _links(spec, spec.deployment.absence_runbook, spec.deployment.absence_dashboard)
        yield from absence_alerts(spec, tuple(found.items()))


def links(spec: Spec, item: Alert | SLO) -> dict[str, str]:
    """The annotations `runbook_url` and `dashboard_url` of an alert, as far as the spec says where things are."""
    return _links(spec, item.runbook, item.dashboard)


def _links(spec: Spec, runbook: Runbook | str | None, title: str | None) -> dict[str, str]:
    found: dict[str, str] = {}
    deployment = spec.deployment
    if isinstance(runbook, Runbook):
        base = (deployment.runbook_base_url if deployment else None) or "runbooks"
        found["runbook_url"] = f"{base.rstrip('/')}/{runbook.name}.md"
    elif runbook:
        found["runbook_url"] = runbook
    dashboard = next((d for d in spec.dashboards if d.title == title), None)
    if dashboard is not None and deployment is not None and deployment.dashboard_base_url:
        uid = dashboard.uid or naming.dashboard_uid(spec.name, dashboard.title)
        found["dashboard_url"] = f"{deployment.dashboard_base_url.rstrip('/')}/d/{uid}"
    return found
