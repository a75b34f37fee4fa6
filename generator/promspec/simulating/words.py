"""The numbers of a simulation as people read them: times, shares, events."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from promspec.problems import one_of
from promspec.quantities import number, percent, seconds, spoken
from promspec.simulating.formula import Alarm
from promspec.simulating.model import Simulation

_UNITS = (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1))


def lasting(milliseconds: int) -> str:
    """A length of time to the second, from a day on to the minute: `4m19s`, `1d13h2m`.

    >>> lasting(259_200)
    '4m19s'
    """
    rest = milliseconds // 1000
    if rest >= 86_400:
        rest -= rest % 60
    parts = []
    for unit, length in _UNITS:
        count, rest = divmod(rest, length)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


def share(ratio: Decimal) -> str:
    """A share in percent, to three digits: `2.31%`, `116%`."""
    value = ratio * 100
    digits = max(0, 2 - value.adjusted()) if value else 0
    rounded = value.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
    return f"{number(rounded)}%"


def events(alarm: Alarm) -> str:
    """How many events failed when it fires; where no traffic is declared, from which traffic on that holds."""
    minimum = alarm.tier.minimum
    if alarm.failed is not None:
        return f"{number(alarm.failed.quantize(Decimal(1)))} (at least {minimum})"
    if minimum == 1:
        return "1 (no minimum)"
    return f"{minimum}, from {rate(alarm.traffic)}"


def rate(per_second: Decimal) -> str:
    """Events per time, in the largest unit that gives a number from 1 on: `2/s`, `1.2/m`, `3/d`."""
    for unit, length in (("s", 1), ("m", 60), ("h", 3_600), ("d", 86_400)):
        value = per_second * length
        if value >= 1 or unit == "d":
            digits = 0 if value >= 10 else 1
            return f"{number(value.quantize(Decimal(1).scaleb(-digits)))}/{unit}"
    raise AssertionError("the last unit returned")


def promise(simulation: Simulation) -> str:
    """What the SLO promises, and what its budget is worth."""
    slo = simulation.slo
    outage = lasting(int(seconds(slo.window) * slo.error_budget * 1000))
    traffic = f" at {slo.traffic}" if slo.traffic else ""
    return (
        f"{slo.name}: {number(slo.objective)}% over {spoken(slo.window)}{traffic}; "
        f"the budget, {percent(slo.error_budget)}, is {outage} of total outage"
    )


def conditions(simulation: Simulation) -> str:
    """Under which conditions the times hold."""
    pace = simulation.pace
    counted = "" if pace.state else f", events counted over {lasting(pace.base)}"
    return (
        f"scraped every {lasting(pace.scrape)}, evaluated every {lasting(pace.evaluation)}{counted}; "
        "even traffic, clean history"
    )


def silent(simulation: Simulation) -> str:
    """What is to be said where no tier ever fires."""
    names = one_of([tier.name for tier in simulation.tiers]) or "there is none"
    return f"No tier can fire ({names})."
