"""Rules on what points to what: runbooks, dashboards, routes, and declarations that no spec holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from promspec.check.rules import Complaint, View, rule
from promspec.judging.texts import is_address
from promspec.problems import Level, near_miss, one_of
from promspec.quantities import milliseconds
from promspec.vocabulary.alerts import Alert
from promspec.vocabulary.base import Declaration
from promspec.vocabulary.deployment import Deployment
from promspec.vocabulary.error_codes import ExceptionMatch
from promspec.vocabulary.labels import Label
from promspec.vocabulary.panels import Query
from promspec.vocabulary.routing import Routing
from promspec.vocabulary.rules import RecordingRule
from promspec.vocabulary.runbooks import Runbook
from promspec.vocabulary.slos import SLO, Tier


@rule("spec/unheld-declaration", Level.ERROR)
def unheld(view: View) -> Iterator[Complaint]:
    """Everything the spec file declares is held by its `Spec`: what is not held is not generated."""
    if any(getattr(item, "broken", False) for item in view.declarations):
        return  # what holds the others may be what is broken
    held = {id(item) for item in view.spec.walk()}
    loose = [item for item in view.declarations if id(item) not in held and _here(view, item)]
    parts = {id(part) for item in loose for part in _parts(item)}
    for item in loose:
        if id(item) not in parts and isinstance(item, (Declaration, type)):
            word = "ErrorCodes" if isinstance(item, type) else type(item).__name__
            name = item.__name__ if isinstance(item, type) else str(getattr(item, "name", "")) or "(unnamed)"
            remedy = f"give it to the Spec ({_argument(word)}) or to what uses it, or delete it"
            yield item, f"the {word} {name} is declared, but no Spec holds it", remedy


def _here(view: View, item: Any) -> bool:
    # A query or an exception's match is written as a text and made on the way into its panel or code.
    return (item.place.related or item.place).file == view.file and not isinstance(item, (Query, ExceptionMatch))


def _parts(item: Any) -> Iterator[Any]:
    """What a loose declaration holds itself: reported with it, not beside it."""
    if isinstance(item, type):
        yield from (*item.codes.values(), item.label)  # type: ignore[attr-defined]
        return
    for name in type(item).model_fields:
        yield from _leaves(getattr(item, name))


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, (Declaration, type)):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _leaves(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _leaves(item)
    elif hasattr(value, "metric"):
        yield value.metric


_ARGUMENTS = {
    "Counter": "metrics",
    "Gauge": "metrics",
    "Histogram": "metrics",
    "Info": "metrics",
    "Operation": "operations",
    "Event": "events",
    "Count": "updates",
    "Observe": "updates",
    "SetTo": "updates",
    "Add": "updates",
    "HealthCheck": "health_checks",
    "Health": "health",
    "Logging": "logging",
    "RecordingRule": "recording_rules",
    "SLO": "slos",
    "Alert": "alerts",
    "Runbook": "runbooks",
    "Dashboard": "dashboards",
    "ErrorCodes": "error_codes",
    "Routing": "routing",
    "Deployment": "deployment",
}


def _argument(word: str) -> str:
    name = _ARGUMENTS.get(word, "metrics")
    return f"{name}=…" if name in ("error_codes", "routing", "deployment", "health", "logging") else f"{name}=[…]"


@rule("spec/listed-twice", Level.ERROR)
def listed_twice(view: View) -> Iterator[Complaint]:
    """No list of the `Spec` holds one declaration twice."""
    for name in type(view.spec).model_fields:  # type: ignore[attr-defined]
        given = getattr(view.spec, name)
        seen: set[int] = set()
        for item in given if isinstance(given, tuple) else ():
            if id(item) in seen:
                yield item, f"the Spec lists {item.name} twice in {name}", "list it once"
            seen.add(id(item))


@rule("alert/unknown-dashboard", Level.ERROR)
def unknown_dashboard(view: View) -> Iterator[Complaint]:
    """The dashboard that an alert or an SLO names is one of the spec's, by its title."""
    titles = [dashboard.title for dashboard in view.spec.dashboards]
    given = [(item, item.dashboard, item.name) for item in (*view.each(Alert), *view.each(SLO))]
    given += [(item, item.absence_dashboard, "the deployment") for item in view.each(Deployment)]
    for item, title, name in given:
        if title is not None and title not in titles:
            remedy = near_miss(title, titles) or f"the dashboards are {one_of(titles) or '(none)'}"
            yield item, f"{name} links to the dashboard {title!r}, which there is not", remedy, title


@rule("alert/no-runbook", Level.WARNING)
def no_runbook(view: View) -> Iterator[Complaint]:
    """Every alert links to a runbook."""
    for alert in view.each(Alert):
        if alert.runbook is None:
            yield alert, f"the alert {alert.name} has no runbook", "write runbook=…, a Runbook or a URL"


@rule("alert/runbook-url", Level.ERROR)
def runbook_url(view: View) -> Iterator[Complaint]:
    """A runbook given as a text is a URL."""
    names = {runbook.name for runbook in view.spec.all_runbooks}
    given = [(item, item.runbook, item.name) for item in (*view.each(Alert), *view.each(SLO))]
    given += [(item, item.absence_runbook, "the deployment") for item in view.each(Deployment)]
    for item, runbook, name in given:
        if isinstance(runbook, str) and not is_address(runbook):
            known = " (give the Runbook itself, not its name)" if runbook in names else ""
            yield item, f"the runbook {runbook!r} of {name} is no URL{known}", "give a Runbook, or https://…"


@rule("alert/reserved-label", Level.ERROR)
def reserved_label(view: View) -> Iterator[Complaint]:
    """The labels that promspec sets on alerts are given by their own arguments."""
    for word, item in _alerting(view):
        for name in ("alertname", "severity", "component", "team", "spec", "slo", "tier"):
            if name in item.labels and (isinstance(item, Alert) or name != "component"):
                remedy = f"write {name}=…" if hasattr(item, name) else "choose another name"
                yield item, f"the {word} {item.name} sets the label {name} by hand", remedy


def _alerting(view: View) -> Iterator[tuple[str, Alert | SLO | Tier]]:
    """What gives alerts labels and annotations, with the word for it."""
    for word, kind in (("alert", Alert), ("SLO", SLO), ("tier", Tier)):
        yield from ((word, item) for item in view.each(kind))


@rule("alert/reserved-annotation", Level.ERROR)
def reserved_annotation(view: View) -> Iterator[Complaint]:
    """The annotations that promspec writes on alerts are given by their own arguments."""
    arguments = {
        "summary": "summary",
        "description": "description",
        "runbook_url": "runbook",
        "dashboard_url": "dashboard",
    }
    for word, item in _alerting(view):
        for name, argument in arguments.items():
            if name in item.annotations:
                known = hasattr(item, argument) and not (isinstance(item, SLO) and argument == "description")
                remedy = f"write {argument}=…" if known else "promspec writes it; choose another name"
                yield item, f"the {word} {item.name} sets the annotation {name} by hand", remedy


@rule("runbook/unused", Level.WARNING)
def unused_runbook(view: View) -> Iterator[Complaint]:
    """An alert, an SLO or an error code leads to every runbook."""
    codes = view.spec.error_codes.codes.values() if view.spec.error_codes else ()
    linked = [item.runbook for item in (*view.spec.alerts, *view.spec.slos, *codes)]
    linked += [view.spec.deployment.absence_runbook] if view.spec.deployment else []
    for runbook in view.each(Runbook):
        if not any(runbook is item for item in linked):
            yield runbook, f"nothing leads to the runbook {runbook.name}", "link it: Alert(…, runbook=…)"


@rule("runbook/stages", Level.WARNING)
def runbook_stages(view: View) -> Iterator[Complaint]:
    """The stages of a runbook follow each other in time."""
    for runbook in view.each(Runbook):
        ended = 0
        for stage in runbook.stages:
            begins, ends = milliseconds(stage.begins), milliseconds(stage.ends)
            if begins < ended or ends <= begins:
                text = f"the stage {stage.title!r} of {runbook.name} does not follow the one before it"
                yield runbook, text, "order the stages by their times"
            ended = max(ended, ends)


@rule("routing/none", Level.INFO)
def no_routing(view: View) -> Iterator[Complaint]:
    """Alerts reach somebody."""
    if (view.spec.alerts or view.spec.slos) and view.spec.routing is None:
        yield view.spec, "the spec has alerts but no Routing, so nobody is notified", "give the Spec routing=Routing(…)"


@rule("route/group-by", Level.WARNING)
def group_by(view: View) -> Iterator[Complaint]:
    """What alerts are grouped by is a label that alerts have."""
    known = {"alertname", "severity", "component", "team", "spec", "slo", "tier", "job", "instance", "..."}
    known |= {label.name for label in view.each(Label)}
    known |= {name for alert in view.each(Alert) for name in alert.labels}
    known |= {name for item in view.each(RecordingRule) for name in item.labels}
    for routing in view.each(Routing):
        for name in routing.group_by:
            near = near_miss(name, sorted(known))
            if name not in known and near:
                yield routing, f"alerts are grouped by {name}, which none of them has", near, name


@rule("deployment/version", Level.ERROR)
def version(view: View) -> Iterator[Complaint]:
    """Nothing is used that the target version of Prometheus does not know."""
    deployment = view.spec.deployment
    if deployment is None or deployment.broken or deployment.version >= (2, 42):
        return
    for alert in view.each(Alert):
        if alert.keep_firing_for is not None:
            text = f"keep_firing_for needs Prometheus 2.42; the deployment says {deployment.prometheus_version}"
            yield alert, text, "leave it out, or raise prometheus_version"
