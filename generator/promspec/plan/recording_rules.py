"""The artefact `recording_rules`: the spec's own rules, three groups for each SLO, then what the dashboards read."""

from __future__ import annotations

from collections.abc import Iterator

from promspec import naming, objectives
from promspec.grouping import Rule, parts
from promspec.plan.rules import AlertRule, Group, Record, grouped, rules_per_group
from promspec.plan.slos import SloQueries
from promspec.quantities import milliseconds
from promspec.series import SpecSeries
from promspec.vocabulary.spec import Spec

Placed = tuple[str, str, Record | AlertRule]

_MOST_RULES = 20
"""So many rules a group has at most in Grafana Mimir, unless its operator allows more."""


def plan_recording_rules(spec: Spec) -> tuple[Group, ...]:
    """Every recording rule in its group, in the order of declaration."""
    return grouped([*_own(spec), *_slos(spec), *_panels(spec)], rules_per_group(spec))


def _own(spec: Spec) -> Iterator[Placed]:
    for rule in spec.recording_rules:
        yield rule.group, rule.interval, Record(rule.name, rule.expr, tuple(rule.labels.items()))


def _slos(spec: Spec) -> Iterator[Placed]:
    clock = objectives.clock(spec.deployment)
    for slo in spec.slos:
        queries = SloQueries(slo, spec.name, clock, spec.error_codes)
        # The windows follow in the same group, so that they read what was recorded just before.
        fast = naming.slo_group(slo.name, "windows")
        for record in (*queries.events(), *queries.windows()):
            yield fast, clock.evaluation, record
        for record in queries.slow():
            yield naming.slo_group(slo.name, "period"), clock.slow, record


def _panels(spec: Spec) -> Iterator[Placed]:
    records = SpecSeries(spec).panel_records
    number = 0
    for interval in dict.fromkeys(sorted((record.interval for record in records), key=milliseconds)):
        rules = [Record(each.name, each.expr) for each in records if each.interval == interval]
        # What is made from another record follows it in the same group, so that it reads what was recorded just before.
        for part in parts([Rule(rule.record, rule.expr) for rule in rules], _MOST_RULES):
            number += 1
            for index in part:
                yield naming.panels_group(spec.name, number), interval, rules[index]
