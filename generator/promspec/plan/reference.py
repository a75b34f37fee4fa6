"""What the documents say of each alert, written or generated: severity, condition in words, where it leads."""

from __future__ import annotations

from dataclasses import dataclass

from promspec import naming, objectives
from promspec.cardinality import Costs
from promspec.plan.alerting_rules import plan_alerting_rules
from promspec.plan.rules import AlertRule
from promspec.plan.slo_alerts import EXHAUSTED, FORECAST, budget_span
from promspec.promql import parse
from promspec.quantities import milliseconds, number, percent, spoken
from promspec.series import SpecSeries
from promspec.vocabulary.alerts import Alert
from promspec.vocabulary.runbooks import Runbook
from promspec.vocabulary.spec import Spec


@dataclass(frozen=True, slots=True)
class AlertEntry:
    """An alert as the documents show it.

    `condition` is in words and may be empty, `for_` is a duration, `holds` says the same in words. `runbook` is a path
    in the output folder, an address, or empty; `runbook_title` is what the link says. `series` is how many can fire at
    once, for each instance.
    """

    name: str
    severity: str
    for_: str
    holds: str
    condition: str
    expr: str
    summary: str
    runbook: str
    runbook_title: str
    series: int


def alert_entries(spec: Spec) -> tuple[AlertEntry, ...]:
    """Every alert that the rules hold: the spec's own, the tiers of its SLOs, whatever else was planned."""
    rules = [rule for group in plan_alerting_rules(spec) for rule in group.rules if isinstance(rule, AlertRule)]
    links: dict[str, Runbook | str | None] = {alert.name: alert.runbook for alert in spec.each(Alert)}
    words: dict[str, str] = {}
    clock = objectives.clock(spec.deployment)
    for slo in spec.slos:
        for tier in objectives.tiers(slo, clock):
            name = naming.slo_alert(slo.name, tier.name)
            links.setdefault(name, slo.runbook)
            words.setdefault(name, burns(tier))
        for what, said in ((EXHAUSTED, "nothing remains"), (FORECAST, "at the present speed nothing will remain")):
            name = naming.slo_budget_alert(slo.name, what)
            links.setdefault(name, slo.runbook)
            words.setdefault(name, f"{said} of the error budget of the {budget_span(slo)}")
    if spec.deployment is not None:
        for what in ("Absent", "HeartbeatMissing"):
            links.setdefault(naming.absence_alert(spec.name, what), spec.deployment.absence_runbook)
    costs = Costs(spec, SpecSeries(spec))
    return tuple(_entry(spec, rule, links, words.get(rule.alert, ""), costs.result(parse(rule.expr))) for rule in rules)


def _entry(
    spec: Spec, rule: AlertRule, links: dict[str, Runbook | str | None], condition: str, series: int
) -> AlertEntry:
    labels, annotations = dict(rule.labels), dict(rule.annotations)
    target = links[rule.alert] if rule.alert in links else _by_link(spec, annotations.get("runbook_url", ""))
    path, title = link_of(target)
    return AlertEntry(
        name=rule.alert,
        severity=labels.get("severity", ""),
        for_=rule.for_,
        holds=holds(rule.for_, rule.keep_firing_for),
        condition=condition,
        expr=rule.expr,
        summary=annotations.get("summary", ""),
        runbook=path,
        runbook_title=title,
        series=series,
    )


def _by_link(spec: Spec, address: str) -> Runbook | str:
    """The runbook that an alert's link leads to, else the link."""
    return next((book for book in spec.all_runbooks if address.endswith(f"/{book.name}.md")), address)


def link_of(runbook: Runbook | str | None) -> tuple[str, str]:
    """A runbook's path in the output folder and its title; an address stands for both."""
    if isinstance(runbook, Runbook):
        return naming.runbook_file(runbook.name), runbook.title
    return runbook or "", runbook or ""


def holds(duration: str, keep_firing_for: str | None = None) -> str:
    """How long a condition must last, in words."""
    first = "at once" if milliseconds(duration) == 0 else f"after {spoken(duration)}"
    return first if keep_firing_for is None else f"{first}, and {spoken(keep_firing_for)} beyond its end"


def burns(tier: objectives.BurnTier) -> str:
    """When a tier fires, in words."""
    times = "" if tier.factor == 1 else f"{number(tier.factor)} times "
    return (
        f"more than {percent(tier.threshold)} of the events fail, over {spoken(tier.short)} and over "
        f"{spoken(tier.long)}: {times}the speed that spends the whole budget by the period's end"
    )
