"""Health checks: what each measures, how an answer is judged, and what the whole is."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeVar

Status = Literal["ok", "warning", "error"]
Probe = Literal["live", "ready", "startup"]
_RANK: Mapping[Status, int] = {"ok": 0, "warning": 1, "error": 2}


def worst(statuses: list[Status]) -> Status:
    """The worst of some; ok if there are none."""
    return max(statuses, key=_RANK.__getitem__, default="ok")


def of_components(statuses: list[Status]) -> Status:
    """What several like components are together: an error only if all are, a warning if any is not ok."""
    if statuses and all(status == "error" for status in statuses):
        return "error"
    return "warning" if any(status != "ok" for status in statuses) else "ok"


@dataclass(frozen=True, slots=True)
class Reading:
    """What a callback measured: a value to judge, a message to show, or the status itself.

    >>> Reading(8, "8/10 workers available").message
    '8/10 workers available'
    """

    value: float | None = None
    message: str = ""
    status: Status | None = None


Number = float | Reading
Numbers = Number | Mapping[str, Number] | Mapping[str, float] | Mapping[str, Reading]
Truth = bool | Reading
Truths = Truth | Mapping[str, Truth] | Mapping[str, bool] | Mapping[str, Reading]
Callback = Callable[[], object]
N = TypeVar("N", bound=Callable[[], Numbers | Awaitable[Numbers]])
T = TypeVar("T", bound=Callable[[], Truths | Awaitable[Truths]])


@dataclass(frozen=True, slots=True)
class Finding:
    """How a check ended, and how for each component if it looked at several."""

    name: str
    status: Status
    message: str
    value: float | None = None
    components: Mapping[str, Finding] = field(default_factory=dict)

    def as_dict(self) -> dict[str, object]:
        """Fit for JSON."""
        made: dict[str, object] = {"name": self.name, "status": self.status, "message": self.message}
        if self.value is not None and math.isfinite(self.value):
            made["value"] = self.value
        if self.components:
            made["components"] = {name: found.status for name, found in self.components.items()}
        return made


@dataclass(frozen=True, slots=True)
class Criteria:
    """The thresholds of a check: a value that is worse than one of them is bad; an equal one is good."""

    warning: float | None
    failing: float | None
    worse: Literal["above", "below"]

    def judge(self, value: float) -> Status:
        """How a value is."""
        return (
            "error" if self._beyond(value, self.failing) else "warning" if self._beyond(value, self.warning) else "ok"
        )

    def _beyond(self, value: float, threshold: float | None) -> bool:
        if threshold is None:
            return False
        return not value <= threshold if self.worse == "above" else not value >= threshold  # NaN is beyond.

    def told(self, value: float, status: Status) -> str:
        """A value and the threshold that it passed, in words."""
        shown = f"{value:.6g}"
        if status == "ok":
            return shown
        threshold = self.failing if status == "error" else self.warning
        return shown if threshold is None else f"{shown} is {self.worse} {threshold:.6g}"


class Check:
    """A declared check: who measures, and the criteria, which may change while the service runs."""

    def __init__(
        self,
        name: str,
        *,
        help: str = "",
        warning: float | None = None,
        failing: float | None = None,
        worse: Literal["above", "below"] = "above",
        probes: tuple[Probe, ...] = ("ready",),
        timeout: float = 1.0,
        reason: str = "",
    ) -> None:
        self.name = name
        self.help = help
        self.criteria = Criteria(warning, failing, worse)
        self.probes = probes
        self.timeout = timeout
        self.reason = reason or name
        self.callback: Callback | None = None

    def judge(self, answer: object) -> Finding:
        """What an answer of the callback means."""
        if isinstance(answer, Mapping):
            parts = {str(name): self._one(each, str(name)) for name, each in answer.items()}
            status = of_components([found.status for found in parts.values()])
            bad = [found for found in parts.values() if found.status != "ok"] or list(parts.values())
            shown = "; ".join(f"{found.name}: {found.message}" for found in bad[:10])
            more = f"; {len(bad) - 10} more" if len(bad) > 10 else ""
            return Finding(self.name, status, shown + more or "nothing to check", None, parts)
        return self._one(answer, self.name)

    def _one(self, answer: object, name: str) -> Finding:
        reading = answer if isinstance(answer, Reading) else _reading(answer)
        status = reading.status
        if status is not None and status not in _RANK:
            raise ValueError(f"a status is ok, warning or error, not {status!r}")
        if status is None:
            status = "ok" if reading.value is None else self.criteria.judge(reading.value)
        message = reading.message
        if not message:
            message = status if reading.value is None else self.criteria.told(reading.value, status)
        return Finding(name, status, message, reading.value)


def _reading(answer: object) -> Reading:
    if answer is None or answer is True:
        return Reading(status="ok")
    if answer is False:
        return Reading(status="error", message="failed")
    if isinstance(answer, (int, float)):
        return Reading(float(answer))
    return Reading(status="error", message=f"the callback answered with {type(answer).__name__}")


class Measured(Check):
    """A check of a number: `@health.workers` over a function that measures it, sync or async."""

    def __call__(self, callback: N) -> N:
        """Register what measures."""
        self.callback = callback
        return callback

    def set_criteria(
        self, *, warning: float | Literal["keep"] | None = "keep", failing: float | Literal["keep"] | None = "keep"
    ) -> None:
        """Change thresholds, at once; None takes one away. Raises `ValueError` if it would fail before it warns."""
        old = self.criteria
        new = Criteria(
            old.warning if warning == "keep" else warning, old.failing if failing == "keep" else failing, old.worse
        )
        for each in (new.warning, new.failing):
            if each is not None and not math.isfinite(each):
                raise ValueError(f"a threshold is a finite number, not {each!r}")
        both = new.warning is not None and new.failing is not None and new.warning != new.failing
        if both and new.judge(new.failing or 0.0) == "ok":
            raise ValueError(f"{self.name} would fail before it warns: exchange {new.warning} and {new.failing}")
        self.criteria = new


class Judged(Check):
    """A check that its callback judges: True, False, or a `Reading`."""

    def __call__(self, callback: T) -> T:
        """Register what judges."""
        self.callback = callback
        return callback


@dataclass(frozen=True, slots=True)
class Report:
    """The health of the service at one moment. `sections` are the further parts of the detailed page."""

    status: Status
    checks: tuple[Finding, ...]
    components: Mapping[str, Status]
    sections: Mapping[str, object] = field(default_factory=dict)


def report_of(findings: list[Finding], sections: Mapping[str, object]) -> Report:
    """The whole: a component is as bad as its worst check; like components make an error only together."""
    by_component: dict[str, list[Status]] = {}
    for found in findings:
        for name, part in found.components.items():
            by_component.setdefault(name, []).append(part.status)
    components = {name: worst(statuses) for name, statuses in by_component.items()}
    alone = [found.status for found in findings if not found.components]
    status = worst([*alone, of_components(list(components.values()))])
    return Report(status, tuple(findings), components, sections)
