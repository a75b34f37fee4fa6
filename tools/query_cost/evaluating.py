"""What recording rules cost a Prometheus that evaluates them: its CPU with them less that without, shared among them.

Both Prometheus look at the same samples, which reach beyond now, and do nothing else. So they refuse what the rules
record, for it is older than what they have; everything up to there is as in any Prometheus.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import yaml

from promspec.plan.rules import Group, Record
from promspec.quantities import milliseconds
from tests.support.backfilled import serving
from tests.support.processes import Running
from tools.query_cost.expanding import Expansion
from tools.query_cost.measuring import cpu_seconds
from tools.query_cost.recording import UNLIMITED, written

LEAST_MINUTES = 4
"""The slowest group is evaluated so often, in minutes."""
_WARM = 45.0
"""Seconds until each of the quick groups was evaluated at least once."""
_REFUSED = "out of bounds"
"""What a rule is told whose result is older than what there is."""
_TIMES = 3
"""So often each rule's own time is asked, half a minute apart: it is that of its latest evaluation."""


@dataclass(frozen=True, slots=True)
class RuleCosts:
    """Seconds of CPU per second of time: of each recorded name, and of all. `spent` is what Prometheus itself says."""

    by_name: Mapping[str, float]
    total: float
    spent: float

    def of(self, names: Iterable[str]) -> float:
        """What the rules of these names cost."""
        return sum(self.by_name.get(name, 0.0) for name in names)


def rule_costs(folder: Path, groups: Sequence[Group], minutes: int, end: float) -> RuleCosts:
    """What the recording rules cost over the database below `folder`, in so many minutes from now; not after `end`."""
    took = _WARM + 60 * minutes + 30 * _TIMES
    if time.time() + took > end:
        raise SystemExit(f"the samples end before the rules could be measured for {took:.0f} s: write more --ahead")
    quiet = folder / "quiet"
    shutil.copytree(folder / "tsdb", quiet / "tsdb", copy_function=os.link)
    rules = folder / "all_rules.yml"
    rules.write_text(yaml.safe_dump({"groups": list(map(written, _recording(groups)))}), encoding="utf-8")
    with ExitStack() as stack:
        without = stack.enter_context(serving(quiet, *UNLIMITED))
        busy = stack.enter_context(serving(folder, *UNLIMITED, rules=[rules]))
        time.sleep(_WARM)
        began = time.monotonic(), cpu_seconds(busy.pid), cpu_seconds(without.pid)
        time.sleep(60 * minutes)
        ended = time.monotonic(), cpu_seconds(busy.pid), cpu_seconds(without.pid)
        seconds, one, other = (after - before for before, after in zip(began, ended, strict=True))
        said = _said(busy, groups)
    shutil.rmtree(quiet)
    for left in ("wal", "chunks_head"):
        shutil.rmtree(folder / "tsdb" / left, ignore_errors=True)
    total, spent = (one - other) / seconds, sum(said.values())
    return RuleCosts({name: each * total / spent for name, each in said.items()}, total, spent)


def _recording(groups: Sequence[Group]) -> Iterator[Group]:
    for group in groups:
        rules = tuple(rule for rule in group.rules if isinstance(rule, Record))
        if rules:
            yield Group(group.name, group.interval, rules)


def _said(server: Running, groups: Sequence[Group]) -> dict[str, float]:
    """What Prometheus says that it spends on the rules of each name, in seconds per second."""
    intervals = {group.name: milliseconds(group.interval) / 1000 for group in groups}
    found: dict[str, float] = {}
    for number in range(_TIMES):
        if number:
            time.sleep(30)
        answer = httpx.get(f"{server.url}/api/v1/rules", timeout=60, trust_env=False).json()
        for group in answer["data"]["groups"]:
            for rule in group["rules"]:
                assert rule.get("lastError", _REFUSED) == _REFUSED, f"{rule['name']}: {rule['lastError']}"
                share = rule["evaluationTime"] / intervals[group["name"]] / _TIMES
                found[rule["name"]] = found.get(rule["name"], 0.0) + share
    return found


def behind(expansion: Expansion, queries: Iterable[str]) -> frozenset[str]:
    """Every recorded name that the queries read, or the rules that they read."""
    found: set[str] = set()
    waiting = [name for query in queries for name in expansion.recorded(query)]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += [other for rule in expansion.rules(name) for other in expansion.recorded(rule.record.expr)]
    return frozenset(found)
