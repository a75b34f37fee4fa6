"""The artefact `alerting_rules` as YAML."""

from __future__ import annotations

from promspec.files import GeneratedFile, header
from promspec.plan.rules import Group
from promspec.render.rules import groups
from promspec.render.yaml import document


def render_alerting_rules(plan: tuple[Group, ...], source: str) -> tuple[GeneratedFile, ...]:
    """`alerting_rules.yml`: one document with every group."""
    return (GeneratedFile("alerting_rules.yml", document(header(source), {"groups": groups(plan)})),)
