"""`Counter`, `Gauge`, `Histogram`, `Info`: the metric families, printing as their names inside an f-string."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from promspec.naming import METRIC_NAME
from promspec.quantities import decimal
from promspec.vocabulary.base import Declaration
from promspec.vocabulary.labels import Label
from promspec.vocabulary.selectors import select
from promspec.vocabulary.texts import Filled, wrong

if TYPE_CHECKING:
    from promspec.vocabulary.selectors import Matchable

DEFAULT_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
"""The buckets of prometheus_client, in seconds. Source: prometheus_client.Histogram.DEFAULT_BUCKETS"""


Aggregation = Literal["sum", "min", "max", "last", "process"]

Appearance = Literal["always", "first-event", "error"]
"""When a metric's series must be there: in every scrape, once there was an event, or once there was an error."""

PID = "pid"
"""The label that tells processes apart."""


def _name(text: str) -> str:
    if not METRIC_NAME.fullmatch(text):
        raise wrong(
            "metric/name",
            f"{text!r} is not a metric name",
            "use letters, digits and _, not a digit first (a dashboard's panel is a GaugePanel)",
        )
    return text


def _labels(labels: Sequence[Label]) -> Sequence[Label]:
    names = [label.name for label in labels]
    doubled = next((name for index, name in enumerate(names) if name in names[:index]), None)
    if doubled is not None:
        raise wrong("metric/label-twice", f"the label {doubled} stands twice", "list each label once")
    return tuple(labels)


def _buckets(buckets: Sequence[float]) -> Sequence[float]:
    bounds = [bound for bound in buckets if bound != float("inf")]
    if not bounds:
        raise wrong("histogram/buckets", "there is no finite bucket", "list the upper bounds, such as [0.1, 0.5, 1, 5]")
    if any(bound != bound or bound == float("-inf") for bound in bounds):
        raise wrong("histogram/buckets", "a bucket's bound is not a finite number", "list finite upper bounds")
    if bounds != sorted(set(bounds)):
        raise wrong(
            "histogram/buckets",
            "the buckets do not increase strictly",
            f"write [{', '.join(format(decimal(bound), 'f') for bound in sorted(set(bounds)))}]",
        )
    return tuple(bounds)


class Selector:
    """A metric's series with conditions on labels; prints as PromQL."""

    __slots__ = ("matchers", "metric", "series")

    in_promql = True

    def __init__(self, metric: Metric, series: str, matchers: tuple[str, ...]) -> None:
        self.metric = metric
        self.series = series
        self.matchers = matchers

    def __str__(self) -> str:
        return f"{self.series}{{{','.join(self.matchers)}}}" if self.matchers else self.series


def _unsure(metric: Metric) -> bool:
    """Whether the metric's labels are not known, because what declares them is broken."""
    return metric.broken or any(label.broken for label in metric.labels)


class Metric(Declaration):
    """What the four kinds of metric share.

    `help` is the exposition's help text. `external` marks a metric that something else exposes (node_exporter, a
    sidecar): queries may use it, nothing is generated for it. `initialise="zero"` gives every series of closed labels
    the value 0 at start, so that rates and sums are never missing; `"never"` lets series appear with their first event.
    `series_budget` is how many series it may have at most in each process; by default 10,000. `appears` is when a
    running service must show it: `"always"`, after the `"first-event"`, or only on an `"error"`; left out, it is always
    for what is laid out at zero, and else the first event.
    """

    kind: ClassVar[str]
    suffixes: ClassVar[tuple[str, ...]] = ("",)
    in_promql: ClassVar[bool] = True

    name: Annotated[str, AfterValidator(_name)]
    help: Filled
    _: KW_ONLY
    labels: Annotated[Sequence[Label], AfterValidator(_labels)] = ()
    unit: str | None = None
    external: bool = False
    initialise: Literal["zero", "never"] = "zero"
    series_budget: Annotated[int, Field(ge=1)] | None = None
    appears: Appearance | None = None

    def __str__(self) -> str:
        return self.name

    def __format__(self, spec: str) -> str:
        return format(self.name, spec)

    def where(self, **labels: Matchable) -> Selector:
        """The metric's series with these label values, for an f-string: `x.where(code="a")` is `x{code="a"}`.

        A list matches any of its values; `not_("a")` anything else; `matches("a.*")` a regular expression. A label
        that the metric does not have, or a value that a closed label does not have, is reported at this line.
        """
        known = None if _unsure(self) else self.labels
        return Selector(self, self.name, select(self.name, known, labels, more=self.own_labels))

    @property
    def series(self) -> tuple[str, ...]:
        """The names of the series it exposes: a histogram has `_bucket`, `_count` and `_sum`."""
        return tuple(self.name + suffix for suffix in self.suffixes)

    @property
    def own_labels(self) -> tuple[str, ...]:
        """The names of labels that its series have although they are not declared."""
        return ()

    @property
    def label_names(self) -> tuple[str, ...]:
        """The names of its labels, in order."""
        return tuple(label.name for label in self.labels)

    def label(self, name: str) -> Label | None:
        """Its label of that name, if it has one."""
        return next((label for label in self.labels if label.name == name), None)


class Counter(Metric):
    """A value that only goes up; its name ends in `_total`.

    >>> requests = Counter("http_requests_total", "Finished requests.", labels=[Label("code", values=["200", "500"])])
    >>> f"rate({requests.where(code='500')}[5m])"
    'rate(http_requests_total{code="500"}[5m])'
    """

    kind = "counter"


_NOT_ADDED = ("ratio", "percent", "celsius", "kelvin", "volts", "timestamp", "timestamp_seconds")
"""Endings of names, and units, of which a sum means nothing."""


class Gauge(Metric):
    """A value that goes up and down.

    `aggregation` says how the values that several worker processes have become the service's one: `"sum"`, `"min"`,
    `"max"`, `"last"` (what any of them set last) or `"process"`: not at all, each process has a series of its own, with
    the label `pid`. Left out, it is the sum, and the maximum of what cannot be added: ratios, temperatures, timestamps.

    >>> Gauge("jobs_running", "Jobs that run.").aggregated_by
    'sum'
    >>> Gauge("disk_used_ratio", "Share of the disk in use.").aggregated_by
    'max'
    """

    kind = "gauge"

    _: KW_ONLY
    aggregation: Aggregation | None = None

    @property
    def aggregated_by(self) -> Aggregation:
        """The aggregation, declared or implied."""
        if self.aggregation is not None:
            return self.aggregation
        return "max" if self.unit in _NOT_ADDED or self.name.endswith(tuple(f"_{end}" for end in _NOT_ADDED)) else "sum"

    @property
    def own_labels(self) -> tuple[str, ...]:
        return (PID,) if self.aggregated_by == "process" else ()

    @model_validator(mode="after")
    def _has_no_pid(self) -> Gauge:
        if self.aggregation == "process" and any(label.name == PID for label in self.labels):
            raise wrong(
                "gauge/pid", f"{self.name} has a label {PID} already", "leave it out: each process adds its own"
            )
        return self


def _finite(buckets: object) -> object:
    return tuple(buckets) if isinstance(buckets, (list, tuple, range)) else buckets


class Histogram(Metric):
    """Observations counted in buckets. `buckets` are the upper bounds in the metric's base unit; `+Inf` is implied.

    In a query use `h.bucket`, `h.sum` and `h.count`: a histogram has no series of its bare name.

    >>> latency = Histogram("http_duration_seconds", "Time to answer.", buckets=[0.1, 0.5, 1])
    >>> f"histogram_quantile(0.95, sum by (le) (rate({latency.bucket}[5m])))"
    'histogram_quantile(0.95, sum by (le) (rate(http_duration_seconds_bucket[5m])))'
    """

    kind = "histogram"
    suffixes = ("_bucket", "_count", "_sum")

    _: KW_ONLY
    buckets: Annotated[Sequence[float], BeforeValidator(_finite), AfterValidator(_buckets)] = DEFAULT_BUCKETS

    @property
    def bucket(self) -> HistogramSeries:
        """The series `_bucket`, with the label `le`."""
        return HistogramSeries(self, "_bucket")

    @property
    def count(self) -> HistogramSeries:
        """The series `_count`: how many observations."""
        return HistogramSeries(self, "_count")

    @property
    def sum(self) -> HistogramSeries:
        """The series `_sum`: the sum of the observed values."""
        return HistogramSeries(self, "_sum")

    @property
    def bounds(self) -> tuple[Decimal, ...]:
        """The finite upper bounds, exact."""
        return tuple(decimal(bound) for bound in self.buckets)


class HistogramSeries:
    """One of a histogram's three series; prints as its name, and selects like a metric."""

    in_promql = True

    def __init__(self, histogram: Histogram, suffix: str) -> None:
        self.histogram = histogram
        self.name = histogram.name + suffix
        self._le = suffix == "_bucket"

    def __str__(self) -> str:
        return self.name

    def where(self, **labels: Matchable) -> Selector:
        """The series with these label values; on `_bucket`, `le` takes a bucket's bound as a number."""
        if _unsure(self.histogram):
            return Selector(self.histogram, self.name, select(self.name, None, labels))
        bounds, external = (self.histogram.bounds if self._le else None), self.histogram.external
        made = select(self.name, self.histogram.labels, labels, bounds, external=external)
        return Selector(self.histogram, self.name, made)


class Info(Metric):
    """Facts about the process as labels of a series that is always 1; its name ends in `_info`."""

    kind = "info"
