"""`Measure`: what is known of an expression's values; and that of a series, as far as its name and type tell."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import Literal

from promspec.judging import units
from promspec.judging.units import RATIO, Unit
from promspec.promql import NumberLiteral, Series

Quantity = Literal["", "counter", "gauge", "rate", "increase", "quantile", "count"]
"""What a value counts: a `counter` only grows, also as a sum; a `rate` and an `increase` are of counters."""


@dataclass(frozen=True, slots=True)
class Measure:
    """A unit, a range and why that is the range, the kind of quantity, and why a value may be NaN or missing.

    With `sure` false the range is what the name promises, such as 0 to 1 of a ratio. `zero` is false where the value is
    certainly not 0. `missing` is why there may be no value although the series are scraped; both reasons may be empty.
    """

    unit: Unit | None = None
    low: float = -math.inf
    high: float = math.inf
    why: str = ""
    sure: bool = True
    quantity: Quantity = ""
    zero: bool = True
    nan: str = ""
    missing: str = ""


_PARTS = ("_total", "_bucket", "_sum", "_count")
_UNIT_INSIDE = re.compile(r"bytes|bits|seconds|millis|time|duration|cycles|ticks|joules")
"""A counter with such a word somewhere in its name may count something other than events, such as `bytesin_total`."""
_YES_OR_NO = ("_up", "probe_success", "_last_reload_successful")
"""The ends of the names of gauges that say yes or no."""
_COUNTED = ("histogram_bucket", "histogram_count", "summary_count")


def of_series(name: str, series: Series | None) -> Measure:
    """The measure of a series as far as its name and its type tell."""
    base = next((name.removesuffix(part) for part in _PARTS if name.endswith(part)), name)
    unit = units.TIMESTAMP if series is not None and series.moment else units.of_name(base)
    missing = "" if series is None or series.complete is not False else f"{name} has no series before the first event"
    if series is not None and series.kind in ("counter", *_COUNTED):
        counted: Unit | None = units.EVENTS
        if series.kind == "counter" and (unit is not None or _UNIT_INSIDE.search(base)):
            counted = units.SECONDS if base.endswith("_time_seconds") else unit  # no counter adds up points in time
        return Measure(counted, 0, why=f"{name} is a counter", quantity="counter", missing=missing)
    if series is not None and series.kind in ("histogram_sum", "summary_sum"):
        return Measure(unit, quantity="counter", missing=missing)
    if series is not None and series.kind == "info":
        return Measure(None, 1, 1, f"{name} is an info metric, which is always 1", zero=False)
    if name.endswith(_YES_OR_NO):
        return Measure(None, 0, 1, f"{name} is 0 or 1", False, "gauge")
    quantity: Quantity = "gauge" if series is not None and series.kind == "gauge" else ""
    if unit == RATIO:
        return Measure(unit, 0, 1, "a ratio is 0 to 1", False, quantity)
    if unit == units.PERCENT:
        return Measure(unit, 0, 100, "a percentage is 0 to 100", False, quantity)
    return Measure(unit, 0 if unit == units.TIMESTAMP else -math.inf, quantity=quantity)


def of_number(node: NumberLiteral) -> Measure:
    """The measure of a number."""
    value = node.value
    if value is None or not math.isfinite(value):
        return Measure()
    return Measure(None, value, value, f"it is {value:g}", zero=value == 0)


def negative(inner: Measure) -> Measure:
    """The measure of values with a minus before them."""
    quantity: Quantity = "gauge" if inner.quantity == "gauge" else ""
    return replace(inner, low=-inner.high, high=-inner.low, quantity=quantity)
