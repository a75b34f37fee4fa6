"""The frame of a chart over time: the grid, the labels of both axes, and a field that stretches.

The parts are SVGs side by side: only the field's curves stretch with the page, the text keeps its size.
"""

from __future__ import annotations

from collections.abc import Sequence

from promspec.previewing.data import Range
from promspec.previewing.drawing.axes import Tick, time_ticks
from promspec.previewing.drawing.svg import element, percent, short, text

FIELD = 1000.0
"""The field's width and height in its own units."""


def chart(
    about: str, over: Range, rows: Sequence[Tick], inside: Sequence[str], *, words: str = "", named: bool = False
) -> str:
    """A chart: `rows` are the labels of the left axis, `inside` is drawn in the field, `words` unstretched over it.

    `named` gives room for names on the left.
    """
    times = time_ticks(over)
    lines = [_line(0, FIELD, tick.at * FIELD, tick.at * FIELD) for tick in rows]
    lines += [_line(tick.at * FIELD, tick.at * FIELD, 0, FIELD) for tick in times]
    box = f"0 0 {FIELD:g} {FIELD:g}"
    grid = element("g", *lines, class_="lines") if lines else ""
    field = element("svg", grid, *inside, class_="field", viewBox=box, preserveAspectRatio="none")
    left = element("svg", *(_beside(tick) for tick in rows), class_="left")
    below = element("svg", *(_below(tick, index) for index, tick in enumerate(times)), class_="below")
    over_it = element("svg", words, class_="over") if words else ""
    kind = "chart named" if named else "chart"
    return element("div", left, field, over_it, below, class_=kind, role="img", aria_label=about)


def _beside(tick: Tick) -> str:
    return element("text", text(tick.label), x="100%", dx=-6, y=percent(tick.at), dy="0.32em", text_anchor="end")


def _below(tick: Tick, index: int) -> str:
    odd = "odd" if index % 2 else None
    return element("text", text(tick.label), x=percent(tick.at), y=15, text_anchor="middle", class_=odd)


def _line(x1: float, x2: float, y1: float, y2: float) -> str:
    return element("path", d=f"M{short(x1)} {short(y1)}L{short(x2)} {short(y2)}")
