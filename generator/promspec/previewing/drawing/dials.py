"""Single values: a stat, a dial, bars."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from promspec.previewing.drawing.svg import element, percent, short, text


@dataclass(frozen=True, slots=True)
class Reading:
    """A series' last value: its name, the value as it is shown, its colour, and where it lies between the ends, 0-1."""

    name: str
    shown: str
    colour: str
    part: float = 0.0


def stat(reading: Reading, spark: str, named: bool) -> str:
    """One large number over its curve; its name only where there are several."""
    name = (
        element("text", text(_cut(reading.name)), x="50%", y=14, text_anchor="middle", class_="name") if named else ""
    )
    value = element(
        "text",
        text(reading.shown),
        x="50%",
        y=("42%" if named else "30%") if spark else "55%" if named else "50%",
        dy="0.3em",
        text_anchor="middle",
        class_="big",
        fill=reading.colour,
    )
    return element("svg", spark, name, value, class_="stat", role="img", aria_label=f"{reading.name}: {reading.shown}")


def dial(reading: Reading, bands: Sequence[tuple[float, float, str]], named: bool) -> str:
    """Half a circle from the lowest to the highest value; `bands` are the thresholds' parts of it and colours."""
    outer = [element("path", d=_arc(begin, end, 94), stroke=colour, class_="band") for begin, end, colour in bands]
    track = element("path", d=_arc(0, 1, 80), class_="track")
    part = min(1.0, max(0.0, reading.part))
    value = element("path", d=_arc(0, part, 80), stroke=reading.colour, class_="value") if part > 0 else ""
    words = element("text", text(reading.shown), x=100, y=94, text_anchor="middle", class_="big", fill=reading.colour)
    name = element("text", text(_cut(reading.name)), x=100, y=118, text_anchor="middle", class_="name") if named else ""
    about = f"{reading.name}: {reading.shown}"
    return element(
        "svg", *outer, track, value, words, name, class_="dial", viewBox="0 0 200 124", role="img", aria_label=about
    )


def bars(about: str, readings: Sequence[Reading], vertical: bool) -> str:
    """A bar for each series, lying or standing."""
    drawn = [(_standing if vertical else _lying)(item, place, len(readings)) for place, item in enumerate(readings)]
    return element("svg", *drawn, class_="bars", role="img", aria_label=about)


def _lying(item: Reading, place: int, count: int) -> str:
    top, height = place / count, 1 / count
    middle, y = percent(top + height * 0.36), percent(top + height * 0.52)
    part = percent(min(1.0, max(0.003, item.part)))
    thick = percent(height * 0.34)
    return "".join(
        (
            element("text", text(item.name), x=0, y=middle, class_="name"),
            element("text", text(item.shown), x="100%", y=middle, text_anchor="end", class_="amount", fill=item.colour),
            element("rect", x=0, y=y, width="100%", height=thick, rx=3, class_="track"),
            element("rect", x=0, y=y, width=part, height=thick, rx=3, fill=item.colour),
        )
    )


def _standing(item: Reading, place: int, count: int) -> str:
    left, width = percent((place + 0.15) / count), percent(0.7 / count)
    part, middle = min(1.0, max(0.003, item.part)) * 0.72, percent((place + 0.5) / count)
    return "".join(
        (
            element("text", text(item.shown), x=middle, y=14, text_anchor="middle", class_="amount", fill=item.colour),
            element("rect", x=left, y="12%", width=width, height="72%", rx=3, class_="track"),
            element("rect", x=left, y=percent(0.84 - part), width=width, height=percent(part), rx=3, fill=item.colour),
            element("text", text(_cut(item.name, 12)), x=middle, y="95%", text_anchor="middle", class_="name"),
        )
    )


def _arc(begin: float, end: float, radius: float) -> str:
    """From the left over the top to the right around (100, 100)."""
    points = [
        (100 - radius * math.cos(math.pi * part), 100 - radius * math.sin(math.pi * part)) for part in (begin, end)
    ]
    (x1, y1), (x2, y2) = points
    return f"M{short(x1)} {short(y1)}A{short(radius)} {short(radius)} 0 0 1 {short(x2)} {short(y2)}"


def _cut(name: str, most: int = 28) -> str:
    return name if len(name) <= most else f"{name[: most - 1]}…"
