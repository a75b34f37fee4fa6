"""When an alert must tell of an incident, and that it is over: from its expression, the clock and the routes.

An SLO's tier fires when the closed formula of `simulating` says, give or take a fiftieth. Any other alert fires at the
latest when every window that it reads holds nothing but the incident, and has done so for its `for`. On top come what
is not in step, a scrape and an evaluation, the wait of its group, and a second of the wall clock for what is not
compressed.
"""

from __future__ import annotations

from decimal import Decimal

from promspec import objectives
from promspec.drilling.model import DrillError, Drills, Expected, Incident
from promspec.drilling.rules import Rules
from promspec.plan.rules import AlertRule
from promspec.problems import near_miss, one_of
from promspec.quantities import milliseconds, number
from promspec.simulating.formula import Alarm, alarm, pace
from promspec.vocabulary.labels import Label
from promspec.vocabulary.slos import SLO

_UNEVEN = 50
"""The part of the formula's time by which it may be missed: no traffic is as even and as much as was written."""
_UNCOMPRESSED = 1000
"""Milliseconds of the wall clock: HTTP, and a machine that is busy."""


def expected(name: str, incident: Incident, drills: Drills, rules: Rules) -> Expected:
    """When this alert of the incident must be told of. Raises DrillError if it is none, or can never tell."""
    rule, interval = known(name, incident, rules)
    notified = rules.notified({"alertname": rule.alert, **dict(rule.labels), **incident.labels})
    scrape, slack = milliseconds(rules.clock.scrape), _UNCOMPRESSED * drills.speed
    waits = (("scrape", scrape), ("evaluation", interval), ("group_wait", notified.group_wait), ("slack", slack))
    keep = milliseconds(rule.keep_firing_for or "0s")
    ends = scrape + interval + keep + notified.group_interval + slack
    burning = rules.tier(rule)
    if burning is not None:
        found = _alarm(incident, drills, rules, *burning)
        before = milliseconds(incident.before)
        fires = max(found.fires - before, 0)
        uneven = -(-found.fires // _UNEVEN)
        least = max(fires - uneven - scrape - 2 * interval - slack, 0)
        terms = (("formula", found.fires), *((("before", -before),) if before else ()), ("uneven", uneven), *waits)
        return Expected(least, fires + uneven + sum(each for _, each in waits), found.resolves + ends, terms)
    reach, for_ = rules.reach(rule.expr), -(-milliseconds(rule.for_) // interval) * interval
    terms = (("windows", reach), ("for", for_), *waits)
    return Expected(milliseconds(rule.for_), sum(each for _, each in terms), reach + ends, terms)


def known(name: str, incident: Incident, rules: Rules) -> tuple[AlertRule, int]:
    """The alert of that name and how often it is evaluated, in milliseconds."""
    if name not in rules.alerts:
        near = near_miss(name, rules.alerts) or f"promspec plan lists the alerts of {rules.spec.name}"
        raise DrillError(f"the incident {incident.name}: {rules.spec.name} has no alert {name!r}: {near}")
    return rules.alerts[name]


def _alarm(incident: Incident, drills: Drills, rules: Rules, slo: SLO, tier: objectives.BurnTier) -> Alarm:
    """The formula, at the traffic of the drill: an event in a second of the wall is one in so many of the rules."""
    closed = {label.name for label in rules.spec.each(Label) if label.closed}
    unknown = [name for name in slo.group_labels if name not in closed and name not in incident.labels]
    if unknown:
        raise DrillError(
            f"the incident {incident.name}: {slo.name} is grouped by {one_of(unknown)}: "
            f'say which is meant, with labels={{"{unknown[0]}": …}}'
        )
    rate = drills.events.get(slo.name)
    if not rate:
        raise DrillError(
            f"the incident {incident.name}: how much is asked of {slo.name}? "
            f'write events={{"{slo.name}": 20}} for 20 events a second'
        )
    ratio = Decimal(str(incident.failing))
    slower = Decimal(str(rate)) / drills.speed
    found = alarm(slo, tier, ratio, pace(slo, rules.spec.deployment), slower)
    if found is None:
        raise DrillError(
            f"the incident {incident.name}: {tier.name} of {slo.name} does not tell when {number(ratio)} of the events "
            f"fail: it needs more than {number(tier.threshold)}, and {tier.minimum} events within {tier.long}"
        )
    return found
