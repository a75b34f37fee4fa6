"""The commands that tell of the rules: `rules` and `explain`."""

from __future__ import annotations

from typing import Annotated

import typer

rule_commands = typer.Typer()


@rule_commands.command()
def rules(as_json: Annotated[bool, typer.Option("--json", help="As one JSON array.")] = False) -> None:
    """List the rules: their IDs, which `allow` takes in a spec, and what holds when a rule is kept."""
    from promspec.cli.explaining import list_rules

    list_rules(as_json)


@rule_commands.command()
def explain(
    id: Annotated[str, typer.Argument(metavar="ID", help="The ID of a rule, as problems show it in brackets.")],
) -> None:
    """Print the page of a rule: what it holds, why, an example that breaks it and one that keeps it.

    Exit codes: 0 printed, 1 there is no such rule, 2 wrong usage.
    """
    from promspec.cli.explaining import explain_one

    explain_one(id)
