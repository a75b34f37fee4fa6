"""Rules on alerting rules: names, labels and annotations, where links lead, and alerts that stand twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from promspec.judging.names import repeated
from promspec.judging.texts import camel_case, ends_a_sentence, is_address, unknown_dashboard
from promspec.linting.model import Rule
from promspec.linting.nodes import Node
from promspec.linting.view import Complaint, View, rule
from promspec.problems import Level, near_miss

_SEVERITIES = ("critical", "warning", "info", "error", "page", "ticket", "none", "high", "medium", "low", "notice")
_CLOSE = 0.75
"""So alike are two words of which one is taken for the other misspelt."""
_SUMMARIES = ("summary", "description", "message", "title")


@rule("alert/duplicate", Level.ERROR)
def duplicate(view: View) -> Iterator[Complaint]:
    """No two alerts have the same name, labels and expression: nobody could tell them apart."""
    for alert, earlier in repeated(view.files.alerts(), _content):
        where = earlier.name.place()
        text = f"the alert {alert.subject.name} stands twice, with the same labels and expression"
        level = Level.ERROR if where.file == alert.name.source.file else Level.INFO
        remedy = f"keep one of them; the other is {where}"
        yield Complaint(alert.subject, text, remedy, alert.name.place(), level=level)


def _content(alert: Rule) -> tuple[object, ...]:
    return alert.subject.name, tuple(sorted(alert.fixed_labels().items())), " ".join(alert.query.text.split())


@rule("alert/no-severity", Level.WARNING)
def no_severity(view: View) -> Iterator[Complaint]:
    """An alert has the label severity, by which it is routed."""
    for alert in view.files.alerts():
        if not alert.severity():
            text = f"the alert {alert.subject.name} has no label severity"
            yield Complaint(alert.subject, text, "write labels: {severity: …}", alert.name.place())


@rule("alert/odd-severity", Level.WARNING)
def odd_severity(view: View) -> Iterator[Complaint]:
    """A severity is spelt like that of the other alerts: routes compare it letter by letter."""
    alerts = view.files.alerts()
    used = Counter(alert.severity() for alert in alerts)
    common = list(dict.fromkeys((*(each for each, times in used.items() if times > 1), *_SEVERITIES)))
    for alert in alerts:
        given = alert.severity()
        near = near_miss(given, common, _CLOSE) if given and given not in common and "{{" not in given else ""
        if near:
            place = next(value.place() for key, value in alert.labels if key.text == "severity")
            text = f"the alert {alert.subject.name} has the severity {given!r}, as no other"
            yield Complaint(alert.subject, text, near, place)


@rule("alert/label-overwritten", Level.WARNING)
def label_overwritten(view: View) -> Iterator[Complaint]:
    """A label of an alert does not take the place of one that tells its series apart."""
    for alert in view.files.alerts():
        result = view.seen.infer(alert.query.text)
        for key, value in alert.labels:
            values = result.labels.get(key.text, ()) if result is not None and result.exact else ()
            several = len(values or ()) > 1 or (values is None and key.text == "instance")
            if several and "{{" not in value.text:
                text = f"the label {key.text} takes the place of the one that the expression keeps"
                remedy = "give it another name: two series that fire at once would be one alert, which is an error"
                yield Complaint(alert.subject, text, remedy, key.place())


@rule("alert/no-summary", Level.WARNING)
def no_summary(view: View) -> Iterator[Complaint]:
    """An alert says in an annotation what is the matter."""
    for alert in view.files.alerts():
        if not any(key.text in _SUMMARIES and value.text.strip() for key, value in alert.annotations):
            text = f"the alert {alert.subject.name} has neither summary nor description"
            yield Complaint(alert.subject, text, "write annotations: {summary: …}", alert.name.place())


@rule("alert/no-runbook", Level.WARNING)
def no_runbook(view: View) -> Iterator[Complaint]:
    """Every alert links to a runbook."""
    alerts = view.files.alerts()
    lacking = [alert for alert in alerts if not _has_runbook(alert)]
    for alert in lacking if len(lacking) < len(alerts) else lacking[:1]:  # who has none at all is told so once
        text = f"the alert {alert.subject.name} has no runbook"
        if len(lacking) == len(alerts) > 1:
            text = f"none of the {len(alerts)} alerts has a runbook"
        level = Level.INFO if len(lacking) == len(alerts) else Level.WARNING
        yield Complaint(alert.subject, text, "write annotations: {runbook_url: …}", alert.name.place(), level=level)


def _has_runbook(alert: Rule) -> bool:
    return any("runbook" in f"{key.text} {value.text}".lower() for key, value in alert.annotations)


@rule("alert/runbook-url", Level.ERROR)
def runbook_url(view: View) -> Iterator[Complaint]:
    """A runbook given as a text is a URL."""
    for alert, key, value in _annotations(view):
        if key.text in ("runbook_url", "dashboard_url") and not is_address(value.text):
            text = f"the {key.text} of {alert.subject.name} is no URL"
            yield Complaint(alert.subject, text, "write https://…", value.place())


@rule("alert/dashboard-link", Level.WARNING)
def dashboard_link(view: View) -> Iterator[Complaint]:
    """The dashboard that an alert links to by its address is one of those given."""
    uids = [board.uid.text for board in view.files.dashboards if board.uid is not None]
    for alert, key, value in _annotations(view) if uids else ():
        wrong = unknown_dashboard(value.text, uids)
        if key.text == "__dashboardUid__" and value.text not in uids:
            wrong = unknown_dashboard(f"/d/{value.text}", uids)
        if wrong is not None:
            text = f"the {key.text} of {alert.subject.name} leads to the dashboard {wrong[0]}, which is not here"
            yield Complaint(alert.subject, text, wrong[1], value.place())


@rule("alert/name-style", Level.INFO)
def name_style(view: View) -> Iterator[Complaint]:
    """The name of an alert is in CamelCase, as everybody's are."""
    for alert in view.files.alerts():
        better = camel_case(alert.subject.name)
        if better != alert.subject.name:
            text = f"the alert {alert.subject.name} is not named in CamelCase"
            yield Complaint(alert.subject, text, f"name it {better}", alert.name.place())


@rule("alert/summary-full-stop", Level.INFO)
def summary_full_stop(view: View) -> Iterator[Complaint]:
    """A summary is a sentence and ends with a full stop."""
    for alert, key, value in _annotations(view):
        if key.text == "summary" and value.text.strip() and not ends_a_sentence(value.text):
            text = f"the summary of {alert.subject.name} does not end with a full stop"
            yield Complaint(alert.subject, text, "end the sentence", value.place())


@rule("alert/summary-static", Level.INFO)
def summary_static(view: View) -> Iterator[Complaint]:
    """A summary is the same for every firing alert, so that alerts can be grouped by it."""
    for alert, key, value in _annotations(view):
        described = any(other.text == "description" for other, _ in alert.annotations)
        if key.text == "summary" and "{{" in value.text and described:
            text = f"the summary of {alert.subject.name} is a template"
            yield Complaint(alert.subject, text, "put labels and values in the description", value.place())


def _annotations(view: View) -> Iterator[tuple[Rule, Node, Node]]:
    for alert in view.files.alerts():
        yield from ((alert, key, value) for key, value in alert.annotations)
