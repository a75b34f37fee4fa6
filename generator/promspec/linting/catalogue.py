"""The list of the rules that only lint has, for people who look one up."""

from __future__ import annotations

from promspec.linting.lint import FORM, FORM_LEVELS
from promspec.linting.view import registered
from promspec.problems import Level


def lint_catalogue() -> list[tuple[str, Level, str]]:
    """ID, level and summary of every rule of lint, in the order of IDs; some are rules on a spec as well."""
    rows = [(rule.id, rule.level, rule.summary) for rule in registered() if rule.id != "promql/inference"]
    return sorted([*rows, *((id, FORM_LEVELS.get(id, Level.ERROR), text) for id, text in FORM.items())])
