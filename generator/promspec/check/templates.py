"""Rules on templates: annotations and legends use only labels that their expression keeps."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from promspec.check.expressions import Site, inferred, parsed, sites
from promspec.check.places import locate
from promspec.check.rules import Complaint, Finding, View, rule
from promspec.judging.measure import Measure
from promspec.judging.templates import (
    copied_value,
    legend_labels,
    raw_values,
    shown_labels,
    unknown_label,
    wrong_template,
    wrong_units,
)
from promspec.problems import Level, Problem
from promspec.promql import Inference
from promspec.vocabulary.alerts import Alert
from promspec.vocabulary.panels import Query
from promspec.vocabulary.slos import SLO, Tier


def templates(alert: Alert | SLO | Tier) -> Iterator[tuple[str, str]]:
    """The templates of an alert, or those that an SLO or a tier adds: what each is called, and its text."""
    if isinstance(alert, Alert):
        yield "summary", alert.summary
        yield "description", alert.description
        yield "component", alert.component or ""
    if not isinstance(alert, Tier):
        yield "team", alert.team or ""
        yield "runbook", alert.runbook if isinstance(alert.runbook, str) else ""
    yield from alert.annotations.items()
    yield from alert.labels.items()


@rule("template/syntax", Level.ERROR)
def template_syntax(view: View) -> Iterator[Complaint]:
    """Every template closes what it opens, and calls functions that Prometheus has."""
    for alert in (*view.each(Alert), *view.each(SLO), *view.each(Tier)):
        for name, text in templates(alert):
            wrong = wrong_template(text)
            if wrong is not None:
                yield alert, f"the {name} of {alert.name}: {wrong[0]}", wrong[1]


@rule("template/unknown-label", Level.ERROR)
def template_label(view: View) -> Iterator[Finding]:
    """A label that an alert's template shows is one that its expression keeps."""
    for site in sites(view):
        alert = site.owner
        if not isinstance(alert, Alert):
            continue
        found = inferred(view, site)
        if found is None or not found.exact or found.findings:
            continue
        own = (*found.labels, *alert.labels, "alertname", "severity", "component", "team", "spec")
        for name, text in templates(alert):
            for label, written in shown_labels(text):
                if label not in own:
                    yield _unknown(view, site, f"the {name} of {alert.name}", label, found, written.group(0))


@rule("template/wrong-unit", Level.WARNING)
def wrong_unit(view: View) -> Iterator[Finding]:
    """An annotation formats the value as what it is."""
    yield from _shown(view, "template/wrong-unit", Level.WARNING, wrong_units)


@rule("template/raw-value", Level.INFO)
def raw_value(view: View) -> Iterator[Finding]:
    """A fraction is shown with a function that leaves a few digits of it."""
    yield from _shown(view, "template/raw-value", Level.INFO, raw_values)


Judge = Callable[[str, Measure], Iterable[tuple[re.Match[str], str, str]]]


def _shown(view: View, id: str, level: Level, judge: Judge) -> Iterator[Finding]:
    """What a judgement says of the texts that show an alert's value."""
    for site in sites(view):
        alert, expr = site.owner, parsed(site)
        if not isinstance(alert, Alert) or expr is None:
            continue
        texts = [("summary", alert.summary), ("description", alert.description), *alert.annotations.items()]
        found = view.facts.measure(expr)
        for name, text in texts:
            for match, what, remedy in judge(text, found):
                place = locate(view, alert, match.group(0), 0, len(match.group(0)))
                yield Finding(
                    Problem(id, level, f"the {name} of {alert.name} {what}", place, remedy, alert.name), (alert,)
                )


@rule("template/value-in-label", Level.ERROR)
def value_in_label(view: View) -> Iterator[Finding]:
    """A label of an alert does not show the value: each other value would be another alert, which never was pending."""
    for alert in (*view.each(Alert), *view.each(SLO), *view.each(Tier)):
        for name, text in alert.labels.items():
            match = copied_value(text)
            if match is not None:
                place = locate(view, alert, match.group(0), 0, len(match.group(0)))
                said = f"the label {name} of {alert.name} shows the value, so each change makes another alert"
                remedy = "show it in the description"
                problem = Problem("template/value-in-label", Level.ERROR, said, place, remedy, alert.name)
                yield Finding(problem, (alert,))


@rule("panel/unknown-legend-label", Level.ERROR)
def legend_label(view: View) -> Iterator[Finding]:
    """A label that a legend shows is one that the panel's query keeps."""
    for site in sites(view):
        query = site.owner
        if not isinstance(query, Query) or "{{" not in query.legend:
            continue
        found = inferred(view, site)
        if found is None or not found.exact or found.findings:
            continue
        for label, written in legend_labels(query.legend):
            if label not in (*found.labels, "__name__"):
                yield _unknown(view, site, f"the legend of {site.what}", label, found, written.group(0))


@rule("panel/legend-braces", Level.WARNING)
def legend_braces(view: View) -> Iterator[Finding]:
    """A label in a legend stands in two braces: `{{region}}`; with one it is shown as it is written."""
    for site in sites(view):
        query = site.owner
        single = re.search(r"(?<!\{)\{(\w+)\}(?!\})", query.legend) if isinstance(query, Query) else None
        if single is not None:
            text = f"the legend of {site.what} shows {single.group(0)} as it is written"
            remedy = f"write {{{{{single.group(1)}}}}}; in an f-string every brace is written twice"
            place = locate(view, query, single.group(0), 0, len(single.group(0)))
            subject = next((str(getattr(owner, "name", "")) for owner in site.owners if getattr(owner, "name", "")), "")
            yield Finding(Problem("panel/legend-braces", Level.WARNING, text, place, remedy, subject), site.owners)


def _unknown(view: View, site: Site, what: str, label: str, found: Inference, written: str) -> Finding:
    remedy = unknown_label(label, tuple(found.labels))
    place = locate(view, site.owner, written, 0, len(written))
    text = f"{what} shows the label {label}, which the expression does not keep"
    id = "panel/unknown-legend-label" if isinstance(site.owner, Query) else "template/unknown-label"
    subject = next((str(getattr(owner, "name", "")) for owner in site.owners if getattr(owner, "name", "")), "")
    return Finding(Problem(id, Level.ERROR, text, place, remedy, subject), site.owners)
