"""Draws a panel from what Prometheus answered: the picture of its kind, its legend or its table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from promspec.plan.grafana.panels import PanelPlan, QueryPlan
from promspec.previewing.colours import SERIES, safe
from promspec.previewing.data import Answer, Labels, Range, Sampled
from promspec.previewing.drawing.cells import bucket_rows, heatmap, series_rows, timeline
from promspec.previewing.drawing.dials import Reading, bars, dial, stat
from promspec.previewing.drawing.lines import lines, spark
from promspec.previewing.readings import colour, ends, named, word

Answers = Sequence[tuple[QueryPlan, Answer]]
Series = Sequence[tuple[str, Sampled]]
_MOST_STATS = 12


@dataclass(frozen=True, slots=True)
class LegendRow:
    """A series below its chart: its colour's number, its name, and its last, least and greatest value."""

    colour: int
    name: str
    last: str
    least: str
    greatest: str


@dataclass(frozen=True, slots=True)
class CellView:
    """A cell of a table; `colour` is empty where nobody judges the value."""

    text: str
    colour: str = ""
    number: bool = False


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a panel shows: `pictures` are SVG, `head` and `rows` a table."""

    pictures: tuple[str, ...] = ()
    legend: tuple[LegendRow, ...] = ()
    head: tuple[str, ...] = ()
    rows: tuple[tuple[CellView, ...], ...] = ()


def drawn(panel: PanelPlan, answers: Answers, over: Range) -> Drawn | None:
    """The panel drawn; None where there is nothing to draw."""
    series = [(name, each) for name, each in named(panel, answers) if each.finite]
    if not series:
        return None
    if panel.kind == "table":
        return _table(panel, answers)
    return _KINDS[panel.kind](panel, series, over)


def _timeseries(panel: PanelPlan, series: Series, over: Range) -> Drawn:
    picture = lines(panel.title, series, over, panel.unit, (panel.minimum, panel.maximum), panel.stacked)
    return Drawn((picture,), tuple(_legend(panel, index, name, each) for index, (name, each) in enumerate(series)))


def _legend(panel: PanelPlan, index: int, name: str, series: Sampled) -> LegendRow:
    values = [value for _, value in series.finite]
    last, least, greatest = (word(panel, value) for value in (values[-1], min(values), max(values)))
    return LegendRow(index % SERIES, name, last, least, greatest)


def _stat(panel: PanelPlan, series: Series, over: Range) -> Drawn:
    pictures = []
    for name, each in series[:_MOST_STATS]:
        tone = colour(panel, each.last)
        curve = spark(each.finite, over, tone) if panel.sparkline and len(each.finite) > 1 else ""
        pictures.append(stat(_reading(panel, name, each, (0.0, 1.0)), curve, len(series) > 1))
    return Drawn(tuple(pictures))


def _gauge(panel: PanelPlan, series: Series, over: Range) -> Drawn:
    low, high = ends(panel, [each.last for _, each in series if each.last is not None])
    readings = [_reading(panel, name, each, (low, high)) for name, each in series[:_MOST_STATS]]
    return Drawn(tuple(dial(item, _bands(panel, low, high), len(series) > 1) for item in readings))


def _bands(panel: PanelPlan, low: float, high: float) -> tuple[tuple[float, float, str], ...]:
    """The thresholds as parts of a dial."""
    if not panel.judged:
        return ()
    starts = [0.0 if not each.value else (float(each.value) - low) / (high - low) for each in panel.thresholds]
    starts = [min(1.0, max(0.0, start)) for start in starts]
    stops = [*starts[1:], 1.0]
    found = zip(starts, stops, panel.thresholds, strict=True)
    return tuple((start, stop, safe(each.colour)) for start, stop, each in found if stop > start)


def _bargauge(panel: PanelPlan, series: Series, over: Range) -> Drawn:
    span = ends(panel, [each.last for _, each in series if each.last is not None])
    readings = [_reading(panel, name, each, span) for name, each in series]
    return Drawn((bars(panel.title, readings, panel.orientation == "vertical"),))


def _reading(panel: PanelPlan, name: str, series: Sampled, span: tuple[float, float]) -> Reading:
    last = series.last
    part = 0.0 if last is None else (last - span[0]) / (span[1] - span[0])
    return Reading(name, word(panel, last), colour(panel, last), part)


def _heatmap(panel: PanelPlan, series: Series, over: Range) -> Drawn:
    buckets = panel.by_bucket
    rows = bucket_rows([each for _, each in series], over, panel.unit) if buckets else series_rows(series, over)
    return Drawn((heatmap(panel.title, rows, over, panel.scheme, (panel.minimum, panel.maximum), buckets),))


def _timeline(panel: PanelPlan, series: Series, over: Range) -> Drawn:
    def state(value: float) -> tuple[str, str]:
        return word(panel, value), colour(panel, value)

    picture = timeline(panel.title, [(name, each.finite) for name, each in series], over, state)
    return Drawn((picture,))


def _table(panel: PanelPlan, answers: Answers) -> Drawn:
    """A row for each label set, with the values of every query, the largest first."""
    values: dict[Labels, dict[str, float | None]] = {}
    for query, answer in answers:
        field = "Value" if len(answers) == 1 else f"Value #{query.ref}"
        for series in answer.series:
            values.setdefault(series.labels, {})[field] = series.last
    first = next((column.field for column in panel.columns if column.is_value), "Value")
    ordered = sorted(values.items(), key=lambda item: (-(item[1].get(first) or 0.0), item[0]))
    rows = tuple(_row(panel, dict(labels), found) for labels, found in ordered)
    return Drawn(head=tuple(column.title for column in panel.columns), rows=rows)


def _row(panel: PanelPlan, labels: Mapping[str, str], values: Mapping[str, float | None]) -> tuple[CellView, ...]:
    cells = []
    for column in panel.columns:
        if column.is_value:
            value = values.get(column.field)
            cells.append(CellView(word(panel, value), colour(panel, value) if panel.judged else "", True))
        else:
            cells.append(CellView(labels.get(column.field, "")))
    return tuple(cells)


_KINDS: dict[str, Callable[[PanelPlan, Series, Range], Drawn]] = {
    "timeseries": _timeseries,
    "stat": _stat,
    "gauge": _gauge,
    "bargauge": _bargauge,
    "heatmap": _heatmap,
    "state-timeline": _timeline,
}
