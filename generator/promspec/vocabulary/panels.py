"""The panels of a dashboard: one class per kind of Grafana panel; each has a title, a description and a unit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from promspec.vocabulary.base import Declaration
from promspec.vocabulary.metrics import HistogramSeries, Metric, Selector
from promspec.vocabulary.rules import RecordingRule
from promspec.vocabulary.texts import ExprText, Filled, wrong


class Query(Declaration):
    """A query of a panel: PromQL, and the legend as a template over the result's labels, such as `{{provider}}`.

    Where a range is meant to follow the dashboard's zoom, write `[$__rate_interval]`.
    """

    expr: ExprText
    legend: str = ""
    _: KW_ONLY
    instant: bool | None = None


def _queries(given: object) -> object:
    """A query may be PromQL or what prints as PromQL, a `Query`, a mapping of legends to PromQL, or a list of these."""
    if isinstance(given, Mapping):
        return tuple(Query(expr, legend) for legend, expr in given.items())
    if isinstance(given, (list, tuple)):
        return tuple(item if isinstance(item, Query) else Query(item) for item in given)
    if isinstance(given, Query):
        return (given,)
    return (Query(given),)  # type: ignore[arg-type]


Written = str | Metric | HistogramSeries | Selector | RecordingRule
"""PromQL as text, or what stands for itself in it."""
Queries = Annotated[
    Written | Query | Mapping[str, Written] | Sequence[Written | Query],
    BeforeValidator(_queries),
]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Threshold = tuple[Finite | None, str]
"""A value from which on, and a colour of Grafana; the first has the value None."""
Shown = str | tuple[str, str]
"""What is shown instead of a value: a text, or a text and a colour of Grafana."""
Scheme = Literal["Oranges", "Blues", "Greens", "Reds", "Purples", "Greys", "Viridis", "Turbo", "Spectral", "RdYlGn"]
"""Grafana's colours of a heatmap, from low to high."""


def _width(columns: int | None) -> int | None:
    if columns is not None and not 1 <= columns <= 24:
        raise wrong("panel/width", f"{columns} columns", "a dashboard has 24 columns: write 1 to 24")
    return columns


def _height(rows: int | None) -> int | None:
    if rows is not None and not 1 <= rows <= 40:
        raise wrong("panel/height", f"a height of {rows}", "write 1 to 40, in steps of 30 pixels; a chart has 8")
    return rows


class Panel(Declaration):
    """What every panel has.

    `width` counts of 24 columns, `height` of 30 pixels each. Left out, both are those of the kind of panel; a line of
    panels is filled up to the right edge and has one height, that of its tallest.
    """

    kind: ClassVar[str]
    size: ClassVar[tuple[int, int]] = (12, 8)

    title: Filled
    description: Filled
    _: KW_ONLY
    width: Annotated[int | None, AfterValidator(_width)] = None
    height: Annotated[int | None, AfterValidator(_height)] = None

    @property
    def name(self) -> str:
        """The title, as other declarations have a name."""
        return self.title

    @property
    def queries_(self) -> tuple[Query, ...]:
        """Its queries, in order; a text panel has none."""
        given = getattr(self, "queries", ())
        return tuple(query for query in given if isinstance(query, Query))


class DataPanel(Panel):
    """A panel that shows queries: `unit` is Grafana's id of the unit (`s`, `percentunit`, `reqps`, `bytes`).

    `thresholds` are steps `(value, colour)`, the first with the value None. `mappings` shows values as words, each with
    a colour if you like: `{1: "open", 0: ("closed", "green")}`; the keys "null" and "nan" stand for no value.
    """

    queries: Queries
    _: KW_ONLY
    unit: Filled
    decimals: Annotated[int, Field(ge=0, le=10)] | None = None
    min: Finite | None = None
    max: Finite | None = None
    thresholds: Annotated[Sequence[Threshold], AfterValidator(tuple)] = ()
    mappings: Mapping[str | int | float, Shown] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _min_below_max(self) -> DataPanel:
        if self.min is not None and self.max is not None and self.min >= self.max:
            raise wrong("panel/min-max", f"min={self.min:g} is not below max={self.max:g}", "write the smaller as min")
        return self

    def is_instant(self, query: Query) -> bool:
        """Whether a query asks for the last value only, not for all over the time range."""
        return query.instant if query.instant is not None else self._shows_last_only()

    def _shows_last_only(self) -> bool:
        return self.kind in ("table", "gauge", "bargauge")


class TimeSeries(DataPanel):
    """Lines over time; `stacked` adds them up."""

    kind = "timeseries"
    _: KW_ONLY
    stacked: bool = False


class Stat(DataPanel):
    """One large number, the last value."""

    kind = "stat"
    size = (6, 4)
    _: KW_ONLY
    sparkline: bool = True

    def _shows_last_only(self) -> bool:
        return not self.sparkline


class GaugePanel(DataPanel):
    """A dial between `min` and `max`. (`Gauge` is the metric.)"""

    kind = "gauge"
    size = (6, 6)


class BarGauge(DataPanel):
    """A bar for each series, by its last value."""

    kind = "bargauge"
    size = (8, 8)
    _: KW_ONLY
    orientation: Literal["horizontal", "vertical"] = "horizontal"


class Heatmap(DataPanel):
    """Values over time as colours: of a histogram's buckets (`le` kept), or of a few series (`buckets=False`).

    With buckets the unit is that of the bounds, else that of the values; `min` and `max` are where the colours end.
    """

    kind = "heatmap"
    _: KW_ONLY
    buckets: bool = True
    scheme: Scheme = "Oranges"


class Table(DataPanel):
    """A row for each series, with its labels and its last value, the largest first.

    A query's legend is the header of its values. `columns` renames labels: `{"reason": "Why"}`.
    """

    kind = "table"
    _: KW_ONLY
    columns: Mapping[str, str] = Field(default_factory=dict)


class StateTimeline(DataPanel):
    """The states of each series as coloured spans; `mappings` gives the states their words."""

    kind = "state-timeline"
    size = (24, 6)


class Text(Panel):
    """Markdown between the panels."""

    kind = "text"
    size = (24, 3)

    content: Filled
