"""The plan of one panel: every value that its JSON needs, decided."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from promspec.plan.grafana.layout import Position
from promspec.promql import Registry
from promspec.promql.grafana import result_labels
from promspec.quantities import number
from promspec.vocabulary.panels import BarGauge, DataPanel, Heatmap, Panel, Query, Shown, Stat, Table, Text, TimeSeries

_SPECIAL = ("null", "nan", "null+nan", "true", "false", "empty")
"""What Grafana's value mappings call special. Source: grafana-data/src/types/valueMapping.ts"""
_NEUTRAL = "blue"
"""The colour of a value that nobody has judged."""
_WHOLE = {"percentunit": ("0", "1"), "percent": ("0", "100")}


@dataclass(frozen=True, slots=True)
class QueryPlan:
    """A target of a panel: `format` is time_series, table or heatmap; not `instant` is over the time range."""

    ref: str
    expr: str
    legend: str
    format: str
    instant: bool


@dataclass(frozen=True, slots=True)
class ThresholdPlan:
    """From `value` on (empty: from the lowest) the colour."""

    value: str
    colour: str


@dataclass(frozen=True, slots=True)
class MappingPlan:
    """What is shown for a value; with `special`, the value is one of Grafana's words, such as nan."""

    value: str
    special: bool
    text: str
    colour: str


@dataclass(frozen=True, slots=True)
class ColumnPlan:
    """A column of a table: the field that Grafana makes, and the header."""

    field: str
    title: str
    is_value: bool


@dataclass(frozen=True, slots=True)
class PanelPlan:
    """A panel; what its kind has no use for is empty. Numbers are texts, so that they are exact."""

    id: int
    kind: str
    title: str
    description: str
    position: Position
    queries: tuple[QueryPlan, ...] = ()
    unit: str = ""
    decimals: int | None = None
    minimum: str = ""
    maximum: str = ""
    thresholds: tuple[ThresholdPlan, ...] = ()
    judged: bool = False
    mappings: tuple[MappingPlan, ...] = ()
    stacked: bool = False
    sparkline: bool = False
    orientation: str = ""
    by_bucket: bool = False
    scheme: str = ""
    columns: tuple[ColumnPlan, ...] = ()
    content: str = ""


Asked = Callable[[Panel, Query], str]
"""What is asked for a query of a panel: with the dashboard's variables, of what is recorded."""


def plan_panel(panel: Panel, id: int, position: Position, registry: Registry, asked: Asked) -> PanelPlan:
    """The panel with this id, at this position, with its queries as they are asked."""
    if not isinstance(panel, DataPanel):
        content = panel.content if isinstance(panel, Text) else ""
        return PanelPlan(id, panel.kind, panel.title, panel.description, position, content=content)
    minimum, maximum = _range(panel)
    queries = tuple(
        QueryPlan(
            reference(index),
            asked(panel, query),
            _legend(panel, query, registry),
            _format(panel),
            panel.is_instant(query),
        )
        for index, query in enumerate(panel.queries_)
    )
    return PanelPlan(
        id=id,
        kind=panel.kind,
        title=panel.title,
        description=panel.description,
        position=position,
        queries=queries,
        unit=panel.unit,
        decimals=panel.decimals,
        minimum=minimum,
        maximum=maximum,
        thresholds=_thresholds(panel),
        judged=bool(panel.thresholds),
        mappings=_mappings(panel.mappings),
        stacked=isinstance(panel, TimeSeries) and panel.stacked,
        sparkline=isinstance(panel, Stat) and panel.sparkline,
        orientation=panel.orientation if isinstance(panel, BarGauge) else "",
        by_bucket=isinstance(panel, Heatmap) and panel.buckets,
        scheme=panel.scheme if isinstance(panel, Heatmap) else "",
        columns=_columns(panel, queries, registry) if isinstance(panel, Table) else (),
    )


def reference(index: int) -> str:
    """The refId of a query by its place, as Grafana counts: A to Z, then AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _legend(panel: DataPanel, query: Query, registry: Registry) -> str:
    if query.legend or panel.kind == "table":
        return query.legend
    if isinstance(panel, Heatmap) and panel.buckets:
        return "{{le}}"
    labels, exact = result_labels(query.expr, registry)
    # __auto shows the labels that tell the series apart; a result without labels would be shown as its query.
    return panel.title if exact and not labels else "__auto"


def _format(panel: DataPanel) -> str:
    if isinstance(panel, Heatmap) and panel.buckets:
        return "heatmap"
    return "table" if panel.kind == "table" else "time_series"


def _range(panel: DataPanel) -> tuple[str, str]:
    """The lowest and the highest value; a dial of percentages goes from nothing to all unless told otherwise."""
    default = _WHOLE.get(panel.unit, ("", "")) if panel.kind in ("gauge", "bargauge") else ("", "")
    lowest = default[0] if panel.min is None else number(panel.min)
    return lowest, default[1] if panel.max is None else number(panel.max)


def _thresholds(panel: DataPanel) -> tuple[ThresholdPlan, ...]:
    if not panel.thresholds:
        return (ThresholdPlan("", _NEUTRAL),)
    return tuple(ThresholdPlan("" if at is None else number(at), colour) for at, colour in panel.thresholds)


def _mappings(mappings: Mapping[str | int | float, Shown]) -> tuple[MappingPlan, ...]:
    planned = []
    for value, shown in mappings.items():
        text, colour = (shown, "") if isinstance(shown, str) else shown
        written = value if isinstance(value, str) else number(value)
        planned.append(MappingPlan(written, written in _SPECIAL, text, colour))
    return tuple(planned)


def _columns(panel: Table, queries: tuple[QueryPlan, ...], registry: Registry) -> tuple[ColumnPlan, ...]:
    """The labels of all results in order, then the values; a single query's values are not numbered."""
    labels = dict.fromkeys(label for query in queries for label in result_labels(query.expr, registry)[0])
    labels.update(dict.fromkeys(panel.columns))
    named = [ColumnPlan(label, panel.columns.get(label, label), False) for label in labels if label != "__name__"]
    if len(queries) == 1:
        return (*named, ColumnPlan("Value", queries[0].legend or "Value", True))
    values = [ColumnPlan(f"Value #{query.ref}", query.legend or f"Value {query.ref}", True) for query in queries]
    return (*named, *values)
