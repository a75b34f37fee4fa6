"""Native histograms: known by the +Inf bucket that is all the text format shows, asked for by their own name."""

from __future__ import annotations

from pathlib import Path

import pytest

from promspec.linting.lint import Options, lint
from promspec.linting.sources.choosing import chosen_sources

METRICS = """# TYPE write_seconds histogram
write_seconds_bucket{shard="a",le="+Inf"} 4
write_seconds_sum{shard="a"} 4
write_seconds_count{shard="a"} 4
# TYPE read_seconds histogram
read_seconds_bucket{le="0.5"} 1
read_seconds_bucket{le="+Inf"} 4
read_seconds_sum 4
read_seconds_count 4
"""
RULES = """groups:
  - name: shop
    rules:
      - record: shard:write_seconds:rate5m
        expr: sum by (shard) (rate(write_seconds[5m]))
      - record: shard:write_seconds:p99
        expr: {expr}
      - record: shard:write_seconds:double
        expr: shard:write_seconds:p99 * 2 + shard:write_seconds:double offset 1h
"""


def _errors(tmp_path: Path, expr: str) -> list[tuple[str, str]]:
    metrics, rules = tmp_path / "metrics.prom", tmp_path / "rules.yml"
    metrics.write_text(METRICS, encoding="utf-8")
    rules.write_text(RULES.replace("{expr}", expr), encoding="utf-8")
    linted = lint([str(rules)], chosen_sources([str(metrics)], False), Options(interval=15_000))
    found = [problem for problem in linted.problems if problem.subject == "shard:write_seconds:p99"]
    return [(problem.id, problem.summary) for problem in found if problem.level == "error"]


@pytest.mark.parametrize(
    "expr",
    [
        "histogram_quantile(0.99, sum by (shard) (rate(write_seconds[5m])))",
        "histogram_quantile(0.99, shard:write_seconds:rate5m)",
        "histogram_fraction(0, 0.5, rate(write_seconds[5m]))",
        "histogram_avg(rate(write_seconds[5m]))",
        "rate(write_seconds_count[5m])",
    ],
)
def test_a_native_histogram_is_asked_for_by_its_own_name_without_le(expr: str, tmp_path: Path) -> None:
    assert _errors(tmp_path, expr) == []


def test_its_labels_are_those_beside_le(tmp_path: Path) -> None:
    found = _errors(tmp_path, "histogram_quantile(0.99, sum by (shrad) (rate(write_seconds[5m])))")
    assert found == [("promql/unknown-label", "by (shrad): the series here have no label shrad")]


def test_a_classic_histogram_has_no_series_of_its_name_and_needs_le(tmp_path: Path) -> None:
    found = _errors(tmp_path, "histogram_quantile(0.99, sum(rate(read_seconds[5m]))) + 0 * histogram_quantile(0.5, x)")
    assert ("promql/unknown-metric", "read_seconds is a histogram: no series has that name") in found
    found = _errors(tmp_path, "histogram_quantile(0.99, sum(rate(read_seconds_bucket[5m])))")
    assert [id for id, _ in found] == ["promql/quantile-without-le"]
