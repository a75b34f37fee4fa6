"""When a burn-rate tier fires and ends, by arithmetic: error ratio, windows, base window, evaluation, `for`, events.

A fault begins with a scrape, on clean history and even traffic, and ends when its alert has fired. Source for the bare
`threshold x long window / ratio`: Google SRE Workbook, "Alerting on SLOs".
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal

from promspec import objectives
from promspec.objectives import BurnTier
from promspec.quantities import milliseconds
from promspec.vocabulary.deployment import Deployment
from promspec.vocabulary.slos import SLO


@dataclass(frozen=True, slots=True)
class Pace:
    """What happens how often, in milliseconds; `state` where events are evaluations of a gauge, not counted."""

    scrape: int
    evaluation: int
    base: int
    slow: int
    state: bool

    def interval(self, tier: BurnTier) -> int:
        """How often a tier is evaluated."""
        return self.slow if objectives.is_slow(tier.long) else self.evaluation

    def felt(self, evaluations: int) -> Decimal:
        """The milliseconds of a fault that the recorded events show after so many evaluations.

        The first evaluations see only a part of their base window in the fault: the sum grows with the square of time.
        """
        if self.state:
            return Decimal(evaluations * self.evaluation)
        rising = min(evaluations, self.base // self.evaluation)
        partly = Decimal(self.evaluation**2 * rising * (rising + 1)) / (2 * self.base)
        return partly + (evaluations - rising) * self.evaluation

    def until_felt(self, length: Decimal) -> int:
        """The evaluations after which more than so many milliseconds are felt."""
        rising = 0 if self.state else self.base // self.evaluation
        beyond = length - self.felt(rising)
        if beyond >= 0:
            return rising + math.floor(beyond / self.evaluation) + 1
        # n (n + 1) evaluation^2 / (2 base) > length, solved for n
        root = (1 + 8 * length * self.base / self.evaluation**2).sqrt()
        near = max(1, math.floor((root - 1) / 2))
        return next(count for count in (near, near + 1, near + 2) if self.felt(count) > length)

    @property
    def lag(self) -> Decimal:
        """How long the recorded events still show a fault that is over, on average over its end."""
        return Decimal(0) if self.state else Decimal(self.base - self.evaluation) / 2


def pace(slo: SLO, deployment: Deployment | None) -> Pace:
    """The pace of an SLO's rules."""
    clock = objectives.clock(deployment)
    scrape, evaluation = milliseconds(clock.scrape), milliseconds(clock.evaluation)
    return Pace(scrape, evaluation, milliseconds(clock.base), milliseconds(clock.slow), objectives.is_state(slo))


@dataclass(frozen=True, slots=True)
class Alarm:
    """What a fault of one error ratio makes of a tier; times in milliseconds since it began, or since it ended."""

    tier: BurnTier
    fires: int
    """After the fault began."""
    bare: int
    """The same without base window, evaluation and `for`: threshold x long window / ratio."""
    resolves: int
    """After the fault ended."""
    budget: Decimal
    """The share of the whole period's budget that is spent when it fires."""
    failed: Decimal | None
    """The failed events when it fires, at the declared traffic."""
    traffic: Decimal
    """Events per second from which the minimum of events does not delay it."""


def alarm(slo: SLO, tier: BurnTier, ratio: Decimal, pace: Pace, rate: Decimal | None = None) -> Alarm | None:
    """When a tier fires at this error ratio (0-1); None if it never does.

    `rate` is the traffic in events per second, if it is not the declared one.
    """
    if ratio <= tier.threshold:
        return None
    needed = tier.threshold * milliseconds(tier.long) / ratio
    least = Decimal(tier.minimum) - Decimal("0.5") if tier.minimum > 1 else Decimal(0)
    rate = slo.rate if rate is None else rate
    by_events = least * 1000 / (rate * ratio) if rate else Decimal(0)
    if by_events > milliseconds(tier.long):
        return None
    interval = pace.interval(tier)
    begins = _up(pace.until_felt(max(needed, by_events)) * pace.evaluation, interval)
    fires = begins + _up(milliseconds(tier.for_), interval)
    short = milliseconds(tier.short)
    ends = short * (1 - tier.threshold / ratio) + pace.lag
    spent = ratio * fires / (slo.error_budget * milliseconds(slo.window))
    traffic = least * 1000 / (ratio * max(pace.felt(begins // pace.evaluation), Decimal(1)))
    failed = rate * ratio * fires / 1000 if rate else None
    return Alarm(tier, fires, int(needed), _up(math.ceil(ends), interval), spent, failed, traffic)


def _up(length: int, step: int) -> int:
    """To a whole number of steps, upwards."""
    return -(-length // step) * step


def error_ratios(tiers: tuple[BurnTier, ...]) -> tuple[Decimal, ...]:
    """1, 0.5, 0.2, 0.1 … down to the last that any tier fires at."""
    least = min((tier.threshold for tier in tiers), default=Decimal(1))
    found = []
    for exponent in range(12):
        for digit in (1, 5, 2):
            ratio = Decimal(digit).scaleb(-exponent if digit == 1 else -exponent - 1)
            if ratio > least:
                found.append(ratio)
    return tuple(sorted(found, reverse=True))
