"""How many series there can be: of a metric, of a query's result, of what a query reads, of a whole scrape.

Per instance: `instance` and `job` count as one value. A closed label counts its values, an open one `max_values` and
the overflow value. What nobody can know, such as the labels of an undeclared exporter, counts as one.
"""

from __future__ import annotations

from dataclasses import replace
from math import isfinite, prod

from promspec.promql import (
    Aggregate,
    Binary,
    Call,
    Expr,
    NumberLiteral,
    Paren,
    Registry,
    Selector,
    Subquery,
    Unary,
    Values,
    infer,
    kind,
)
from promspec.promql import selectors as selectors_in
from promspec.promql.grafana import series_names
from promspec.vocabulary.events import Event
from promspec.vocabulary.labels import Label
from promspec.vocabulary.metrics import PID, Histogram, Info, Metric
from promspec.vocabulary.spec import Spec

CLIENT_SERIES = 16
"""Of prometheus_client itself: six of the process, three times three of the garbage collector, `python_info`."""
TELEMETRY_KINDS = 8
"""Series of `promspec_telemetry_errors_total`."""
UNMAPPED_TYPES = 51
"""Series of `promspec_unmapped_exceptions_total`: the first 50 types, and the others."""
DROP_REASONS = 7
"""Series of `promspec_events_dropped_total` for each event."""
PROCESSES = 32
"""For so many worker processes a scrape has room, where a gauge has a series for each."""
LEAST_HEADROOM = 1_000
"""Samples that a scrape may have beyond what is counted, at least: for what else the process may expose."""


def label_size(label: Label) -> int:
    """How many values a label can have, the overflow value of an open one included."""
    return len(label.known_values) if label.closed else (label.max_values or 0) + 1


def metric_series(metric: Metric) -> int:
    """How many series a metric can have in one process: values multiplied; a histogram's buckets, count and sum.

    An info has one: its labels are facts, and the next ones replace them.

    >>> metric_series(Histogram("d_seconds", "How long.", labels=[Label("to", values=["a", "b"])], buckets=[1, 5]))
    10
    """
    if isinstance(metric, Info):
        return 1
    return _each(metric) * prod(label_size(label) for label in metric.labels)


def _each(metric: Metric) -> int:
    if not isinstance(metric, Histogram):
        return 1
    return len(metric.bounds) + 1 + (2 if metric.bounds[0] >= 0 else 1)  # with negative observations there is no sum


def own_series(spec: Spec) -> int:
    """How many series the generated instrumentation has of itself: the heartbeat, and what was lost, and why."""
    exposed = [metric for metric in spec.all_metrics if not metric.external]
    if not exposed:
        return 0
    overflows = sum(not label.closed for metric in exposed for label in metric.labels)
    unmapped = UNMAPPED_TYPES if spec.error_codes is not None else 0
    return 1 + TELEMETRY_KINDS + overflows + unmapped + DROP_REASONS * len(spec.each(Event))


def exposed_series(spec: Spec) -> int:
    """How many series the system's own metrics can have, for each instance."""
    return sum(metric_series(metric) for metric in spec.all_metrics if not metric.external)


def sample_limit(spec: Spec) -> int:
    """How many samples a scrape may have before Prometheus refuses it: twice what is counted, and at least 1,000 more.

    Counted are the metrics, `promspec_*`, and what prometheus_client says of the process and its garbage collector; a
    gauge of each process counts for 32 of them. In whole hundreds. What a deployment declares itself is taken. 0 is
    none: where a spec exposes nothing itself, nobody knows what its target does.
    """
    if spec.deployment is not None and spec.deployment.sample_limit is not None:
        return spec.deployment.sample_limit
    if not exposed_series(spec):
        return 0
    pids = [metric for metric in spec.all_metrics if not metric.external and PID in metric.own_labels]
    more = sum(metric_series(metric) for metric in pids) * (PROCESSES - 1)
    counted = exposed_series(spec) + more + own_series(spec) + CLIENT_SERIES
    return -(-max(2 * counted, counted + LEAST_HEADROOM) // 100) * 100


class Costs:
    """How many series queries yield and read. `registry` knows every series that they may name."""

    def __init__(self, spec: Spec, registry: Registry) -> None:
        self._registry = registry
        self._sizes: dict[str, int] = {}
        self._counted: dict[tuple[str | None, tuple[tuple[str, str, str], ...]], int] = {}
        self._metrics: dict[str, Metric] = {}
        for label in spec.each(Label):
            if not label.broken:
                self._sizes[label.name] = max(label_size(label), self._sizes.get(label.name, 0))
        for metric in spec.all_metrics:
            if not metric.broken and not any(label.broken for label in metric.labels):
                self._metrics.update(dict.fromkeys((metric.name, *metric.series), metric))

    def reads(self, expr: Expr) -> int:
        """How many series its selectors read, all together."""
        return sum(self._selected(selector) for selector in selectors_in(expr))

    def result(self, expr: Expr) -> int:
        """How many series it can yield: bounded by what it reads, and by the values of the labels that it keeps."""
        if isinstance(expr, Selector):
            return self._selected(expr)
        if isinstance(expr, (Paren, Unary, Subquery)):
            return self.result(expr.expr)
        if isinstance(expr, Aggregate):
            return self._aggregated(expr)
        if isinstance(expr, Binary):
            return self._combined(expr)
        if isinstance(expr, Call):
            return self._called(expr)
        return 1

    def _selected(self, selector: Selector) -> int:
        matchers = tuple((matcher.label, matcher.op, matcher.value) for matcher in selector.matchers)
        key = selector.name, matchers
        if key not in self._counted:
            self._counted[key] = self._count(selector)
        return self._counted[key]

    def _count(self, selector: Selector) -> int:
        found = 0
        for name in series_names(selector, self._registry):
            metric = self._metrics.get(name)
            labels = infer(_of_one_name(selector, name), self._registry).labels
            sizes = {label.name: label_size(label) for label in metric.labels} if metric is not None else self._sizes
            count = prod(_size(label, values, sizes) for label, values in labels.items())
            found += min(count, 1) if isinstance(metric, Info) else count
        return found

    def _aggregated(self, expr: Aggregate) -> int:
        inner = self.result(expr.expr)
        if expr.op in ("topk", "bottomk", "limitk", "limit_ratio", "count_values"):
            return min(inner, _most(expr, inner))
        labels = infer(expr, self._registry).labels
        return min(inner, prod(_size(label, values, self._sizes) for label, values in labels.items()))

    def _combined(self, expr: Binary) -> int:
        left, right = self.result(expr.lhs), self.result(expr.rhs)
        if kind(expr.lhs) == "scalar" or kind(expr.rhs) == "scalar":
            return right if kind(expr.lhs) == "scalar" else left
        if expr.op == "or":
            return left + right
        if expr.op in ("and", "unless"):
            return left
        group = expr.matching.group if expr.matching is not None else ""
        return left if group == "left" else right if group == "right" else min(left, right)

    def _called(self, expr: Call) -> int:
        if expr.func.startswith("absent") or kind(expr) == "scalar":
            return 1
        vectors = [self.result(argument) for argument in expr.args if kind(argument) in ("instant", "range")]
        inner = max(vectors, default=1)
        if expr.func not in ("histogram_quantile", "histogram_fraction"):
            return inner
        labels = infer(expr, self._registry).labels
        return min(inner, prod(_size(label, values, self._sizes) for label, values in labels.items()))


def _of_one_name(selector: Selector, name: str) -> Selector:
    matchers = tuple(matcher for matcher in selector.matchers if matcher.label != "__name__")
    return replace(selector, name=name, matchers=matchers)


def _most(expr: Aggregate, otherwise: int) -> int:
    """The k of a topk over everything."""
    given = expr.param.value if isinstance(expr.param, NumberLiteral) else None
    whole = expr.op in ("topk", "bottomk", "limitk") and not expr.grouping and not expr.without
    return max(0, int(given)) if whole and given is not None and isfinite(given) else otherwise


def _size(label: str, values: Values, sizes: dict[str, int]) -> int:
    return len(values) if values is not None else sizes.get(label, 1)
