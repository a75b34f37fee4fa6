"""Time series: lines, or areas that stand on each other; and the small curve of a stat."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from promspec.previewing.colours import SERIES
from promspec.previewing.data import Range, Sampled
from promspec.previewing.drawing.axes import Scale, scale, value_ticks
from promspec.previewing.drawing.frame import FIELD, chart
from promspec.previewing.drawing.svg import element, short, text

Points = Sequence[tuple[float, float]]


def lines(
    about: str, series: Sequence[tuple[str, Sampled]], over: Range, unit: str, ends: tuple[str, str], stacked: bool
) -> str:
    """The chart of named series; `ends` are what the panel asks of the axis, empty for none."""
    finite = [(name, each.finite) for name, each in series]
    bottoms = _stacked([points for _, points in finite]) if stacked else [()] * len(finite)
    tops = [
        [(at, value + base) for (at, value), (_, base) in zip(points, bottom, strict=True)] if stacked else list(points)
        for (_, points), bottom in zip(finite, bottoms, strict=True)
    ]
    axis = scale([value for points in tops for _, value in points] + ([0.0] if stacked else []), *ends)
    drawn = [
        _one(index, name, top, bottom, over, axis)
        for index, ((name, _), top, bottom) in enumerate(zip(finite, tops, bottoms, strict=True))
    ]
    return chart(about, over, value_ticks(axis, unit), drawn)


def spark(points: Points, over: Range, colour: str) -> str:
    """A small curve with an area below it, without axes."""
    axis = scale([value for _, value in points], "", "")
    parts = list(_parts(points, over))
    return element(
        "svg",
        element("path", d="".join(_area(part, [], over, axis) for part in parts), fill=colour, class_="shade"),
        element("path", d="".join(_path(part, over, axis) for part in parts), stroke=colour, class_="curve"),
        class_="spark",
        y="45%",
        width="100%",
        height="55%",
        viewBox=f"0 0 {FIELD:g} {FIELD:g}",
        preserveAspectRatio="none",
        aria_hidden="true",
    )


def _stacked(series: Sequence[Points]) -> list[list[tuple[float, float]]]:
    """What each series stands on, at its own times."""
    height: dict[float, float] = {}
    bottoms = []
    for points in series:
        bottoms.append([(at, height.get(at, 0.0)) for at, _ in points])
        for at, value in points:
            height[at] = height.get(at, 0.0) + value
    return bottoms


def _one(index: int, name: str, top: Points, bottom: Points, over: Range, axis: Scale) -> str:
    parts = list(_parts(top, over))
    title = element("title", text(name))
    line = element("path", title, d="".join(_path(part, over, axis) for part in parts), class_="line")
    area = "".join(_area(part, bottom, over, axis) for part in parts)
    filled = element("path", d=area, class_="stack" if bottom else "area")
    return element("g", filled, line, class_=f"s{index % SERIES}", data_series=str(index))


def _parts(points: Points, over: Range) -> Iterator[Points]:
    """The points between gaps: where samples are missing no line is drawn."""
    begin = 0
    for index in range(1, len(points) + 1):
        if index == len(points) or points[index][0] - points[index - 1][0] > 1.5 * over.step:
            if points[begin:index]:
                yield points[begin:index]
            begin = index


def _path(part: Points, over: Range, axis: Scale) -> str:
    found = [_at(at, value, over, axis) for at, value in part]
    # A single sample is a dot: a line of no length, with round ends.
    return f"M{found[0]}L{'L'.join(found[1:] or found)}"


def _area(part: Points, bottom: Points, over: Range, axis: Scale) -> str:
    base = min(max(axis.low, 0.0), axis.high)
    under = dict(bottom)
    back = [_at(at, under.get(at, base), over, axis) for at, _ in reversed(part)]
    return f"M{'L'.join([*(_at(at, value, over, axis) for at, value in part), *back])}Z"


def _at(at: float, value: float, over: Range, axis: Scale) -> str:
    across = (at - over.start) / (over.end - over.start) if over.end > over.start else 0.5
    return f"{short(across * FIELD)} {short(axis.at(value) * FIELD)}"
