"""What a simulation says of an SLO: for each error ratio the alarms by arithmetic, and what promtool saw."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from promspec import objectives
from promspec.simulating.formula import Alarm, Pace, alarm, error_ratios, pace
from promspec.vocabulary.slos import SLO
from promspec.vocabulary.spec import Spec


@dataclass(frozen=True, slots=True)
class Seen:
    """The first alert that promtool saw: its tier, and when it fired and ended, in milliseconds as in `Alarm`."""

    tier: str
    fires: int
    resolves: int | None


@dataclass(frozen=True, slots=True)
class Row:
    """A fault of one error ratio: every tier that fires, the earliest first; and what promtool saw of the first."""

    ratio: Decimal
    alarms: tuple[Alarm, ...]
    seen: Seen | None = None

    @property
    def first(self) -> Alarm:
        """The tier that tells of the fault first."""
        return self.alarms[0]


@dataclass(frozen=True, slots=True)
class Simulation:
    """An SLO's rows, by falling error ratio."""

    slo: SLO
    pace: Pace
    tiers: tuple[objectives.BurnTier, ...]
    rows: tuple[Row, ...]


def simulate(spec: Spec, slo: SLO) -> Simulation:
    """The simulation of an SLO by arithmetic alone."""
    tiers = objectives.tiers(slo, objectives.clock(spec.deployment))
    at = pace(slo, spec.deployment)
    rows = []
    for ratio in error_ratios(tiers):
        alarms = [found for tier in tiers if (found := alarm(slo, tier, ratio, at)) is not None]
        if alarms:
            rows.append(Row(ratio, tuple(sorted(alarms, key=lambda item: item.fires))))
    return Simulation(slo, at, tiers, tuple(rows))
