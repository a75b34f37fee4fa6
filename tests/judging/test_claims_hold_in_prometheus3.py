"""What inference and measures claim of an expression, beside what the engine of Prometheus 3.15 returned for it.

The results are those of tests/proofs/prometheus3.json. The claims on single expressions were false once: the engine
showed it with 100,000 random ones.
"""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import pytest

from promspec.judging.judgements import JUDGEMENTS
from promspec.judging.measures import Measures
from promspec.judging.model import Asked, Facts
from promspec.promql import Binary, Inference, Series, SeriesKind, infer, parse, unwrap
from promspec.proofs.scenarios import read_series

ENGINE: dict[str, Any] = json.loads((Path(__file__).parents[1] / "proofs" / "prometheus3.json").read_text("utf-8"))
ROWS = [(expr, results) for expr, results in ENGINE["rows"] if results is not None]
LABELS: dict[str, dict[str, tuple[str, ...]]] = {}
for _name in ENGINE["series"]:
    _metric, _matchers = read_series(_name)
    _known = LABELS.setdefault(_metric, {})
    for _matcher in _matchers:
        _known[_matcher.label] = tuple(dict.fromkeys((*_known.get(_matcher.label, ()), _matcher.value)))
KINDS: dict[str, SeriesKind] = {"h_bucket": "histogram_bucket", "h_sum": "histogram_sum", "h_count": "histogram_count"}


class Registry:
    """The series that the engine was given, each label with the values that it has."""

    def series(self, name: str) -> Series | None:
        kind: SeriesKind = "counter" if name.endswith("_total") else "gauge"
        return Series(name, KINDS.get(name, kind), LABELS[name], complete=True) if name in LABELS else None

    def names(self) -> Sequence[str]:
        return tuple(LABELS)

    def histograms(self) -> Collection[str]:
        return ("h",)


REGISTRY = Registry()


def _inferred(expr: str) -> Inference:
    return infer(parse(expr), REGISTRY)


def _outside(inference: Inference, labels: dict[str, str]) -> list[str]:
    """The labels of a result that were not inferred, or not with this value, or that are missing."""
    found = []
    for name in dict.fromkeys((*labels, *inference.labels)):
        if name not in inference.labels:
            found += [name] if inference.exact else []
            continue
        values = inference.labels[name]
        if values is not None and labels.get(name, "") not in values:
            found.append(name)
    return found


def test_every_label_and_value_of_a_result_was_inferred() -> None:
    wrong = {
        expr: (labels, names)
        for expr, results in ROWS
        for samples in results
        for labels, _ in samples
        if (names := _outside(_inferred(expr), labels))
    }
    assert wrong == {}
    assert sum(len(samples) for _, results in ROWS for samples in results) > 3000


def test_every_number_of_a_result_is_in_the_range_that_was_measured() -> None:
    wrong = {}
    for expr, results in ROWS:
        measure = Measures(REGISTRY, lambda name: ()).of(parse(expr))
        for value in (float(text) for samples in results for _, text in samples):
            if measure.sure and math.isfinite(value) and not measure.low - 1e-9 <= value <= measure.high + 1e-9:
                wrong[expr] = value, measure.low, measure.high
    assert wrong == {}


def test_what_has_a_result_is_not_said_to_match_never() -> None:
    wrong, matched = [], 0
    for expr, results in ROWS:
        top = unwrap(parse(expr))
        if isinstance(top, Binary) and top.fill is None and top.op not in ("or", "unless") and any(results):
            matched += 1
            said = {finding.start for finding in _inferred(expr).findings if finding.id == "promql/never-matches"}
            wrong += [expr] if top.op_start in said else []
    assert wrong == []
    assert matched > 20


@pytest.mark.parametrize(
    ("expr", "labels"),
    [
        ("u + fill_right (0) g", {"zone": ("x", "z")}),
        ("u + fill_left (0) g", {"zone": ("x", "y", "z"), "job": ("a", "b", "")}),
        ("u + on (zone) fill (0) g", {"zone": ("x", "y", "z")}),
        ("u + ignoring (job) group_right () fill_right (0) g", {"zone": ("x", "y", "z"), "job": ("a", "b", "")}),
        ("g * on (zone) group_left () fill_left (0) u", {"zone": ("x", "y", "z"), "job": ("a", "b", "")}),
        ("d_total * on (job) group_left (zone) fill_right (0) g", {"job": ("a", "b", "c"), "zone": ("x", "y", "")}),
    ],
)
def test_what_fills_in_has_the_labels_of_the_side_that_is_alone(expr: str, labels: dict[str, tuple[str, ...]]) -> None:
    found = _inferred(expr).labels
    assert {name: set(values or ()) - set(labels.get(name, ())) for name, values in found.items()} == {
        name: set[str]() for name in labels
    }


@pytest.mark.parametrize(
    ("expr", "low", "high"),
    [
        ("histogram_quantile(0.9, rate(h_bucket[5m]))", 0, 5),
        ("histogram_quantile(2, rate(h_bucket[5m]))", -math.inf, math.inf),
        ("histogram_quantile(scalar(g), rate(h_bucket[5m]))", -math.inf, math.inf),
        ('histogram_quantiles(rate(h_bucket[5m]), "q", 0.5, 90)', -math.inf, math.inf),
        ("quantile_over_time(-1, h_count[5m])", -math.inf, math.inf),
        ("rate(c_total[5m])", 0, math.inf),
        ("irate(g[5m])", -math.inf, math.inf),
        ("increase((-g)[20m:90s])", -math.inf, math.inf),
        ("h_count < on (job) group_right () fill_right (-1) d_total", -1, math.inf),
        ("clamp_min(d_total, NaN)", -math.inf, math.inf),
    ],
)
def test_a_range_holds_whatever_the_numbers_in_the_expression(expr: str, low: float, high: float) -> None:
    measure = Measures(REGISTRY, lambda name: ()).of(parse(expr))
    assert (measure.low, measure.high) == (low, high)


def test_a_number_that_is_limited_by_a_scalar_may_be_zero() -> None:
    assert Measures(REGISTRY, lambda name: ()).of(parse("clamp_max(count(g), scalar(u))")).zero


@pytest.mark.parametrize(
    ("expr", "said"),
    [
        (
            "histogram_quantile(0.9, rate(h_bucket[5m])) < 100",
            "`< 100` is true of all but NaN: the largest finite bucket is 5",
        ),
        (
            "histogram_quantile(0.9, rate(h_bucket[5m])) != 100",
            "`!= 100` is always true: the largest finite bucket is 5",
        ),
        ("stddev(ln(g)) >= -1", "`>= -1` is true of all but NaN: stddev() is never negative"),
        ("vector(scalar(d_total)) > -1", "`> -1` is true of all but NaN: d_total is a counter"),
        ("tanh(c_total % 0) < 24", "`< 24` is true of all but NaN: tanh() is -1 to 1"),
        (
            "round(count_over_time(g[5m]), 0) > -3",
            "`> -3` is true of all but NaN: count_over_time() is at least 1: without",
        ),
        ("10 - (g == bool 0) < 50", "`< 50` is always true: it is 9 to 10"),
        ("(g == bool 0) - (u == bool 0) < 50", "`< 50` is always true: the values are -1 to 1"),
    ],
)
def test_a_comparison_that_is_always_true_says_so_and_what_of_nan(expr: str, said: str) -> None:
    facts = Facts(REGISTRY, REGISTRY, lambda name: ())
    [rule] = [rule for rule in JUDGEMENTS if rule.id == "promql/threshold-range"]
    [found] = rule.findings(Asked(parse(expr), "alert", "A"), facts)
    assert found.finding.message.startswith(said)


def test_series_that_fill_in_need_no_target_to_match() -> None:
    expr = "(u != fill_left (3) d_total) <= ignoring () group_left () round(u)"
    assert [finding.id for finding in _inferred(expr).findings if finding.start > 20] == []
