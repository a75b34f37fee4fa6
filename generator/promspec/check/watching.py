"""Rules on what nobody looks at: metrics that no alert, SLO, rule, panel or runbook reads."""

from __future__ import annotations

from collections.abc import Iterator

from promspec.check.expressions import parsed, sites
from promspec.check.indicators import measured
from promspec.check.rules import Complaint, View, rule
from promspec.judging.recording import read_of
from promspec.problems import Level
from promspec.vocabulary.slos import SLO


@rule("metric/unwatched", Level.INFO)
def unwatched(view: View) -> Iterator[Complaint]:
    """An alert, an SLO, a rule, a panel or a runbook reads every metric, where the spec has dashboards or SLOs."""
    if not view.spec.dashboards and not view.spec.slos:
        return  # who watches by other means has no such place
    every = [series for metric in view.metrics for series in metric.series]
    read = {name for site in sites(view) for name in read_of(every, parsed(site), site.text)}
    read |= {metric.name for slo in view.each(SLO) for metric in measured(slo)}
    for metric in view.metrics:
        if metric.kind != "info" and not read & {metric.name, *metric.series}:
            remedy = "show it on a dashboard, or take it out"
            yield metric, f"nothing reads the metric {metric.name}", remedy
