"""plan: a checked spec becomes decisions, as frozen plain values. Each artefact has its module."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from promspec.plan.alerting_rules import plan_alerting_rules
from promspec.plan.alertmanager import AlertmanagerPlan, plan_alertmanager
from promspec.plan.catalog import CatalogPlan, plan_catalog
from promspec.plan.contract_tests import ContractPlan, plan_contract_tests
from promspec.plan.dashboards import DashboardPlan, plan_dashboards
from promspec.plan.deployment import DeploymentPlan, plan_deployment
from promspec.plan.instrumentation import InstrumentationPlan, plan_instrumentation
from promspec.plan.recording_rules import plan_recording_rules
from promspec.plan.rule_tests import RuleTestsPlan, plan_rule_tests
from promspec.plan.rules import Group, in_one_file
from promspec.plan.runbooks import RunbookPlan, plan_runbooks
from promspec.proofs.memory import Memory
from promspec.series import SpecSeries
from promspec.vocabulary.spec import Spec


@dataclass(frozen=True, slots=True)
class Plan:
    """Every decision about one spec's artefacts. Fields are the artefacts, under the names they keep to the end."""

    spec: str
    source: str
    instrumentation: InstrumentationPlan
    recording_rules: tuple[Group, ...]
    alerting_rules: tuple[Group, ...]
    dashboards: tuple[DashboardPlan, ...]
    contract_tests: ContractPlan
    rule_tests: RuleTestsPlan
    alertmanager: AlertmanagerPlan
    runbooks: tuple[RunbookPlan, ...]
    deployment: DeploymentPlan
    catalog: CatalogPlan

    @property
    def rule_groups(self) -> tuple[Group, ...]:
        """The groups of both rule files, for one file that holds them all."""
        return in_one_file((*self.recording_rules, *self.alerting_rules))

    def as_json(self) -> str:
        """The plan as JSON, keys in the order of the fields."""
        return json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n"


def plan(spec: Spec, source: str, memory: Memory | None = None) -> Plan:
    """Decide everything. `spec` has no errors; `source` is its file's name; `memory` holds proofs found before."""
    series = SpecSeries(spec)
    instrumentation = plan_instrumentation(spec)
    recording_rules = plan_recording_rules(spec)
    alerting_rules = plan_alerting_rules(spec)
    return Plan(
        spec=spec.name,
        source=source,
        instrumentation=instrumentation,
        recording_rules=recording_rules,
        alerting_rules=alerting_rules,
        dashboards=plan_dashboards(spec, series),
        contract_tests=plan_contract_tests(spec, instrumentation),
        rule_tests=plan_rule_tests(spec, recording_rules, alerting_rules, memory=memory),
        alertmanager=plan_alertmanager(spec),
        runbooks=plan_runbooks(spec),
        deployment=plan_deployment(spec),
        catalog=plan_catalog(spec),
    )
