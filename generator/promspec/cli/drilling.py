"""`promspec drill`: incidents made to happen in a running service, and what comes of them."""

from __future__ import annotations

import json
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from promspec.cli.stack_options import MAX_SPEED

if TYPE_CHECKING:
    from promspec.drilling.model import Outcome
    from promspec.vocabulary.spec import Spec

drilling = typer.Typer()
"""Added to the app without a name, so that its command is one of the app's own."""


@drilling.command()
def drill(
    spec: Annotated[Path, typer.Argument(metavar="SPEC", help="The spec file.")],
    drills: Annotated[
        Path | None, typer.Option("--drills", metavar="FILE", help="The drill file; by default drills/<spec>.py.")
    ] = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="Where the specs' folders are.")] = Path("output"),
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="INCIDENT", help="Only this incident; repeatable.")
    ] = None,
    speed: Annotated[
        int | None,
        typer.Option("--speed", min=1, max=MAX_SPEED, help="The clock's speed; 1 is that of the wall, and takes long."),
    ] = None,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="Incidents at once, each with its own stack.")] = 4,
    keep: Annotated[bool, typer.Option("--keep", help="Leave logs and data in .promspec_stack/SPEC-drill-…")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="As one JSON document.")] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="As a table for Markdown.")] = False,
) -> None:
    """Make a service fail in every way that the drill file lists, and hold what comes of it to the spec.

    Each incident has a stack of its own: the service under traffic, Prometheus with the generated rules, Alertmanager
    with the generated routes, a pager. The page must arrive in time, with its labels, texts and links, in its group;
    slower alerts must be silenced; and it must resolve. Rules and routes run on a clock that is faster by one factor.

    Exit codes: 0 all went as it must, 1 something did not, or could not be started, 2 wrong usage.
    """
    from promspec.drilling import holding, loading, table
    from promspec.drilling.model import DrillError
    from promspec.drilling.rules import rules_of
    from promspec.promtool import ToolFailed, ToolMissing

    found = _read(spec)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        given = loading.load(drills or Path("drills") / f"{found.name}.py")
        given = replace(given, speed=speed) if speed else given
        rules = rules_of(found)
        loading.check(given, rules)
        chosen = loading.chosen(given, only or ())
        outcomes = holding.hold(rules, output / found.name, given, chosen, jobs=jobs, keep=keep, told=_tell)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--only") from None
    except (DrillError, ToolMissing, ToolFailed) as error:
        _fail(str(error), as_json)
    except KeyboardInterrupt:
        _fail("interrupted; nothing is left running", as_json)
    if as_json:
        typer.echo(json.dumps(table.as_json(found.name, outcomes), indent=2))
    else:
        typer.echo((table.markdown if markdown else table.text)(outcomes), nl=False)
    raise typer.Exit(0 if all(each.ok for each in outcomes) else 1)


def _read(path: Path) -> Spec:
    from promspec.cli.show import Format, Report
    from promspec.pipeline import examine
    from promspec.problems import has_errors

    loaded, problems = examine(path)
    if loaded.spec is None or has_errors(problems):
        report = Report(Format.TEXT)
        report.problems([problem for problem in problems if str(problem.level) == "error"])
        report.finish(quiet=True)
    assert loaded.spec is not None
    return loaded.spec


def _tell(outcome: Outcome) -> None:
    """A line as each incident is over: a drill takes minutes."""
    sys.stderr.write(f"{outcome.incident}: {'as it must' if outcome.ok else '; '.join(outcome.faults)}\n")
    sys.stderr.flush()


def _interrupt(number: int, frame: object) -> NoReturn:
    """End as Ctrl-C does, so that the stacks end too."""
    raise KeyboardInterrupt


def _fail(message: str, as_json: bool) -> NoReturn:
    if as_json:
        typer.echo(json.dumps({"ok": False, "error": message, "outcomes": []}, indent=2))
    else:
        typer.echo(f"promspec: {message}", err=True)
    raise typer.Exit(1)
