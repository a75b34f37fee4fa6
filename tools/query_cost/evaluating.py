"""What recording rules cost a Prometheus that evaluates them: its CPU with them less that without, shared among them.

Both Prometheus have the same samples: a day in a block, the latest hour in memory, the next minutes too, so that
nothing has to be scraped while they are watched.
"""

from __future__ import annotations

import math
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
from tools.query_cost.fleet import Fleet
from tools.query_cost.measuring import LEAST_CPU, cpu_seconds
from tools.query_cost.recording import UNLIMITED, written
from tools.query_cost.sending import RECEIVING, send

_SENDING = 300
"""Seconds that sending the samples may take."""


@dataclass(frozen=True, slots=True)
class Watch:
    """How long the rules are watched, in seconds.

    First they `warm` up, so that each was evaluated, then their CPU is measured for `seconds`, then each rule's own
    time is asked so many `times`, a `pause` apart: it is that of its latest evaluation.
    """

    seconds: float = 240.0
    warm: float = 45.0
    times: int = 4
    pause: float = 30.0

    @property
    def whole(self) -> float:
        """How long it takes altogether."""
        return self.warm + self.seconds + self.times * self.pause


@dataclass(frozen=True, slots=True)
class RuleCosts:
    """Seconds of CPU per second of time: of each recorded name, and of all. `spent` is what Prometheus itself says."""

    by_name: Mapping[str, float]
    total: float
    spent: float

    def of(self, names: Iterable[str]) -> float:
        """What the rules of these names cost."""
        return sum(self.by_name.get(name, 0.0) for name in names)


def rule_costs(folder: Path, fleet: Fleet, groups: Sequence[Group], watch: Watch) -> RuleCosts:
    """What the recording rules cost a Prometheus with this fleet, whose samples so far are below `folder`."""
    last = int(time.time() + _SENDING + watch.whole)
    with serving(folder, *UNLIMITED, RECEIVING) as server:
        send(server.url, fleet.curves, fleet.names, fleet.begin, range(fleet.end + fleet.scrape, last, fleet.scrape))
    quiet = _copied(folder)
    rules = folder / "all_rules.yml"
    rules.write_text(yaml.safe_dump({"groups": list(map(written, _recording(groups)))}), encoding="utf-8")
    with ExitStack() as stack:
        without = stack.enter_context(serving(quiet, *UNLIMITED))
        busy = stack.enter_context(serving(folder, *UNLIMITED, rules=[rules]))
        time.sleep(watch.warm)
        began = time.monotonic(), cpu_seconds(busy.pid), cpu_seconds(without.pid)
        time.sleep(watch.seconds)
        ended = time.monotonic(), cpu_seconds(busy.pid), cpu_seconds(without.pid)
        seconds, one, other = (after - before for before, after in zip(began, ended, strict=True))
        said = _said(busy, groups, watch)
        assert time.time() < last, "the samples ended before the rules were measured"
    shutil.rmtree(quiet)
    for left in ("wal", "chunks_head"):
        shutil.rmtree(folder / "tsdb" / left, ignore_errors=True)
    total, spent = max(one - other, LEAST_CPU) / seconds, sum(said.values())
    return RuleCosts({name: each * total / spent for name, each in said.items()}, total, spent)


def _copied(folder: Path) -> Path:
    """A folder with the same database: its blocks, which nobody changes, and what is in memory."""
    quiet = folder / "quiet"
    for part in (folder / "tsdb").iterdir():
        if part.is_dir():
            is_block = (part / "meta.json").is_file()
            shutil.copytree(part, quiet / "tsdb" / part.name, copy_function=os.link if is_block else shutil.copy2)
    return quiet


def _recording(groups: Sequence[Group]) -> Iterator[Group]:
    for group in groups:
        rules = tuple(rule for rule in group.rules if isinstance(rule, Record))
        if rules:
            yield Group(group.name, group.interval, rules)


def _said(server: Running, groups: Sequence[Group], watch: Watch) -> dict[str, float]:
    """What Prometheus says that it spends on the rules of each name, in seconds per second, at least."""
    intervals = {group.name: milliseconds(group.interval) / 1000 for group in groups}
    least: dict[tuple[str, int], float] = {}
    names: dict[tuple[str, int], str] = {}
    for number in range(watch.times):
        if number:
            time.sleep(watch.pause)
        answer = httpx.get(f"{server.url}/api/v1/rules", timeout=60, trust_env=False).json()
        for group in answer["data"]["groups"]:
            for place, rule in enumerate(group["rules"]):
                assert not rule.get("lastError"), f"{rule['name']}: {rule['lastError']}"
                key = group["name"], place
                names[key] = rule["name"]
                least[key] = min(rule["evaluationTime"] / intervals[group["name"]], least.get(key, math.inf))
    found = dict.fromkeys(names.values(), 0.0)
    for key, name in names.items():
        found[name] += least[key]
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
