"""A simulation as a table: for a terminal, for Markdown, for JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from promspec.quantities import number
from promspec.simulating.formula import Alarm
from promspec.simulating.model import Row, Simulation
from promspec.simulating.words import conditions, events, lasting, promise, share, silent

HEAD = ("fails", "first alert", "bare", "formula", "promtool", "budget", "ends", "promtool", "failed events")
KEY = (
    "bare: threshold x long window / ratio; formula: with base window, evaluation, for and events too; "
    "ends: after the fault did"
)


def text(simulation: Simulation) -> str:
    """The table for a terminal."""
    lines = [promise(simulation), f"  {conditions(simulation)}", ""]
    if not simulation.rows:
        return "\n".join([*lines, f"  {silent(simulation)}", ""])
    rows = [HEAD, *(_cells(row) for row in simulation.rows)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    for row in rows:
        cells = (_aligned(cell, widths[column], column) for column, cell in enumerate(row))
        lines.append(f"  {'  '.join(cells)}".rstrip())
    return "\n".join([*lines, f"  {KEY}", ""])


def _aligned(cell: str, width: int, column: int) -> str:
    return cell.ljust(width) if column in (1, len(HEAD) - 1) else cell.rjust(width)


def markdown(simulation: Simulation, picture: str) -> str:
    """The table for Markdown, below the picture."""
    lines = [f"## {simulation.slo.name}", "", f"{promise(simulation)}. {conditions(simulation).capitalize()}.", ""]
    if not simulation.rows:
        return "\n".join([*lines, silent(simulation), ""])
    lines += [f"![{simulation.slo.name}: time to alert by error ratio]({picture})", ""]
    marks = ["---" if column in (1, len(HEAD) - 1) else "---:" for column in range(len(HEAD))]
    lines += [_line(HEAD), _line(marks), *(_line(_cells(row)) for row in simulation.rows), "", f"{KEY}.", ""]
    return "\n".join(lines)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cells(row: Row) -> tuple[str, ...]:
    first, seen = row.first, row.seen
    told = "-" if seen is None else lasting(seen.fires) + ("" if seen.tier == first.tier.name else f" {seen.tier}")
    ended = "-" if seen is None or seen.resolves is None else lasting(seen.resolves)
    return (
        share(row.ratio),
        f"{first.tier.name} ({first.tier.severity})",
        lasting(first.bare),
        lasting(first.fires),
        told,
        share(first.budget),
        lasting(first.resolves),
        ended,
        events(first),
    )


def as_json(simulation: Simulation) -> dict[str, Any]:
    """The simulation as plain values; times in seconds, shares 0-1."""
    slo, pace = simulation.slo, simulation.pace
    return {
        "slo": slo.name,
        "objective": number(slo.objective),
        "window": slo.window,
        "traffic": slo.traffic,
        "scrape_seconds": pace.scrape / 1000,
        "evaluation_seconds": pace.evaluation / 1000,
        "rows": [_row(row) for row in simulation.rows],
    }


def _row(row: Row) -> dict[str, Any]:
    seen = None
    if row.seen is not None:
        ended = None if row.seen.resolves is None else row.seen.resolves / 1000
        seen = {"tier": row.seen.tier, "fires": row.seen.fires / 1000, "resolves": ended}
    return {"error_ratio": float(row.ratio), "promtool": seen, "alerts": [_alarm(item) for item in row.alarms]}


def _alarm(item: Alarm) -> dict[str, Any]:
    return {
        "tier": item.tier.name,
        "severity": str(item.tier.severity),
        "fires": item.fires / 1000,
        "threshold_times_window_over_ratio": item.bare / 1000,
        "resolves": item.resolves / 1000,
        "budget_spent": float(round(item.budget, 6)),
        "failed_events": None if item.failed is None else float(round(item.failed, 1)),
        "minimum_failed_events": item.tier.minimum,
        "events_per_second_from": float(round(item.traffic, 9)),
    }
