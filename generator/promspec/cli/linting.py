"""The command `lint`: which files, which sources of metrics, in which form."""

from __future__ import annotations

import gc
import json
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import typer

from promspec.cli.exchange import junit, sarif
from promspec.cli.fixing import fix_and_tell
from promspec.cli.lint_options import FailOn, LintFormat
from promspec.cli.show import anatomy, annotation, as_ascii, colourful, hint
from promspec.fetching.addresses import Unanswered
from promspec.linting import baseline
from promspec.linting.lint import Linted, Options, lint
from promspec.linting.paths import NoSuchPath
from promspec.linting.registry import MetricSource
from promspec.linting.sources.choosing import SourceError, chosen_sources
from promspec.problems import Level, Problem


@dataclass(frozen=True)
class Request:
    """What the command line asks for."""

    paths: tuple[str, ...]
    metrics: tuple[str, ...]
    servers: tuple[str, ...]
    closed: bool
    baseline: Path | None
    write_baseline: bool
    fail_on: FailOn | None
    format: LintFormat
    fix: bool = False
    write: bool = False


def lint_all(request: Request, options: Options) -> None:
    """Lint, show what was found, and end with 1 where something that counts is new."""
    known = _known(request)
    sources = _sources(request)
    gc.disable()  # what is read stays until the end: looking through it again and again takes a quarter of the time
    try:
        linted = lint(request.paths, sources, options)
    except (NoSuchPath, Unanswered) as error:
        raise typer.BadParameter(str(error), param_hint="PATHS") from None
    finally:
        gc.enable()
    if request.write_baseline and request.baseline is not None:
        request.baseline.write_text(baseline.document(linted.problems), encoding="utf-8")
        sys.stdout.write(f"Wrote {_count(len(linted.problems), 'finding')} into {request.baseline}.\n")
        raise typer.Exit(0)
    if request.fix or request.write:
        fix_and_tell(linted.problems, write=request.write)
        if not request.write:
            raise typer.Exit(0)
        linted = lint(request.paths, sources, options)
    fresh, gone = baseline.unknown(linted.problems, known)
    _show(linted, fresh, request.format)
    if request.format is LintFormat.TEXT and known:
        count = sum(known.values())
        sys.stdout.write(f"The baseline knows {_count(count, 'finding')}; {gone} of them are gone.\n")
    raise typer.Exit(1 if any(_fails(problem, request) for problem in fresh) else 0)


def _fails(problem: Problem, request: Request) -> bool:
    """Errors fail; against a baseline also warnings, for it is there to keep new findings out."""
    least = request.fail_on or (FailOn.WARNING if request.baseline else FailOn.ERROR)
    order = [level.value for level in FailOn]
    return order.index(problem.level.value) <= order.index(least.value)


def _known(request: Request) -> Counter[tuple[str, ...]]:
    if request.write_baseline and request.baseline is None:
        raise typer.BadParameter("name the file: --baseline FILE --write-baseline", param_hint="--write-baseline")
    if request.baseline is None or request.write_baseline:
        return Counter()
    try:
        return baseline.read(request.baseline)
    except baseline.BaselineError as error:
        raise typer.BadParameter(str(error), param_hint="--baseline") from None


def _sources(request: Request) -> list[MetricSource]:
    try:
        return chosen_sources(request.metrics, request.closed, request.servers)
    except SourceError as error:
        hint = "--metrics" if request.metrics else "--prometheus"
        raise typer.BadParameter(str(error), param_hint=hint) from None


def row(problem: Problem) -> dict[str, object]:
    """A finding as a row of JSON."""
    return {
        "file": problem.place.file,
        "line": problem.place.line,
        "kind": problem.kind,
        "name": problem.subject,
        "id": problem.id,
        "severity": str(problem.level),
        "message": problem.summary,
        "remedy": problem.remedy,
    }


def _show(linted: Linted, problems: Sequence[Problem], format: LintFormat) -> None:
    if format is LintFormat.JSON:
        text = json.dumps([row(problem) for problem in problems], indent=2, ensure_ascii=False) + "\n"
        sys.stdout.write(as_ascii(text, sys.stdout))
    elif format is LintFormat.SARIF:
        sys.stdout.write(as_ascii(sarif(problems), sys.stdout))
    elif format is LintFormat.JUNIT:
        sys.stdout.write(junit(problems, linted.files))
    elif format is LintFormat.GITHUB:
        sys.stdout.write("".join(annotation(problem) + "\n" for problem in problems))
    else:
        colour = colourful(sys.stdout)
        sys.stdout.write("".join(anatomy(problem, colour) + "\n" for problem in problems))
        sys.stdout.write(f"{hint(problems)}{_summary(linted, problems)}\n")


def _summary(linted: Linted, problems: Sequence[Problem]) -> str:
    counts = {level: sum(problem.level is level for problem in problems) for level in Level}
    words = {Level.ERROR: "error", Level.WARNING: "warning", Level.INFO: "note"}
    parts = [_count(count, words[level]) for level, count in counts.items() if count]
    held = [(linted.rules, "rule"), (linted.dashboards, "dashboard"), (linted.alertmanagers, "Alertmanager")]
    seen = ", ".join(_count(count, word) for count, word in held if count) or "nothing to judge"
    return f"{', '.join(parts) or 'No problems'} in {_count(len(linted.files), 'file')} ({seen})."


def _count(count: int, word: str) -> str:
    return f"{count} {word}{'s' if count != 1 else ''}"
