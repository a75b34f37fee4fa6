"""Rules on templates: annotations and labels of alerts, and the legends of panels."""

from __future__ import annotations

from collections.abc import Iterator

from promspec.check.templates import legend_labels, shown_labels, wrong_template
from promspec.linting.expressions import result_of
from promspec.linting.model import Rule
from promspec.linting.nodes import Node
from promspec.linting.view import Complaint, View, rule
from promspec.problems import Level, near_miss, one_of
from promspec.promql import Inference


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
                    yield Complaint(alert.subject, text, _kept(label, result), value.part(*written.span()))


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
                yield Complaint(query.subject, text, _kept(label, result), query.legend.part(*written.span()))


def _kept(label: str, result: Inference) -> str:
    kept = tuple(result.labels)
    return near_miss(label, kept) or (f"it keeps {one_of(kept)}" if kept else "it keeps no label")
