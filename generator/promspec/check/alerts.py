"""Rules on the names, labels and annotations of alerts."""

from __future__ import annotations

from collections.abc import Iterator

from promspec.check.rules import Complaint, View, rule
from promspec.judging.texts import camel_case, ends_a_sentence
from promspec.problems import Level
from promspec.vocabulary.alerts import Alert


@rule("alert/name-style", Level.INFO)
def name_style(view: View) -> Iterator[Complaint]:
    """The name of an alert is in CamelCase, as everybody's are."""
    for alert in view.each(Alert):
        better = camel_case(alert.name)
        if better != alert.name:
            yield alert, f"the alert {alert.name} is not named in CamelCase", f"name it {better}"


@rule("alert/summary-full-stop", Level.INFO)
def summary_full_stop(view: View) -> Iterator[Complaint]:
    """A summary is a sentence and ends with a full stop."""
    for alert in view.each(Alert):
        if not ends_a_sentence(alert.summary):
            yield alert, f"the summary of {alert.name} does not end with a full stop", "end the sentence"


@rule("alert/summary-static", Level.INFO)
def summary_static(view: View) -> Iterator[Complaint]:
    """A summary is the same for every firing alert, so that alerts can be grouped by it."""
    for alert in view.each(Alert):
        if "{{" in alert.summary:
            yield alert, f"the summary of {alert.name} is a template", "put labels and values in the description"
