"""Rules on what a ruler takes of a tenant: how many groups, and of how many rules."""

from __future__ import annotations

from collections.abc import Iterator

from promspec.check.rules import Complaint, View, rule
from promspec.grouping import Rule, torn
from promspec.problems import Level
from promspec.vocabulary.rules import RecordingRule


@rule("deployment/rule-groups", Level.ERROR)
def rule_groups(view: View) -> Iterator[Complaint]:
    """There are no more rule groups than the ruler takes of a tenant."""
    deployment = view.deployment
    if deployment is None or not deployment.rule_groups:
        return
    count, most = view.rule_groups(), deployment.rule_groups
    if count > most:
        text = f"these are {count} rule groups, and the ruler takes {most} of a tenant"
        remedy = "write max_rule_groups= as it is configured there, or put rules and alerts into fewer groups"
        yield deployment, text, remedy


@rule("deployment/divided-group", Level.WARNING)
def divided_group(view: View) -> Iterator[Complaint]:
    """A group that is divided for the ruler's limit keeps together the rules that read each other."""
    most = view.deployment.rules_per_group if view.deployment is not None else 0
    groups: dict[str, list[RecordingRule]] = {}
    for recording in view.each(RecordingRule):
        groups.setdefault(recording.group, []).append(recording)
    for name, members in groups.items():
        for reader, read in torn([Rule(each.name, each.expr) for each in members], most):
            text = (
                f"the group {name} has {len(members)} rules, the ruler takes {most}: {members[reader].name} would read "
                f"{members[read].name} of another group, up to {members[read].interval} old"
            )
            remedy = "give the rules that read each other groups of their own that are small enough"
            yield members[reader], text, remedy
            break
