"""The stage of one incident: a stack of its own, the service under traffic, what the pager took, what is suppressed."""

from __future__ import annotations

import contextlib
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from urllib.parse import quote

from promspec.drilling.model import DrillError, Drills, Incident, Message
from promspec.drilling.pages import messages
from promspec.drilling.rules import Rules
from promspec.fetching.addresses import Unanswered
from promspec.fetching.fetch import json_answer
from promspec.quantities import milliseconds
from promspec.stack import instances, processes, running, state
from promspec.stack.history import Budgeted
from promspec.stack.model import Past, StackError, Wanted
from promspec.vocabulary.labels import Label

_EVERY = 0.1
"""Seconds between two looks at the pager."""
_AGE = "60d"
"""How old the SLOs' rules are: at least the longest period."""
_STARTING = threading.Lock()
"""One stack starts at a time: a port is free until somebody listens."""


class Interrupted(Exception):
    """The drill is to end at once."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A running stack. Times of its clock are milliseconds, those of the wall seconds."""

    place: str
    wanted: Wanted
    over: threading.Event

    @property
    def url(self) -> str:
        """Where the service listens."""
        return self._part("service")

    @property
    def urls(self) -> tuple[str, ...]:
        """Where each instance of the service listens."""
        return tuple(self._part(instances.name_of(number)) for number in range(1, self.wanted.instances + 1))

    def kill(self, instance: int = 1) -> None:
        """End an instance of the service at once."""
        name = self._instance(instance)
        processes.kill(next(part for part in state.parts_of(self.place) if part.name == name))

    def start(self, instance: int = 1) -> None:
        """Start it again."""
        running.start_service(self.place, self.wanted, self._instance(instance))

    def settle(self) -> None:
        """Have the rules loaded once the service is scraped. Raises DrillError if it never is."""
        if trouble := running.load_rules(self.place):
            raise DrillError(f"Prometheus is not ready: {trouble}")

    def messages(self) -> list[Message]:
        """What the pager took so far."""
        return list(messages(running.pages(self.place)))

    def suppressed_by(self, alert: str, labels: Mapping[str, str]) -> frozenset[str]:
        """The fingerprints of what silences this alert, of the group that the labels tell; none unless it is silent."""
        asked = quote(f'alertname="{alert}"')
        try:
            answer = json_answer(f"{self._part('alertmanager')}/api/v2/alerts?filter={asked}")
        except Unanswered:
            return frozenset()
        found = [each for each in answer if all(each["labels"].get(name, of) == of for name, of in labels.items())]
        if any(each["status"]["state"] != "suppressed" for each in found):
            return frozenset()
        return frozenset(by for each in found for by in each["status"]["inhibitedBy"])

    def highest(self, query: str) -> float | None:
        """The highest value of an instant query; None where there is none."""
        try:
            answer = json_answer(f"{self._part('prometheus')}/api/v1/query?query={quote(query)}")
            return max((float(each["value"][1]) for each in answer["data"]["result"]), default=None)
        except (Unanswered, LookupError, TypeError, ValueError):
            return None

    def wall(self, length: int) -> float:
        """So much time of the rules, in seconds of the wall."""
        return length / 1000 / self.wanted.speed

    def wait(self, length: int) -> None:
        """Let so much time of the rules pass. Raises Interrupted."""
        if self.over.wait(self.wall(length)):
            raise Interrupted

    def until(self, done: Callable[[], bool], ends: float) -> bool:
        """Whether it is done before a moment, in seconds since 1970. Raises Interrupted."""
        while not done():
            if time.time() > ends:
                return False
            if self.over.wait(_EVERY):
                raise Interrupted
        return True

    def _instance(self, number: int) -> str:
        if number not in range(1, self.wanted.instances + 1):
            raise ValueError(f"there is no instance {number}: the drill has instances={self.wanted.instances}")
        return instances.name_of(number)

    def _part(self, name: str) -> str:
        return next(part.url for part in state.parts_of(self.place) if part.name == name)


@contextlib.contextmanager
def staged(
    rules: Rules, generated: Path, drills: Drills, incident: Incident, over: threading.Event, keep: bool
) -> Iterator[Stage]:
    """Run the stack while the body does; whatever happens inside, it has ended afterwards.

    Raises DrillError if it does not start. With `keep`, logs and data stay.
    """
    place = f"{rules.spec.name}-drill-{incident.name}"
    wanted = _wanted(rules, drills, incident)
    try:
        with _STARTING:
            if over.is_set():
                raise Interrupted
            running.down(place)  # what a drill left behind that was killed
            running.up(rules.spec.name, generated, wanted, _budgeted(rules, incident), place=place)
        yield Stage(place, wanted, over)
    except StackError as error:
        raise DrillError(str(error)) from None
    finally:
        with contextlib.suppress(StackError):
            running.down(place, keep_data=keep)
            if not keep:
                shutil.rmtree(state.HOME / place, ignore_errors=True)


def _wanted(rules: Rules, drills: Drills, incident: Incident) -> Wanted:
    return Wanted(
        service=tuple(drills.service),
        env=dict(drills.env),
        service_port=0,
        instances=drills.instances,
        service_ready=drills.ready or rules.spec.metrics_path,
        prometheus_port=0,
        alertmanager_port=0,
        pager_port=0,
        history=_AGE,
        past=tuple(_past(rules, drills, incident)),
        speed=drills.speed,
        features=tuple(rules.spec.deployment.features) if rules.spec.deployment is not None else (),
    )


def _past(rules: Rules, drills: Drills, incident: Incident) -> Iterator[Past]:
    """Weeks of healthy events; of the SLO that the incident is about the last of them failing, if it says so."""
    labels = dict(rules.alerts[incident.alert][0].labels) if incident.alert in rules.alerts else {}
    for name, rate in drills.events.items():
        failing = name == labels.get("slo") and milliseconds(incident.before) > 0
        share = Decimal(str(incident.failing)) if failing else Decimal(0)
        yield Past(name, Decimal(str(rate)), share, incident.before)


def _budgeted(rules: Rules, incident: Incident) -> list[Budgeted]:
    """The SLOs, for each group of their labels: of a label whose values are open, for that of the incident."""
    values = {name: (value,) for name, value in incident.labels.items()}
    values |= {label.name: tuple(label.known_values) for label in rules.spec.each(Label) if label.closed}
    return [
        Budgeted(slo.name, rules.clock, slo.window, {name: values.get(name, ()) for name in slo.group_labels})
        for slo in rules.spec.slos
    ]
