"""The commands `rules` and `explain`: the list of all rules, and the page of one."""

from __future__ import annotations

import json

import typer

from promspec.check.allowing import MANDATORY
from promspec.check.catalogue import catalogue
from promspec.explaining.pages import page
from promspec.judging.grades import GRADED
from promspec.linting.catalogue import lint_catalogue
from promspec.live_rules import RULES, live_catalogue, live_page
from promspec.problems import near_miss


def explain_one(id: str) -> None:
    """Print the page of a rule; an ID that none has is an error, with a near miss."""
    found = page_of(id)
    if found is not None:
        typer.echo(found[1], nl=False)
        return
    near = near_miss(id, [known for known, _, _ in (*catalogue(), *lint_catalogue(), *live_catalogue())])
    typer.echo(f"no rule is called {id}; {near or '`promspec rules` lists them'}", err=True)
    raise typer.Exit(1)


def page_of(id: str) -> tuple[str, str] | None:
    """The sentence that documents a rule, and its page; None if there is no such rule."""
    for rows, checked in ((catalogue(), True), (lint_catalogue(), False)):
        for known, level, summary in rows:
            if known == id:
                return summary, page(id, level, summary, MANDATORY, checked)
    return (RULES[id].summary, live_page(RULES[id])) if id in RULES else None


def list_rules(as_json: bool) -> None:
    """Print every rule of check, of lint and of what runs, in the order of their IDs."""
    rows = sorted({row[0]: row for row in (*live_catalogue(), *lint_catalogue(), *catalogue())}.values())
    if as_json:
        listed = [
            {"id": id, "severity": str(level), "summary": text}
            | ({"elsewhere": {str(other): where for other, where in GRADED[id].items()}} if id in GRADED else {})
            for id, level, text in rows
        ]
        typer.echo(json.dumps(listed, indent=2))
        return
    width = max(len(id) for id, _, _ in rows)
    for id, level, text in rows:
        typer.echo(f"{id:<{width}}  {level:<7}  {text}")
        for other, where in GRADED.get(id, {}).items():
            typer.echo(f"{'':<{width}}  {other:<7}  where {where}")
