"""The command `preview`: a spec as static HTML pages, with data from a Prometheus where one is given."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from promspec.cli.show import Format, Report
from promspec.quantities import milliseconds

if TYPE_CHECKING:
    from promspec.files import GeneratedFile
    from promspec.plan import Plan
    from promspec.previewing.asking import Window
    from promspec.previewing.data import Data

previews = typer.Typer()
"""Added to the app without a name, so that its command is one of the app's own."""

_RELATIVE = re.compile(r"now(?:-(\w+))?")


@previews.command("preview")
def preview(
    spec: Annotated[Path, typer.Argument(metavar="SPEC", help="The spec file.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The folder in which the spec has a folder of its own.")
    ] = Path("preview"),
    prometheus: Annotated[
        str, typer.Option("--prometheus", metavar="URL", help="A running Prometheus to draw the dashboards from.")
    ] = "",
    start: Annotated[
        str, typer.Option("--start", help="From when: 2026-01-31T12:00:00Z, Unix seconds, or now-6h.")
    ] = "",
    end: Annotated[str, typer.Option("--end", help="Until when, likewise; without it now.")] = "",
    force: Annotated[bool, typer.Option("--force", help="Overwrite pages that were edited by hand.")] = False,
) -> None:
    """Write static HTML pages of a spec: its catalogue, alerts with their proofs, runbooks, lineage, dashboards.

    They need no server and fetch nothing. Without --prometheus they are the same bytes for the same spec, and the
    dashboards are empty frames; with it each is drawn, over its own time range unless --start is given.

    Exit codes: 0 written, 1 the spec has errors or the server does not answer, 2 wrong usage.
    """
    window = _window(prometheus, start, end)
    _preview_one(spec, output, prometheus, window, force)


def _window(prometheus: str, start: str, end: str) -> Window | None:
    from promspec.previewing.asking import Window

    if not prometheus:
        for option, text in (("--start", start), ("--end", end)):
            if text:
                raise typer.BadParameter("it says which time is drawn: give --prometheus as well", param_hint=option)
        return None
    now = time.time()
    until = _moment(end, now, "--end") if end else now
    since = _moment(start, now, "--start") if start else None
    if since is not None and not 60 <= until - since <= 400 * 86_400:
        raise typer.BadParameter("it must lie a minute to 400 days before the end", param_hint="--start")
    return Window(float(int(until)), None if since is None else float(int(since)))


def _moment(text: str, now: float, option: str) -> float:
    """A time in Unix seconds."""
    try:
        if relative := _RELATIVE.fullmatch(text):
            return now - milliseconds(relative[1] or "0s") / 1000
        if re.fullmatch(r"\d{1,11}(\.\d+)?", text):
            return float(text)
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        message = f"{text!r} is no time; write 2026-01-31T12:00:00Z, Unix seconds, or now-6h"
        raise typer.BadParameter(message, param_hint=option) from None


def _preview_one(path: Path, output: Path, prometheus: str, window: Window | None, force: bool) -> None:
    from promspec.cli.remembering import compiled as compiled_spec
    from promspec.previewing.site import preview as pages_of

    report = Report(Format.TEXT)
    compiled = compiled_spec(path)
    report.problems(compiled.problems)
    if compiled.spec is None or compiled.plan is None:
        report.finish(quiet=True)
        return
    data = _data(compiled.plan, prometheus, window, report)
    if data is not None:
        folder = output / compiled.spec.name
        _written(pages_of(compiled.spec, compiled.plan, data), compiled.spec.name, folder, force, report)
    report.finish(quiet=True)


def _data(plan: Plan, prometheus: str, window: Window | None, report: Report) -> Data | None:
    """What the server answers; None, and that said, if it does not."""
    from promspec.previewing.asking import asked
    from promspec.previewing.data import NONE
    from promspec.previewing.server import Server, Unreachable

    if window is None:
        return NONE
    try:
        data = asked(plan.dashboards, Server(prometheus), window)
    except Unreachable as error:
        report.fail()
        report.row("failures", {"message": str(error)}, f"{error}; nothing was written.\n")
        return None
    answers = data.answers.values()
    drawn = sum(any(series.finite for series in answer.series) for answer in answers)
    empty = sum(not answer.error for answer in answers) - drawn
    text = f"{data.server}: {drawn} of {len(answers)} queries have data, {empty} have none, "
    report.row("queries", {"drawn": drawn}, f"{text}{len(answers) - drawn - empty} failed.\n")
    for message in data.errors:
        report.row("errors", {"message": message}, f"  {message}\n")
    return data


def _written(pages: tuple[GeneratedFile, ...], name: str, folder: Path, force: bool, report: Report) -> None:
    from promspec.version import VERSION
    from promspec.write import CannotWrite, EditedByHand, with_manifest, write

    try:
        write(with_manifest(pages, name, VERSION), folder, force=force)
    except EditedByHand as error:
        report.fail()
        names = ", ".join(str(folder / difference.path) for difference in error.differences)
        report.row("failures", {"message": names}, f"edited by hand, and left as it is: {names}; --force overwrites.\n")
    except CannotWrite as error:
        report.fail()
        report.row("failures", {"message": str(error)}, f"{error}; {folder} is as it was.\n")
    else:
        first = folder / "index.html"
        report.row("written", {"folder": str(folder)}, f"Wrote {len(pages)} pages. Open {first}\n")
