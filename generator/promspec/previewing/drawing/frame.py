"""The frame of a chart over time: the grid, the labels of both axes, and a field that stretches."""

from __future__ import annotations

from collections.abc import Sequence

from promspec.previewing.data import Range
from promspec.previewing.drawing.axes import Tick, time_ticks
from promspec.previewing.drawing.svg import element, percent, short, text

FIELD = 1000.0
"""The field's width and height in its own units."""


def chart(about: str, over: Range, rows: Sequence[Tick], inside: Sequence[str], labels: str = "") -> str:
    """A chart: `rows` are the labels of the left axis, `inside` is drawn in the field, `labels` unstretched over it."""
    times = time_ticks(over)
    lines = [_line(0, FIELD, tick.at * FIELD, tick.at * FIELD) for tick in rows]
    lines += [_line(tick.at * FIELD, tick.at * FIELD, 0, FIELD) for tick in times]
    field = element(
        "svg",
        element("g", *lines, class_="grid"),
        *inside,
        class_="field",
        viewBox=f"0 0 {FIELD:g} {FIELD:g}",
        preserveAspectRatio="none",
        x=64,
        y=8,
    )
    left = element(
        "svg",
        *(element("text", text(t.label), x=58, y=percent(t.at), dy="0.32em", text_anchor="end") for t in rows),
        class_="left",
        y=8,
    )
    below = element("svg", *(_below(tick, index) for index, tick in enumerate(times)), class_="below", x=64)
    over_it = element("svg", labels, class_="field", x=64, y=8) if labels else ""
    return element("svg", field, left, below, over_it, class_="chart", role="img", aria_label=about)


def _below(tick: Tick, index: int) -> str:
    return element(
        "text",
        text(tick.label),
        x=percent(tick.at),
        y="100%",
        dy="-6",
        text_anchor="middle",
        class_="odd" * (index % 2),
    )


def _line(x1: float, x2: float, y1: float, y2: float) -> str:
    return element("path", d=f"M{short(x1)} {short(y1)}L{short(x2)} {short(y2)}")
