"""What a drill file says, and what a drill gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Protocol


class DrillError(Exception):
    """Why a drill cannot be held; a message for the user."""


class Service(Protocol):
    """The service in its stack, as `begin` and `end` get it."""

    @property
    def url(self) -> str:
        """Where it listens, without a slash at the end; of several instances the first."""

    @property
    def urls(self) -> Sequence[str]:
        """Where each instance listens."""

    def kill(self, instance: int = 1) -> None:
        """End an instance at once, as `kill -9` does; they count from 1."""

    def start(self, instance: int = 1) -> None:
        """Start it again, and wait until it is ready."""


def _nothing(service: Service) -> None:
    """Leave the service as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """Something that goes wrong from `begin` to `end`, and the alert that must tell of it.

    `labels` are those the alert's series must have. `failing` is the share of events (0-1) that fail, and `before` how
    long they have failed already when the drill begins: for alerts of SLOs. `silences` are the alerts that fire as well
    and must be suppressed meanwhile. Without an `alert` nobody may be notified for `watch`, after which is the `end`.
    Times are those of the rules: on a clock of speed 30, `before="1h"` takes no two minutes.

    >>> Incident(name="outage", alert="ApiDown", begin=lambda service: service.kill()).failing
    1
    """

    name: str
    alert: str | None
    begin: Callable[[Service], None]
    end: Callable[[Service], None] = _nothing
    says: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    failing: float = 1
    before: str = "0s"
    silences: Sequence[str] = ()
    watch: str = "15m"


def _no_traffic(url: str) -> AbstractContextManager[object]:
    return nullcontext()


@dataclass(frozen=True, slots=True, kw_only=True)
class Drills:
    """The incidents of one spec, and how its service is run for each of them.

    `service` starts it; in its words and in `env` `{host}` and `{port}` stand for its address. `ready` is the path that
    answers once it serves, by default that of its metrics. `traffic` is a context manager that sends requests to a URL
    until it is left. So many `instances` of the service are started, each with traffic of its own. `events` says how
    many events a second that is in all for each SLO (for each group of its labels): so much is written into the SLOs'
    history, for the share of a month that an incident spends to be right. `speed` is that of the clock, `warm_up` how
    long (on that clock) there is traffic before an incident begins.
    """

    service: Sequence[str]
    incidents: Sequence[Incident]
    env: Mapping[str, str] = field(default_factory=dict)
    ready: str | None = None
    traffic: Callable[[str], AbstractContextManager[object]] = _no_traffic
    events: Mapping[str, float] = field(default_factory=dict)
    instances: int = 1
    speed: int = 30
    warm_up: str = "5m"


@dataclass(frozen=True, slots=True)
class Expected:
    """When an alert must tell of an incident, in milliseconds of the rules' clock since it began; and of its end.

    `earliest` and `latest` bound the page, `resolved` the message that it is over. `terms` say what `latest` adds up.
    """

    earliest: int
    latest: int
    resolved: int
    terms: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Message:
    """One alert in one notification: when it was received (seconds since 1970) and what stood around it.

    `beside` are the labels of the other alerts of the same notification.
    """

    at: float
    receiver: str
    group_key: str
    group_labels: Mapping[str, str]
    status: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    fingerprint: str
    beside: tuple[Mapping[str, str], ...]

    @property
    def name(self) -> str:
        """The alert's name."""
        return self.labels.get("alertname", "")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an incident, in milliseconds of the rules' clock; None where it never came.

    `page` is what was notified first; `also` are the other alerts that notified meanwhile, `silenced` those that fired
    and were suppressed. No `faults`: it went as it must.
    """

    incident: str
    alert: str | None
    severity: str
    speed: int
    expected: Expected | None
    seen: int | None = None
    resolved: int | None = None
    page: Message | None = None
    silenced: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether all went as it must."""
        return not self.faults
