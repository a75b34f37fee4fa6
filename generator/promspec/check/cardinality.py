"""Rules on what things cost: budgets of series, and rules, alerts and panels whose cost is out of proportion."""

from __future__ import annotations

from collections.abc import Iterator

from promspec.cardinality import CLIENT_SERIES, Costs, exposed_series, metric_series, own_series
from promspec.check.expressions import Site, parsed, sites
from promspec.check.rules import Complaint, View, rule
from promspec.problems import Level
from promspec.promql import Expr
from promspec.vocabulary.alerts import Alert
from promspec.vocabulary.metrics import Metric
from promspec.vocabulary.panels import Query
from promspec.vocabulary.rules import RecordingRule

_RECORDED = 10_000
"""Series of each instance: as many as `label/cardinality` grants a metric. A rule is there to have fewer."""
_FIRING = 1_000
"""More than any team can be told of at once."""
_READ = 10_000
"""A panel reads them again at every refresh, for every person who looks, over the whole time range."""


@rule("metric/series-budget", Level.ERROR)
def metric_budget(view: View) -> Iterator[Complaint]:
    """A metric keeps within its budget of series, in each process."""
    for metric in view.each(Metric):
        if metric.series_budget is not None and metric_series(metric) > metric.series_budget:
            text = f"{metric.name} can make {metric_series(metric):,} series, its budget is {metric.series_budget:,}"
            yield metric, text, "drop a label, list fewer values, or raise series_budget"


@rule("spec/series-budget", Level.ERROR)
def spec_budget(view: View) -> Iterator[Complaint]:
    """All metrics of a system keep within its budget of series, for each process."""
    budget, found = view.spec.series_budget, exposed_series(view.spec)
    if budget is not None and found > budget:
        most = sorted(view.metrics, key=lambda metric: (-metric_series(metric), metric.name))[:3]
        text = f"the metrics can make {found:,} series, the budget is {budget:,}"
        named = ", ".join(f"{metric.name} {metric_series(metric):,}" for metric in most)
        yield view.spec, text, f"the most have {named}; drop a label there, or raise series_budget"


@rule("deployment/sample-limit", Level.ERROR)
def limit(view: View) -> Iterator[Complaint]:
    """A declared `sample_limit` has room for every series that the metrics can have."""
    deployment = view.spec.deployment
    if deployment is None or deployment.broken or not deployment.sample_limit:
        return
    needed = exposed_series(view.spec) + own_series(view.spec) + CLIENT_SERIES
    if deployment.sample_limit < needed:
        text = f"a scrape can have {needed:,} samples, and beyond {deployment.sample_limit:,} Prometheus refuses it"
        yield deployment, text, "leave sample_limit out, or raise it"


@rule("rule/cardinality", Level.WARNING)
def recorded(view: View) -> Iterator[Complaint]:
    """A recording rule yields at most 10,000 series of each instance."""
    costs = Costs(view.spec, view.series)
    for site, expr in _expressions(view, RecordingRule):
        found = costs.result(expr) if costs.reads(expr) > _RECORDED else 0  # nothing yields more than it reads
        if found > _RECORDED:
            text = f"the rule {site.owner} can record {found:,} series"
            yield site.owner, text, "aggregate away the labels that nobody asks for, such as sum without (…)"


@rule("alert/cardinality", Level.WARNING)
def firing(view: View) -> Iterator[Complaint]:
    """At most 1,000 series of each instance can fire one alert at once."""
    costs = Costs(view.spec, view.series)
    for site, expr in _expressions(view, Alert):
        found = costs.result(expr) if costs.reads(expr) > _FIRING else 0
        if found > _FIRING:
            text = f"the alert {site.owner} can fire for {found:,} series at once"
            yield site.owner, text, "aggregate to what somebody would act on, and name the worst in the description"


@rule("panel/cardinality", Level.WARNING)
def read(view: View) -> Iterator[Complaint]:
    """A query of a panel reads at most 10,000 series of each instance."""
    costs = Costs(view.spec, view.series)
    for site, expr in _expressions(view, Query):
        found = costs.reads(expr)
        if found > _READ:
            text = f"{site.what} reads {found:,} series of each instance at every refresh"
            shown = costs.result(expr)
            remedy = f"it shows {shown:,}: record them with a RecordingRule" if shown < found else "select fewer"
            yield site.owner, text, remedy


def _expressions(view: View, word: type) -> Iterator[tuple[Site, Expr]]:
    for site in sites(view):
        expr = parsed(site) if isinstance(site.owner, word) else None
        if expr is not None:
            yield site, expr
