"""Rules on templates: annotations and labels of alerts, and the legends of panels."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

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
from promspec.linting.expressions import result_of
from promspec.linting.model import Rule
from promspec.linting.nodes import Node
from promspec.linting.view import Complaint, View, rule
from promspec.problems import Level


def templates(alert: Rule) -> Iterator[tuple[str, Node]]:
    """The texts of an alert in which templates may stand, with what each is called."""
    for name, value in (*alert.annotations, *alert.labels):
        yield name.text, value


@rule("template/syntax", Level.ERROR)
def template_syntax(view: View) -> Iterator[Complaint]:
    """Every template closes what it opens, and calls functions that Prometheus has."""
    for alert in view.files.alerts():
        for name, value in templates(alert):
            wrong = wrong_template(value.text)
            if wrong is not None:
                text = f"the {name} of {alert.subject.name}: {wrong[0]}"
                remedy = wrong[1].replace("; in an f-string every brace is written twice", "")
                yield Complaint(alert.subject, text, remedy, value.part(0, len(value.text)))


@rule("template/unknown-label", Level.ERROR)
def template_label(view: View) -> Iterator[Complaint]:
    """A label that an alert's template shows is one that its expression keeps."""
    for alert in view.files.alerts():
        result = result_of(view, alert.query)
        if result is None:
            continue
        own = (*result.labels, *alert.fixed_labels(), "alertname")
        for name, value in templates(alert):
            for label, written in shown_labels(value.text):
                if label not in own:
                    text = f"the {name} of {alert.subject.name} shows the label {label}, which its expression drops"
                    yield Complaint(
                        alert.subject, text, unknown_label(label, tuple(result.labels)), value.part(*written.span())
                    )


@rule("panel/unknown-legend-label", Level.ERROR)
def legend_label(view: View) -> Iterator[Complaint]:
    """A label that a legend shows is one that the panel's query keeps."""
    for query in view.files.queries():
        result = result_of(view, query) if query.legend is not None else None
        if result is None or query.legend is None:
            continue
        for label, written in legend_labels(query.legend.text):
            if label not in (*result.labels, "__name__"):
                text = f"the legend shows the label {label}, which the expression does not keep"
                yield Complaint(
                    query.subject, text, unknown_label(label, tuple(result.labels)), query.legend.part(*written.span())
                )


@rule("panel/legend-braces", Level.WARNING)
def legend_braces(view: View) -> Iterator[Complaint]:
    """A label in a legend stands in two braces: `{{region}}`; with one it is shown as it is written."""
    for query in view.files.queries():
        legend = query.legend
        for single in re.finditer(r"(?<![{$])\{(\w+)\}(?!\})", legend.text if legend is not None else ""):
            if legend is not None:
                text = f"the legend shows {single.group(0)} as it is written"
                remedy = f"write {{{{{single.group(1)}}}}}"
                yield Complaint(query.subject, text, remedy, legend.part(*single.span()))


@rule("template/wrong-unit", Level.WARNING)
def wrong_unit(view: View) -> Iterator[Complaint]:
    """An annotation formats the value as what it is."""
    yield from _shown(view, wrong_units)


@rule("template/raw-value", Level.INFO)
def raw_value(view: View) -> Iterator[Complaint]:
    """A fraction is shown with a function that leaves a few digits of it."""
    yield from _shown(view, raw_values)


Judge = Callable[[str, Measure], Iterable[tuple[re.Match[str], str, str]]]


def _shown(view: View, judge: Judge) -> Iterator[Complaint]:
    """What a judgement says of the texts that show an alert's value."""
    for alert in view.files.alerts():
        expr = view.parsed(alert.query) if any("alue" in value.text for _, value in alert.annotations) else None
        for name, value in alert.annotations if expr is not None else ():
            found = view.facts.measure(expr) if expr is not None else Measure()
            for match, what, remedy in judge(value.text, found):
                text = f"the {name.text} of {alert.subject.name} {what}"
                yield Complaint(alert.subject, text, remedy, value.part(*match.span()))


@rule("template/value-in-label", Level.ERROR)
def value_in_label(view: View) -> Iterator[Complaint]:
    """A label of an alert does not show the value: each other value would be another alert, which never was pending."""
    for alert in view.files.alerts():
        for name, value in alert.labels:
            match = copied_value(value.text)
            if match is not None:
                text = (
                    f"the label {name.text} of {alert.subject.name} shows the value, so each change makes another alert"
                )
                yield Complaint(alert.subject, text, "show it in the description", value.part(*match.span()))
