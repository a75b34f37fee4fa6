"""Decides what the catalog lists: everything a spec declares, with its names, values and numbers."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from promspec import naming, objectives
from promspec.cardinality import Costs, metric_series, sample_limit
from promspec.objectives import Clock
from promspec.plan.catalog_entries import (
    CodeEntry,
    DashboardEntry,
    LabelEntry,
    MetricEntry,
    OperationEntry,
    PanelEntry,
    RuleEntry,
    RunbookEntry,
    SloEntry,
    TierEntry,
)
from promspec.plan.recording_rules import plan_recording_rules
from promspec.plan.reference import AlertEntry, alert_entries, burns, holds, link_of
from promspec.plan.rules import Record
from promspec.plan.slis import condition
from promspec.plan.slos import budget_minutes
from promspec.promql import parse
from promspec.quantities import BASE_UNITS, bound, number, percent
from promspec.series import SpecSeries
from promspec.vocabulary.labels import Label
from promspec.vocabulary.metrics import Gauge, Histogram, Metric, Selector
from promspec.vocabulary.operations import Operation
from promspec.vocabulary.rules import RecordingRule
from promspec.vocabulary.slis import Availability, Freshness, Holds, Latency
from promspec.vocabulary.slos import SLO
from promspec.vocabulary.spec import Spec


@dataclass(frozen=True, slots=True)
class CatalogPlan:
    """Everything, in the order of declaration. `series` counts what the system exposes, exact where `closed`.

    A `sample_limit` of 0 is none.
    """

    title: str
    description: str
    owner: str
    job: str
    metrics: tuple[MetricEntry, ...]
    series: int
    closed: bool
    sample_limit: int
    codes: tuple[CodeEntry, ...]
    operations: tuple[OperationEntry, ...]
    rules: tuple[RuleEntry, ...]
    slos: tuple[SloEntry, ...]
    alerts: tuple[AlertEntry, ...]
    dashboards: tuple[DashboardEntry, ...]
    runbooks: tuple[RunbookEntry, ...]


def plan_catalog(spec: Spec) -> CatalogPlan:
    """The catalog of a spec: what it declares, and the rules and alerts made from that."""
    metrics = tuple(_metric(metric) for metric in spec.all_metrics)
    own = [metric for metric in metrics if not metric.external]
    return CatalogPlan(
        title=spec.display,
        description=spec.description,
        owner=spec.owner,
        job=spec.job,
        metrics=metrics,
        series=sum(metric.series for metric in own),
        closed=all(metric.closed for metric in own),
        sample_limit=sample_limit(spec),
        codes=_codes(spec),
        operations=tuple(_operation(operation) for operation in spec.each(Operation)),
        rules=_rules(spec),
        slos=tuple(_slo(slo, objectives.clock(spec.deployment)) for slo in spec.slos),
        alerts=alert_entries(spec),
        dashboards=_dashboards(spec),
        runbooks=tuple(
            RunbookEntry(runbook.title, naming.runbook_file(runbook.name), runbook.summary)
            for runbook in spec.all_runbooks
        ),
    )


def _metric(metric: Metric) -> MetricEntry:
    labels = tuple(_label(label) for label in metric.labels)
    buckets = (
        tuple(bound(value) for value in (*metric.bounds, Decimal("Infinity"))) if isinstance(metric, Histogram) else ()
    )
    return MetricEntry(
        name=metric.name,
        kind=_kind(metric),
        unit=metric.unit or _unit(metric.name),
        help=metric.help,
        labels=labels,
        buckets=buckets,
        series=metric_series(metric),
        closed=all(label.values for label in labels),
        external=metric.external,
    )


def _kind(metric: Metric) -> str:
    """The type; of a gauge also how the values of several processes become one, if not by adding them."""
    how = metric.aggregated_by if isinstance(metric, Gauge) and not metric.external else "sum"
    return metric.kind if how == "sum" else f"{metric.kind}, {'by' if how == 'process' else f'{how} over'} processes"


def _label(label: Label) -> LabelEntry:
    return LabelEntry(label.name, label.known_values, label.max_values or 0)


def _unit(name: str) -> str:
    """The base unit that ends the name, before `_total`."""
    last = name.removesuffix("_total").rpartition("_")[2]
    return last if last in BASE_UNITS else ""


def _codes(spec: Spec) -> tuple[CodeEntry, ...]:
    codes = spec.error_codes.codes.values() if spec.error_codes is not None else ()
    return tuple(
        CodeEntry(
            code.value,
            code.severity.value,
            code.help,
            code.action,
            tuple(match.exception for match in code.matches),
            code.spends_budget,
            *link_of(code.runbook),
        )
        for code in codes
    )


def _operation(operation: Operation) -> OperationEntry:
    parts = (operation.requests, operation.errors, operation.duration, operation.stages)
    requests, errors, duration, stages = (metric.name if metric is not None else "" for metric in parts)
    labels = tuple(label.name for label in operation.context_labels)
    return OperationEntry(operation.name, operation.help, requests, errors, duration, stages, labels)


def _rules(spec: Spec) -> tuple[RuleEntry, ...]:
    helps = {rule.name: rule.help for rule in spec.each(RecordingRule)}
    costs = Costs(spec, SpecSeries(spec))
    return tuple(
        RuleEntry(
            rule.record,
            group.name,
            group.interval,
            rule.expr,
            helps.get(rule.record, ""),
            costs.result(parse(rule.expr)),
        )
        for group in plan_recording_rules(spec)
        for rule in group.rules
        if isinstance(rule, Record)
    )


def _slo(slo: SLO, clock: Clock) -> SloEntry:
    runbook, runbook_title = link_of(slo.runbook)
    return SloEntry(
        name=slo.name,
        description=slo.description,
        indicator=_indicator(slo),
        objective=percent(slo.target),
        window=slo.window if slo.calendar is None else "calendar month",
        budget=percent(slo.error_budget),
        minutes=budget_minutes(slo),
        group_by=slo.group_labels,
        runbook=runbook,
        runbook_title=runbook_title,
        tiers=tuple(
            TierEntry(
                tier.name,
                naming.slo_alert(slo.name, tier.name),
                tier.severity.value,
                percent(tier.budget),
                burns(tier),
                holds(tier.for_),
            )
            for tier in objectives.tiers(slo, clock)
        ),
    )


def _indicator(slo: SLO) -> str:
    sli = slo.sli
    if isinstance(sli, Latency):
        unit = sli.metric.unit or _unit(sli.metric.name)
        series = f"{sli.histogram}" if isinstance(sli.histogram, Selector) else sli.metric.name
        return f"{series} at most {number(sli.below)}{f' {unit}' if unit else ''}"
    if isinstance(sli, Availability):
        operation = sli.operation
        errors = sli.errors if sli.errors is not None or operation is None else operation.errors
        requests = sli.requests if sli.requests is not None or operation is None else operation.requests
        return f"1 - {errors} / {requests}"
    if isinstance(sli, (Freshness, Holds)):
        return condition(sli)
    return f"1 - {sli.bad} / {sli.total}" if sli.bad is not None else f"{sli.good} / {sli.total}"


def _dashboards(spec: Spec) -> tuple[DashboardEntry, ...]:
    found = []
    for board in spec.dashboards:
        uid = board.uid or naming.dashboard_uid(spec.name, board.title)
        panels = tuple(
            PanelEntry(row.title, panel.title, panel.kind, getattr(panel, "unit", ""), panel.description)
            for row in board.rows
            for panel in row.panels
        )
        found.append(DashboardEntry(board.title, uid, naming.dashboard_file(uid), board.description, panels))
    return tuple(found)
