"""The command `explain`: the page of a rule of `check` or of `lint`."""

from __future__ import annotations

import typer

from promspec.check.allowing import MANDATORY
from promspec.check.catalogue import catalogue
from promspec.explaining.pages import page
from promspec.linting.catalogue import lint_catalogue
from promspec.problems import near_miss


def explain_one(id: str) -> None:
    """Print the page of a rule; an ID that none has is an error, with a near miss."""
    for known, level, summary in catalogue():
        if known == id:
            typer.echo(page(id, level, summary, MANDATORY), nl=False)
            return
    for known, level, summary in lint_catalogue():
        if known == id:
            typer.echo(page(id, level, summary, checked=False), nl=False)
            return
    near = near_miss(id, [known for known, _, _ in (*catalogue(), *lint_catalogue())])
    typer.echo(f"no rule is called {id}; {near or '`promspec rules` lists them'}", err=True)
    raise typer.Exit(1)
