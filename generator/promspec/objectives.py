"""The arithmetic of SLOs: base window, burn-rate tiers, factors, thresholds. Source: Google SRE Workbook, chapter 5."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from promspec.quantities import duration, milliseconds, seconds
from promspec.vocabulary.deployment import Deployment
from promspec.vocabulary.severity import Severity
from promspec.vocabulary.slis import Freshness, Holds
from promspec.vocabulary.slos import SLO
from promspec.vocabulary.tiers import STANDARD_TIERS, Tier

_MONTH = milliseconds("30d")
_SLOW_FROM = 6 * 3_600_000
_SLOWEST = 4 * 60_000

_LEAST_EVENTS, _MOST_EVENTS = 2, 10
_SHARE_OF_USUAL = Decimal("0.1")


@dataclass(frozen=True, slots=True)
class BurnTier:
    """A tier with its numbers: it fires above `threshold`, a ratio of failed events, in both windows.

    At least `minimum` events must have failed within the long one. `labels` and `annotations` are what the SLO and the
    tier add to the alert.
    """

    name: str
    short: str
    long: str
    factor: Decimal
    threshold: Decimal
    budget: Decimal
    severity: Severity
    for_: str
    minimum: int = _LEAST_EVENTS
    labels: tuple[tuple[str, str], ...] = ()
    annotations: tuple[tuple[str, str], ...] = ()

    @property
    def windows(self) -> tuple[str, str]:
        """Short and long."""
        return self.short, self.long

    @property
    def can_fire(self) -> bool:
        """Whether a total outage would exceed its threshold, before more than the whole budget is spent."""
        return self.threshold < 1 and self.budget <= 1


@dataclass(frozen=True, slots=True)
class Forecast:
    """How the end of a budget is foreseen: by the speed within `long`, which still lasts within `short`."""

    short: str
    long: str
    for_: str
    minimum: int


@dataclass(frozen=True, slots=True)
class Clock:
    """When things are measured: scrape, evaluation, the base window over which events are recorded, the slow group.

    The base window is four scrapes, and at least two evaluations: what happens between two scrapes is seen in a window
    that holds both of them, so that with one evaluation an event could fall between two windows. The slow group,
    for windows beyond six hours, runs every fourth evaluation but at least every four minutes: Prometheus forgets an
    instant value after five.
    """

    scrape: str
    evaluation: str

    @property
    def base(self) -> str:
        """The base window, such as `1m`."""
        return duration(max(4 * milliseconds(self.scrape), 2 * milliseconds(self.evaluation)))

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
    """The tiers of an SLO, fastest first as declared; of the standard ones only those that can fire at its objective.

    What shrinks with a period under 30 days keeps its factor. The standard windows are no shorter than the base window.
    """
    if slo.tiers is not None:
        return tuple(_tier(slo, tier, clock) for tier in slo.tiers)
    return tuple(tier for tier in _standard(slo, clock) if tier.can_fire)


def left_out(slo: SLO, clock: Clock = DEFAULT_CLOCK) -> tuple[BurnTier, ...]:
    """The standard tiers that an SLO does not have, because they could never fire."""
    return () if slo.tiers is not None else tuple(tier for tier in _standard(slo, clock) if not tier.can_fire)


def forecast(slo: SLO, clock: Clock = DEFAULT_CLOCK) -> Forecast | None:
    """The windows of the alert that foresees the end of the budget, if there is one.

    The speed of a tenth of the period must still last within a 360th of it (2 hours of 30 days), for a 120th: an
    outage that is over is no forecast.
    """
    if slo.budget_forecast is None:
        return None
    period = milliseconds(slo.window)
    short = max(milliseconds(_minutes(period // 360)), milliseconds(_covering(clock)))
    long = max(milliseconds(_minutes(period // 10)), 3 * short)
    for_ = _whole(period // 120, clock.evaluation)
    return Forecast(duration(short), duration(long), for_, minimum_events(slo, duration(long), slo.error_budget))


def windows(slo: SLO, clock: Clock = DEFAULT_CLOCK) -> tuple[str, ...]:
    """Every window of every tier and of the forecast once, shortest first."""
    found = {window for tier in tiers(slo, clock) for window in tier.windows}
    foreseen = forecast(slo, clock)
    found |= {foreseen.short, foreseen.long} if foreseen else set()
    return tuple(sorted(found, key=lambda window: (milliseconds(window), window)))


def is_state(slo: SLO) -> bool:
    """Whether its events are evaluations of a gauge, not what a counter counted."""
    return isinstance(slo.sli, (Freshness, Holds))


def weight(slo: SLO, clock: Clock) -> Decimal:
    """What one unit of a sum over its recorded events is worth in events."""
    return Decimal(1) if is_state(slo) else clock.weight


def minimum_events(slo: SLO, window: str, threshold: Decimal) -> int:
    """How many failed events mean something: as declared, else by the traffic, else 2.

    By the traffic: a tenth of what exceeds the threshold when traffic is as declared, from 2 to 10. So the condition
    is never felt at the usual load, a single failure means nothing at any, and an outage at night still pages.
    """
    if slo.minimum_events is not None:
        return slo.minimum_events
    expected = slo.expected_events(window)
    if expected is None:
        return _LEAST_EVENTS
    usual = int((expected * threshold * _SHARE_OF_USUAL).to_integral_value(ROUND_CEILING))
    return max(_LEAST_EVENTS, min(_MOST_EVENTS, usual))


def shrunk(slo: SLO, length: str, clock: Clock) -> str:
    """A time that suits 30 days, for the SLO's period: in proportion, in whole evaluations; longer periods keep it."""
    period = milliseconds(slo.window)
    return length if period >= _MONTH else _whole(milliseconds(length) * period // _MONTH, clock.evaluation)


def _standard(slo: SLO, clock: Clock) -> tuple[BurnTier, ...]:
    return tuple(_tier(slo, tier, clock) for tier in STANDARD_TIERS)


def _tier(slo: SLO, tier: Tier, clock: Clock) -> BurnTier:
    period, short, long = milliseconds(slo.window), tier.short, tier.long
    factor = Decimal(tier.budget) * period / milliseconds(long)
    if "windows" in tier.shrinks:
        short, long = _fitted(tier, min(period, _MONTH), clock)
        factor = Decimal(tier.budget) * max(period, _MONTH) / milliseconds(tier.long)
    factor = factor.quantize(Decimal("0.0001")).normalize()
    threshold = factor * slo.error_budget
    return BurnTier(
        name=tier.name,
        short=short,
        long=long,
        factor=factor,
        threshold=threshold,
        budget=(factor * milliseconds(long) / period).quantize(Decimal("0.0001")).normalize(),
        severity=tier.severity,
        for_=shrunk(slo, tier.for_, clock) if "for_" in tier.shrinks else tier.for_,
        minimum=minimum_events(slo, long, threshold),
        labels=tuple({**slo.labels, **tier.labels}.items()),
        annotations=tuple({**slo.annotations, **tier.annotations}.items()),
    )


def _fitted(tier: Tier, period: int, clock: Clock) -> tuple[str, str]:
    """The windows in proportion to the period; both cover the base window, and the long one stays the longer one."""
    short = max(
        milliseconds(_minutes(milliseconds(tier.short) * period // _MONTH)), milliseconds(_covering(clock)), 120_000
    )
    long = max(milliseconds(_minutes(milliseconds(tier.long) * period // _MONTH)), 3 * short)
    return duration(short), duration(long)


def _minutes(length_ms: int) -> str:
    return duration(length_ms // 60_000 * 60_000)


def _covering(clock: Clock) -> str:
    """The base window, in whole minutes."""
    return duration(-(-milliseconds(clock.base) // 60_000) * 60_000)


def _whole(length_ms: int, evaluation: str) -> str:
    """The nearest whole number of evaluations."""
    step = milliseconds(evaluation)
    return duration((2 * length_ms + step) // (2 * step) * step)
