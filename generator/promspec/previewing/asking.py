"""Asks a Prometheus every query of the dashboards by its HTTP API; what it cannot answer is kept with its own words."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from promspec.plan.dashboards import DashboardPlan
from promspec.plan.grafana.panels import QueryPlan
from promspec.previewing.data import Answer, Data, Key, Range, Sampled
from promspec.previewing.expanding import expanded, range_of, span_of
from promspec.previewing.server import Refused, Unreachable

MOST_SERIES = 100
"""Of a query's series; more would be a picture of nothing, and a page that no phone opens."""


class Api(Protocol):
    """What is asked: a `Server`, or what stands for one."""

    shown: str

    def get(self, path: str, parameters: list[tuple[str, str]]) -> Any:
        """The data of an answer; raises Refused or Unreachable."""


@dataclass(frozen=True, slots=True)
class Window:
    """Which time is asked for, in Unix seconds; without a start, what each dashboard shows when it is opened."""

    end: float
    start: float | None = None

    def of(self, board: DashboardPlan) -> Range:
        """The range of one dashboard."""
        return range_of(board, self.start if self.start is not None else self.end - span_of(board), self.end)


def asked(boards: Sequence[DashboardPlan], server: Api, window: Window) -> Data:
    """What the server answers to every query. Raises Unreachable if it is no Prometheus, or does not answer."""
    _result(server.get("/api/v1/query", [("query", "1"), ("time", _time(window.end))]))
    ranges = {board.uid: window.of(board) for board in boards}
    answers = {key: _answer(server, query, expr, over) for key, query, expr, over in _queries(boards, ranges)}
    return Data(server.shown, ranges, answers)


def _queries(
    boards: Sequence[DashboardPlan], ranges: Mapping[str, Range]
) -> Iterator[tuple[Key, QueryPlan, str, Range]]:
    for board in boards:
        over = ranges[board.uid]
        for panel in (panel for row in board.rows for panel in row.panels):
            for query in panel.queries:
                yield (board.uid, panel.id, query.ref), query, expanded(query.expr, board, over), over


def _answer(server: Api, query: QueryPlan, expr: str, over: Range) -> Answer:
    try:
        if query.instant:
            found = server.get("/api/v1/query", [("query", expr), ("time", _time(over.end))])
        else:
            times = [("start", _time(over.start)), ("end", _time(over.end)), ("step", _time(over.step))]
            found = server.get("/api/v1/query_range", [("query", expr), *times])
    except Refused as error:
        return Answer(expr, error=str(error))
    return Answer(expr, _series(found))


def _result(found: Any) -> list[Any]:
    result = found.get("result") if isinstance(found, dict) else None
    if not isinstance(result, list):
        raise Unreachable("what answers is no Prometheus")
    return [{"metric": {}, "value": result}] if found.get("resultType") in ("scalar", "string") else result


def _series(found: Any) -> tuple[Sampled, ...]:
    """The series of an answer, whatever its type; those of the same labels in the same order at every run."""
    try:
        series = [_sampled(item) for item in _result(found)]
    except (AttributeError, KeyError, TypeError, ValueError, IndexError):
        raise Unreachable("what answers is no Prometheus") from None
    return tuple(sorted(series, key=lambda item: (item.name, item.labels)))[:MOST_SERIES]


def _sampled(item: Any) -> Sampled:
    labels = {str(name): str(value) for name, value in item["metric"].items()}
    # A native histogram has neither.
    points = item.get("values") or ([item["value"]] if "value" in item else [])
    name = labels.pop("__name__", "")
    samples = tuple((float(at), float(value)) for at, value in points if math.isfinite(float(at)))
    return Sampled(name, tuple(sorted(labels.items())), samples)


def _time(seconds: float) -> str:
    return f"{seconds:.3f}".rstrip("0").rstrip(".")
