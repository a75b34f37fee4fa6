"""The arithmetic of SLOs: base window, burn-rate tiers, factors, thresholds. Source: Google SRE Workbook, chapter 5."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import partial

from promspec.quantities import duration, milliseconds, seconds
from promspec.vocabulary.deployment import Deployment
from promspec.vocabulary.severity import Severity
from promspec.vocabulary.slos import SLO, Tier

_MONTH = "30d"
_SLOW_FROM = 6 * 3_600_000
_SLOWEST = 4 * 60_000

STANDARD_TIERS = (
    ("page-fast", "5m", "1h", "0.02", Severity.CRITICAL, "0s"),
    ("page-slow", "30m", "6h", "0.05", Severity.CRITICAL, "2m"),
    ("ticket-fast", "2h", "1d", "0.1", Severity.WARNING, "15m"),
    ("ticket-slow", "6h", "3d", "0.1", Severity.WARNING, "1h"),
)
"""Name, short and long window, share of the budget, severity, `for`. Source: SRE Workbook, table 5-8, for 30 days."""


@dataclass(frozen=True, slots=True)
class BurnTier:
    """A tier with its numbers: it fires above `threshold`, a ratio of failed events, in both windows.

    `labels` and `annotations` are what the SLO and the tier add to the alert.
    """

    name: str
    short: str
    long: str
    factor: Decimal
    threshold: Decimal
    budget: Decimal
    severity: Severity
    for_: str
    labels: tuple[tuple[str, str], ...] = ()
    annotations: tuple[tuple[str, str], ...] = ()

    @property
    def windows(self) -> tuple[str, str]:
        """Short and long."""
        return self.short, self.long


@dataclass(frozen=True, slots=True)
class Clock:
    """When things are measured: scrape, evaluation, the base window over which events are recorded, the slow group.

    The base window is four scrapes, and at least one evaluation, so that no event falls between two. The slow group,
    for windows beyond six hours, runs every fourth evaluation but at least every four minutes: Prometheus forgets an
    instant value after five.
    """

    scrape: str
    evaluation: str

    @property
    def base(self) -> str:
        """The base window, such as `1m`."""
        return duration(max(4 * milliseconds(self.scrape), milliseconds(self.evaluation)))

    @property
    def slow(self) -> str:
        """The interval of the slow group, such as `2m`."""
        fast = milliseconds(self.evaluation)
        return duration(max(fast, min(4 * fast, _SLOWEST)))

    @property
    def weight(self) -> Decimal:
        """What one unit of a sum over base windows is worth in events: evaluation / base."""
        return seconds(self.evaluation) / seconds(self.base)


DEFAULT_CLOCK = Clock("15s", "30s")
"""The clock where no deployment is declared."""


def clock(deployment: Deployment | None) -> Clock:
    """The clock of a deployment; without one, scrapes of 15 s and evaluations of 30 s."""
    if deployment is None:
        return DEFAULT_CLOCK
    return Clock(deployment.scrape_interval, deployment.evaluation_interval)


def is_slow(window: str) -> bool:
    """Whether a window is read from the slow group's sums."""
    return milliseconds(window) > _SLOW_FROM


def tiers(slo: SLO, clock: Clock = DEFAULT_CLOCK) -> tuple[BurnTier, ...]:
    """The tiers of an SLO, fastest first as declared.

    The standard ones shrink with a period under 30 days, but to no less than the base window: nobody chose theirs.
    """
    if slo.tiers is not None:
        return tuple(_tier(slo, tier, tier.short, tier.long) for tier in slo.tiers)
    standard = [
        Tier(name, short=short, long=long, budget=Decimal(budget), severity=severity, for_=for_)
        for name, short, long, budget, severity, for_ in STANDARD_TIERS
    ]
    scale = min(Decimal(1), Decimal(milliseconds(slo.window)) / milliseconds(_MONTH))
    fit = partial(_fitted, scale=scale, base=clock.base)
    return tuple(_tier(slo, tier, fit(tier.short), fit(tier.long)) for tier in standard)


def windows(slo: SLO, clock: Clock = DEFAULT_CLOCK) -> tuple[str, ...]:
    """Every window of every tier once, shortest first."""
    found = {window for tier in tiers(slo, clock) for window in tier.windows}
    return tuple(sorted(found, key=milliseconds))


def _tier(slo: SLO, tier: Tier, short: str, long: str) -> BurnTier:
    factor = Decimal(tier.budget) * milliseconds(slo.window) / milliseconds(long)
    factor = factor.quantize(Decimal("0.0001")).normalize()
    return BurnTier(
        tier.name,
        short,
        long,
        factor,
        factor * slo.error_budget,
        Decimal(tier.budget),
        tier.severity,
        tier.for_,
        tuple({**slo.labels, **tier.labels}.items()),
        tuple({**slo.annotations, **tier.annotations}.items()),
    )


def _fitted(window: str, scale: Decimal, base: str) -> str:
    """The window scaled, in whole minutes, at least two and at least the base window."""
    minutes = int(Decimal(milliseconds(window)) * scale / 60_000)
    covering = -(-milliseconds(base) // 60_000)
    return duration(max(2, minutes, covering) * 60_000)
