"""promtool as the judge of the evaluator that finds proofs: the same values at every moment."""

from __future__ import annotations

import math
import re
import subprocess
from pathlib import Path

import yaml

from promspec import promtool
from promspec.evaluation import Evaluator, Store, labelset
from promspec.promql import parse
from promspec.proofs import notation
from promspec.proofs.scenarios import read_series
from promspec.quantities import duration, plain

SERIES = {
    'c_total{job="a",code="ok"}': "0+30x20 5+7x20 stale _x3 2+3x20",
    'c_total{job="a",code="failed"}': "0.5+1x10 0+2.5x40",
    'c_total{job="b",code="ok"}': "_x5 100+11x30 _x4 430+11x20",
    'g{job="a"}': "1 5 -3 2.5x10 7-0.25x50",
    'g{job="b"}': "4+0.5x30 19-1x30",
    'h_bucket{job="a",le="0.1"}': "0+2x60",
    'h_bucket{job="a",le="1.0"}': "0+5x60",
    'h_bucket{job="a",le="+Inf"}': "0+6x60",
    'h_sum{job="a"}': "0+3.5x60",
    'h_count{job="a"}': "0+6x60",
    't_seconds{job="a"}': "0+60x20 1200x40",
}
INTERVAL = 60_000
MOMENTS = (0, 300_000, 1_260_000, 1_500_000, 1_830_000, 2_400_000, 3_540_000)
RANGES = [
    f"{function}({series}[{window}]{offset})"
    for function in ("rate", "increase", "irate", "delta", "idelta", "deriv", "changes", "resets")
    for series in ("c_total", "g")
    for window in ("5m", "12m")
    for offset in ("", " offset 7m")
]
OVER_TIME = [
    f"{function}_over_time(g[{window}])"
    for function in ("avg", "sum", "min", "max", "count", "last", "present", "stddev", "stdvar")
    for window in ("4m", "30m")
]
OTHERS = [
    "g",
    "g offset 10m",
    'c_total{code=~"o.*"}',
    'c_total{code!="ok"} + 1',
    "-g",
    "2 ^ g",
    "g % 3",
    "g > 4",
    "4 < g",
    "g >= bool 4",
    "g == 4",
    "c_total / on (job) group_left g",
    "sum by (job) (c_total) - g",
    "g and on (job) h_count",
    "g unless on (job) h_count",
    "g > 6 or -g",
    "c_total unless c_total offset 10m",
    "sum(c_total)",
    "avg without (code) (c_total)",
    "min by (code) (c_total)",
    "max(c_total)",
    "count by (job) (c_total)",
    "group by (job) (c_total)",
    "stddev(c_total)",
    "stdvar(c_total)",
    "quantile(0.3, c_total)",
    "topk(2, c_total)",
    "bottomk(1, c_total)",
    'count_values("value", g)',
    'count_values by (job) ("code", round(g, 5))',
    'count_values("month", month())',
    "histogram_quantile(0.5, rate(h_bucket[10m]))",
    "histogram_quantile(0.99, sum by (le) (rate(h_bucket[10m])))",
    "rate(h_sum[5m]) / rate(h_count[5m])",
    "predict_linear(g[15m], 3600)",
    "quantile_over_time(0.7, g[20m])",
    "absent(g > 100)",
    'absent(nothing{job="a"})',
    "absent_over_time(c_total[3m])",
    "time() - t_seconds",
    "timestamp(g)",
    "scalar(g) + 1",
    "vector(3)",
    "clamp(g, 2, 5)",
    "clamp_min(g, 3)",
    "clamp_max(g, 3)",
    "round(g, 0.4)",
    "abs(g)",
    "sgn(g)",
    "ceil(g) + floor(g)",
    "sqrt(g)",
    "ln(g)",
    'label_replace(g, "where", "$1-x", "job", "(.*)")',
    'label_join(g, "both", "-", "job", "job")',
    "hour() + minute()",
    "day_of_week() + day_of_month() + days_in_month() + month() + year()",
    "max_over_time(sum(rate(c_total[5m]))[20m:2m])",
    "min_over_time((g > 4)[10m:1m])",
    "sum_over_time(g[10m:3m] offset 2m)",
]
_GOT = re.compile(r'expr: "(?P<expr>(?:[^"\\]|\\.)*)", time: (?P<time>\w+),\s+exp: .*\s+got: (?P<got>.*)')
_SAMPLE = re.compile(r"(?P<name>[\w:]*)\{(?P<labels>[^}]*)\} (?P<value>\S+?)(?:,|$)")
_LABEL = re.compile(r'(\w+)="([^"]*)"')


def _promtool(exprs: list[str], folder: Path) -> dict[tuple[str, int], dict[tuple[tuple[str, str], ...], float]]:
    """What promtool gives for each expression at each moment; it tells where it expected something else."""
    impossible = [{"labels": '{no="such"}', "value": -12345}]
    asked = [(expr, at) for expr in exprs for at in MOMENTS]
    test = {
        "interval": duration(INTERVAL),
        "input_series": [{"series": name, "values": values} for name, values in SERIES.items()],
        "promql_expr_test": [
            {"expr": expr, "eval_time": duration(at), "exp_samples": impossible} for expr, at in asked
        ],
    }
    path = folder / "test.yml"
    path.write_text(yaml.safe_dump({"rule_files": [], "evaluation_interval": "1m", "tests": [test]}), encoding="utf-8")
    done = subprocess.run(
        [str(promtool.find()), "test", "rules", str(path)], capture_output=True, text=True, timeout=120, check=False
    )
    found = list(_GOT.finditer(done.stdout + done.stderr))
    assert len(found) == len(asked), done.stderr[:2000]
    return {key: _samples(match["got"]) for key, match in zip(asked, found, strict=True)}


def _samples(text: str) -> dict[tuple[tuple[str, str], ...], float]:
    return {
        labelset(pair for pair in _LABEL.findall(match["labels"]) if pair[0] != "__name__"): float(match["value"])
        for match in _SAMPLE.finditer(text)
    }


def _store() -> Store:
    store = Store(promtool.version() >= (3,))
    for name, values in SERIES.items():
        metric, matchers = read_series(name)
        labels = labelset((matcher.label, matcher.value) for matcher in matchers)
        store.add(metric, labels, notation.samples(notation.read(values), INTERVAL, store.left_open))
    return store


def _near(one: float, other: float) -> bool:
    return (one != one and other != other) or math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)


def test_the_evaluator_gives_what_promtool_gives(tmp_path: Path) -> None:
    exprs = [*RANGES, *OVER_TIME, *OTHERS]
    expected = _promtool(exprs, tmp_path)
    wrong = []
    for expr in exprs:
        result = Evaluator(_store(), MOMENTS).vector(parse(expr))
        for index, at in enumerate(MOMENTS):
            there = {
                labelset(pair for pair in own if pair[0] != "__name__"): value
                for own, column in result.items()
                if (value := column[index]) is not None
            }
            theirs = expected[expr, at]
            if set(there) != set(theirs) or not all(_near(there[key], theirs[key]) for key in there):
                wrong.append(f"{expr} at {duration(at)}: {there} and not {theirs}")
    assert wrong == []
    assert sum(bool(samples) for samples in expected.values()) > 500


def test_values_become_labels_as_prometheus_writes_them() -> None:
    store = Store()
    for place, value in enumerate((0.1, 1e21, -2.5, float("inf"), 3.0)):
        store.add("g", (("n", str(place)),), notation.samples(notation.read(plain(value)), INTERVAL))
    found = Evaluator(store, [0]).vector(parse('count_values("v", g)'))
    assert sorted(dict(labels)["v"] for labels in found) == ["+Inf", "-2.5", "0.1", "1000000000000000000000", "3"]
