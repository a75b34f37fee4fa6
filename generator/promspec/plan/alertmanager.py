"""Decides the Alertmanager configuration: routes, receivers, and which alert silences which."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from promspec import objectives
from promspec.objectives import Clock
from promspec.plan.slo_alerts import FORECAST
from promspec.quantities import milliseconds
from promspec.vocabulary.alerts import Alert
from promspec.vocabulary.routing import Email, PagerDuty, Receiver, Route, Routing, Slack, Smtp, Webhook
from promspec.vocabulary.severity import Severity
from promspec.vocabulary.slos import SLO
from promspec.vocabulary.spec import Spec

_UNROUTED = "The spec has no Routing: every alert reaches the receiver default, which notifies nobody."
_URGENCY = tuple(Severity)
"""The most urgent first."""


@dataclass(frozen=True, slots=True)
class MatcherPlan:
    """A condition on a label: `=` a value, or `=~` a regular expression."""

    label: str
    operator: str
    value: str


@dataclass(frozen=True, slots=True)
class SlackPlan:
    """A Slack channel and the file with the webhook's address."""

    channel: str
    api_url_file: str
    send_resolved: bool


@dataclass(frozen=True, slots=True)
class PagerDutyPlan:
    """The file with the integration key of a PagerDuty service."""

    routing_key_file: str
    send_resolved: bool


@dataclass(frozen=True, slots=True)
class EmailPlan:
    """A mail address."""

    to: str
    send_resolved: bool


@dataclass(frozen=True, slots=True)
class WebhookPlan:
    """An address that takes the alerts as JSON."""

    url: str
    send_resolved: bool


@dataclass(frozen=True, slots=True)
class ReceiverPlan:
    """A receiver and its ways, by kind."""

    name: str
    slack: tuple[SlackPlan, ...] = ()
    pagerduty: tuple[PagerDutyPlan, ...] = ()
    email: tuple[EmailPlan, ...] = ()
    webhook: tuple[WebhookPlan, ...] = ()


@dataclass(frozen=True, slots=True)
class SmtpPlan:
    """The mail server."""

    smarthost: str
    sender: str
    username: str | None
    password_file: str | None
    require_tls: bool


@dataclass(frozen=True, slots=True)
class RoutePlan:
    """A branch of the tree: alerts that meet all matchers go to the receiver."""

    receiver: str
    matchers: tuple[MatcherPlan, ...]
    group_wait: str | None
    repeat_interval: str | None
    continue_: bool


@dataclass(frozen=True, slots=True)
class InhibitionPlan:
    """While a source alert fires, the targets with equal labels notify nobody."""

    source: tuple[MatcherPlan, ...]
    target: tuple[MatcherPlan, ...]
    equal: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AlertmanagerPlan:
    """The whole configuration; `notes` are what its reader must know."""

    notes: tuple[str, ...]
    smtp: SmtpPlan | None
    default: str
    group_by: tuple[str, ...]
    group_wait: str
    group_interval: str
    repeat_interval: str
    routes: tuple[RoutePlan, ...]
    receivers: tuple[ReceiverPlan, ...]
    inhibitions: tuple[InhibitionPlan, ...]

    @property
    def secret_files(self) -> tuple[str, ...]:
        """Every file that holds a secret, once, in order."""
        files = [self.smtp.password_file] if self.smtp is not None and self.smtp.password_file else []
        for receiver in self.receivers:
            files += [way.api_url_file for way in receiver.slack]
            files += [way.routing_key_file for way in receiver.pagerduty]
        return tuple(dict.fromkeys(files))


def plan_alertmanager(spec: Spec) -> AlertmanagerPlan:
    """The configuration for a spec's alerts; without a `Routing`, a valid tree that notifies nobody."""
    routing = spec.routing if spec.routing is not None else Routing(Receiver("default"))
    receivers = tuple(_receiver(receiver) for receiver in routing.receivers)
    return AlertmanagerPlan(
        notes=_notes(spec, receivers),
        smtp=_smtp(routing.smtp),
        default=routing.default.name,
        group_by=tuple(routing.group_by),
        group_wait=routing.group_wait,
        group_interval=routing.group_interval,
        repeat_interval=routing.repeat_interval,
        routes=tuple(_route(route) for route in routing.routes),
        receivers=receivers,
        inhibitions=(*_tier_inhibitions(spec), *_component_inhibitions(spec)),
    )


def _notes(spec: Spec, receivers: tuple[ReceiverPlan, ...]) -> tuple[str, ...]:
    if spec.routing is None:
        return (_UNROUTED,)
    silent = [r.name for r in receivers if not (r.slack or r.pagerduty or r.email or r.webhook)]
    return tuple(f"The receiver {name} notifies nobody." for name in silent)


def _smtp(smtp: Smtp | None) -> SmtpPlan | None:
    if smtp is None:
        return None
    return SmtpPlan(smtp.smarthost, smtp.sender, smtp.username, smtp.password_file, smtp.require_tls)


def _receiver(receiver: Receiver) -> ReceiverPlan:
    ways = receiver.notify
    return ReceiverPlan(
        name=receiver.name,
        slack=tuple(SlackPlan(w.channel, w.api_url_file, w.send_resolved) for w in ways if isinstance(w, Slack)),
        pagerduty=tuple(PagerDutyPlan(w.routing_key_file, w.send_resolved) for w in ways if isinstance(w, PagerDuty)),
        email=tuple(EmailPlan(w.to, w.send_resolved) for w in ways if isinstance(w, Email)),
        webhook=tuple(WebhookPlan(w.url, w.send_resolved) for w in ways if isinstance(w, Webhook)),
    )


def _route(route: Route) -> RoutePlan:
    wanted = {"severity": route.severity.value if route.severity is not None else None, "team": route.team}
    labels = {**{label: value for label, value in wanted.items() if value is not None}, **route.labels}
    matchers = tuple(MatcherPlan(label, "=", value) for label, value in labels.items())
    return RoutePlan(route.receiver.name, matchers, route.group_wait, route.repeat_interval, route.continue_)


def _tier_inhibitions(spec: Spec) -> tuple[InhibitionPlan, ...]:
    """A faster tier silences the slower ones of its SLO, and every tier the forecast of what it tells already.

    SLOs whose tiers silence each other alike share the rules.
    """
    clock = objectives.clock(spec.deployment)
    lists: dict[tuple[tuple[str, tuple[str, ...]], ...], list[SLO]] = {}
    for slo in spec.slos:
        pairs = tuple(_silenced(slo, clock))
        if pairs:
            lists.setdefault(pairs, []).append(slo)
    found = []
    for pairs, slos in lists.items():
        # Two lists may hold the same tiers in opposite order, and two alerts that silence each other are both silent.
        which = MatcherPlan("slo", "=~", ".+" if len(lists) == 1 else "|".join(slo.name for slo in slos))
        groups = dict.fromkeys(label for slo in slos for label in slo.group_labels)
        for name, targets in pairs:
            source = (_own(spec), which, MatcherPlan("tier", "=", name))
            target = (_own(spec), which, MatcherPlan("tier", "=~", "|".join(targets)))
            found.append(InhibitionPlan(source, target, _equal(spec, "slo", *groups)))
    return tuple(found)


def _silenced(slo: SLO, clock: Clock) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each tier that silences something, and what: nothing that is faster, and nothing more urgent than itself."""
    tiers = sorted(objectives.tiers(slo, clock), key=lambda tier: (-tier.factor, milliseconds(tier.long)))
    forecast = [(FORECAST, slo.budget_forecast)] if slo.budget_forecast is not None else []
    for index, tier in enumerate(tiers):
        slower = [*((other.name, other.severity) for other in tiers[index + 1 :]), *forecast]
        silenced = [name for name, severity in slower if _URGENCY.index(tier.severity) <= _URGENCY.index(severity)]
        if silenced:
            yield tier.name, tuple(dict.fromkeys(silenced))


def _component_inhibitions(spec: Spec) -> tuple[InhibitionPlan, ...]:
    """A critical alert silences what is less urgent about the same component."""
    if not any(alert.component for alert in spec.each(Alert)):
        return ()
    known = MatcherPlan("component", "=~", ".+")
    source = (_own(spec), known, MatcherPlan("severity", "=", Severity.CRITICAL.value))
    lesser = f"{Severity.WARNING.value}|{Severity.INFO.value}"
    target = (_own(spec), known, MatcherPlan("severity", "=~", lesser))
    return (InhibitionPlan(source, target, _equal(spec, "component")),)


def _own(spec: Spec) -> MatcherPlan:
    """Only this spec's alerts: an Alertmanager may serve several."""
    return MatcherPlan("spec", "=", spec.name)


def _equal(spec: Spec, *labels: str) -> tuple[str, ...]:
    """The labels two alerts must share; one that both lack counts as shared. External labels tell clusters apart."""
    external = spec.deployment.external_labels if spec.deployment is not None else {}
    return tuple(dict.fromkeys([*labels, "job", *external]))
