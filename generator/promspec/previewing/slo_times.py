"""How soon the alerts of each SLO tell of a fault, by arithmetic: the table that `promspec simulate` shows."""

from __future__ import annotations

from dataclasses import dataclass

from promspec.simulating.model import simulate
from promspec.simulating.words import conditions, lasting, share
from promspec.vocabulary.slos import SLO
from promspec.vocabulary.spec import Spec


@dataclass(frozen=True, slots=True)
class TimeRow:
    """A fault: which share of events fails, who tells of it first, after how long, what it has cost, when it ends."""

    fails: str
    tier: str
    severity: str
    fires: str
    budget: str
    ends: str


@dataclass(frozen=True, slots=True)
class SloTimes:
    """The faults of one SLO, the worst first, and under which conditions the times hold."""

    conditions: str
    rows: tuple[TimeRow, ...]


def slo_times(spec: Spec, slo: SLO) -> SloTimes:
    """The times of one SLO."""
    found = simulate(spec, slo)
    rows = (
        TimeRow(
            share(row.ratio),
            row.first.tier.name,
            str(row.first.tier.severity),
            lasting(row.first.fires),
            share(row.first.budget),
            lasting(row.first.resolves),
        )
        for row in found.rows
    )
    return SloTimes(conditions(found), tuple(rows))
