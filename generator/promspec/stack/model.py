"""What a stack is: its parts, where they listen, and what is known of their processes."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path


class StackError(Exception):
    """Why a stack cannot be started; a message for the user."""


class Busy(StackError):
    """Another command is at this stack."""


@dataclass(frozen=True, slots=True)
class Past:
    """What an SLO counted before the start: events per second of the wall clock, for each group of its labels.

    A share of them (0-1) `failed` within the last so `lasting` time, on the clock of the rules.
    """

    slo: str
    rate: Decimal
    failed: Decimal = Decimal(0)
    lasting: str = "0s"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the user asks for. A port of 0 is any that is free.

    `service` is the command that starts the service, in which `{host}` and `{port}` stand for its address; without one,
    what listens there already is scraped. `instances` of it are started, at one port after the other; `service_ports`
    are those that were chosen. `env` names the variables that carry `{host}` and `{port}` to it. `webhook`
    takes the notifications instead of the pager; `real_receivers` sends them to whom the spec says. `interval` is of
    scrapes, evaluations and notifications, if not the generated ones; `history` how old the SLOs' rules shall be,
    `past` what they shall have counted. `speed` divides every duration of rules, scrapes and notifications.
    `docker` runs what is not the user's own in containers, and Grafana with it. `features` are the feature flags that
    Prometheus is started with.
    """

    host: str = "127.0.0.1"
    service: tuple[str, ...] = ()
    env: dict[str, str] = field(default_factory=dict)
    service_port: int = 8000
    service_ports: tuple[int, ...] = ()
    instances: int = 1
    service_ready: str = "/metrics"
    prometheus_port: int = 9090
    alertmanager_port: int = 9093
    pager_port: int = 9094
    grafana_port: int = 3000
    webhook: str = ""
    real_receivers: bool = False
    interval: str = ""
    history: str = ""
    docker: bool = False
    past: tuple[Past, ...] = ()
    speed: int = 1
    features: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """A process of the stack: how it was started and who it is. `started` tells it from a later one of the same pid."""

    name: str
    pid: int
    started: str
    url: str
    ready: str
    log: str


@dataclass(frozen=True, slots=True)
class Command:
    """How a part is started."""

    name: str
    arguments: tuple[str, ...]
    url: str
    ready: str
    log: Path
    env: dict[str, str] = field(default_factory=dict)
    folder: Path | None = None
