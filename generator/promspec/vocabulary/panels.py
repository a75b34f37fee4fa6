"""The panels of a dashboard: one class per kind of Grafana panel; each has a title, a description and a unit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from promspec.vocabulary.base import Declaration, Filled, ExprText


class Query(Declaration):
    """A query of a panel: PromQL, and the legend as a template over the result's labels, such as `{{provider}}`.

    Where a range is meant to follow the dashboard's zoom, write `[$__rate_interval]`.
    """

    expr: ExprText
    legend: str = ""
    _: KW_ONLY
    instant: bool | None = None


def _queries(given: object) -> object:
    """A query may be written as PromQL, a `Query`, a mapping of legends to PromQL, or a list of these."""
    if isinstance(given, Mapping):
        return tuple(Query(expr, legend) for legend, expr in given.items())
    if isinstance(given, (list, tuple)):
        return tuple(item if isinstance(item, Query) else Query(item) for item in given)
    if isinstance(given, Query):
        return (given,)
    return (Query(given),)  # type: ignore[arg-type]


Queries = Annotated[
    str | Query | Mapping[str, str] | Sequence[str | Query],
    BeforeValidator(_queries),
]
Threshold = tuple[float | None, str]
"""A value from which on, and a colour of Grafana; the first has the value None."""


class Panel(Declaration):
    """What every panel has. `width` counts of 24 columns, `height` of 30 pixels each."""

    kind: ClassVar[str]
    size: ClassVar[tuple[int, int]] = (12, 8)

    title: Filled
    description: Filled
    _: KW_ONLY
    width: Annotated[int, Field(ge=1, le=24)] | None = None
    height: Annotated[int, Field(ge=1, le=40)] | None = None

    @property
    def name(self) -> str:
        """The title, as other declarations have a name."""
        return self.title

    @property
    def queries_(self) -> tuple[Query, ...]:
        """Its queries, in order; a text panel has none."""
        return tuple(getattr(self, "queries", ()))


class DataPanel(Panel):
    """A panel that shows queries: `unit` is Grafana's id of the unit (`s`, `percentunit`, `reqps`, `bytes`).

    `thresholds` are steps `(value, colour)`, the first with the value None. `mappings` shows values as words.
    """

    queries: Queries
    _: KW_ONLY
    unit: Filled
    decimals: Annotated[int, Field(ge=0, le=10)] | None = None
    min: float | None = None
    max: float | None = None
    thresholds: Annotated[Sequence[Threshold], AfterValidator(tuple)] = ()
    mappings: Mapping[str | int | float, str] = Field(default_factory=dict)


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
    """Values over time as colours: of a histogram's buckets (`le` kept), or of a few series (`buckets=False`)."""

    kind = "heatmap"
    _: KW_ONLY
    buckets: bool = True


class Table(DataPanel):
    """A row for each series, with its labels and its last value."""

    kind = "table"


class StateTimeline(DataPanel):
    """The states of each series as coloured spans; `mappings` gives the states their words."""

    kind = "state-timeline"
    size = (24, 6)


class Text(Panel):
    """Markdown between the panels."""

    kind = "text"
    size = (24, 3)

    content: Filled
