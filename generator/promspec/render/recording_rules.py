"""The artefact `recording_rules` as YAML."""

from __future__ import annotations

from promspec.files import GeneratedFile, header
from promspec.plan.rules import Group
from promspec.render.rules import groups
from promspec.render.yaml import document


def render_recording_rules(plan: tuple[Group, ...], source: str) -> tuple[GeneratedFile, ...]:
    """`recording_rules.yml`: one document with every group."""
    return (GeneratedFile("recording_rules.yml", document(header(source), {"groups": groups(plan)})),)
