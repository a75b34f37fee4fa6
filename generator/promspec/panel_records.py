"""What dashboards have recorded for them: what panels aggregate over a whole fleet, without `instance`.

A panel that asks `sum by (stage) (rate(x_total[$__rate_interval]))` or `max by (job) (memory_bytes)` reads every series
of every instance at each step. One rule that records the aggregate makes that a few series. Panels that show chosen
instances read the scraped series all the same.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from promspec import naming, objectives
from promspec.promql import (
    Aggregate,
    Call,
    Expr,
    PromQLError,
    Registry,
    Selector,
    add_matchers,
    matcher,
    parse,
    unwrap,
    walk,
)
from promspec.quantities import duration, milliseconds
from promspec.vocabulary.dashboards import Dashboard
from promspec.vocabulary.panels import DataPanel, Panel, Query
from promspec.vocabulary.spec import Spec

_RANGE, _RANGE_SECONDS = "$__rate_interval", "$__rate_interval_ms / 1000"
_SLOWEST = 4 * 60_000
"""What is evaluated more rarely, in milliseconds, a query may miss: it looks back five minutes."""
_PER_WINDOW = 60
"""So often a fixed window is recorded within its own length: more often shows nothing new, and reads all of it anew."""
_FEWER = 8
"""An instant query costs what its rule does: a rule pays if it runs at most once in so many refreshes."""
_REPEATED = 9
"""No instance is called like nine chosen ones in a row, while nine times `.*`, which is All, is any."""
_OVER_ALL = {"sum": ("sum",), "max": ("max",), "min": ("min",), "count": ("count",), "avg": ("sum", "count")}
"""What is recorded for an aggregate, from which that of the whole fleet can be told; a mean is a sum by a count."""
_ADDING = ("sum", "avg")
"""Aggregates of which the average over a time is that of the averages: those that rates of another range serve."""

_NOT_OF_EACH = ("absent_over_time",)
"""What has a result where there is no series."""


@dataclass(frozen=True, slots=True)
class PanelRecord:
    """An aggregate over instances: what it is recorded as, of which series, by which labels, how, and how often.

    `averaged` is whether panels average it over their own range, which at least two evaluations fall into. `panel` is
    the first that wants it.
    """

    name: str
    series: str
    labels: tuple[str, ...]
    op: str
    read: str
    interval: str
    averaged: bool
    expr: str = field(compare=False)
    panel: Panel | None = field(default=None, compare=False, repr=False)

    @property
    def again(self) -> str:
        """What aggregates it further: counts are added up."""
        return "sum" if self.op == "count" else self.op


@dataclass(frozen=True, slots=True)
class Served:
    """An aggregate at `text[start:end]` of a query, what it selects, and what serves it: their quotient, if two.

    `times` is the text of what the recorded rates are multiplied by. `pays` is whether it is worth a rule of its own.
    """

    start: int
    end: int
    by: tuple[str, ...]
    read: Selector
    records: tuple[PanelRecord, ...]
    times: str
    pays: bool


class Recording(Registry, Protocol):
    """A registry that knows what is recorded for panels, and what each process of ours exposes of itself."""

    @property
    def panel_records(self) -> Sequence[PanelRecord]:
        """What is recorded."""

    @property
    def of_processes(self) -> Collection[str]:
        """The series that every instance has, declared or not."""


def panel_records(spec: Spec, registry: Recording) -> tuple[PanelRecord, ...]:
    """What the panels of a spec want recorded, the finest first; no name twice, none taken."""
    wanted = (
        replace(record, panel=panel)
        for board in spec.dashboards
        for row in board.rows
        for panel in row.panels
        if not (board.broken or panel.broken)
        for query in panel.queries_
        for each in served(query, panel, board, spec, registry)
        for record in each.records
        if each.pays
    )
    taken = {*registry.names(), *(rule.name for rule in spec.recording_rules)}
    found: dict[str, PanelRecord] = {}
    for record in wanted:
        if record.name not in taken:
            found.setdefault(record.name, record)
    finest = sorted(found.values(), key=lambda record: -len(record.labels))
    return tuple(_from_finer(record, finest) for record in finest)


def _from_finer(record: PanelRecord, others: Sequence[PanelRecord]) -> PanelRecord:
    """The record made from another one that tells the same by more labels."""
    for other in reversed(others):
        same = (record.read, record.op, record.interval) == (other.read, other.op, other.interval)
        if same and set(record.labels) < set(other.labels):
            return replace(record, expr=f"{record.again} by ({', '.join(record.labels)}) ({other.name})")
    return record


def served(query: Query, panel: Panel, board: Dashboard, spec: Spec, registry: Recording) -> Iterator[Served]:
    """The aggregates of a query that recorded series can serve; nothing of one that does not parse."""
    try:
        nodes = walk(parse(query.expr, templated=True))
    except PromQLError:
        return
    instant = isinstance(panel, DataPanel) and panel.is_instant(query)
    variables = {each.name for each in board.variables}
    for node in nodes:
        found = _read(node) if isinstance(node, Aggregate) else None
        if not isinstance(node, Aggregate) or found is None or not _is_ours(found[0], spec, registry):
            continue
        selector, func = found
        by = tuple(label.name for label in node.grouping)
        wanted = {*by, *(each.label for each in selector.matchers), *variables}
        records = tuple(_record(selector, func, op, wanted, spec, registry) for op in _OVER_ALL[node.op])
        interval, refresh = milliseconds(records[0].interval), milliseconds(board.refresh)
        times = _RANGE_SECONDS if func == "increase" and _is_zoomed(selector) else ""
        pays = interval <= _SLOWEST and (not instant or interval >= _FEWER * refresh > 0)
        yield Served(node.start, node.end, by, selector, records, times, pays)


def _read(node: Aggregate) -> tuple[Selector, str] | None:
    """The selector of an aggregate over the fleet and the function over its range, unless it tells instances apart."""
    if node.op not in _OVER_ALL or node.without:
        return None
    read, func = _called(unwrap(node.expr))
    if not isinstance(read, Selector) or read.offset or read.at or read.extended or func in _NOT_OF_EACH:
        return None
    if (read.range is None) != (func == ""):
        return None
    zoomed = _is_zoomed(read) and func in ("rate", "increase") and node.op in _ADDING
    if read.range is not None and read.range.seconds is None and not zoomed:
        return None
    named = {*(label.name for label in node.grouping), *(each.label for each in read.matchers)}
    return None if "instance" in named or any(each.variable for each in read.matchers) else (read, func)


def _called(expr: Expr) -> tuple[Expr, str]:
    """What a function of one argument is called with, and the function."""
    if isinstance(expr, Call) and len(expr.args) == 1:
        return unwrap(expr.args[0]), expr.func
    return expr, ""


def _is_zoomed(selector: Selector) -> bool:
    return selector.range is not None and selector.range.text == _RANGE


def _is_ours(selector: Selector, spec: Spec, registry: Recording) -> bool:
    metric = next((each for each in spec.all_metrics if selector.name in each.series), None)
    if metric is None:
        return selector.name in registry.of_processes
    broken = metric.broken or any(label.broken for label in metric.labels)
    return not metric.external and not broken and registry.series(selector.name or "") is not None


def _record(selector: Selector, func: str, op: str, wanted: set[str], spec: Spec, registry: Recording) -> PanelRecord:
    name, clock = selector.name or "", objectives.clock(spec.deployment)
    known = registry.series(name)
    assert known is not None
    labels = ("job", *(label for label in known.labels if label in wanted - {"job", "instance"}))
    evaluation, interval = milliseconds(clock.evaluation), clock.evaluation
    window, averaged = "", False
    if selector.range is not None:
        if _is_zoomed(selector):
            # Where the window of a panel may hold no evaluation, the last one is shown.
            func, window, averaged = "rate", clock.base, 2 * evaluation <= 4 * milliseconds(clock.scrape)
        else:
            assert selector.range.seconds is not None
            length = int(selector.range.seconds * 1000)
            window, often = duration(length), min(_SLOWEST, length // _PER_WINDOW)
            interval = duration(max(evaluation, often // evaluation * evaluation))
    read = f"{func}({name}[{window}])" if func else name
    if name in registry.of_processes:  # every other job's processes have such series too
        read += f" and on (job, instance) {naming.HEARTBEAT}{{{matcher('spec', '=', spec.name)}}}"
    expr = f"{op} by ({', '.join(labels)}) ({read})"
    called = naming.panel_record(name, labels, op, func + window)
    return PanelRecord(called, name, labels, op, read, interval, averaged, expr)


def by_recorded(
    query: Query, panel: Panel, board: Dashboard, spec: Spec, registry: Recording, names: Mapping[str, str]
) -> str:
    """The query with its aggregates served by recorded series; `names` maps labels to the dashboard's variables.

    What is recorded has no `instance`: a condition that is `.*`, for All, lets that pass, any other does not. The
    scraped series stand beside it, with a second condition that All alone does not pass.
    """
    expr = query.expr
    found = {each.start: each for each in served(query, panel, board, spec, registry)}
    pieces: list[str] = []
    copied = 0
    for start in sorted(found):
        each = found[start]
        if start >= copied and all(record in registry.panel_records for record in each.records):
            pieces += (expr[copied:start], _either(expr, each, names["instance"]))
            copied = each.end
    return "".join((*pieces, expr[copied:]))


def _either(expr: str, found: Served, variable: str) -> str:
    missing, chosen = matcher("instance", "=", ""), matcher("instance", "=~", f"${variable}")
    some = matcher("instance", "!~", f"(?:${variable}){{{_REPEATED}}}")
    written = expr[found.start : found.end]
    braces = ",".join((*(expr[each.start : each.end] for each in found.read.matchers), missing, chosen))
    parts = [_further(record, found.by, braces) for record in found.records]
    recorded = " / ".join(parts) + (f" * {found.times}" if found.times else "")
    return f"({recorded} or {_with(written, (chosen, some))})"


def _further(record: PanelRecord, by: Sequence[str], braces: str) -> str:
    """The aggregate of a recorded series by the labels of the panel."""
    labels = f" by ({', '.join(by)}) " if by else ""
    recorded = f"{record.name}{{{braces}}}"
    if record.averaged:
        recorded = f"avg_over_time({recorded}[{_RANGE}])"
    return f"{record.again}{labels}({recorded})"


def _with(text: str, conditions: tuple[str, ...]) -> str:
    return add_matchers(text, lambda selector: conditions, templated=True)
