"""Dashboards as the pages show them: rows of panels in their grid, each drawn, or with a word on why it is not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from promspec.plan.dashboards import DashboardPlan, RowPlan
from promspec.plan.grafana.panels import PanelPlan
from promspec.previewing.data import Answer, Data, Range
from promspec.previewing.drawing.axes import moment
from promspec.previewing.drawn import CellView, LegendRow, drawn
from promspec.previewing.expanding import expanded, range_of, span_of
from promspec.previewing.words import blocks

KINDS = {
    "timeseries": "Time series",
    "stat": "Stat",
    "gauge": "Gauge",
    "bargauge": "Bar gauge",
    "heatmap": "Heatmap",
    "table": "Table",
    "state-timeline": "State timeline",
    "text": "Text",
}


@dataclass(frozen=True, slots=True)
class QueryView:
    """A query as it is written into the dashboard, and as it is sent when its variables stand on All."""

    ref: str
    written: str
    expanded: str
    legend: str
    error: str


@dataclass(frozen=True, slots=True)
class PanelView:
    """A panel: its place in the grid, its words, and its pictures or table; `missing` says why there are none."""

    id: int
    kind: str
    shown_kind: str
    title: str
    description: str
    unit: str
    column: int
    width: int
    height: int
    queries: tuple[QueryView, ...]
    pictures: tuple[Markup, ...]
    legend: tuple[LegendRow, ...]
    head: tuple[str, ...]
    rows: tuple[tuple[CellView, ...], ...]
    content: Markup
    missing: str


@dataclass(frozen=True, slots=True)
class RowView:
    """A section of panels."""

    title: str
    collapsed: bool
    panels: tuple[PanelView, ...]


@dataclass(frozen=True, slots=True)
class BoardView:
    """A dashboard: `of` says of when and from where its data are, empty without any."""

    file: str
    uid: str
    title: str
    description: str
    tags: tuple[str, ...]
    since: str
    refresh: str
    variables: tuple[tuple[str, str], ...]
    links: tuple[tuple[str, str], ...]
    rows: tuple[RowView, ...]
    of: str
    json: str


def board_view(board: DashboardPlan, data: Data, file: str) -> BoardView:
    """One dashboard with what there is of data."""
    over = data.ranges.get(board.uid)
    return BoardView(
        file=file,
        uid=board.uid,
        title=board.title,
        description=board.description,
        tags=board.tags,
        since=board.since,
        refresh=board.refresh,
        variables=tuple((variable.name, variable.title) for variable in board.variables),
        links=tuple((link.title, link.url) for link in board.links if link.url),
        rows=tuple(_row(row, board, data, over) for row in board.rows),
        of=f"from {data.server}, {moment(over.start)} to {moment(over.end)} UTC" if over is not None else "",
        json=board.file,
    )


def _row(row: RowPlan, board: DashboardPlan, data: Data, over: Range | None) -> RowView:
    return RowView(row.title, row.collapsed, tuple(_panel(panel, board, data, over) for panel in row.panels))


def _panel(panel: PanelPlan, board: DashboardPlan, data: Data, over: Range | None) -> PanelView:
    found = [(query, data.answers.get((board.uid, panel.id, query.ref))) for query in panel.queries]
    answers = [(query, answer) for query, answer in found if answer is not None]
    picture = drawn(panel, answers, over) if over is not None and panel.kind != "text" else None
    sent = over or range_of(board, 0.0, span_of(board))
    return PanelView(
        id=panel.id,
        kind=panel.kind,
        shown_kind=KINDS.get(panel.kind, panel.kind),
        title=panel.title,
        description=panel.description,
        unit=panel.unit,
        column=panel.position.x + 1,
        width=panel.position.width,
        height=panel.position.height,
        queries=tuple(
            QueryView(query.ref, query.expr, expanded(query.expr, board, sent), query.legend, _error(answer))
            for query, answer in found
        ),
        pictures=tuple(Markup(svg) for svg in picture.pictures) if picture else (),  # nosec B704 - escaped in drawing
        legend=picture.legend if picture else (),
        head=picture.head if picture else (),
        rows=picture.rows if picture else (),
        content=blocks(panel.content) if panel.kind == "text" else Markup(),
        missing="" if picture or panel.kind == "text" else _missing([answer for _, answer in answers], over),
    )


def _error(answer: Answer | None) -> str:
    return answer.error if answer is not None else ""


def _missing(answers: Sequence[Answer], over: Range | None) -> str:
    if over is None:
        return "No data: no Prometheus was given"
    errors = [answer.error for answer in answers if answer.error]
    return errors[0] if errors else "No data in this time"
