"""Rules on routes: that some alert of the spec can reach each of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from promspec import objectives
from promspec.check.rules import Complaint, View, parsed_text, rule
from promspec.problems import Level, near_miss, one_of
from promspec.promql import infer
from promspec.vocabulary.alerts import Alert
from promspec.vocabulary.routing import Route
from promspec.vocabulary.slos import SLO
from promspec.vocabulary.spec import Spec

_Values = frozenset[str] | None
"""The values that a label of an alert can have; None where nobody can tell."""
_ABSENT: _Values = frozenset(("",))


class _Alerting:
    """The labels of one kind of alert; with `open` there may be others."""

    def __init__(self, known: Mapping[str, _Values], *, open: bool) -> None:
        self._known = known
        self._other = None if open else _ABSENT

    def values(self, label: str) -> _Values:
        return self._known.get(label, self._other)

    def can(self, wanted: Mapping[str, str]) -> bool:
        """Whether some of these alerts meet all conditions."""
        return all(values is None or value in values for values, value in self._each(wanted))

    def must(self, wanted: Mapping[str, str]) -> bool:
        """Whether all of these alerts meet all conditions."""
        return all(values == frozenset((value,)) for values, value in self._each(wanted))

    def _each(self, wanted: Mapping[str, str]) -> Iterator[tuple[_Values, str]]:
        return ((self.values(label), value) for label, value in wanted.items())


@rule("route/unreachable", Level.WARNING)
def unreachable(view: View) -> Iterator[Complaint]:
    """An alert can reach every route."""
    routing = view.spec.routing
    alerts = _alerts(view) if routing is not None else []
    passed: list[Mapping[str, str]] = []
    for route in routing.routes if routing is not None and alerts else ():
        wanted = _wanted(route)
        taking = [alert for alert in alerts if alert.can(wanted)]
        if not taking:
            yield _nobody(route, wanted, alerts)
        elif all(any(alert.must(earlier) for earlier in passed) for alert in taking):
            text = f"no alert reaches the route to {route.receiver.name}: the routes before it take all that it would"
            yield route, text, "move it up, or write continue_=True before it"
        if not route.continue_:
            passed.append(wanted)


def _wanted(route: Route) -> dict[str, str]:
    """What the route asks of labels."""
    given = {"severity": str(route.severity) if route.severity is not None else None, "team": route.team}
    return {**{label: value for label, value in given.items() if value is not None}, **route.labels}


def _nobody(route: Route, wanted: Mapping[str, str], alerts: list[_Alerting]) -> Complaint:
    """What is wrong with a route that no alert takes, what to write, and the value that none has."""
    for label, value in wanted.items():
        if any(alert.can({label: value}) for alert in alerts):
            continue
        every = [alert.values(label) for alert in alerts]
        known = sorted({one for values in every for one in values or () if one})
        text = f"no alert of this spec has {label}={value!r}, so the route to {route.receiver.name} takes none"
        otherwise = f"the values are {one_of(known)}" if known else f"no alert has a label {label}"
        return route, text, near_miss(value, known) or otherwise, value
    pairs = " and ".join(f"{label}={value!r}" for label, value in wanted.items())
    text = f"no alert of this spec has {pairs}, so the route to {route.receiver.name} takes none"
    return route, text, "ask for less, or take the route out"


def _alerts(view: View) -> list[_Alerting]:
    """The alerts of the spec: its own, those of its SLOs, and those on absence."""
    spec, deployment = view.spec, view.spec.deployment
    external = dict(deployment.external_labels) if deployment is not None else {}
    usual = {**external, "spec": spec.name, "team": spec.owner}
    found = [_own(view, alert, usual) for alert in view.each(Alert)]
    found += [_of_slo(spec, slo, usual) for slo in view.each(SLO)]
    if deployment is not None and deployment.absence_alerts:
        found.append(_Alerting({**_fixed(usual), "severity": None, "alertname": None}, open=True))
    return found


def _fixed(labels: Mapping[str, str]) -> dict[str, _Values]:
    """Labels with the one value that is written; a template can become anything."""
    return {label: None if "{{" in value else frozenset((value,)) for label, value in labels.items()}


def _own(view: View, alert: Alert, usual: Mapping[str, str]) -> _Alerting:
    expr = parsed_text(alert.expr)
    found = infer(expr, view.series) if expr is not None else None
    known: dict[str, _Values] = {}
    for label, values in found.labels.items() if found is not None else ():
        known[label] = None if values is None else frozenset(values)
    given = {**usual, "alertname": alert.name, "severity": str(alert.severity), "team": alert.team or usual["team"]}
    given |= {"component": alert.component} if alert.component else {}
    return _Alerting({**known, **_fixed({**given, **alert.labels})}, open=found is None or not found.exact)


def _of_slo(spec: Spec, slo: SLO, usual: Mapping[str, str]) -> _Alerting:
    tiers = objectives.tiers(slo, objectives.clock(spec.deployment))
    severities = [tier.severity for tier in tiers]
    severities += [one for one in (slo.budget_exhausted, slo.budget_forecast) if one is not None]
    known = _fixed({**usual, "slo": slo.name, "team": slo.team or usual["team"], **slo.labels})
    known |= {label: None for tier in tiers for label, _ in tier.labels if label not in slo.labels}
    known |= dict.fromkeys(slo.group_labels)
    known |= {"severity": frozenset(str(one) for one in severities), "tier": None, "alertname": None}
    return _Alerting(known, open=False)
