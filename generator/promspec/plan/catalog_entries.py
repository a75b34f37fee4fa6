"""What the catalog holds: one frozen entry for each kind of declaration, as plain values."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LabelEntry:
    """A label; without `values` it is open and has at most `max_values`."""

    name: str
    values: tuple[str, ...]
    max_values: int


@dataclass(frozen=True, slots=True)
class MetricEntry:
    """A metric; `series` is how many it can have at most, exact where `closed`."""

    name: str
    kind: str
    unit: str
    help: str
    labels: tuple[LabelEntry, ...]
    buckets: tuple[str, ...]
    series: int
    closed: bool
    external: bool


@dataclass(frozen=True, slots=True)
class CodeEntry:
    """An error code."""

    value: str
    severity: str
    help: str
    action: str
    exceptions: tuple[str, ...]
    spends_budget: bool
    runbook: str
    runbook_title: str


@dataclass(frozen=True, slots=True)
class OperationEntry:
    """An operation and the metrics that watch it; a metric it lacks is empty."""

    name: str
    help: str
    requests: str
    errors: str
    duration: str
    stages: str
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RuleEntry:
    """A recording rule; `series` is how many it records at most, for each instance."""

    name: str
    group: str
    interval: str
    expr: str
    help: str
    series: int


@dataclass(frozen=True, slots=True)
class TierEntry:
    """A burn-rate tier; `fires` says when, in words."""

    name: str
    alert: str
    severity: str
    budget: str
    fires: str
    holds: str


@dataclass(frozen=True, slots=True)
class SloEntry:
    """An SLO; `budget` is the ratio that may fail, `minutes` of total outage spend it within the window."""

    name: str
    description: str
    indicator: str
    objective: str
    window: str
    budget: str
    minutes: str
    group_by: tuple[str, ...]
    runbook: str
    runbook_title: str
    tiers: tuple[TierEntry, ...]


@dataclass(frozen=True, slots=True)
class PanelEntry:
    """A panel of a dashboard."""

    row: str
    title: str
    kind: str
    unit: str
    description: str


@dataclass(frozen=True, slots=True)
class DashboardEntry:
    """A dashboard; `file` is its path in the output folder."""

    title: str
    uid: str
    file: str
    description: str
    panels: tuple[PanelEntry, ...]


@dataclass(frozen=True, slots=True)
class RunbookEntry:
    """A runbook; `file` is its path in the output folder."""

    title: str
    file: str
    summary: str
