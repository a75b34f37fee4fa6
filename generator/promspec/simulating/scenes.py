"""Tests for promtool: the planned rules of one SLO, fed with events that fail at a given ratio for a while."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from promspec import naming
from promspec.plan.rules import AlertRule, Group, Record
from promspec.promql import matcher
from promspec.quantities import duration, milliseconds, number
from promspec.render import rules
from promspec.simulating.model import Row, Seen, Simulation
from promspec.vocabulary.spec import Spec

_TOTAL, _BAD = "simulated_events_total", "simulated_bad_events_total"
_RATE = Decimal(1000)
"""Events per second where no traffic is declared: enough for every minimum of events."""
_MEMBER = "simulated"
_GOT = re.compile(r'tier="([^"\\]+)"[^{}]*\} (-?[0-9.]+(?:[eE][-+]?[0-9]+)?)')
_CASE = re.compile(r'alertname!=\\*"case-(\d+)-(first|last)\\*"')


@dataclass(frozen=True, slots=True)
class Scene:
    """A row to be seen: when the fault begins and ends, and when all is over, in milliseconds."""

    index: int
    row: Row
    begins: int
    ends: int
    over: int


def scenes(simulation: Simulation, longest: int) -> tuple[Scene, ...]:
    """The rows whose first alert comes within so many milliseconds, each with a fault that outlasts it a little."""
    found = []
    pace = simulation.pace
    begins = _up(max(milliseconds("15m"), 2 * pace.slow), pace.slow)
    for index, row in enumerate(simulation.rows):
        if row.first.fires <= longest:
            step = pace.interval(row.first.tier)
            ends = begins + row.first.fires + 2 * step
            found.append(Scene(index, row, begins, ends, _up(ends + row.first.resolves + 4 * step, pace.slow)))
    return tuple(found)


def rule_groups(simulation: Simulation, recording: Sequence[Group], alerting: Sequence[Group]) -> tuple[Group, ...]:
    """The groups of an SLO, its events replaced by simulated ones; of its alerts the tiers alone."""
    slo = simulation.slo
    tiers = {tier.name for tier in simulation.tiers}
    kept = []
    for group in (*recording, *alerting):
        chosen = [rule for rule in group.rules if dict(rule.labels).get("slo") == slo.name]
        made = [_replaced(rule, simulation) if isinstance(rule, Record) else rule for rule in chosen]
        made = [rule for rule in made if isinstance(rule, Record) or dict(rule.labels)["tier"] in tiers]
        if made:
            kept.append(Group(group.name, group.interval, tuple(_bare(rule) for rule in made)))
    return tuple(kept)


def _bare(rule: Record | AlertRule) -> Record | AlertRule:
    """The rule without its texts, which cost time and say nothing here."""
    if isinstance(rule, Record):
        return rule
    return AlertRule(rule.alert, rule.expr, rule.for_, rule.keep_firing_for, rule.labels, ())


def _replaced(record: Record, simulation: Simulation) -> Record:
    base = duration(simulation.pace.base)
    names = {naming.SLO_TOTAL + base: _TOTAL, naming.SLO_BAD + base: _BAD}
    if record.record not in names:
        return record
    by = ", ".join(simulation.slo.group_labels)
    series = names[record.record]
    inner = series if simulation.pace.state else f"increase({series}[{base}])"
    return Record(record.record, f"sum by ({by}) ({inner})" if by else f"sum({inner})", record.labels)


def document(simulation: Simulation, groups: Sequence[Group], chosen: Sequence[Scene], spec: Spec) -> dict[str, Any]:
    """The test file for some scenes; its rules are in `rules.yml`. Each test fails, and so tells what it got."""
    evaluation = duration(simulation.pace.evaluation)
    return {
        "rule_files": ["rules.yml"],
        "evaluation_interval": evaluation,
        "group_eval_order": [group.name for group in groups],
        "tests": [_test(scene, simulation, spec) for scene in chosen],
    }


def rule_document(groups: Sequence[Group]) -> dict[str, Any]:
    """The file of rules."""
    return {"groups": rules.groups(tuple(groups))}


def _test(scene: Scene, simulation: Simulation, spec: Spec) -> dict[str, Any]:
    pace = simulation.pace
    asked = []
    for which, function in (("first", "min_over_time"), ("last", "max_over_time")):
        where = ",".join(
            (
                'alertstate="firing"',
                matcher("slo", "=", simulation.slo.name),
                matcher("spec", "=", spec.name),
                f'alertname!="case-{scene.index}-{which}"',
            )
        )
        span, step = duration(scene.over), duration(pace.evaluation)
        expr = f"{function}(timestamp(ALERTS{{{where}}})[{span}:{step}])"
        asked.append({"expr": expr, "eval_time": duration(scene.over), "exp_samples": []})
    series = [{"series": name, "values": values} for name, values in _series(scene, simulation)]
    return {"interval": duration(pace.scrape), "input_series": series, "promql_expr_test": asked}


def _series(scene: Scene, simulation: Simulation) -> list[tuple[str, str]]:
    """The values of all and of bad events: steady, and failing from one scrape to another."""
    pace, slo = simulation.pace, simulation.slo
    labels = ",".join(matcher(name, "=", _MEMBER) for name in slo.group_labels)
    where = "{" + labels + "}" if labels else ""
    before, failing, after = (
        length // pace.scrape for length in (scene.begins, scene.ends - scene.begins, scene.over - scene.ends)
    )
    if pace.state:
        bad = f"0x{before} {number(scene.row.ratio)}x{failing - 1} 0x{after}"
        return [(_TOTAL + where, f"1x{before + failing + after}"), (_BAD + where, bad)]
    step = (slo.rate or _RATE) * pace.scrape / 1000
    lost = step * scene.row.ratio
    total = f"0+{number(step)}x{before + failing + after}"
    # promtool adds floats one by one: a hair less than their sum would be a counter reset.
    end = lost * failing * Decimal("1.000000001")
    bad = f"0x{before} {number(lost)}+{number(lost)}x{failing - 1} {number(end)}x{after}"
    return [(_TOTAL + where, total), (_BAD + where, bad)]


def seen(scene: Scene, simulation: Simulation, told: dict[str, dict[str, float]]) -> Seen | None:
    """What promtool told of a scene: the earliest alert, by `first` and `last` firing of each tier, in seconds."""
    starts = {tier: round(at * 1000) for tier, at in told.get("first", {}).items()}
    if not starts:
        return None
    # Of two that fire together, the one that is declared first.
    burn = min((item for item in simulation.tiers if item.name in starts), key=lambda item: starts[item.name])
    tier = burn.name
    last = round(told.get("last", {}).get(tier, 0) * 1000) + simulation.pace.interval(burn)
    resolves = last - scene.ends if last <= scene.over else None
    return Seen(tier, starts[tier] - scene.begins, resolves)


def told(messages: Sequence[str]) -> dict[int, dict[str, dict[str, float]]]:
    """The answers in what promtool printed: scene, `first` or `last`, tier, seconds."""
    found: dict[int, dict[str, dict[str, float]]] = {}
    for message in messages:
        case = _CASE.search(message)
        _, _, got = message.partition("got:")
        if case is None or not got:
            continue
        answers = {tier: float(value) for tier, value in _GOT.findall(got)}
        found.setdefault(int(case[1]), {})[case[2]] = answers
    return found


def _up(length: int, step: int) -> int:
    return -(-length // step) * step
