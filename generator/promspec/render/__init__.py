"""render: a plan becomes files. Nothing is decided here; each artefact has its module."""

from __future__ import annotations

from promspec.files import GeneratedFile
from promspec.plan import Plan
from promspec.render.alerting_rules import render_alerting_rules
from promspec.render.alertmanager import render_alertmanager
from promspec.render.catalog import render_catalog
from promspec.render.contract_tests import render_contract_tests
from promspec.render.dashboards import render_dashboards
from promspec.render.deployment import render_deployment
from promspec.render.instrumentation import render_instrumentation
from promspec.render.recording_rules import render_recording_rules
from promspec.render.rule_tests import render_rule_tests
from promspec.render.rules import groups
from promspec.render.runbooks import render_runbooks


def render(plan: Plan) -> tuple[GeneratedFile, ...]:
    """Every file of every artefact."""
    source = plan.source
    dashboards = render_dashboards(plan.dashboards, source)
    rules = groups(plan.rule_groups)
    boards = {board.uid: file.text for board in plan.dashboards for file in dashboards if file.path == board.file}
    return (
        *render_instrumentation(plan.instrumentation, source),
        *render_recording_rules(plan.recording_rules, source),
        *render_alerting_rules(plan.alerting_rules, source),
        *dashboards,
        *render_contract_tests(plan.contract_tests, source),
        *render_rule_tests(plan.rule_tests, source),
        *render_alertmanager(plan.alertmanager, source),
        *render_runbooks(plan.runbooks, source),
        *render_deployment(plan.deployment, source, rules, boards),
        *render_catalog(plan.catalog, source),
    )
