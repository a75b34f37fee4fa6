"""Rule groups as the plain structure that Prometheus reads from YAML."""

from __future__ import annotations

from typing import Any

from promspec.plan.rules import AlertRule, Group, Record


def groups(plan: tuple[Group, ...]) -> list[dict[str, Any]]:
    """The content of `groups:`, keys in the order of Prometheus' documentation."""
    return [
        {"name": group.name, "interval": group.interval, "rules": [_rule(rule) for rule in group.rules]}
        for group in plan
    ]


def _rule(rule: Record | AlertRule) -> dict[str, Any]:
    if isinstance(rule, Record):
        return {"record": rule.record, "expr": rule.expr, **({"labels": dict(rule.labels)} if rule.labels else {})}
    made: dict[str, Any] = {"alert": rule.alert, "expr": rule.expr}
    if rule.for_ not in ("0", "0s"):
        made["for"] = rule.for_
    if rule.keep_firing_for is not None:
        made["keep_firing_for"] = rule.keep_firing_for
    return {**made, "labels": dict(rule.labels), "annotations": dict(rule.annotations)}
