"""The indicators of an SLO: `Availability`, `Latency`, `Ratio` count events; `Freshness`, `Holds` watch a gauge."""

from __future__ import annotations

import math
from dataclasses import KW_ONLY
from decimal import Decimal
from typing import Annotated

from pydantic import BeforeValidator, model_validator

from promspec.quantities import decimal
from promspec.vocabulary.base import Declaration
from promspec.vocabulary.metrics import Counter, Gauge, Histogram, HistogramSeries, Metric, Selector
from promspec.vocabulary.operations import Operation
from promspec.vocabulary.texts import IntervalText, wrong


def exact(value: object) -> object:
    """A number as a decimal; what is none stays for pydantic to complain of."""
    if not isinstance(value, (int, float, Decimal)) or isinstance(value, bool):
        return value
    if not math.isfinite(value):
        raise wrong("value/number", f"{value} is no finite number", "write a number")
    return decimal(value)


Events = Counter | HistogramSeries | Selector | str
"""What counts events: a counter, a selection of one, or PromQL with `$window` for the range."""


class Availability(Declaration):
    """Failed requests over all requests, by an operation's counters; codes that spend no budget are left out.

    `Availability(ocr)`, or `Availability(requests=…, errors=…)` where there is no operation.
    """

    operation: Operation | None = None
    _: KW_ONLY
    requests: Counter | Selector | None = None
    errors: Counter | Selector | None = None

    @model_validator(mode="after")
    def _has_both(self) -> Availability:
        if self.operation is None and (self.requests is None or self.errors is None):
            raise wrong(
                "slo/availability", "there is nothing to count", "give an operation, or requests=… and errors=…"
            )
        if self.operation is not None and self.operation.errors is None and self.errors is None:
            raise wrong(
                "slo/availability",
                f"the operation {self.operation.name} has no error counter",
                "give the operation errors=…, or write Ratio(bad=…, total=…)",
            )
        return self


class Latency(Declaration):
    """Requests slower than `below` over all requests, by a histogram; `below` is one of its buckets, in its unit."""

    histogram: Histogram | Selector
    _: KW_ONLY
    below: Annotated[Decimal | float | int, BeforeValidator(exact)]

    @property
    def metric(self) -> Histogram:
        """The histogram itself."""
        metric = self.histogram.metric if isinstance(self.histogram, Selector) else self.histogram
        assert isinstance(metric, Histogram)
        return metric

    @model_validator(mode="after")
    def _selects_a_histogram(self) -> Latency:
        if isinstance(self.histogram, Selector) and not isinstance(self.histogram.metric, Histogram):
            raise wrong("slo/latency", f"{self.histogram.metric.name} is no histogram", "give a Histogram")
        return self


class Ratio(Declaration):
    """Any ratio of events: `bad` over `total`, or `good` over `total`.

    Each is a counter, a selection of a counter, or PromQL that counts events over a range written `$window`.

    >>> Ratio(bad='sum(increase(jobs_total{state="lost"}[$window]))', total="sum(increase(jobs_total[$window]))").good
    """

    bad: Annotated[Events | None, BeforeValidator(lambda value: value)] = None
    _: KW_ONLY
    good: Events | None = None
    total: Events

    @model_validator(mode="after")
    def _bad_or_good(self) -> Ratio:
        if (self.bad is None) == (self.good is None):
            raise wrong("slo/ratio", "a ratio has either bad or good events", "give bad=… or good=…, not both")
        return self


def _gauge(given: object) -> object:
    metric = given.metric if isinstance(given, Selector) else given
    if isinstance(metric, Metric) and not isinstance(metric, Gauge) and not metric.broken:
        text = f"{metric.name} is a {metric.kind}, no gauge"
        raise wrong("slo/gauge", text, "give a Gauge, a selection of one, or PromQL that yields a value per series")
    return given


State = Annotated[Gauge | Selector | str, BeforeValidator(_gauge)]
"""What has a value at every moment: a gauge, a selection of one, or PromQL."""


class Freshness(Declaration):
    """How often something is fresh: at most `within` has passed since the Unix time that a gauge holds.

    Each series is one event at every evaluation, good while it is fresh. A gauge of 0 means: never. Where only the
    newest of several series counts, write so: `Freshness(f"max by (table) ({loaded})", within="1h")`.

    >>> Freshness(Gauge("loaded_timestamp_seconds", "When the table was loaded."), within="1h").within
    '1h'
    """

    timestamp: State
    _: KW_ONLY
    within: IntervalText


class Holds(Declaration):
    """How often a condition holds: a gauge that is 1, or a comparison such as `f"{idle_workers} > 0"`.

    Each series is one event at every evaluation, good while the condition holds.

    >>> Holds("idle_workers > 0").condition
    'idle_workers > 0'
    """

    condition: State


Indicator = Availability | Latency | Ratio | Freshness | Holds
"""What an SLO is measured by."""
