"""What a spec says is deployed: rule groups, Alertmanager's configuration, dashboards; each with its declaration."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import yaml

from promspec.check.rules import head
from promspec.live.contract import Violation
from promspec.pipeline import shown_place
from promspec.plan.alerting_rules import plan_alerting_rules
from promspec.plan.alertmanager import plan_alertmanager
from promspec.plan.dashboards import plan_dashboards
from promspec.plan.recording_rules import plan_recording_rules
from promspec.plan.rules import AlertRule, Group, Record
from promspec.problems import Place
from promspec.render.alertmanager import render_alertmanager
from promspec.render.dashboards import render_dashboards
from promspec.series import SpecSeries
from promspec.vocabulary.spec import Spec


@dataclass(frozen=True, slots=True)
class Deployed:
    """The parts. Places are by what a part is called: a rule, an SLO, a dashboard's uid."""

    spec: str
    job: str
    groups: tuple[Group, ...]
    alertmanager: dict[str, Any]
    dashboards: dict[str, dict[str, Any]]
    places: dict[str, Place]
    whole: Place
    has_routing: bool
    has_targets: bool

    def drift(self, id: str, name: str, summary: str, remedy: str, *, slo: str = "", aspect: str = "") -> Violation:
        """A drift at the place of what is meant by the name, else of the SLO it was made for."""
        place = self.places.get(name) or self.places.get(slo) or self.whole
        return Violation(id, name or self.spec, summary, remedy, place, aspect or name)


def deployed(spec: Spec, source: str) -> Deployed:
    """What is generated from a sound spec for those who run it; `source` is the spec file's name."""
    series = SpecSeries(spec)
    plans = plan_dashboards(spec, series)
    files = {file.path: file.text for file in render_dashboards(plans, source)}
    configuration, _ = render_alertmanager(plan_alertmanager(spec), source)
    return Deployed(
        spec=spec.name,
        job=spec.job,
        groups=(*plan_recording_rules(spec), *plan_alerting_rules(spec)),
        alertmanager=yaml.safe_load(configuration.text),
        dashboards={plan.uid: json.loads(files[plan.file]) for plan in plans},
        places=_places(spec, series, {plan.title: plan.uid for plan in plans}),
        whole=shown_place(head(spec.place)),
        has_routing=spec.routing is not None,
        has_targets=spec.deployment is not None,
    )


def _places(spec: Spec, series: SpecSeries, uids: dict[str, str]) -> dict[str, Place]:
    found = {rate.name: rate.panel.place for rate in series.panel_rates if rate.panel is not None}
    found |= {rule.name: rule.place for rule in spec.recording_rules}
    found |= {slo.name: slo.place for slo in spec.slos}
    found |= {alert.name: alert.place for alert in spec.alerts}
    found |= {uids[board.title]: board.place for board in spec.dashboards if board.title in uids}
    if spec.routing is not None:
        found["routing"] = spec.routing.place
    if spec.deployment is not None:
        found[spec.deployment.job] = spec.deployment.place
    return {name: shown_place(head(place)) for name, place in found.items()}


def rule_name(rule: Record | AlertRule) -> str:
    """What a rule is called."""
    return rule.record if isinstance(rule, Record) else rule.alert


def rule_slo(rule: Record | AlertRule) -> str:
    """The SLO that a rule was made for, if it was."""
    return dict(rule.labels).get("slo", "")
