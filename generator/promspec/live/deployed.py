"""What a spec says is deployed: rule groups, Alertmanager's configuration, dashboards; each with its declaration."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import yaml

from promspec.check.rules import Owner, head
from promspec.live.contract import WHOLE, Key, Owners, Violation
from promspec.pipeline import shown_place
from promspec.plan.alerting_rules import plan_alerting_rules
from promspec.plan.alertmanager import plan_alertmanager
from promspec.plan.dashboards import plan_dashboards
from promspec.plan.recording_rules import plan_recording_rules
from promspec.plan.rules import AlertRule, Group, Record, in_one_file
from promspec.problems import Place
from promspec.render.alertmanager import render_alertmanager
from promspec.render.dashboards import render_dashboards
from promspec.series import SpecSeries
from promspec.vocabulary.spec import Spec

_ONE_FILE = ("mimir", "prometheus-operator")


@dataclass(frozen=True, slots=True)
class Deployed:
    """The parts. Declarations are by what a part is called: a rule, an SLO, a dashboard's uid."""

    spec: str
    job: str
    groups: tuple[Group, ...]
    alertmanager: dict[str, Any]
    dashboards: dict[str, dict[str, Any]]
    owners: Owners
    whole: Place
    has_routing: bool
    has_targets: bool

    def drift(self, id: str, name: str, summary: str, remedy: str, *, slo: str = "", aspect: str = "") -> Violation:
        """A drift at the place of what is meant by the name, else of the SLO it was made for."""
        owners = self.owners.get((name, "")) or self.owners.get((slo, "")) or ()
        place = shown_place(head(owners[0].place)) if owners and name + slo else self.whole
        keys = ((name, ""), (slo, ""))
        return Violation(id, name or self.spec, summary, remedy, place, aspect or name, keys)


def deployed(spec: Spec, source: str) -> Deployed:
    """What is generated from a sound spec for those who run it; `source` is the spec file's name."""
    series = SpecSeries(spec)
    plans = plan_dashboards(spec, series)
    files = {file.path: file.text for file in render_dashboards(plans, source)}
    configuration, _ = render_alertmanager(plan_alertmanager(spec), source)
    return Deployed(
        spec=spec.name,
        job=spec.job,
        groups=_groups(spec),
        alertmanager=yaml.safe_load(configuration.text),
        dashboards={plan.uid: json.loads(files[plan.file]) for plan in plans},
        owners=_owners(spec, series, {plan.title: plan.uid for plan in plans}),
        whole=shown_place(head(spec.place)),
        has_routing=spec.routing is not None,
        has_targets=spec.deployment is not None,
    )


def _groups(spec: Spec) -> tuple[Group, ...]:
    """The rule groups as they are loaded: where one document holds them all, under the names that they have in it."""
    found = (*plan_recording_rules(spec), *plan_alerting_rules(spec))
    target = spec.deployment.rule_target if spec.deployment is not None else "prometheus"
    return in_one_file(found) if target in _ONE_FILE else found


def _owners(spec: Spec, series: SpecSeries, uids: dict[str, str]) -> Owners:
    made: list[tuple[str, Owner]] = [(each.name, each.panel) for each in series.panel_records if each.panel is not None]
    made += [(each.name, each) for each in spec.recording_rules]
    made += [(each.name, each) for each in spec.slos]
    made += [(each.name, each) for each in spec.alerts]
    made += [(uids[board.title], board) for board in spec.dashboards if board.title in uids]
    made += [("routing", spec.routing)] if spec.routing is not None else []
    made += [(spec.deployment.job, spec.deployment)] if spec.deployment is not None else []
    found: dict[Key, tuple[Owner, ...]] = {WHOLE: (spec,)}
    for name, owner in made:
        found[name, ""] = (owner, *found.get((name, ""), ()))
    return found


def rule_name(rule: Record | AlertRule) -> str:
    """What a rule is called."""
    return rule.record if isinstance(rule, Record) else rule.alert


def rule_slo(rule: Record | AlertRule) -> str:
    """The SLO that a rule was made for, if it was."""
    return dict(rule.labels).get("slo", "")
