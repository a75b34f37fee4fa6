"""How problems are shown: with their source line for people, or in a format for machines."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Sequence
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any, TextIO

import typer

from promspec.problems import Level, Problem

_COLOURS = {Level.ERROR: typer.colors.RED, Level.WARNING: typer.colors.YELLOW, Level.INFO: typer.colors.CYAN}
_GITHUB = {Level.ERROR: "error", Level.WARNING: "warning", Level.INFO: "notice"}


class Format(StrEnum):
    """The forms in which problems are shown."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"
    SARIF = "sarif"
    JUNIT = "junit"

    @property
    def whole(self) -> bool:
        """Whether it is one document, written at the end."""
        return self in (Format.JSON, Format.SARIF, Format.JUNIT)


_OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


class Shape(StrEnum):
    """The forms in which a result is shown."""

    TEXT = "text"
    JSON = "json"


class VerifyFormat(StrEnum):
    """The forms in which a verification is shown."""

    TEXT = "text"
    JSON = "json"
    HTML = "html"


class Picture(StrEnum):
    """The forms in which lineage is shown."""

    TEXT = "text"
    JSON = "json"
    MERMAID = "mermaid"
    SVG = "svg"


class Report:
    """Collects what a command found, shows it in one form, and ends the program with the right exit code."""

    def __init__(self, format: Format, stream: TextIO | None = None) -> None:
        self._format = format
        self._stream = stream if stream is not None else sys.stdout
        self._problems: list[Problem] = []
        self._rows: dict[str, list[dict[str, Any]]] = {}
        self._files: list[str] = []
        self._failed = False

    def problems(self, problems: Sequence[Problem]) -> None:
        """Show these problems; an error makes the command fail."""
        self._problems.extend(problems)
        self._failed |= any(problem.level is Level.ERROR for problem in problems)
        if self._format.whole:
            return
        for problem in problems:
            shown = annotation(problem) if self._format is Format.GITHUB else anatomy(problem, colourful(self._stream))
            self._stream.write(shown + "\n")

    def row(self, key: str, row: dict[str, Any], text: str) -> None:
        """Say something: as a line of text, or in JSON as a row of the list under `key`."""
        self._rows.setdefault(key, []).append(row)
        if not self._format.whole:
            self._stream.write(visible(text))

    def file(self, path: Path) -> None:
        """Remember a file that was looked at, whether or not it has problems."""
        self._files.append(path.as_posix())

    def fail(self) -> None:
        """Make the command exit with 1."""
        self._failed = True

    def finish(self, quiet: bool = False) -> None:
        """Say how many problems there were, and exit."""
        counts = {level: sum(problem.level is level for problem in self._problems) for level in Level}
        if self._format is Format.JSON:
            rows = [problem.as_json() for problem in self._problems]
            document = {"problems": rows, **{f"{level}s": count for level, count in counts.items()}, **self._rows}
            text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
            self._stream.write(as_ascii(text, self._stream))
        elif self._format.whole:
            self._stream.write(self._exchanged())
        elif self._format is Format.TEXT and (any(counts.values()) or not (quiet or self._failed)):
            self._stream.write(f"{hint(self._problems)}{_counted(counts)}\n")
        self._stream.flush()
        raise typer.Exit(1 if self._failed else 0)

    def _exchanged(self) -> str:
        from promspec.cli.exchange import junit, sarif

        if self._format is Format.SARIF:
            return as_ascii(sarif(self._problems), self._stream)
        return junit(self._problems, self._files)


def anatomy(problem: Problem, colour: bool = False) -> str:
    """A problem for people: where, how bad, what, the source line underlined, and what to write instead."""
    place = problem.place
    where = (f"{place}:{place.column}" if place.column else str(place)) + place.aside
    level = typer.style(str(problem.level), fg=_COLOURS[problem.level], bold=True) if colour else str(problem.level)
    lines = [f"{visible(where)}: {level}: {visible(problem.summary)} [{problem.id}]", *_source(problem, colour)]
    if problem.remedy:
        gutter = " " * len(str(place.line or ""))
        lines.append(f" {gutter} = {visible(problem.remedy)}")
    return "\n".join(lines) + "\n"


def visible(text: str) -> str:
    """The text without what a terminal would obey: one mark for each control character and change of direction."""
    return _OBEYED.sub("\N{REPLACEMENT CHARACTER}", text)


def _source(problem: Problem, colour: bool) -> list[str]:
    place = problem.place
    text = _lines(Path(place.file).absolute())
    if not 0 < place.line <= len(text):
        return []
    line, number = text[place.line - 1], str(place.line)
    shown = [f" {number} | {visible(line.expandtabs(1).rstrip())}"]
    if place.column:
        mark = "^" * max(1, min(place.length, len(line) - place.column + 1))
        mark = typer.style(mark, fg=_COLOURS[problem.level]) if colour else mark
        shown.append(f" {' ' * len(number)} | {' ' * (place.column - 1)}{mark}")
    return shown


@lru_cache(maxsize=64)
def _lines(file: Path) -> tuple[str, ...]:
    try:
        return tuple(file.read_text(encoding="utf-8", errors="replace").splitlines())
    except OSError:
        return ()


def forget_sources() -> None:
    """Read the sources anew: their files have changed."""
    _lines.cache_clear()


def as_ascii(document: str, stream: TextIO) -> str:
    """A JSON document with its characters escaped, if the stream cannot write them as they are."""
    if (stream.encoding or "utf-8").lower().replace("-", "") == "utf8":
        return document
    return re.sub(r"[^\x00-\x7f]", lambda found: json.dumps(found.group(0))[1:-1], document)


def annotation(problem: Problem) -> str:
    """A problem as a workflow command of GitHub Actions, which shows it at its line of the pull request."""
    place = problem.place
    values = {"file": place.file, "line": place.line or None, "col": place.column or None, "title": problem.id}
    given = ",".join(f"{key}={_escaped(str(value), True)}" for key, value in values.items() if value)
    summary = visible(f"{problem.summary}{place.aside}")
    text = f"{summary}\n{visible(problem.remedy)}" if problem.remedy else summary
    return f"::{_GITHUB[problem.level]} {given}::{_escaped(text)}"


def _escaped(text: str, value: bool = False) -> str:
    """Source: https://docs.github.com/actions/reference/workflow-commands-for-github-actions"""
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return text.replace(":", "%3A").replace(",", "%2C") if value else text


def colourful(stream: TextIO) -> bool:
    """Whether a person reads it in colours. Source: https://no-color.org"""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def hint(problems: Sequence[Problem]) -> str:
    """Where the page of a rule is to be had, for the first of the problems; nothing without any."""
    return f"`promspec explain {problems[0].id}` says why, with examples.\n" if problems else ""


def _counted(counts: dict[Level, int]) -> str:
    names = {Level.ERROR: "error", Level.WARNING: "warning", Level.INFO: "note"}
    parts = [f"{count} {names[level]}{'s' if count != 1 else ''}" for level, count in counts.items() if count]
    return ", ".join(parts) if parts else "No problems."
