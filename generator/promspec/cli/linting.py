"""The command `lint`: which files, which sources of metrics, in which form."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

import typer

from promspec.cli.show import anatomy, annotation, as_ascii
from promspec.linting.lint import Linted, Options, lint
from promspec.linting.paths import NoSuchPath
from promspec.linting.registry import MetricSource
from promspec.linting.sources.choosing import SourceError, chosen_sources
from promspec.problems import Level, Problem


def lint_all(paths: Sequence[str], metrics: Sequence[str], closed: bool, options: Options, format: str) -> None:
    """Lint, show what was found, and end with 1 where there is an error."""
    sources = _sources(metrics, closed)
    try:
        linted = lint(paths, sources, options)
    except NoSuchPath as error:
        raise typer.BadParameter(str(error), param_hint="PATHS") from None
    _show(linted, linted.problems, format)
    raise typer.Exit(1 if any(problem.level is Level.ERROR for problem in linted.problems) else 0)


def _sources(metrics: Sequence[str], closed: bool) -> list[MetricSource]:
    try:
        return chosen_sources(metrics, closed)
    except SourceError as error:
        raise typer.BadParameter(str(error), param_hint="--metrics") from None


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


def _show(linted: Linted, problems: Sequence[Problem], format: str) -> None:
    if format == "json":
        text = json.dumps([row(problem) for problem in problems], indent=2, ensure_ascii=False) + "\n"
        sys.stdout.write(as_ascii(text, sys.stdout))
        return
    for problem in problems:
        sys.stdout.write((annotation(problem) if format == "github" else anatomy(problem)) + "\n")
    if format == "text":
        sys.stdout.write(_summary(linted, problems) + "\n")


def _summary(linted: Linted, problems: Sequence[Problem]) -> str:
    counts = {level: sum(problem.level is level for problem in problems) for level in Level}
    words = {Level.ERROR: "error", Level.WARNING: "warning", Level.INFO: "note"}
    parts = [_count(count, words[level]) for level, count in counts.items() if count]
    held = [(linted.rules, "rule"), (linted.dashboards, "dashboard"), (linted.alertmanagers, "Alertmanager")]
    seen = ", ".join(_count(count, word) for count, word in held if count) or "nothing to judge"
    return f"{', '.join(parts) or 'No problems'} in {_count(linted.files, 'file')} ({seen})."


def _count(count: int, word: str) -> str:
    return f"{count} {word}{'s' if count != 1 else ''}"
