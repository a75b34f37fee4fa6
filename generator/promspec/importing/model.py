"""What was imported: services and their SLOs, in plain values, before they are written as Python."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from promspec.importing.entries import Entry, Findings
from promspec.importing.indicators import Condition, Indicator
from promspec.problems import Level
from promspec.vocabulary.severity import Severity


@dataclass(frozen=True, slots=True)
class StandardTier:
    """One of promspec's own tiers by the name of its constant, and what of it is different."""

    constant: str
    severity: Severity | None = None
    labels: tuple[tuple[str, str], ...] = ()
    annotations: tuple[tuple[str, str], ...] = ()
    windows: tuple[str, str, Decimal] | None = None
    """Short, long, and the share of the budget, 0-1; None: its own."""


@dataclass(frozen=True, slots=True)
class OwnTier:
    """A tier with windows of its own."""

    name: str
    short: str
    long: str
    budget: Decimal
    severity: Severity
    for_: str


AnyTier = StandardTier | OwnTier


@dataclass(slots=True)
class ImportedSlo:
    """An SLO of the input: where it stands, what it promises, how it alerts, and what had to be left behind."""

    id: str
    service: str
    entry: Entry
    objective: Decimal = Decimal(0)
    """In percent."""
    indicator: Indicator | Condition | None = None
    window: str = "30d"
    calendar: bool = False
    description: str = ""
    tiers: tuple[AnyTier, ...] | None = None
    """None: the standard ones."""
    budget_alerts: bool = True
    """Whether the alerts on the budget itself, which only promspec has, are made."""
    team: str = ""
    runbook: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    """Its own; those of the service are kept there."""
    annotations: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    """What its reader must know, as comments beside it."""
    name: str = ""
    """Its name in the spec."""

    def note(self, entry: Entry, id: str, text: str, remedy: str, level: Level = Level.WARNING) -> None:
        """Say what cannot be carried over as it is: as a problem at its line, and as a comment beside the SLO."""
        entry.say(id, f"{self.id}: {text}", remedy, level)
        self.notes.append(f"line {entry.line}: {text}; {remedy}.")


@dataclass(slots=True)
class Service:
    """A service of the input: who owns it, what it is called, the labels that all its SLOs have."""

    name: str
    owner: str = ""
    title: str = ""
    description: str = ""
    labels: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Import:
    """Everything that the files of one import hold."""

    source: str
    """The files' names, for the docstring."""
    findings: Findings = field(default_factory=Findings)
    services: dict[str, Service] = field(default_factory=dict)
    slos: list[ImportedSlo] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What concerns the whole spec, as comments at its end."""

    def note(self, entry: Entry, id: str, text: str, remedy: str, level: Level = Level.WARNING) -> None:
        """Say what concerns more than one SLO: as a problem at its line, and as a comment beside the `Spec`."""
        entry.say(id, text, remedy, level)
        self.notes.append(f"line {entry.line}: {text}; {remedy}.")
