"""What dashboards have recorded for them: the rates that panels add up over a whole fleet, without `instance`.

A panel that asks `sum by (stage) (rate(x_total[$__rate_interval]))` reads every series of every instance at each step.
One rule that records the sum over the instances makes that a few series. Panels that show chosen instances read the
scraped series all the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import prod
from typing import Protocol

from promspec import naming, objectives
from promspec.cardinality import label_size
from promspec.promql import Aggregate, Call, PromQLError, Registry, Selector, add_matchers, matcher, parse, unwrap, walk
from promspec.quantities import milliseconds
from promspec.vocabulary.dashboards import Dashboard
from promspec.vocabulary.metrics import Histogram, Metric
from promspec.vocabulary.panels import Panel
from promspec.vocabulary.spec import Spec

FEWEST = 5
"""So many series an instance must have for a rule: fewer are cheap to read, and a rule costs without a viewer too."""
_RANGE = "$__rate_interval"
_SLOWEST = 4 * 60_000
"""What is evaluated more rarely, in milliseconds, a query may miss: it looks back five minutes."""
_REPEATED = 9
"""No instance is called like nine chosen ones in a row, while nine times `.*`, which is All, is any."""


@dataclass(frozen=True, slots=True)
class PanelRate:
    """A rate summed over instances: what it is recorded as, of which series, by which labels, and how.

    `averaged` is whether panels average it over their own range, which at least two evaluations fall into. `panel` is
    the first that wants it.
    """

    name: str
    series: str
    labels: tuple[str, ...]
    expr: str
    averaged: bool
    panel: Panel | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Sum:
    """`sum by (labels) (rate(series[$__rate_interval]))` at `text[start:end]` of a query, and what serves it."""

    start: int
    end: int
    by: tuple[str, ...]
    read: Selector
    rate: PanelRate


class Recording(Registry, Protocol):
    """A registry that knows which rates are recorded for panels."""

    @property
    def panel_rates(self) -> Sequence[PanelRate]:
        """The rates."""


def panel_rates(spec: Spec, registry: Registry) -> tuple[PanelRate, ...]:
    """The rates that the panels of a spec want recorded, in the order of the dashboards; no name twice, none taken."""
    queries = (
        (board, panel, query.expr)
        for board in spec.dashboards
        for row in board.rows
        for panel in row.panels
        for query in panel.queries_
    )
    rates = (
        replace(each.rate, panel=panel) for board, panel, expr in queries for each in sums(expr, board, spec, registry)
    )
    taken = {*registry.names(), *(rule.name for rule in spec.recording_rules)}
    found: dict[str, PanelRate] = {}
    for rate in rates:
        if rate.name not in taken:
            found.setdefault(rate.name, rate)
    return tuple(found.values())


def sums(expr: str, dashboard: Dashboard, spec: Spec, registry: Registry) -> Iterator[Sum]:
    """The sums of a query that a recorded rate can serve; nothing of one that does not parse."""
    try:
        nodes = walk(parse(expr, templated=True))
    except PromQLError:
        return
    metrics = {name: metric for metric in spec.all_metrics for name in metric.series}
    for node in nodes:
        selector = _rated(node) if isinstance(node, Aggregate) else None
        if isinstance(node, Aggregate) and selector is not None and selector.name in metrics:
            by = tuple(label.name for label in node.grouping)
            wanted = {*by, *(each.label for each in selector.matchers), *(each.name for each in dashboard.variables)}
            rate = _rate(metrics[selector.name], selector.name, wanted, spec, registry)
            if rate is not None:
                yield Sum(node.start, node.end, by, selector, rate)


def _rated(node: Aggregate) -> Selector | None:
    """The selector of a sum of rates over the dashboard's own range, unless it tells instances apart."""
    call = unwrap(node.expr)
    if node.op != "sum" or node.without or not isinstance(call, Call) or call.func != "rate":
        return None
    read = unwrap(call.args[0])
    if not isinstance(read, Selector) or read.range is None or read.range.text != _RANGE or read.offset or read.at:
        return None
    named = {*(label.name for label in node.grouping), *(each.label for each in read.matchers)}
    return None if "instance" in named or any(each.variable for each in read.matchers) else read


def _rate(metric: Metric, name: str, wanted: set[str], spec: Spec, registry: Registry) -> PanelRate | None:
    known = registry.series(name)
    clock = objectives.clock(spec.deployment)
    if metric.external or metric.broken or known is None or _each(metric, name) < FEWEST:
        return None
    if milliseconds(clock.evaluation) > _SLOWEST:
        return None
    labels = ("job", *(label for label in known.labels if label in wanted - {"job", "instance"}))
    expr = f"sum by ({', '.join(labels)}) (rate({name}[{clock.base}]))"
    # Where the window of a panel may hold no evaluation, the last one is shown.
    averaged = 2 * milliseconds(clock.evaluation) <= 4 * milliseconds(clock.scrape)
    return PanelRate(naming.panel_rate(name, labels, clock.base), name, labels, expr, averaged)


def _each(metric: Metric, name: str) -> int:
    """How many series of that name an instance can have."""
    if any(label.broken for label in metric.labels):
        return 0
    buckets = len(metric.bounds) + 1 if isinstance(metric, Histogram) and name.endswith("_bucket") else 1
    return buckets * prod(label_size(label) for label in metric.labels)


def by_recorded(expr: str, dashboard: Dashboard, spec: Spec, registry: Recording, names: Mapping[str, str]) -> str:
    """The query with its sums served by recorded rates; `names` maps labels to the dashboard's variables.

    What is recorded has no `instance`: a condition that is `.*`, for All, lets that pass, any other does not. The
    scraped series stand beside it, with a second condition that All alone does not pass.
    """
    served = {each.start: each for each in sums(expr, dashboard, spec, registry)}
    pieces: list[str] = []
    copied = 0
    for start in sorted(served):
        each = served[start]
        if each.rate in registry.panel_rates:
            pieces += (expr[copied:start], _either(expr, each, names["instance"]))
            copied = each.end
    return "".join((*pieces, expr[copied:]))


def _either(expr: str, found: Sum, variable: str) -> str:
    missing, chosen = matcher("instance", "=", ""), matcher("instance", "=~", f"${variable}")
    some = matcher("instance", "!~", f"(?:${variable}){{{_REPEATED}}}")
    written = expr[found.start : found.end]
    braces = ",".join((*(expr[each.start : each.end] for each in found.read.matchers), missing, chosen))
    by = f"sum by ({', '.join(found.by)}) " if found.by else "sum"
    recorded = f"{found.rate.name}{{{braces}}}"
    if found.rate.averaged:
        recorded = f"avg_over_time({recorded}[{_RANGE}])"
    return f"({by}({recorded}) or {_with(written, (chosen, some))})"


def _with(text: str, conditions: tuple[str, ...]) -> str:
    return add_matchers(text, lambda selector: conditions, templated=True)
