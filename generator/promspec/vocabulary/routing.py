"""`Routing`: which alerts reach whom, by severity and team. Secrets only by file reference."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from promspec.naming import LABEL_NAME
from promspec.quantities import milliseconds
from promspec.vocabulary.base import Declaration
from promspec.vocabulary.severity import Urgency
from promspec.vocabulary.texts import DurationText, Filled, wrong


def _address(text: str) -> str:
    if not re.fullmatch(r"https?://[^\s/?#]+\S*", text):
        raise wrong("webhook/url", f"{text!r} is no address", 'write it with its scheme: "https://hooks.example.com/x"')
    if re.match(r"https?://([^/?#]*@|hooks\.slack\.com/|discord(app)?\.com/api/webhooks/)", text):
        remedy = "use Slack(api_url_file=…), or an address behind which the secret is added"
        raise wrong("routing/secret", "the address holds a secret, which would be written into the output", remedy)
    return text


def _secret_file(text: str) -> str:
    if "://" in text or re.fullmatch(r"[A-Za-z0-9_+=-]{20,}", text):
        remedy = "put the secret into a file of Alertmanager's host, and give the file's path"
        raise wrong(
            "routing/secret", "this looks like the secret itself, which would be written into the output", remedy
        )
    return text


_SecretFile = Annotated[Filled, AfterValidator(_secret_file)]


def _mailbox(text: str) -> str:
    if not all(re.fullmatch(r"[^@\s]+@[^@\s]+|[^@<>]*<[^@\s]+@[^@\s]+>", part.strip()) for part in text.split(",")):
        raise wrong("email/address", f"{text!r} is no mail address", 'write it as "team@example.com"')
    return text


def _smarthost(text: str) -> str:
    if not re.fullmatch(r"\S+:\d{1,5}", text):
        raise wrong("smtp/smarthost", f"{text!r} is no host:port", 'write the port too, such as "mail.example.com:587"')
    return text


def _labelled(labels: Mapping[str, str]) -> Mapping[str, str]:
    _label_names(tuple(labels))
    return labels


def _label_names(names: Sequence[str]) -> Sequence[str]:
    strange = next((name for name in names if not LABEL_NAME.fullmatch(name)), None)
    if strange is not None and tuple(names) != ("...",):
        raise wrong("route/label", f"{strange!r} is not a label name", "use letters, digits and _, not a digit first")
    return tuple(names)


def _lasting(text: str) -> str:
    if milliseconds(text) == 0:
        raise wrong("routing/interval", "an interval of zero would never pause", "write a duration such as 5m or 4h")
    return text


_Interval = Annotated[DurationText, AfterValidator(_lasting)]


class Slack(Declaration):
    """A message to a Slack channel; the webhook's address stands in the file `api_url_file`."""

    channel: Filled
    _: KW_ONLY
    api_url_file: _SecretFile
    send_resolved: bool = True


class PagerDuty(Declaration):
    """A page by PagerDuty (Events API v2); the integration key stands in the file `routing_key_file`."""

    _: KW_ONLY
    routing_key_file: _SecretFile
    send_resolved: bool = True


class Email(Declaration):
    """A mail, through the SMTP server of the `Routing`."""

    to: Annotated[str, AfterValidator(_mailbox)]
    _: KW_ONLY
    send_resolved: bool = True


class Webhook(Declaration):
    """A POST of the alerts as JSON to an address that holds no secret."""

    url: Annotated[str, AfterValidator(_address)]
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
    severity: Urgency | None = None
    team: str | None = None
    labels: Annotated[Mapping[str, str], AfterValidator(_labelled)] = Field(default_factory=dict)
    group_wait: DurationText | None = None
    repeat_interval: _Interval | None = None
    continue_: bool = False

    @model_validator(mode="after")
    def _matches_something(self) -> Route:
        if self.severity is None and self.team is None and not self.labels:
            raise wrong("route/matches-all", "it would take every alert", "give severity=…, team=… or labels={…}")
        return self


class Smtp(Declaration):
    """The mail server: `smarthost` is host:port; the password stands in the file `password_file`."""

    smarthost: Annotated[str, AfterValidator(_smarthost)]
    _: KW_ONLY
    sender: Filled
    username: str | None = None
    password_file: _SecretFile | None = None
    require_tls: bool = True


class Routing(Declaration):
    """The tree of routes: the first route that matches an alert takes it, `default` takes the rest."""

    default: Receiver
    routes: Annotated[Sequence[Route], AfterValidator(tuple)] = ()
    _: KW_ONLY
    group_by: Annotated[Sequence[str], AfterValidator(_label_names)] = ("alertname", "job", "component")
    group_wait: DurationText = "30s"
    group_interval: _Interval = "5m"
    repeat_interval: _Interval = "4h"
    smtp: Smtp | None = None

    @property
    def receivers(self) -> tuple[Receiver, ...]:
        """Every receiver once, in the order of first mention."""
        return tuple(dict.fromkeys([self.default, *(route.receiver for route in self.routes)]))

    @model_validator(mode="after")
    def _names_differ(self) -> Routing:
        names = [receiver.name for receiver in self.receivers]
        doubled = next((name for index, name in enumerate(names) if name in names[:index]), None)
        if doubled is not None:
            raise wrong("routing/receiver-twice", f"two receivers are called {doubled!r}", "write it once and reuse it")
        return self

    @model_validator(mode="after")
    def _mail_has_a_server(self) -> Routing:
        mails = [r.name for r in self.receivers if any(isinstance(way, Email) for way in r.notify)]
        if mails and self.smtp is None:
            raise wrong("routing/smtp", f"the receiver {mails[0]} sends mail without a server", "give smtp=Smtp(…)")
        return self
