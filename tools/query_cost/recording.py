"""Recording rules run over a fleet's samples: what Prometheus would have recorded of them, backfilled by promtool."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import yaml

from promspec import promtool
from promspec.plan.rules import Group, Record
from promspec.promql import Registry
from promspec.quantities import milliseconds
from tests.support.backfilled import serving
from tools.query_cost.blocks import Database
from tools.query_cost.expanding import Expansion, Rule, rules_of

UNLIMITED = ("--query.max-samples=4000000000", "--query.timeout=30m")
"""Options of a Prometheus that answers even what it would refuse otherwise."""


def record(folder: Path, database: Database, groups: Sequence[Group], registry: Registry, begin: int, end: int) -> None:
    """Evaluate the rules from `begin` to `end` into the database below `folder`, those first that others read."""
    for number, wave in enumerate(waves(groups, registry)):
        rules = folder / f"rules-{number}.yml"
        rules.write_text(yaml.safe_dump({"groups": [written(group) for group in wave]}), encoding="utf-8")
        fresh = folder / f"recorded-{number}"
        with serving(folder, *UNLIMITED) as server:
            command = [str(promtool.find()), "tsdb", "create-blocks-from", "rules", "--quiet", f"--url={server.url}"]
            times = [f"--start={begin}", f"--end={end}", f"--output-dir={fresh}"]
            done = subprocess.run([*command, *times, str(rules)], capture_output=True, text=True, timeout=1800)
        # A rule that fails is only told of, and the exit code stays 0.
        said = [line for line in done.stderr.splitlines() if not line.startswith("level=info")]
        if done.returncode or said:
            raise RuntimeError("promtool could not run the rules:\n" + "\n".join(said)[-2000:])
        database.take(fresh.iterdir() if fresh.is_dir() else ())


def waves(groups: Sequence[Group], registry: Registry) -> Iterator[tuple[Group, ...]]:
    """The rules in the order in which they can be evaluated, each wave over what was recorded before it.

    Prometheus evaluates a rule that reads itself again and again; here it is told what it had recorded.
    """
    expansion = Expansion(rules_of(groups), registry)
    left = {group: [rule for rule in group.rules if isinstance(rule, Record)] for group in groups}
    while any(left.values()):
        names = {rule.record for rules in left.values() for rule in rules}
        ready = {
            group: [rule for rule in rules if not names & (set(expansion.recorded(rule.expr)) - {rule.record})]
            for group, rules in left.items()
        }
        assert any(ready.values()), f"rules that read each other: {', '.join(sorted(names))}"
        yield tuple(
            Group(group.name, group.interval, tuple(_told(Rule(rule, group.interval), registry) for rule in rules))
            for group, rules in ready.items()
            if rules
        )
        left = {group: [rule for rule in rules if rule not in ready[group]] for group, rules in left.items()}


def _told(rule: Rule, registry: Registry) -> Record:
    expr = Expansion([rule], registry).raw(rule.record.expr, (rule.key,))
    return replace(rule.record, expr=expr)


def written(group: Group) -> dict[str, object]:
    """The recording rules of a group as a rule file has them."""
    rules = [
        {"record": rule.record, "expr": rule.expr, "labels": dict(rule.labels)}
        for rule in group.rules
        if isinstance(rule, Record)
    ]
    # promtool evaluates at whole seconds.
    return {"name": group.name, "interval": f"{max(1, milliseconds(group.interval) // 1000)}s", "rules": rules}
