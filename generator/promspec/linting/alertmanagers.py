"""Rules on Alertmanager: receivers and routes that reach each other, and alerts that there are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from promspec.linting.model import Alertmanager, Condition, Rule, Subject
from promspec.linting.view import Complaint, View, rule
from promspec.problems import Level, near_miss, one_of
from promspec.promql import regex


@rule("route/unknown-receiver", Level.ERROR)
def unknown_receiver(view: View) -> Iterator[Complaint]:
    """A route leads to a receiver that is declared."""
    for config in view.files.alertmanagers:
        names = [receiver.name for receiver in config.receivers]
        for route in config.routes:
            if route.receiver is not None and route.receiver.text not in names:
                remedy = near_miss(route.receiver.text, names) or f"there are {one_of(names)}"
                text = f"there is no receiver {route.receiver.text!r}"
                yield Complaint(route.subject, text, remedy, route.receiver.place())


@rule("route/no-receiver", Level.ERROR)
def no_receiver(view: View) -> Iterator[Complaint]:
    """The root route has a receiver: it takes what no other route takes."""
    for config in view.files.alertmanagers:
        for route in config.routes:
            if route.root and route.receiver is None:
                yield Complaint(route.subject, "the root route has no receiver", "write receiver: and a name")
            if route.root and route.conditions:
                place = route.conditions[0].node.place()
                yield Complaint(route.subject, "the root route has matchers", "move them to a route below it", place)


@rule("route/unreachable", Level.WARNING)
def unreachable(view: View) -> Iterator[Complaint]:
    """An alert can reach every route."""
    for config in view.files.alertmanagers:
        for route in config.routes:
            if route.shadowed:
                text = f"no alert reaches this route to {route.subject.name}: one before it takes every alert"
                place = route.receiver.place() if route.receiver is not None else None
                yield Complaint(route.subject, text, "move it up, or write continue: true before it", place)
                continue
            apart = _apart((*route.inherited, *route.conditions), len(route.inherited))
            if apart is not None:
                one, other = apart
                written = [f'{each.label}{each.op}"{each.value}"' for each in (one, other)]
                text = f"no alert reaches this route: it needs {' and '.join(written)}"
                remedy = "take one of the two out, or put the route beside the one above it"
                yield Complaint(route.subject, text, remedy, other.node.place())


def _apart(conditions: tuple[Condition, ...], first: int) -> tuple[Condition, Condition] | None:
    """Two conditions on one label of which one asks for a value that the other refuses; the second stands here."""
    for index, other in enumerate(conditions[first:], first):
        for one in conditions[:index]:
            exact = next((each for each in (one, other) if each.op == "="), None)
            beside = other if exact is one else one
            if one.label == other.label and exact is not None and _refuses(beside, exact.value):
                return one, other
    return None


def _refuses(condition: Condition, value: str) -> bool:
    if condition.op in ("=", "!="):
        return (condition.op == "=") != (condition.value == value)
    expression = regex(condition.value)
    return expression is not None and (condition.op == "=~") != bool(expression.fullmatch(value))


@rule("route/unknown-value", Level.WARNING)
def unknown_value(view: View) -> Iterator[Complaint]:
    """A value that a route or an inhibition asks for is one that alerts have, not one that is nearly so."""
    known: dict[str, dict[str, None]] = {}
    for alert in view.files.alerts():
        for label, value in alert.fixed_labels().items():
            known.setdefault(label, {})[value] = None
    for subject, condition in _conditions(view.files.alertmanagers):
        values = list(known.get(condition.label, ()))
        if condition.label in ("alertname", "severity") or condition.op != "=" or condition.value in ("", *values):
            continue
        near = near_miss(condition.value, values, 0.75) if not any("{{" in value for value in values) else ""
        if near:
            text = f"no alert here has {condition.label} {condition.value!r}"
            yield Complaint(subject, text, near, condition.node.place())


@rule("inhibition/equal-missing", Level.WARNING)
def equal_missing(view: View) -> Iterator[Complaint]:
    """The labels that must be equal are ones that the alert that silences has."""
    for inhibition in (each for config in view.files.alertmanagers for each in config.inhibitions):
        sources = _sources(view, inhibition.source)
        for label in inhibition.subject.node.each("equal") if sources else ():
            if not any(_may_have(view, alert, label.text) for alert in sources):
                names = one_of(alert.subject.name for alert in sources)
                text = f"{names} has no label {label.text}: it silences nothing that has one"
                remedy = "name a label that both alerts have, or keep it in the expression"
                yield Complaint(inhibition.subject, text, remedy, label.place())


def _sources(view: View, source: tuple[Condition, ...]) -> list[Rule]:
    """The alerts that an inhibition names as its source; none where it names none."""
    names = [condition for condition in source if condition.label == "alertname" and condition.op in ("=", "=~")]
    return [alert for alert in view.files.alerts() if names and all(_any(each, [alert.subject.name]) for each in names)]


def _may_have(view: View, alert: Rule, label: str) -> bool:
    result = view.inferred(alert.query)
    exact = result is not None and result.exact
    return not exact or label in (*alert.fixed_labels(), *(result.labels if result else ()), "alertname")


@rule("route/unknown-interval", Level.ERROR)
def unknown_interval(view: View) -> Iterator[Complaint]:
    """A time interval that a route names is declared."""
    for config in view.files.alertmanagers:
        for route in config.routes:
            for interval in route.intervals:
                if interval.text not in config.intervals:
                    remedy = near_miss(interval.text, config.intervals) or "declare it under time_intervals"
                    text = f"there is no time interval {interval.text!r}"
                    yield Complaint(route.subject, text, remedy, interval.place())


@rule("receiver/unused", Level.WARNING)
def unused_receiver(view: View) -> Iterator[Complaint]:
    """A route leads to every receiver."""
    for config in view.files.alertmanagers:
        used = {route.receiver.text for route in config.routes if route.receiver is not None and not route.shadowed}
        for receiver in config.receivers:
            if receiver.name not in used and receiver.name:
                text = f"no route reaches the receiver {receiver.name!r}"
                yield _of(receiver, text, "give it a route, or take it out")


@rule("receiver/duplicate", Level.ERROR)
def duplicate_receiver(view: View) -> Iterator[Complaint]:
    """Every receiver has a name of its own."""
    for config in view.files.alertmanagers:
        seen: set[str] = set()
        for receiver in config.receivers:
            if receiver.name in seen or not receiver.name:
                text = f"two receivers are called {receiver.name!r}" if receiver.name else "a receiver has no name"
                yield _of(receiver, text, "give each a name of its own")
            seen.add(receiver.name)


@rule("inhibition/unknown-alert", Level.WARNING)
def unknown_alert(view: View) -> Iterator[Complaint]:
    """An alert that a route or an inhibition names is one of the rules'."""
    names = list(dict.fromkeys(alert.subject.name for alert in view.files.alerts()))
    for subject, condition in _conditions(view.files.alertmanagers) if names else ():
        if condition.label == "alertname" and condition.op in ("=", "=~") and not _any(condition, names):
            remedy = near_miss(condition.value, names) or "check the name, or give the rule file that has it"
            text = f"there is no alert {condition.value!r}"
            yield Complaint(subject, text, remedy, condition.node.place())


@rule("route/unknown-severity", Level.WARNING)
def unknown_severity(view: View) -> Iterator[Complaint]:
    """A severity that a route or an inhibition asks for is one that alerts have."""
    alerts = view.files.alerts()
    values = list(dict.fromkeys(alert.severity() for alert in alerts if alert.severity()))
    if not values or any("{{" in value for value in values):
        return
    for subject, condition in _conditions(view.files.alertmanagers):
        if condition.label == "severity" and condition.op in ("=", "=~") and not _any(condition, values):
            remedy = near_miss(condition.value, values) or f"the alerts here have {one_of(values)}"
            text = f"no alert here has the severity {condition.value!r}"
            yield Complaint(subject, text, remedy, condition.node.place())


@rule("inhibition/no-equal", Level.WARNING)
def no_equal(view: View) -> Iterator[Complaint]:
    """An inhibition names the labels that must be equal: without, one alert anywhere silences all others."""
    for config in view.files.alertmanagers:
        for inhibition in config.inhibitions:
            if not list(inhibition.subject.node.each("equal")):
                remedy = "write equal: and the labels that both alerts share, such as [cluster, job]"
                yield Complaint(inhibition.subject, "this inhibition silences whatever it matches, anywhere", remedy)


_ALWAYS = ("alertname", "alertstate", "severity", "job", "instance", "...")


@rule("route/group-by", Level.WARNING)
def group_by(view: View) -> Iterator[Complaint]:
    """What alerts are grouped by is a label that alerts have."""
    alerts = view.files.alerts()
    results = [view.inferred(alert.query) for alert in alerts]
    known = {label for alert in alerts for label in alert.fixed_labels()} | set(_ALWAYS)
    known |= {label for result in results if result is not None for label in result.labels}
    for route in (route for config in view.files.alertmanagers for route in config.routes) if alerts else ():
        for label in route.subject.node.each("group_by"):
            near = near_miss(label.text, sorted(known))
            if label.text not in known and near:
                text = f"alerts are grouped by {label.text}, which none of them has"
                yield Complaint(route.subject, text, near, label.place())


def _conditions(configs: Iterable[Alertmanager]) -> Iterator[tuple[Subject, Condition]]:
    for config in configs:
        yield from ((route.subject, condition) for route in config.routes for condition in route.conditions)
        yield from ((other.subject, condition) for other in config.inhibitions for condition in other.conditions)


def _any(condition: Condition, names: Iterable[str]) -> bool:
    if condition.op == "=":
        return condition.value in names
    expression = regex(condition.value)
    return expression is None or any(expression.fullmatch(name) for name in names)


def _of(receiver: Subject, text: str, remedy: str) -> Complaint:
    name = receiver.node.get("name")
    return Complaint(receiver, text, remedy, name.place() if name is not None else None)
