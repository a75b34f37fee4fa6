"""`SLO`: an objective over a window, the indicator it is measured by, and the burn-rate tiers that alert on it."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import KW_ONLY
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from promspec.naming import SLUG, kebab
from promspec.quantities import decimal, milliseconds, number
from promspec.vocabulary.base import Declaration
from promspec.vocabulary.labels import Label
from promspec.vocabulary.metrics import Counter, Histogram, HistogramSeries, Selector
from promspec.vocabulary.operations import Operation
from promspec.vocabulary.runbooks import Runbook
from promspec.vocabulary.severity import Urgency
from promspec.vocabulary.texts import DurationText, LabelTexts, wrong


def _exact(value: object) -> object:
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
    below: Annotated[Decimal | float | int, BeforeValidator(_exact)]

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


def _objective(value: object) -> object:
    percent = _exact(value)
    if not isinstance(percent, Decimal):
        return value
    if percent == 100:
        raise wrong("slo/objective", "an objective of 100 % leaves no error budget", "write less, such as 99.99")
    if not 0 < percent < 100:
        raise wrong(
            "slo/objective", f"{number(percent)} is no percentage", "write a percentage below 100, such as 99.9"
        )
    if percent < 1:
        meant = number(percent * 100)
        raise wrong(
            "slo/objective", f"{number(percent)} % is hardly meant", f"objectives are percentages: write {meant}"
        )
    return percent


def _traffic(text: str | None) -> str | None:
    if text is not None and not re.fullmatch(r"\d+(\.\d+)?/(s|m|h|d)", text):
        raise wrong("slo/traffic", f"{text!r} is no rate", 'write a number per time, such as "10/s" or "300/m"')
    return text


class Tier(Declaration):
    """A burn-rate alert: fires when both windows spend the budget `factor` times too fast.

    `budget` is the share of the whole period's budget that is spent within the `long` window at that speed, 0-1; the
    factor is budget x period / long. Source: Google SRE Workbook, "Alerting on SLOs", multiwindow multi-burn-rate.
    `labels` and `annotations` are added to its alert, before those of the SLO.
    """

    name: str
    _: KW_ONLY
    short: DurationText
    long: DurationText
    budget: Annotated[Decimal | float, BeforeValidator(_exact)]
    severity: Urgency
    for_: DurationText = "0s"
    labels: LabelTexts = Field(default_factory=dict)
    annotations: LabelTexts = Field(default_factory=dict)

    @model_validator(mode="after")
    def _windows_in_order(self) -> Tier:
        if not SLUG.fullmatch(self.name):
            raise wrong(
                "tier/name", f"{self.name!r} is not a tier's name", 'write lower case words, such as "page-fast"'
            )
        if not 0 < self.budget <= 1:
            raise wrong("tier/budget", f"a budget of {number(self.budget)} is no share", "write a number from 0 to 1")
        if milliseconds(self.short) >= milliseconds(self.long):
            raise wrong("tier/windows", "the short window is not shorter than the long one", "write short < long")
        return self


class SLO(Declaration):
    """A promise: `objective` percent of the events of `sli` are good, over each `window`.

    `group_by` lists labels that have a budget of their own each. `tiers` replaces the four tiers of the SRE Workbook.
    `minimum_events` is how many failed events a tier's long window must hold before it fires, so that one failed
    request pages nobody. `traffic` is the expected load, such as `"10/s"`, `"300/m"`. `labels` and `annotations` are
    added to every alert of the SLO.

    >>> slo = SLO("api-availability", Ratio(bad="errors_total", total="requests_total"), objective=99.9)
    >>> slo.error_budget
    Decimal('0.001')
    """

    name: str
    sli: Availability | Latency | Ratio
    _: KW_ONLY
    objective: Annotated[Decimal | float | int, BeforeValidator(_objective)]
    window: DurationText = "30d"
    group_by: Annotated[Sequence[Label | str], AfterValidator(tuple)] = ()
    tiers: Annotated[Sequence[Tier], AfterValidator(tuple)] | None = None
    minimum_events: int = 2
    traffic: Annotated[str | None, AfterValidator(_traffic)] = None
    description: str = ""
    runbook: Runbook | str | None = None
    dashboard: str | None = None
    team: str | None = None
    labels: LabelTexts = Field(default_factory=dict)
    annotations: LabelTexts = Field(default_factory=dict)

    @model_validator(mode="after")
    def _plausible(self) -> SLO:
        if not SLUG.fullmatch(self.name):
            better = kebab(self.name) or "my-availability"
            raise wrong("slo/name", f"{self.name!r} is not an SLO's name", f"write lower case words: {better!r}")
        if milliseconds(self.window) < 3_600_000:
            raise wrong(
                "slo/window", f"a window of {self.window} is too short to alert on", 'write "7d", "28d" or "30d"'
            )
        if self.minimum_events < 1:
            raise wrong("slo/minimum-events", f"{self.minimum_events} failed events", "write 1 or more")
        return self

    @property
    def target(self) -> Decimal:
        """The objective as a ratio: 0.995."""
        return decimal(self.objective) / 100

    @property
    def error_budget(self) -> Decimal:
        """The ratio of events that may fail: 0.005."""
        return 1 - self.target

    @property
    def group_labels(self) -> tuple[str, ...]:
        """The names of the labels it is grouped by."""
        return tuple(str(label) for label in self.group_by)
