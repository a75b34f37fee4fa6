"""Builds the graph of a checked spec: its declarations, the rules and alerts planned from them, and who is told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from promspec import naming, objectives
from promspec.lineage.building import Builder
from promspec.lineage.model import Graph, Node
from promspec.lineage.notifying import notifications
from promspec.lineage.reading import expression
from promspec.panel_records import by_recorded
from promspec.plan.alerting_rules import plan_alerting_rules
from promspec.plan.grafana.variables import variable_names
from promspec.plan.recording_rules import plan_recording_rules
from promspec.plan.rules import AlertRule, Record
from promspec.promql import Expr
from promspec.series import SpecSeries
from promspec.vocabulary.alerts import Alert
from promspec.vocabulary.base import Declaration
from promspec.vocabulary.dashboards import Dashboard
from promspec.vocabulary.deployment import Deployment
from promspec.vocabulary.labels import Label
from promspec.vocabulary.operations import Operation
from promspec.vocabulary.panels import Panel
from promspec.vocabulary.runbooks import Runbook
from promspec.vocabulary.slis import Availability
from promspec.vocabulary.slos import SLO
from promspec.vocabulary.spec import Spec


def graph_of(spec: Spec) -> Graph:
    """The lineage of a spec without errors.

    >>> from promspec import Counter, Spec
    >>> requests = Counter("requests_total", "Finished requests.")
    >>> [str(node) for node in graph_of(Spec("shop", owner="web", metrics=[requests])).named("requests_total")]
    ['counter requests_total']
    """
    builder = Builder(SpecSeries(spec))
    _declare(spec, builder)
    records = [rule for group in plan_recording_rules(spec) for rule in group.rules if isinstance(rule, Record)]
    alerts = [rule for group in plan_alerting_rules(spec) for rule in group.rules if isinstance(rule, AlertRule)]
    _record(spec, builder, records)
    placed = _alert(spec, builder, alerts)
    _look(spec, builder)
    notifications(spec, builder, placed)
    return builder.graph()


def _declare(spec: Spec, builder: Builder) -> None:
    """What is there before any expression: labels, codes, metrics and what moves them, runbooks, SLOs, dashboards."""
    for label in spec.each(Label):
        builder.label(label)
    for runbook in spec.all_runbooks:
        builder.add("runbook", runbook.name, runbook.place, of=runbook, aliases=[runbook.title])
    _codes(spec, builder)
    for operation in spec.each(Operation):
        builder.add("operation", operation.name, operation.place, of=operation)
    for event in spec.events:
        node = builder.add("event", event.name, event.place, of=event)
        for label in event.metadata_labels:
            builder.link(node, label, "carries", ends=True)
    for metric in spec.all_metrics:
        node = builder.add(metric.kind, metric.name, metric.place, of=metric, aliases=metric.series)
        builder.exposes(node, metric)
    _movements(spec, builder)
    for check in spec.health_checks:
        builder.add("health check", check.name, check.place, of=check)
    for dashboard in spec.dashboards:
        uid = [dashboard.uid] if dashboard.uid else []
        node = builder.add("dashboard", dashboard.title, dashboard.place, of=dashboard, aliases=uid)
        for label in dashboard.variables:
            builder.link(node, label, "varies by")


def _codes(spec: Spec, builder: Builder) -> None:
    taxonomy = spec.error_codes
    if taxonomy is None:
        return
    found = []
    for member, code in taxonomy.codes.items():
        node = builder.add("code", code.value, code.place, of=code, aliases=[member], value_of=taxonomy.label.name)
        builder.link(node, code.runbook, "leads to", quiet=True, ends=True)
        builder.link(builder.node(taxonomy.label), node, "includes", quiet=True, ends=True)
        found.append(node)
    builder.codes = tuple(found)


def _movements(spec: Spec, builder: Builder) -> None:
    """Metrics are made from what moves them: without it they would stay as they are."""
    for operation in spec.each(Operation):
        for metric in (operation.requests, operation.errors, operation.duration, operation.stages):
            builder.link(builder.node(metric), operation, "is kept by")
    for event in spec.events:
        for update in event.updates:
            builder.link(builder.node(update.metric), event, "is moved by")


def _record(spec: Spec, builder: Builder, records: Sequence[Record]) -> None:
    own = {(rule.name, rule.expr, tuple(rule.labels.items())): rule for rule in spec.recording_rules}
    slos = {slo.name: slo for slo in spec.slos}
    panels = {each.name: each.panel for each in builder.registry.panel_records}
    for promise in spec.slos:
        _slo(builder, promise)
    placed: list[tuple[Node, Record, SLO | None]] = []
    for record in records:
        rule = own.get((record.record, record.expr, record.labels))
        labels = dict(record.labels)
        slo: SLO | None = slos.get(labels.get("slo", "")) if rule is None else None
        by: Declaration | None = rule or slo or panels.get(record.record)
        shown = labels if slo is None else {"slo": slo.name}
        detail = "{" + ", ".join(f'{name}="{value}"' for name, value in shown.items()) + "}" if shown else ""
        node = builder.add("recording rule", record.record, by.place if by else None, of=rule, detail=detail)
        builder.records(node, record.record, labels)
        if slo is not None and record.record in _first_recorded(spec):
            builder.link(node, slo, "is recorded for")
        placed.append((node, record, slo))
    for node, record, of in placed:
        builder.reads(node, _expressions([record.expr]), metrics=builder.node(of))


def _first_recorded(spec: Spec) -> tuple[str, ...]:
    """What is recorded of an SLO from elsewhere; the rest is recorded from these."""
    base = objectives.clock(spec.deployment).base
    return naming.SLO_TOTAL + base, naming.SLO_BAD + base, naming.SLO_OBJECTIVE


def _slo(builder: Builder, slo: SLO) -> None:
    node = builder.add("SLO", slo.name, slo.place, of=slo)
    builder.link(node, slo.runbook, "leads to", quiet=True, ends=True)
    if isinstance(slo.sli, Availability):
        builder.link(node, slo.sli.operation, "measures")
    for label in slo.group_by:
        builder.link(node, label, "is grouped by")


def _alert(spec: Spec, builder: Builder, alerts: Sequence[AlertRule]) -> tuple[tuple[Node, AlertRule], ...]:
    own = {(alert.name, alert.expr, str(alert.severity)): alert for alert in spec.alerts}
    slos = {slo.name: slo for slo in spec.slos}
    placed = []
    for rule in alerts:
        labels = dict(rule.labels)
        alert = own.get((rule.alert, rule.expr, labels.get("severity", "")))
        slo: SLO | None = slos.get(labels.get("slo", "")) if alert is None else None
        by: Alert | SLO | Deployment | None = alert or slo or spec.deployment
        node = builder.add("alert", rule.alert, by.place if by else None, of=alert)
        builder.link(node, slo, "watches")
        texts = [text for _, text in rule.annotations]
        builder.reads(node, _expressions([rule.expr]), texts, metrics=builder.node(slo))
        _leads(spec, builder, node, by)
        placed.append((node, rule))
    return tuple(placed)


def _leads(spec: Spec, builder: Builder, node: Node, by: Alert | SLO | Deployment | None) -> None:
    """The runbook and the dashboard that an alert's text leads to."""
    absence = isinstance(by, Deployment)
    runbook = getattr(by, "absence_runbook" if absence else "runbook", None)
    title = getattr(by, "absence_dashboard" if absence else "dashboard", None)
    builder.link(node, runbook if isinstance(runbook, Runbook) else None, "leads to", quiet=True, ends=True)
    board = next((board for board in spec.dashboards if board.title == title), None)
    builder.link(node, board, "leads to", quiet=True, ends=True)


def _look(spec: Spec, builder: Builder) -> None:
    """What people look at: panels, and the queries of runbooks."""
    for dashboard in spec.dashboards:
        for panel in (panel for row in dashboard.rows for panel in row.panels):
            node = _panel(builder, panel, dashboard, spec)
            builder.link(builder.node(dashboard), node, "holds")
    for runbook in spec.all_runbooks:
        runbook_node = builder.node(runbook)
        assert runbook_node is not None
        builder.reads(runbook_node, _expressions(runbook.detection.values()))


def _panel(builder: Builder, panel: Panel, board: Dashboard, spec: Spec) -> Node:
    node = builder.add("panel", panel.title, panel.place, of=panel, detail=f"({board.title})")
    names = variable_names(board)
    asked = (by_recorded(query, panel, board, spec, builder.registry, names) for query in panel.queries_)
    exprs = _expressions(asked, templated=True)
    builder.reads(node, exprs, [query.legend for query in panel.queries_])
    return node


def _expressions(texts: Iterable[str], templated: bool = False) -> list[Expr]:
    found = (expression(text, templated) for text in texts)
    return [expr for expr in found if expr is not None]
