"""A drill held: each incident on a stage of its own, made to happen, watched, ended; several at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from promspec.drilling.expecting import expected, known
from promspec.drilling.missing import missed
from promspec.drilling.model import DrillError, Drills, Expected, Incident, Message, Outcome
from promspec.drilling.pages import faults
from promspec.drilling.rules import Rules
from promspec.drilling.staging import Interrupted, Stage, staged
from promspec.quantities import milliseconds
from promspec.simulating.words import lasting
from promspec.stack import state
from promspec.stack.freshness import outdated
from promspec.stack.model import Busy, StackError


def hold(
    rules: Rules,
    generated: Path,
    drills: Drills,
    incidents: Sequence[Incident],
    *,
    jobs: int = 4,
    keep: bool = False,
    told: Callable[[Outcome], None] = lambda outcome: None,
) -> list[Outcome]:
    """Hold the drill of some incidents, `jobs` at a time; `told` gets each outcome as it comes.

    Raises DrillError for what is known to be wrong before anything is started. Whatever happens, nothing is left.
    """
    with ExitStack() as alone:
        try:
            alone.enter_context(state.held(f"{rules.spec.name}-drill"))
        except StackError as error:
            if not isinstance(error, Busy):
                raise DrillError(str(error)) from None
            raise DrillError(f"another drill of {rules.spec.name} is held in this folder at the moment") from None
        return _hold(rules, generated, drills, incidents, jobs, keep, told)


def _hold(
    rules: Rules,
    generated: Path,
    drills: Drills,
    incidents: Sequence[Incident],
    jobs: int,
    keep: bool,
    told: Callable[[Outcome], None],
) -> list[Outcome]:
    awaited = [_awaited(incident, drills, rules) for incident in incidents]
    if behind := outdated(rules.spec, generated):
        raise DrillError(behind)
    over = threading.Event()

    def one(incident: Incident, times: dict[str, Expected]) -> Outcome:
        outcome = _One(rules, drills, incident, times).held(generated, over, keep)
        told(outcome)
        return outcome

    with ThreadPoolExecutor(jobs) as pool:
        running = [pool.submit(one, *each) for each in zip(incidents, awaited, strict=True)]
        try:
            return [each.result() for each in running]
        except BaseException:
            over.set()
            for each in running:
                each.cancel()
            raise


def _awaited(incident: Incident, drills: Drills, rules: Rules) -> dict[str, Expected]:
    """The alerts of an incident and when they must fire, the one that notifies first."""
    names = (*((incident.alert,) if incident.alert else ()), *incident.silences)
    return {name: expected(name, incident, drills, rules) for name in names}


@dataclass(slots=True)
class _One:
    """One incident, and what is wrong with it so far."""

    rules: Rules
    drills: Drills
    incident: Incident
    awaited: dict[str, Expected]
    faults: list[str] = field(default_factory=list)

    def held(self, generated: Path, over: threading.Event, keep: bool) -> Outcome:
        """Everything from the start of the stack to its end."""
        try:
            with ExitStack() as ends:
                stage = ends.enter_context(staged(self.rules, generated, self.drills, self.incident, over, keep))
                stage.settle()
                self._asked(stage, ends)
                stage.wait(milliseconds(self.drills.warm_up))
                return self._happened(stage)
        except Interrupted:
            return replace(self._outcome(), faults=("it was interrupted",))
        except DrillError as error:
            return replace(self._outcome(), faults=(str(error),))

    def _asked(self, stage: Stage, ends: ExitStack) -> None:
        try:
            for url in stage.urls:
                ends.enter_context(self.drills.traffic(url))
        except Exception as error:
            raise DrillError(f"traffic raised {type(error).__name__}: {error}") from error

    def _happened(self, stage: Stage) -> Outcome:
        self._before(stage)
        begun = time.time()
        self._do("begin", stage)
        if self.incident.alert is None:
            return self._quiet(stage, begun)
        expected = self.awaited[self.incident.alert]
        page = self._paged(stage, begun, expected)
        silenced = self._silenced(stage, begun, page) if page is not None else ()
        ended = time.time()
        self._do("end", stage)
        resolved = self._resolved(stage, ended, expected, page) if page is not None else None
        return replace(
            self._outcome(),
            seen=self._since(begun, page),
            resolved=self._since(ended, resolved),
            page=page,
            silenced=silenced,
            also=self._others(stage, begun),
            faults=tuple(self.faults),
        )

    def _before(self, stage: Stage) -> None:
        """All must be well first, or nothing that comes tells of the incident."""
        for name in dict.fromkeys(each.name for each in stage.messages() if each.status == "firing"):
            self.faults.append(f"{name} fired before it began")

    def _do(self, what: str, stage: Stage) -> None:
        try:
            (self.incident.begin if what == "begin" else self.incident.end)(stage)
        except Exception as error:
            raise DrillError(f"{what} raised {type(error).__name__}: {error}") from error

    def _quiet(self, stage: Stage, begun: float) -> Outcome:
        stage.until(lambda: False, begun + stage.wall(milliseconds(self.incident.watch)))
        self._do("end", stage)  # not sooner: what ends at once would have been watched for nothing
        for name in self._others(stage, begun):
            self.faults.append(f"{name} notified somebody")
        return replace(self._outcome(), faults=tuple(self.faults))

    def _paged(self, stage: Stage, begun: float, expected: Expected) -> Message | None:
        """The page, held to its rule and to its time."""
        found: list[Message] = []

        def came() -> bool:
            found[:] = [each for each in stage.messages() if self._is_meant(each, "firing", begun)]
            return bool(found)

        latest = begun + stage.wall(expected.latest)
        if not stage.until(came, latest):
            why = "; ".join(("", *missed(stage, self.rules, self.incident, self._others(stage, begun), begun)))
            self.faults.append(f"{self.incident.alert} did not page within {lasting(expected.latest)}{why}")
            return None
        page = found[0]
        rule, _ = known(page.name, self.incident, self.rules)
        self.faults += faults(page, rule, self.rules.notified(dict(page.labels)))
        if (seen := self._since(begun, page)) is not None and seen < expected.earliest:
            self.faults.append(f"it paged after {lasting(seen)}, before the {lasting(expected.earliest)} it must wait")
        return page

    def _silenced(self, stage: Stage, begun: float, page: Message) -> tuple[str, ...]:
        """The alerts that fire as well, are suppressed by the page's and reach nobody."""
        found = []
        for name in self.incident.silences:
            latest = begun + stage.wall(self.awaited[name].latest)
            by: Callable[[], frozenset[str]] = partial(stage.suppressed_by, name, self.incident.labels)
            if stage.until(lambda by=by: page.fingerprint in by(), latest):  # type: ignore[misc]
                found.append(name)
            else:
                within = lasting(self.awaited[name].latest)
                self.faults.append(f"{name} was not suppressed by {page.name} within {within}")
        for name in set(self._others(stage, begun)) & set(self.incident.silences):
            self.faults.append(f"{name} notified somebody, although {page.name} fires")
        return tuple(found)

    def _resolved(self, stage: Stage, ended: float, expected: Expected, page: Message) -> Message | None:
        found: list[Message] = []

        def came() -> bool:
            over = [each for each in stage.messages() if self._is_meant(each, "resolved", ended)]
            found[:] = [each for each in over if each.fingerprint == page.fingerprint]
            return bool(found)

        if stage.until(came, ended + stage.wall(expected.resolved)):
            return found[0]
        self.faults.append(f"it was not told to be over within {lasting(expected.resolved)}")
        return None

    def _is_meant(self, message: Message, status: str, since: float) -> bool:
        own = message.name == self.incident.alert and message.status == status and message.at >= since
        return own and self.incident.labels.items() <= message.labels.items()

    def _others(self, stage: Stage, since: float) -> tuple[str, ...]:
        """The other alerts that somebody was notified of."""
        told = [each.name for each in stage.messages() if each.status == "firing" and each.at >= since]
        return tuple(dict.fromkeys(name for name in told if name != self.incident.alert))

    def _since(self, moment: float, message: Message | None) -> int | None:
        return round((message.at - moment) * 1000 * self.drills.speed) if message is not None else None

    def _outcome(self) -> Outcome:
        name = self.incident.alert
        severity = dict(self.rules.alerts[name][0].labels).get("severity", "") if name else ""
        return Outcome(self.incident.name, name, severity, self.drills.speed, self.awaited[name] if name else None)
