"""Rules on SLOs: that they can be measured, that every tier can fire, and that none fires without need."""

from __future__ import annotations

from collections.abc import Iterator

from promspec import objectives
from promspec.check.rules import Complaint, View, rule
from promspec.objectives import BurnTier
from promspec.problems import Level, near_miss, one_of
from promspec.quantities import bound, milliseconds, number, percent
from promspec.vocabulary.metrics import HistogramSeries, Metric, Selector
from promspec.vocabulary.selectors import TARGET_LABELS
from promspec.vocabulary.slos import SLO, Availability, Latency


@rule("slo/threshold-not-a-bucket", Level.ERROR)
def threshold_is_a_bucket(view: View) -> Iterator[Complaint]:
    """The threshold of a latency SLO is a bucket of its histogram: between two buckets nothing is known."""
    for slo in view.each(SLO):
        if isinstance(slo.sli, Latency) and slo.sli.below not in slo.sli.metric.bounds:
            bounds = [bound(value) for value in slo.sli.metric.bounds]
            nearest = min(slo.sli.metric.bounds, key=lambda value: abs(value - slo.sli.below))
            text = f"the SLO {slo.name} asks for {number(slo.sli.below)}, which is no bucket of {slo.sli.metric.name}"
            remedy = f"write below={bound(nearest)}, or add the bucket; there are {one_of(bounds, 20)}"
            yield slo, text, remedy


@rule("slo/group-label", Level.ERROR)
def group_labels(view: View) -> Iterator[Complaint]:
    """Every label an SLO is grouped by is a label of the metrics that measure it."""
    for slo in view.each(SLO):
        for name in slo.group_labels:
            lacking = [metric for metric in _measured(slo) if not metric.external and name not in _labels(metric)]
            if lacking:
                known = _labels(lacking[0])
                remedy = near_miss(name, known) or f"its labels are {one_of(known)}"
                yield slo, f"the SLO {slo.name} is grouped by {name}, which {lacking[0].name} does not have", remedy


def _labels(metric: Metric) -> tuple[str, ...]:
    return (*metric.label_names, *TARGET_LABELS)


def _measured(slo: SLO) -> list[Metric]:
    sli = slo.sli
    parts: list[object]
    if sli.broken or (isinstance(sli, Availability) and sli.operation is not None and sli.operation.broken):
        return []
    if isinstance(sli, Latency):
        parts = [sli.metric]
    elif isinstance(sli, Availability):
        operation = sli.operation
        own = [operation.requests, operation.errors] if operation else [None, None]
        parts = [sli.requests or own[0], sli.errors or own[1]]
    else:
        parts = [sli.bad or sli.good, sli.total]
    found = []
    for part in parts:
        metric = part.metric if isinstance(part, Selector) else part
        metric = metric.histogram if isinstance(metric, HistogramSeries) else metric
        if isinstance(metric, Metric):
            found.append(metric)
    return found


@rule("slo/counts-gauge", Level.ERROR)
def counts_gauge(view: View) -> Iterator[Complaint]:
    """What an SLO counts is a counter."""
    for slo in view.each(SLO):
        for metric in _measured(slo):
            if metric.kind not in ("counter", "histogram"):
                text = f"the SLO {slo.name} counts events by {metric.name}, a {metric.kind}"
                yield slo, text, "give a counter, or PromQL over a range written $window"


def _each_tier(view: View) -> Iterator[tuple[SLO, BurnTier]]:
    clock = objectives.clock(view.spec.deployment)
    for slo in view.each(SLO):
        if not any(tier.broken for tier in slo.tiers or ()):
            for tier in objectives.tiers(slo, clock):
                yield slo, tier


@rule("slo/tier-cannot-fire", Level.WARNING)
def tier_cannot_fire(view: View) -> Iterator[Complaint]:
    """A tier's threshold is below 100 % of the events."""
    for slo, tier in _each_tier(view):
        if tier.threshold >= 1:
            text = (
                f"the tier {tier.name} of {slo.name} can never fire: it waits for more than {percent(tier.threshold)}"
            )
            yield slo, text, f"raise the objective of {number(slo.objective)} %, or list tiers=[…] with a longer window"


@rule("slo/tier-factor-below-one", Level.WARNING)
def tier_factor(view: View) -> Iterator[Complaint]:
    """No tier fires while the service keeps within its budget."""
    for slo, tier in _each_tier(view):
        if tier.factor < 1:
            text = f"the tier {tier.name} of {slo.name} fires within budget, at {number(tier.factor)} times its rate"
            yield slo, text, f"shorten its long window of {tier.long}, or raise budget={number(tier.budget)}"


@rule("slo/tier-window", Level.ERROR)
def tier_window(view: View) -> Iterator[Complaint]:
    """A tier's windows are longer than the base window, and shorter than the SLO's."""
    base = objectives.clock(view.spec.deployment).base
    for slo, tier in _each_tier(view):
        if milliseconds(tier.short) < milliseconds(base):
            text = (
                f"the short window of {tier.name} of {slo.name}, {tier.short}, is shorter than the base window {base}"
            )
            yield slo, text, "lengthen it, or scrape more often: the base window is four scrapes"
        if milliseconds(tier.long) > milliseconds(slo.window):
            text = f"the long window of {tier.name} of {slo.name}, {tier.long}, is longer than the SLO's {slo.window}"
            yield slo, text, "shorten the tier's windows"


@rule("slo/tier-duplicate", Level.ERROR)
def tier_duplicate(view: View) -> Iterator[Complaint]:
    """Each tier of an SLO has its own name."""
    for slo in view.each(SLO):
        names = [tier.name for tier in objectives.tiers(slo)]
        for name in dict.fromkeys(name for name in names if names.count(name) > 1):
            yield slo, f"the SLO {slo.name} has two tiers {name}", "rename one of them"


@rule("slo/no-runbook", Level.WARNING)
def slo_runbook(view: View) -> Iterator[Complaint]:
    """The alerts of an SLO lead to a runbook."""
    for slo in view.each(SLO):
        if slo.runbook is None:
            yield slo, f"the SLO {slo.name} has no runbook, so its pages lead nowhere", "write runbook=…"
