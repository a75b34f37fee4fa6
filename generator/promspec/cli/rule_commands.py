"""The commands `rules` and `explain`: which rules there are, and the page of one."""

from __future__ import annotations

import json
from typing import Annotated

import typer

rule_commands = typer.Typer()
"""Added to the app without a name, so that its commands are the app's own."""


@rule_commands.command()
def rules(as_json: Annotated[bool, typer.Option("--json", help="As one JSON array.")] = False) -> None:
    """List the check rules: their IDs, which `allow={…}` takes, and what holds when a rule is kept."""
    from promspec.check.catalogue import catalogue
    from promspec.linting.catalogue import lint_catalogue

    known = catalogue()
    ids = {id for id, _, _ in known}
    rows = sorted([*known, *(row for row in lint_catalogue() if row[0] not in ids)])
    if as_json:
        typer.echo(
            json.dumps([{"id": id, "severity": str(level), "summary": text} for id, level, text in rows], indent=2)
        )
        return
    width = max(len(id) for id, _, _ in rows)
    for id, level, text in rows:
        typer.echo(f"{id:<{width}}  {level:<7}  {text}")


@rule_commands.command()
def explain(
    id: Annotated[str, typer.Argument(metavar="ID", help="The ID of a rule, as problems show it in brackets.")],
) -> None:
    """Print the page of a rule: what it holds, why, an example that breaks it and one that keeps it.

    Exit codes: 0 printed, 1 there is no such rule, 2 wrong usage.
    """
    from promspec.cli.explaining import explain_one

    explain_one(id)
