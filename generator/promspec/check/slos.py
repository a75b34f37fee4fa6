"""Rules on the tiers of SLOs: that every tier can fire, and that none fires without need."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from promspec import objectives
from promspec.check.rules import Complaint, View, rule
from promspec.objectives import BurnTier
from promspec.problems import Level
from promspec.quantities import milliseconds, number, percent, spoken
from promspec.vocabulary.slos import SLO


def _each_tier(view: View) -> Iterator[tuple[SLO, BurnTier]]:
    clock = objectives.clock(view.spec.deployment)
    for slo in view.each(SLO):
        if not any(tier.broken for tier in slo.tiers or ()):
            for tier in objectives.tiers(slo, clock):
                yield slo, tier


@rule("slo/tier-cannot-fire", Level.WARNING)
def tier_cannot_fire(view: View) -> Iterator[Complaint]:
    """A tier's threshold is below 100 % of the events, and at the declared traffic enough events can fail."""
    for slo, tier in _each_tier(view):
        never = f"the tier {tier.name} of {slo.name} can never fire: it waits for"
        expected = slo.expected_events(tier.long)
        if tier.threshold >= 1:
            remedy = f"raise the objective of {number(slo.objective)} %, or list tiers=[…] with a longer window"
            yield slo, f"{never} more than {percent(tier.threshold)}", remedy
        elif expected is not None and expected < tier.minimum:
            text = f"{never} {tier.minimum} failed events, and at {slo.traffic} there are {_few(expected)} in all"
            yield slo, f"{text} within {spoken(tier.long)}", "lengthen its windows, or lower minimum_events"


def _few(events: Decimal) -> str:
    """A number of events in two digits."""
    return number(Decimal(f"{events:.2g}"))


@rule("slo/tier-left-out", Level.INFO)
def tier_left_out(view: View) -> Iterator[Complaint]:
    """Of the standard tiers those are left out that could never fire at the objective."""
    for slo in view.each(SLO):
        for tier in objectives.left_out(slo, objectives.clock(view.spec.deployment)):
            why = f"{number(tier.factor)} times {percent(slo.error_budget)} is {percent(tier.threshold)}"
            if tier.threshold < 1:
                why = f"within {spoken(tier.long)} it would see {percent(tier.budget)} of the budget spent"
            text = f"the standard tier {tier.name} of {slo.name} is left out, for it could never fire: {why}"
            yield slo, text, "nothing to do; tiers=[…] lists your own"


@rule("slo/one-failure-fires", Level.WARNING)
def one_failure_fires(view: View) -> Iterator[Complaint]:
    """One failed event at the declared traffic, or at any where none is declared, fires no tier."""
    for slo, tier in _each_tier(view):
        expected = slo.expected_events(tier.long)
        if tier.minimum > 1 or (expected is not None and expected * tier.threshold >= 1):
            continue
        load = f"at {slo.traffic}" if slo.traffic else "when traffic is low"
        text = f"one failed event fires the tier {tier.name} of {slo.name} {load}"
        yield slo, text, "leave out minimum_events, or write 2 or more" + ("" if slo.traffic else "; or give traffic=…")


@rule("slo/tier-factor-below-one", Level.WARNING)
def tier_factor(view: View) -> Iterator[Complaint]:
    """No tier fires while the service keeps within its budget."""
    for slo, tier in _each_tier(view):
        if tier.factor < 1:
            text = f"the tier {tier.name} of {slo.name} fires within budget, at {number(tier.factor)} times its rate"
            yield slo, text, f"shorten its long window of {tier.long}, or raise budget={number(tier.budget)}"


@rule("slo/tier-window", Level.ERROR)
def tier_window(view: View) -> Iterator[Complaint]:
    """A tier's windows are longer than the base window, and shorter than the SLO's."""
    base = objectives.clock(view.spec.deployment).base
    for slo, tier in _each_tier(view):
        if milliseconds(tier.short) < milliseconds(base):
            text = (
                f"the short window of {tier.name} of {slo.name}, {tier.short}, is shorter than the base window {base}"
            )
            yield slo, text, "lengthen it, or scrape more often: the base window is four scrapes"
        if milliseconds(tier.long) > milliseconds(slo.window):
            text = f"the long window of {tier.name} of {slo.name}, {tier.long}, is longer than the SLO's {slo.window}"
            yield slo, text, "shorten the tier's windows"


@rule("slo/tier-duplicate", Level.ERROR)
def tier_duplicate(view: View) -> Iterator[Complaint]:
    """Each tier of an SLO has its own name."""
    for slo in view.each(SLO):
        names = [tier.name for tier in objectives.tiers(slo)]
        for name in dict.fromkeys(name for name in names if names.count(name) > 1):
            yield slo, f"the SLO {slo.name} has two tiers {name}", "rename one of them"


@rule("slo/no-runbook", Level.WARNING)
def slo_runbook(view: View) -> Iterator[Complaint]:
    """The alerts of an SLO lead to a runbook."""
    for slo in view.each(SLO):
        if slo.runbook is None:
            yield slo, f"the SLO {slo.name} has no runbook, so its pages lead nowhere", "write runbook=…"
