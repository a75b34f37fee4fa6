"""A simulation as an SVG picture: time to alert, and budget spent by then, against the error ratio."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from html import escape

from promspec.simulating.formula import Alarm, alarm
from promspec.simulating.model import Simulation
from promspec.simulating.words import conditions, lasting, promise, share

_WIDTH, _LEFT, _RIGHT = 760, 70, 32
_TOP, _HIGH, _GAP, _LOW = 92, 270, 54, 130
_HEIGHT = _TOP + _HIGH + _GAP + _LOW + 52
_TIMES = (15, 30, 60, 120, 300, 900, 1800, 3600, 7200, 21_600, 43_200, 86_400, 259_200, 604_800)
_SHARES = tuple(Decimal(digit).scaleb(exponent) for exponent in range(-5, 3) for digit in (1, 2, 5))
_POINTS = 80
_COLOURS = (
    *(("#b3261e", "#ff8a80"), ("#c25e00", "#ffb74d"), ("#00639b", "#7cc4ff"), ("#006e4f", "#5fd6a8")),
    *(("#7b3fa0", "#d2a1f0"), ("#5d5d5d", "#c4c4c4")),
)
"""One for each tier, on a light and on a dark ground; each has a contrast of at least 4.5 to its ground."""

_STYLE = """
  .ground { fill: #ffffff } .text { fill: #1c1c1c } .faint { fill: #5a5a5a } .grid { stroke: #dcdcdc }
  .axis { stroke: #6b6b6b } .dot { fill: #ffffff }
  text { font: 12px system-ui, sans-serif } .title { font-size: 15px; font-weight: 600 }
  .curve { fill: none; stroke-width: 2 } .first { stroke-width: 4.5; stroke-linecap: round } .dot { stroke-width: 2.5 }
"""
_DARK = """
    .ground { fill: #16181c } .text { fill: #ececec } .faint { fill: #a9adb3 } .grid { stroke: #33373d }
    .axis { stroke: #8a8f96 } .dot { fill: #16181c }
"""


@dataclass(frozen=True, slots=True)
class _Axis:
    """A logarithmic axis: values from `low` to `high` on pixels from `start` to `end`."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """The pixel of a value."""
        part = (math.log(value) - math.log(self.low)) / (math.log(self.high) - math.log(self.low))
        return self.start + part * (self.end - self.start)

    def holds(self, value: float) -> bool:
        """Whether a value lies on it."""
        return self.low * 0.999 <= value <= self.high * 1.001


def picture(simulation: Simulation) -> str:
    """The SVG document: it needs nothing beside it, and follows the reader's light or dark theme."""
    return "\n".join(_lines(_Drawing(simulation))) + "\n"


class _Drawing:
    """The curves of each tier, and the axes that hold them."""

    def __init__(self, simulation: Simulation) -> None:
        self.simulation = simulation
        least = min((*(row.ratio for row in simulation.rows), Decimal("0.5")))
        low, high = math.log(float(least)), math.log(1)
        ratios = [Decimal(repr(math.exp(low + (high - low) * n / _POINTS))) for n in range(_POINTS + 1)]
        slo, pace = simulation.slo, simulation.pace
        self.curves = {
            tier.name: [(ratio, found) for ratio in ratios if (found := alarm(slo, tier, ratio, pace)) is not None]
            for tier in simulation.tiers
        }
        every = [found for points in self.curves.values() for _, found in points]
        times = [found.fires / 1000 for found in every] or [60.0, 3600.0]
        shares = [float(found.budget) for found in every] or [0.01, 0.1]
        floor = _TOP + _HIGH
        self.x = _Axis(float(least), 1.0, _LEFT, _WIDTH - _RIGHT)
        self.time = _Axis(min(times) / 1.3, max(times) * 1.3, floor, _TOP)
        self.budget = _Axis(min(shares) / 1.4, max(shares) * 1.4, floor + _GAP + _LOW, floor + _GAP)

    def first(self, ratio: Decimal) -> str:
        """The tier that fires first at a ratio."""
        slo, pace = self.simulation.slo, self.simulation.pace
        found = [item for tier in self.simulation.tiers if (item := alarm(slo, tier, ratio, pace)) is not None]
        return min(found, key=lambda item: item.fires).tier.name if found else ""


def _lines(drawing: _Drawing) -> Iterator[str]:
    simulation = drawing.simulation
    title = f"{simulation.slo.name}: time to alert by error ratio"
    box = f'viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}"'
    yield f'<svg xmlns="http://www.w3.org/2000/svg" {box} role="img" aria-labelledby="title">'
    yield f'<title id="title">{escape(title)}</title>'
    light = " ".join(f".t{n} {{ stroke: {day} }} .n{n} {{ fill: {day} }}" for n, (day, _) in enumerate(_COLOURS))
    dark = " ".join(f".t{n} {{ stroke: {night} }} .n{n} {{ fill: {night} }}" for n, (_, night) in enumerate(_COLOURS))
    yield f"<style>{_STYLE}  {light}\n  @media (prefers-color-scheme: dark) {{{_DARK}    {dark}\n  }}\n</style>"
    yield f'<rect class="ground" width="{_WIDTH}" height="{_HEIGHT}"/>'
    yield _text(_LEFT, 26, title, "title text")
    yield _text(_LEFT, 46, promise(simulation).partition(": ")[2], "faint")
    yield _text(_LEFT, 62, conditions(simulation), "faint")
    yield from _legend(simulation)
    yield from _grid(drawing)
    yield from _curves(drawing, drawing.time, lambda found: found.fires / 1000)
    yield from _curves(drawing, drawing.budget, lambda found: float(found.budget))
    yield from _dots(drawing)
    yield "</svg>"


def _legend(simulation: Simulation) -> Iterator[str]:
    x = float(_LEFT)
    for index, tier in enumerate(simulation.tiers):
        colour = index % len(_COLOURS)
        yield f'<path class="curve first t{colour}" d="M{x:.1f} 78h16"/>'
        yield _text(x + 22, 82, tier.name, f"n{colour}")
        x += 36 + 7 * len(tier.name)
    if any(row.seen is not None for row in simulation.rows):
        yield f'<circle class="dot axis" cx="{x + 6:.1f}" cy="78" r="4.5"/>'
        yield _text(x + 16, 82, "seen by promtool", "faint")
        x += 140
    yield _text(x, 82, "thick: fires first", "faint")


def _grid(drawing: _Drawing) -> Iterator[str]:
    bottom = _TOP + _HIGH + _GAP + _LOW
    for row in drawing.simulation.rows:
        x = drawing.x.at(float(row.ratio))
        for top, end in ((_TOP, _TOP + _HIGH), (_TOP + _HIGH + _GAP, bottom)):
            yield f'<path class="grid" d="M{x:.1f} {top}V{end}"/>'
        yield _text(x, bottom + 18, share(row.ratio), "text", "middle")
    yield _text((_LEFT + _WIDTH - _RIGHT) / 2, bottom + 38, "share of the events that fail", "faint", "middle")
    yield from _ticks(drawing.time, ((float(second), lasting(second * 1000)) for second in _TIMES))
    yield from _ticks(drawing.budget, ((float(part), share(part)) for part in _SHARES))
    yield _text(_LEFT, _TOP + _HIGH + _GAP - 10, "budget spent when it fires", "faint")


def _ticks(axis: _Axis, ticks: Iterable[tuple[float, str]]) -> Iterator[str]:
    for value, name in ticks:
        if axis.holds(value):
            y = axis.at(value)
            yield f'<path class="grid" d="M{_LEFT} {y:.1f}H{_WIDTH - _RIGHT}"/>'
            yield _text(_LEFT - 8, y + 4, name, "text", "end")
    yield f'<path class="axis" fill="none" d="M{_LEFT} {axis.end:.1f}V{axis.start:.1f}H{_WIDTH - _RIGHT}"/>'


def _curves(drawing: _Drawing, axis: _Axis, value: Callable[[Alarm], float]) -> Iterator[str]:
    """Each tier as a thin line, thick where it is the first to fire."""
    for index, tier in enumerate(drawing.simulation.tiers):
        points = drawing.curves[tier.name]
        places = [f"{drawing.x.at(float(ratio)):.1f} {axis.at(value(found)):.1f}" for ratio, found in points]
        first = [place for place, (ratio, _) in zip(places, points, strict=True) if drawing.first(ratio) == tier.name]
        for kind, chosen in (("curve", places), ("curve first", first)):
            if len(chosen) > 1:
                yield f'<path class="{kind} t{index % len(_COLOURS)}" d="M{" L".join(chosen)}"/>'


def _dots(drawing: _Drawing) -> Iterator[str]:
    names = [tier.name for tier in drawing.simulation.tiers]
    for row in drawing.simulation.rows:
        if row.seen is not None:
            x, y = drawing.x.at(float(row.ratio)), drawing.time.at(row.seen.fires / 1000)
            colour = names.index(row.seen.tier) % len(_COLOURS)
            told = f"{share(row.ratio)}: {row.seen.tier} after {lasting(row.seen.fires)}"
            yield f'<circle class="dot t{colour}" cx="{x:.1f}" cy="{y:.1f}" r="4.5"><title>{told}</title></circle>'


def _text(x: float, y: float, text: str, kind: str, anchor: str = "start") -> str:
    place = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}"{place}>{escape(text)}</text>'
