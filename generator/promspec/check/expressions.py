"""Rules on PromQL: that every expression parses, and that every metric, label and value in it exists."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from promspec.check.places import locate
from promspec.check.rules import Finding, Owner, View, parsed_text, rule
from promspec.judging.grades import of_finding
from promspec.problems import Level, Problem
from promspec.promql import (
    Expr,
    Inference,
    PromQLError,
    infer,
    kind,
    parse,
    unsupported,
)
from promspec.promql import Finding as Inferred
from promspec.vocabulary.alerts import Alert
from promspec.vocabulary.dashboards import Dashboard
from promspec.vocabulary.rules import RecordingRule
from promspec.vocabulary.runbooks import Runbook
from promspec.vocabulary.slis import Availability, Freshness, Indicator, Latency, Ratio
from promspec.vocabulary.slos import SLO

_LANGUAGE = "the language: https://prometheus.io/docs/prometheus/latest/querying/basics/"


@dataclass(frozen=True)
class Site:
    """One expression of the spec: its text, where it stands, and what must be true of its result."""

    text: str
    what: str
    owners: tuple[Owner, ...]
    templated: bool = False
    instant: bool = True
    labels_added: tuple[str, ...] = field(default=())

    @property
    def owner(self) -> Owner:
        """The declaration that holds the expression."""
        return self.owners[0]


def sites(view: View) -> tuple[Site, ...]:
    """Every expression that a spec holds, but those that name what is broken, in the order of the artefacts."""
    if "sites" not in view.kept:
        view.kept["sites"] = tuple(_sound_sites(view))
    return view.kept["sites"]


def _sound_sites(view: View) -> Iterator[Site]:
    broken = [getattr(item, "name", None) for item in view.declarations if getattr(item, "broken", False)]
    for site in _all_sites(view):
        if not any(name is not None and str(name) and str(name) in site.text for name in broken):
            yield site


def _all_sites(view: View) -> Iterator[Site]:
    for rule_ in view.each(RecordingRule):
        yield Site(rule_.expr, f"the rule {rule_.name}", (rule_,))
    for slo in view.each(SLO):
        for part in _parts(slo.sli):
            if isinstance(part, str):
                yield Site(with_window(part), f"the SLO {slo.name}", (slo.sli, slo))
    for alert in view.each(Alert):
        yield Site(alert.expr, f"the alert {alert.name}", (alert,))
    for dashboard in view.each(Dashboard):
        for row in dashboard.rows:
            for panel in row.panels:
                for query in panel.queries_:
                    yield Site(query.expr, f"the panel {panel.title!r}", (query, panel, row, dashboard), templated=True)
    for runbook in view.each(Runbook):
        for question, text in runbook.detection.items():
            yield Site(text, f"the runbook {runbook.name}, {question!r}", (runbook,), instant=False)


def _parts(sli: Indicator) -> tuple[object, ...]:
    """What an indicator may have as PromQL."""
    if sli.broken or isinstance(sli, (Availability, Latency)):
        return ()
    if isinstance(sli, Ratio):
        return sli.bad, sli.good, sli.total
    return (sli.timestamp if isinstance(sli, Freshness) else sli.condition,)


def with_window(text: str, window: str = "5m") -> str:
    """An SLI's expression with a range for `$window`, or Sloth's `{{.window}}`."""
    for placeholder in ("$window", "${window}", "{{.window}}", "{{ .window }}"):
        text = text.replace(placeholder, window)
    return text


def parsed(site: Site) -> Expr | None:
    """The expression, or None where it does not parse (which has its own problem)."""
    return parsed_text(site.text, site.templated)


def inferred(view: View, site: Site) -> Inference | None:
    """What is known of the expression's result, or None where it does not parse."""
    expr = parsed(site)
    return infer(expr, view.series) if expr is not None else None


@rule("promql/syntax", Level.ERROR)
def syntax(view: View) -> Iterator[Finding]:
    """Every expression is PromQL that Prometheus accepts."""
    for site in sites(view):
        try:
            parse(site.text, templated=site.templated)
        except PromQLError as error:
            where, remedy = f"{site.what}: {error.message}", error.remedy or _LANGUAGE
            printed = re.search(r"<(bound method|class|function) ", site.text)
            if printed is not None and printed.start() <= error.end:
                where = f"{site.what}: a Python {printed.group(1).split()[-1]} was printed into the expression"
                remedy = "call it, or name one of its declarations"
            if isinstance(site.owner, Ratio) and "Grafana variable" in error.message:
                where, remedy = f"{site.what}: there is no such variable", "write $window for the range"
            yield _finding(view, site, "promql/syntax", where, remedy, error.start, error.end)


@rule("promql/not-a-query", Level.ERROR)
def not_a_query(view: View) -> Iterator[Finding]:
    """A rule, an alert and a panel evaluate to an instant vector or a scalar, not to a range or a string."""
    for site in sites(view):
        expr = parsed(site)
        if expr is None or kind(expr) in ("instant", "scalar"):
            continue
        text = f"{site.what}: the expression is a {kind(expr)} {'vector' if kind(expr) == 'range' else ''}".rstrip()
        remedy = "aggregate it over time, such as rate(…[5m])"
        yield _finding(view, site, "promql/not-a-query", text, remedy, expr.start, expr.end)


@rule("promql/inference", Level.ERROR)
def inference(view: View) -> Iterator[Finding]:
    """Every name in a query exists. (The problems carry IDs of their own.)"""
    for site in sites(view):
        expr = parsed(site)
        found = (*infer(expr, view.series).findings, *unsupported(expr, *_target(view))) if expr else ()
        for finding in found:
            place = locate(view, site.owner, site.text, finding.start, finding.end)
            said = f"{site.what}: {finding.message}"
            problem = Problem(finding.id, of_finding(finding), said, place, _remedy(finding), _subject(site))
            yield Finding(problem, site.owners)


def _remedy(found: Inferred) -> str:
    """What to write; where only a feature flag is missing, that the deployment names it."""
    _, needs, flags = found.message.partition(" needs --enable-feature=")
    if not needs:
        return found.remedy
    named = ", ".join(f'"{flag}"' for flag in flags.split(","))
    return f"start Prometheus with it: Deployment(features=[{named}]), or write it in another way"


def _target(view: View) -> tuple[tuple[int, int], Sequence[str]]:
    """The version of Prometheus that the spec is for, and the feature flags that it is started with."""
    deployment = view.spec.deployment
    if deployment is None or deployment.broken:
        return (2, 42), ()
    version = deployment.version
    return (version[0], version[1]), deployment.features


def _finding(view: View, site: Site, id: str, message: str, remedy: str, start: int, end: int) -> Finding:
    place = locate(view, site.owner, site.text, start, end)
    return Finding(Problem(id, Level.ERROR, message, place, remedy, _subject(site)), site.owners)


def _subject(site: Site) -> str:
    return next((str(getattr(owner, "name", "")) for owner in site.owners if getattr(owner, "name", "")), "")
