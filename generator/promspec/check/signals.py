"""Rules on events and health checks: what fills a metric's labels, which numbers move it, what must stay secret."""

from __future__ import annotations

from collections.abc import Iterator

from promspec.check.rules import Complaint, View, rule
from promspec.problems import Level, near_miss, one_of
from promspec.vocabulary.events import SCALES, Add, Count, Event, Observe, SetTo
from promspec.vocabulary.health import HealthCheck
from promspec.vocabulary.labels import Label
from promspec.vocabulary.logging import names_a_secret
from promspec.vocabulary.operations import Operation

Update = Count | Observe | SetTo | Add


def _updates(view: View) -> Iterator[tuple[Event, Update]]:
    for event in view.each(Event):
        for update in event.updates:
            if not update.broken and not update.metric.broken:
                yield event, update


def _filled(update: Update) -> dict[str, str]:
    """Label of the metric -> the metadata that fills it."""
    return {name: update.fields.get(name, name) for name in update.metric.label_names if name not in update.labels}


@rule("event/duplicate", Level.ERROR)
def duplicate_event(view: View) -> Iterator[Complaint]:
    """Each event has its own name, also as a function: `a.b` and `a_b` would be one."""
    first: dict[str, Event] = {}
    for event in view.each(Event):
        earlier = first.setdefault(event.name.replace(".", "_"), event)
        if earlier is not event:
            yield event, f"the event {event.name} is {earlier.name} of line {earlier.place.line} again", "rename one"


@rule("health-check/duplicate", Level.ERROR)
def duplicate_check(view: View) -> Iterator[Complaint]:
    """Each health check has its own name."""
    first: dict[str, HealthCheck] = {}
    for check in view.each(HealthCheck):
        earlier = first.setdefault(check.name, check)
        if earlier is not check:
            yield check, f"the check {check.name} is declared in line {earlier.place.line} already", "rename one"


@rule("event/external-metric", Level.ERROR)
def external_metric(view: View) -> Iterator[Complaint]:
    """An event moves only metrics that the system exposes itself."""
    for event, update in _updates(view):
        if update.metric.external:
            yield event, f"{event.name} moves {update.metric.name}, which something else exposes", "drop the update"


@rule("event/unknown-label", Level.ERROR)
def unknown_label(view: View) -> Iterator[Complaint]:
    """What an update gives to labels, the metric has labels for."""
    for event, update in _updates(view):
        known = update.metric.label_names
        for name in (*update.labels, *update.fields):
            if name not in known:
                remedy = near_miss(name, known) or f"its labels are {one_of(known) or '(none)'}"
                yield event, f"{event.name}: {update.metric.name} has no label {name}", remedy, name


@rule("event/unfilled-label", Level.ERROR)
def unfilled_label(view: View) -> Iterator[Complaint]:
    """Every label of a metric that an event moves has a value: from metadata, or fixed."""
    for event, update in _updates(view):
        for label, source in _filled(update).items():
            if source not in event.metadata_names:
                text = f"{event.name}: nothing gives the label {label} of {update.metric.name} a value"
                wanted = f"add {source!r} to metadata, or write labels={{{label!r}: …}} in {update}"
                yield event, text, near_miss(source, event.metadata_names) or wanted


@rule("event/unknown-measurement", Level.ERROR)
def unknown_measurement(view: View) -> Iterator[Complaint]:
    """An update takes its number from one of the event's measurements."""
    for event, update in _updates(view):
        amount = update.amount_of
        if isinstance(amount, str) and amount not in event.units:
            names = list(event.units)
            remedy = near_miss(amount, names) or f"its measurements are {one_of(names) or '(none)'}"
            yield event, f"{event.name}: {update} takes {amount!r}, which is no measurement", remedy, amount


@rule("event/negative-count", Level.ERROR)
def negative_count(view: View) -> Iterator[Complaint]:
    """A counter only goes up."""
    for event, update in _updates(view):
        if isinstance(update, Count) and not isinstance(update.amount_of, str) and update.amount_of < 0:
            yield event, f"{event.name}: {update} would go down by {-update.amount_of}", "use a gauge and Add"


@rule("event/label-values", Level.ERROR)
def label_values(view: View) -> Iterator[Complaint]:
    """What fills a closed label can only be one of its values."""
    for event, update in _updates(view):
        for label in update.metric.labels:
            if not label.closed or label.broken:
                continue
            values, name = label.known_values, f"the label {label.name} of {update.metric.name}"
            fixed = update.labels.get(label.name)
            if fixed is not None and fixed not in values:
                remedy = near_miss(fixed, values) or f"its values are {one_of(values)}"
                yield event, f"{event.name}: {name} has no value {fixed!r}", remedy, fixed
            source = _filled(update).get(label.name, "")
            if source in event.metadata_names:
                yield from _not_one_of(event, source, label, name, view)


def _not_one_of(event: Event, source: str, label: Label, name: str, view: View) -> Iterator[Complaint]:
    given = event.metadata_label(source)
    if given is label or (given is not None and given.broken):
        return
    if given is None or not given.closed:
        text = f"{event.name}: {name} is closed, and {source} could be anything"
        yield event, text, f"put the Label {label.name} itself into metadata"
        return
    stranger = next((value for value in given.known_values if value not in label.known_values), None)
    codes = view.spec.error_codes
    if stranger is not None:
        yield event, f"{event.name}: {source} may be {stranger!r}, and {name} may not", "use one Label in both places"
    elif codes is not None and label is codes.label:
        yield event, f"{event.name}: {name} is the error code, and {source} is not", f"give {codes.__name__}.label"


@rule("event/sensitive-label", Level.ERROR)
def sensitive_label(view: View) -> Iterator[Complaint]:
    """No secret becomes a label: everybody who can read metrics reads labels."""
    for event, update in _updates(view):
        own = view.spec.logging.sensitive if view.spec.logging is not None and not view.spec.logging.broken else ()
        for label, source in _filled(update).items():
            given = event.metadata_label(source)
            known = given is not None and given.closed
            if source in event.sensitive or (not known and names_a_secret(source, own)):
                text = f"{event.name}: {source} is sensitive and fills the label {label} of {update.metric.name}"
                yield event, text, "take it out of the label, or out of sensitive"


@rule("event/scale", Level.WARNING)
def scale(view: View) -> Iterator[Complaint]:
    """A measurement reaches a metric in the metric's unit."""
    for event, update in _updates(view):
        unit = event.units.get(str(update.amount_of), "")
        base, factor = SCALES.get(unit, ("", 1.0))
        words = (update.metric.unit, *update.metric.name.split("_"))
        if base in words and update.own_scale is not None and update.own_scale != factor:
            text = f"{event.name}: {update.amount_of} is in {unit}, {update.metric.name} in {base}"
            yield event, f"{text}, and the scale is {update.own_scale:g}", f"write scale={factor:g}, or leave it out"


@rule("event/counted-twice", Level.WARNING)
def counted_twice(view: View) -> Iterator[Complaint]:
    """What an operation counts and times, no event counts again."""
    owned = {
        id(metric): operation
        for operation in view.each(Operation)
        for metric in (operation.requests, operation.errors, operation.duration, operation.stages)
        if metric is not None
    }
    for event, update in _updates(view):
        operation = owned.get(id(update.metric))
        if operation is not None:
            text = f"{event.name} moves {update.metric.name}, which the operation {operation.name} keeps already"
            yield event, text, "drop the update, or count a metric of its own"


@rule("health-check/live-threshold", Level.INFO)
def live_threshold(view: View) -> Iterator[Complaint]:
    """A liveness probe does not depend on thresholds of load: the orchestrator would kill a service that is busy."""
    for check in view.each(HealthCheck):
        if "live" in check.probes and check.failing is not None and check.worse == "above":
            text = f"the check {check.name} makes the process be killed when its value is above {check.failing:g}"
            yield check, text, "leave 'live' out of its probes, unless a restart is what helps"
