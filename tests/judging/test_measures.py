"""What values an expression can give: a table of units, ranges, NaN and results that may be missing."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import ClassVar

import pytest

from promspec.judging.measures import Measures
from promspec.judging.units import named
from promspec.promql import Expr, Series, parse

RECORDED = {
    "job:errors:ratio5m": "sum(rate(errors_total{code='a'}[5m])) / sum(rate(errors_total[5m]))",
    "job:busy:rate5m": "sum(rate(cpu_seconds_total[5m]))",
    "job:again:ratio5m": "job:errors:ratio5m",
    "job:circle:sum": "job:circle:sum + 1",
}


class Registry:
    """Counters, gauges and a histogram, of which one comes into being with its first event."""

    KINDS: ClassVar[dict[str, str]] = {
        "errors_total": "counter",
        "cpu_seconds_total": "counter",
        "sent_bytes_total": "counter",
        "late_total": "counter",
        "queue": "gauge",
        "disk_bytes": "gauge",
        "fill_ratio": "gauge",
        "age_seconds": "gauge",
        "loaded_timestamp_seconds": "gauge",
        "used_percent": "gauge",
        "old_ms": "gauge",
        "took_seconds_bucket": "histogram_bucket",
        "took_seconds_sum": "histogram_sum",
        "took_seconds_count": "histogram_count",
    }

    def series(self, name: str) -> Series | None:
        kind = self.KINDS.get(name)
        labels = {"le": ("0.5", "2.0", "+Inf")} if name.endswith("_bucket") else {}
        complete = None if kind is None else name != "late_total"
        return Series(name, kind, labels, complete=complete) if kind is not None else None  # type: ignore[arg-type]

    def names(self) -> Sequence[str]:
        return tuple(self.KINDS)

    def histograms(self) -> Collection[str]:
        return ()


def recorded(name: str) -> Sequence[Expr | None]:
    return [parse(RECORDED[name])] if name in RECORDED else ()


MEASURES = Measures(Registry(), recorded)


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("errors_total", "events"),
        ("rate(errors_total[5m])", "events per second"),
        ("60 * rate(errors_total[5m])", "events per minute"),
        ("increase(errors_total[5m])", "events"),
        ("rate(sent_bytes_total[5m])", "bytes per second"),
        ("rate(sent_bytes_total[5m]) * 8", "bits per second"),
        ("rate(sent_bytes_total[5m]) / 1024 / 1024", "mebibytes per second"),
        ("rate(cpu_seconds_total[5m])", "seconds per second"),
        ("rate(took_seconds_sum[5m]) / rate(took_seconds_count[5m])", "seconds"),
        ("histogram_quantile(0.9, sum by (le) (rate(took_seconds_bucket[5m])))", "seconds"),
        ("histogram_quantile(0.9, sum by (le) (rate(took_seconds_bucket[5m]))) * 1000", "milliseconds"),
        ("time() - loaded_timestamp_seconds", "seconds"),
        ("timestamp(queue)", "timestamp"),
        ("loaded_timestamp_seconds * 1000", "timestamp in milliseconds"),
        ("(time() - loaded_timestamp_seconds) / 3600", "hours"),
        ("100 * rate(errors_total{code='a'}[5m]) / rate(errors_total[5m])", "percent"),
        ("rate(errors_total[5m]) / rate(late_total[5m])", "ratio"),
        ("disk_bytes / disk_bytes", "ratio"),
        ("disk_bytes * age_seconds", "bytes times seconds"),
        ("0.8 * disk_bytes", "bytes"),
        ("old_ms / 1000", "seconds"),
        ("used_percent / 100", "ratio"),
        ("max_over_time(age_seconds[1h])", "seconds"),
        ("deriv(disk_bytes[1h])", "bytes per second"),
        ("queue", "None"),
        ("sum(fill_ratio)", "None"),
        ("age_seconds or queue", "None"),
        ("age_seconds or vector(0)", "seconds"),
        ("job:errors:ratio5m", "ratio"),
        ("job:again:ratio5m * 100", "percent"),
        ("job:busy:rate5m", "seconds per second"),
        ("job:circle:sum", "None"),
        ("up", "None"),
    ],
)
def test_units(text: str, unit: str) -> None:
    found = MEASURES.of(parse(text)).unit
    assert str(named(found) if unit != "bytes times seconds" else found) == unit


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("up", 0, 1),
        ("fill_ratio", 0, 1),
        ("100 * fill_ratio", 0, 100),
        ("1 - fill_ratio", 0, 1),
        ("rate(errors_total[5m])", 0, float("inf")),
        ("-rate(errors_total[5m])", float("-inf"), 0),
        ("rate(errors_total{code='a'}[5m]) / rate(errors_total[5m])", 0, 1),
        ("100 * sum(rate(errors_total{code='a'}[5m])) / sum(rate(errors_total[5m]))", 0, 100),
        ("histogram_quantile(0.9, rate(took_seconds_bucket[5m]))", 0, 2),
        ("count(queue)", 1, float("inf")),
        ("count(queue) or vector(0)", 0, float("inf")),
        ("queue > 5", 5, float("inf")),
        ("5 < queue < 9", 5, 9),
        ("queue > bool 5", 0, 1),
        ("absent(queue)", 1, 1),
        ("clamp_max(clamp_min(queue, 2), 7)", 2, 7),
        ("hour()", 0, 23),
        ("job:errors:ratio5m", 0, 1),
        ("vector(3)", 3, 3),
    ],
)
def test_ranges(text: str, low: float, high: float) -> None:
    found = MEASURES.of(parse(text))
    assert (found.low, found.high) == (low, high)


@pytest.mark.parametrize(
    ("text", "nan", "missing"),
    [
        ("rate(errors_total{code='a'}[5m]) / rate(errors_total[5m])", True, False),
        ("rate(errors_total{code='a'}[5m]) / (rate(errors_total[5m]) > 0)", False, True),
        ("histogram_quantile(0.9, rate(took_seconds_bucket[5m]))", True, False),
        ("queue / 5", False, False),
        ("(rate(errors_total{code='a'}[5m]) / rate(errors_total[5m])) > 0", False, True),
        ("increase(late_total[5m])", False, True),
        ("sum(increase(late_total[5m])) or vector(0)", False, False),
        ("queue and on () up == 1", False, True),
        ("absent(queue)", False, True),
        ("sum(rate(errors_total[5m])) + sum(rate(late_total[5m]))", False, True),
        ("job:errors:ratio5m", True, False),
    ],
)
def test_what_may_be_nan_or_missing(text: str, nan: bool, missing: bool) -> None:
    found = MEASURES.of(parse(text))
    assert (bool(found.nan), bool(found.missing)) == (nan, missing)


@pytest.mark.parametrize(
    ("text", "quantity"),
    [
        ("errors_total", "counter"),
        ("sum(errors_total)", "counter"),
        ("sum(rate(errors_total[5m])) > 5", "rate"),
        ("increase(took_seconds_count[5m])", "increase"),
        ("max(histogram_quantile(0.9, rate(took_seconds_bucket[5m])))", "quantile"),
        ("count(up == 1)", "count"),
        ("queue", "gauge"),
        ("job:busy:rate5m", "rate"),
        ("queue * queue", ""),
    ],
)
def test_what_kind_of_quantity_a_value_is(text: str, quantity: str) -> None:
    assert MEASURES.of(parse(text)).quantity == quantity
