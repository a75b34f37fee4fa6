"""`Routing`: which alerts reach whom, by severity and team. Secrets only by file reference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from promspec.vocabulary.base import Declaration, DurationText, Filled, wrong
from promspec.vocabulary.severity import Severity


class Slack(Declaration):
    """A message to a Slack channel; the webhook's address stands in the file `api_url_file`."""

    channel: Filled
    _: KW_ONLY
    api_url_file: Filled
    send_resolved: bool = True


class PagerDuty(Declaration):
    """A page by PagerDuty (Events API v2); the integration key stands in the file `routing_key_file`."""

    _: KW_ONLY
    routing_key_file: Filled
    send_resolved: bool = True


class Email(Declaration):
    """A mail, through the SMTP server of the `Routing`."""

    to: Filled
    _: KW_ONLY
    send_resolved: bool = True


class Webhook(Declaration):
    """A POST of the alerts as JSON to an address that holds no secret."""

    url: Filled
    _: KW_ONLY
    send_resolved: bool = True


class Receiver(Declaration):
    """A name and the ways it is notified; a receiver with no way silently drops alerts, and says so in its name."""

    name: Filled
    notify: Annotated[Sequence[Slack | PagerDuty | Email | Webhook], AfterValidator(tuple)] = ()


class Route(Declaration):
    """Alerts of a severity, of a team or with other labels go to a receiver; `continue_` lets later routes see them."""

    receiver: Receiver
    _: KW_ONLY
    severity: Severity | None = None
    team: str | None = None
    labels: Mapping[str, str] = Field(default_factory=dict)
    group_wait: DurationText | None = None
    repeat_interval: DurationText | None = None
    continue_: bool = False

    @model_validator(mode="after")
    def _matches_something(self) -> Route:
        if self.severity is None and self.team is None and not self.labels:
            raise wrong("route/matches-all", "it would take every alert", "give severity=…, team=… or labels={…}")
        return self


class Smtp(Declaration):
    """The mail server: `smarthost` is host:port; the password stands in the file `password_file`."""

    smarthost: Filled
    _: KW_ONLY
    sender: Filled
    username: str | None = None
    password_file: str | None = None
    require_tls: bool = True


class Routing(Declaration):
    """The tree of routes: the first route that matches an alert takes it, `default` takes the rest."""

    default: Receiver
    routes: Annotated[Sequence[Route], AfterValidator(tuple)] = ()
    _: KW_ONLY
    group_by: Annotated[Sequence[str], AfterValidator(tuple)] = ("alertname", "job", "component")
    group_wait: DurationText = "30s"
    group_interval: DurationText = "5m"
    repeat_interval: DurationText = "4h"
    smtp: Smtp | None = None

    @property
    def receivers(self) -> tuple[Receiver, ...]:
        """Every receiver once, in the order of first mention."""
        return tuple(dict.fromkeys([self.default, *(route.receiver for route in self.routes)]))

    @model_validator(mode="after")
    def _mail_has_a_server(self) -> Routing:
        mails = [r.name for r in self.receivers if any(isinstance(way, Email) for way in r.notify)]
        if mails and self.smtp is None:
            raise wrong("routing/smtp", f"the receiver {mails[0]} sends mail, but there is no server", "give smtp=Smtp(…)")
        return self
