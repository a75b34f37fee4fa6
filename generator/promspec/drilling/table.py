"""The outcomes of a drill as a table: for a terminal, for Markdown, for JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from promspec.drilling.model import Expected, Outcome
from promspec.simulating.words import lasting

HEAD = ("incident", "alert", "severity", "expected", "seen", "seconds", "resolved", "expected", "silenced")
KEY = (
    "expected, seen: from the beginning until somebody was notified, by the rules' clock; seconds: of the wall; "
    "resolved: from the end until that was told"
)
_NONE = "-"


def text(outcomes: Sequence[Outcome]) -> str:
    """The table for a terminal, with what is wrong below it."""
    rows = [HEAD, *(_cells(outcome) for outcome in outcomes)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    wrong = [f"{outcome.incident}: {fault}" for outcome in outcomes for fault in outcome.faults]
    return "\n".join([*lines, "", f"{KEY}.", *wrong, ""])


def markdown(outcomes: Sequence[Outcome]) -> str:
    """The table for Markdown."""
    rows = [HEAD, ("---",) * len(HEAD), *(_cells(outcome) for outcome in outcomes)]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def as_json(spec: str, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """The outcomes, and how each expected time is made, in seconds of the rules' clock."""
    return {"spec": spec, "ok": all(each.ok for each in outcomes), "outcomes": [_plain(each) for each in outcomes]}


def _plain(outcome: Outcome) -> dict[str, Any]:
    found: dict[str, Any] = {**asdict(outcome), "ok": outcome.ok}
    for key in ("seen", "resolved"):
        found[key] = None if found[key] is None else found[key] / 1000
    if outcome.expected is not None:
        terms = {name: length / 1000 for name, length in outcome.expected.terms}
        found["expected"] = {key: value / 1000 for key, value in found["expected"].items() if key != "terms"}
        found["expected"]["latest_is"] = terms
    return found


def _cells(outcome: Outcome) -> tuple[str, ...]:
    expected = outcome.expected
    return (
        outcome.incident,
        outcome.alert or "nobody is told",
        outcome.severity or _NONE,
        _between(expected) if expected else _NONE,
        _time(outcome.seen),
        _NONE if outcome.seen is None else f"{outcome.seen / 1000 / outcome.speed:.1f}",
        _time(outcome.resolved),
        f"<= {lasting(expected.resolved)}" if expected else _NONE,
        ", ".join(outcome.silenced) or _NONE,
    )


def _between(expected: Expected) -> str:
    return f"{lasting(expected.earliest)} - {lasting(expected.latest)}"


def _time(length: int | None) -> str:
    return _NONE if length is None else lasting(length)
