"""Mutants that mean the same as the rule: why no series can tell them apart."""

from __future__ import annotations

from promspec.proving.mutations import Change


def why_equivalent(expr: str, change: Change | None) -> str:
    """The argument that a change of an expression changes nothing; empty if there is none."""
    return ""
