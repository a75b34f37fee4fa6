"""What a rule test is before it is YAML: named cases with input series and checks, beside the rules they load."""

from __future__ import annotations

from dataclasses import dataclass

from promspec.evaluation import Labels
from promspec.promql import matcher, quote


@dataclass(frozen=True, slots=True)
class Check:
    """An expression, when it is asked, and the whole result it must have: labels as PromQL writes them, and values."""

    expr: str
    at: int
    """Milliseconds after the start."""
    samples: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Case:
    """One test: its name, the scrape interval in milliseconds, the series with their values, the checks."""

    name: str
    interval: int
    series: tuple[tuple[str, str], ...]
    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class TestedRule:
    """A rule that a test loads: a recording rule, or the alert that is proven."""

    record: str
    expr: str
    labels: tuple[tuple[str, str], ...] = ()
    alert: str = ""
    for_: str = "0s"
    keep_firing_for: str | None = None
    annotations: tuple[tuple[str, str], ...] = ()


RATE = 10.0
"""Events per second of healthy traffic, where the spec declares none."""


@dataclass(frozen=True, slots=True)
class ProvableAlert:
    """An alert with what a proof must know of it."""

    name: str
    expr: str
    labels: tuple[tuple[str, str], ...] = ()
    for_: str = "0s"
    keep_firing_for: str | None = None
    annotations: tuple[tuple[str, str], ...] = ()
    rate: float = RATE

    @property
    def tested(self) -> TestedRule:
        """The alert as a rule that a test loads."""
        keep = self.keep_firing_for
        return TestedRule("", self.expr, self.labels, self.name, self.for_, keep, self.annotations)


@dataclass(frozen=True, slots=True)
class Proof:
    """The tests of one rule: what they load, evaluated every `step` milliseconds, and what was noticed about it.

    A rule can have several; `part` tells them apart.
    """

    subject: str
    rules: tuple[TestedRule, ...]
    step: int
    cases: tuple[Case, ...]
    notes: tuple[str, ...] = ()
    part: str = ""


def selector(name: str, labels: Labels) -> str:
    """A series as promtool names it: `up{job="api"}`."""
    inside = ",".join(matcher(label, "=", value) for label, value in labels)
    return f"{name}{{{inside}}}" if inside else name or "{}"


def braces(labels: Labels) -> str:
    """Labels alone: `{job="api"}`."""
    return "{" + ",".join(f"{name}={quote(value)}" for name, value in labels) + "}"
