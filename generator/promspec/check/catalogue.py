"""The list of rules, for people who look one up."""

from __future__ import annotations

from promspec.check.rules import registered
from promspec.judging.inferred import FINDINGS
from promspec.problems import Level


def catalogue() -> list[tuple[str, Level, str]]:
    """ID, level and summary of every rule, in the order of IDs."""
    rows = [(rule.id, rule.level, rule.summary) for rule in registered() if rule.id != "promql/inference"]
    rows += [(id, Level.ERROR, text) for id, text in FINDINGS.items()]
    return sorted(rows)
