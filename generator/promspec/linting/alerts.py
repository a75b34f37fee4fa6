"""Rules on alerting rules: conditions, waits, labels and annotations, and alerts that stand twice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from promspec.judging.conditions import conditional
from promspec.linting.model import Rule
from promspec.linting.view import Complaint, View, rule
from promspec.problems import Level
from promspec.promql import Expr, selectors

_SUMMARIES = ("summary", "description", "message", "title")


@rule("alert/no-comparison", Level.WARNING)
def no_comparison(view: View) -> Iterator[Complaint]:
    """An alert's expression is a condition: whatever it yields fires, also a zero."""

    def recorded(name: str) -> Sequence[Expr | None]:
        return [view.parsed(rule.query) for rule in view.registry.recorded(name)]

    for alert in view.files.alerts():
        expr = view.parsed(alert.query)
        if expr is not None and not conditional(expr, recorded):
            text = f"the alert {alert.subject.name} compares nothing, so it fires as long as there are series"
            remedy = "compare the value, such as … > 0 (without bool, which yields 0 or 1 and never nothing)"
            yield Complaint(alert.subject, text, remedy, alert.query.place(expr.start, expr.end))


@rule("alert/duplicate", Level.ERROR)
def duplicate(view: View) -> Iterator[Complaint]:
    """No two alerts have the same name, labels and expression: nobody could tell them apart."""
    first: dict[tuple[object, ...], Rule] = {}
    for alert in view.files.alerts():
        key = (alert.subject.name, tuple(sorted(alert.fixed_labels().items())), " ".join(alert.query.text.split()))
        earlier = first.setdefault(key, alert)
        if earlier is not alert:
            where = earlier.name.place()
            text = f"the alert {alert.subject.name} stands twice, with the same labels and expression"
            level = Level.ERROR if where.file == alert.name.source.file else Level.INFO
            remedy = f"keep one of them; the other is {where}"
            yield Complaint(alert.subject, text, remedy, alert.name.place(), level=level)


@rule("alert/no-for", Level.INFO)
def no_for(view: View) -> Iterator[Complaint]:
    """An alert waits, so that a single odd evaluation wakes nobody."""
    for alert in view.files.alerts():
        expr = view.parsed(alert.query)
        watchdog = expr is not None and not selectors(expr)  # such as vector(1): it fires for good
        if alert.waits is None and not watchdog:
            text = f"the alert {alert.subject.name} fires at the first evaluation"
            yield Complaint(alert.subject, text, "write for: 5m, or for: 0m where it is meant", alert.name.place())


@rule("alert/no-severity", Level.WARNING)
def no_severity(view: View) -> Iterator[Complaint]:
    """An alert has the label severity, by which it is routed."""
    for alert in view.files.alerts():
        if not alert.severity():
            text = f"the alert {alert.subject.name} has no label severity"
            yield Complaint(alert.subject, text, "write labels: {severity: …}", alert.name.place())


@rule("alert/no-summary", Level.WARNING)
def no_summary(view: View) -> Iterator[Complaint]:
    """An alert says in an annotation what is the matter."""
    for alert in view.files.alerts():
        if not any(key.text in _SUMMARIES and value.text.strip() for key, value in alert.annotations):
            text = f"the alert {alert.subject.name} has neither summary nor description"
            yield Complaint(alert.subject, text, "write annotations: {summary: …}", alert.name.place())
