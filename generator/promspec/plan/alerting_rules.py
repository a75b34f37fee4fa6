"""The artefact `alerting_rules`: the spec's own alerts, then a group of burn-rate tiers for each SLO."""

from __future__ import annotations

from collections.abc import Iterator

from promspec import naming, objectives
from promspec.plan.rules import AlertRule, Group, grouped
from promspec.plan.slos import SloQueries, tier_alert
from promspec.vocabulary.alerts import Alert
from promspec.vocabulary.runbooks import Runbook
from promspec.vocabulary.slos import SLO
from promspec.vocabulary.spec import Spec


def plan_alerting_rules(spec: Spec) -> tuple[Group, ...]:
    """Every alerting rule in its group, in the order of declaration."""
    evaluation = objectives.clock(spec.deployment).evaluation
    own = [(alert.group or f"{spec.name}_alerts", evaluation, _rule(spec, alert)) for alert in spec.alerts]
    return grouped([*own, *_tiers(spec, evaluation)])


def _rule(spec: Spec, alert: Alert) -> AlertRule:
    labels = {"severity": str(alert.severity), "spec": spec.name, "team": alert.team or spec.owner}
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


def _tiers(spec: Spec, evaluation: str) -> Iterator[tuple[str, str, AlertRule]]:
    clock = objectives.clock(spec.deployment)
    for slo in spec.slos:
        queries = SloQueries(slo, spec.name, clock, spec.error_codes)
        labels = (("spec", spec.name), ("team", slo.team or spec.owner))
        for tier in objectives.tiers(slo, clock):
            alert = tier_alert(queries, tier, labels, tuple(links(spec, slo).items()))
            yield naming.slo_group(slo.name, "alerts"), evaluation, alert


def links(spec: Spec, item: Alert | SLO) -> dict[str, str]:
    """The annotations `runbook_url` and `dashboard_url` of an alert, as far as the spec says where things are."""
    found: dict[str, str] = {}
    deployment = spec.deployment
    if isinstance(item.runbook, Runbook):
        base = (deployment.runbook_base_url if deployment else None) or "runbooks"
        found["runbook_url"] = f"{base.rstrip('/')}/{item.runbook.name}.md"
    elif item.runbook:
        found["runbook_url"] = item.runbook
    dashboard = next((d for d in spec.dashboards if d.title == item.dashboard), None)
    if dashboard is not None and deployment is not None and deployment.dashboard_base_url:
        uid = dashboard.uid or naming.dashboard_uid(spec.name, dashboard.title)
        found["dashboard_url"] = f"{deployment.dashboard_base_url.rstrip('/')}/d/{uid}"
    return found
