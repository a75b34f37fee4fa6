"""Prometheus itself as the judge of measures: each value of a random expression lies in the range that was inferred."""

from __future__ import annotations

import math
import random
import re
import shutil
import subprocess
from collections.abc import Collection, Sequence
from pathlib import Path

import pytest
import yaml

from promspec.judging.measures import Measures
from promspec.promql import PromQLError, Series, infer, kind, parse, unsupported

INPUT = {
    **{f'errors_total{{code="{code}",job="a"}}': f"0+{step}x60" for code, step in (("x", 0), ("y", 3))},
    **{f'idle_total{{job="{job}"}}': "5x60" for job in "ab"},
    'queue{job="a"}': "-3+1x60",
    'queue{job="b"}': "7x60",
    'fill_ratio{job="a"}': "0.5x60",
    **{f'took_seconds_bucket{{job="a",le="{le}"}}': f"0+{step}x60" for le, step in (("0.5", 1), ("2", 3), ("+Inf", 4))},
    'loaded_timestamp_seconds{job="a"}': "0x60",
    'up{job="a"}': "1x60",
    'up{job="b"}': "0x60",
}
KINDS = {
    "errors_total": "counter",
    "idle_total": "counter",
    "queue": "gauge",
    "fill_ratio": "gauge",
    "took_seconds_bucket": "histogram_bucket",
    "loaded_timestamp_seconds": "gauge",
    "up": "gauge",
}
LABELS = {
    "errors_total": {"code": ("x", "y"), "job": ("a",)},
    "took_seconds_bucket": {"job": ("a",)},
    **{name: {"job": ("a", "b")} for name in ("idle_total", "queue", "up")},
    **{name: {"job": ("a",)} for name in ("fill_ratio", "loaded_timestamp_seconds")},
}
LABELS["took_seconds_bucket"] = {"job": ("a",), "le": ("0.5", "2", "+Inf")}
_RESULT = re.compile(r'    expr: "(.*)", time: 30m,(?: err: .*| *\n +exp: .*\n +got: (.*))')
_SAMPLE = re.compile(r"\{([^}]*)\} ([^,\s]+)")
_LABEL = re.compile(r'(\w+)="([^"]*)"')
COUNT = 2000


class Registry:
    """The series that the input has, all of them there from the start."""

    def series(self, name: str) -> Series | None:
        kind = KINDS.get(name)
        return Series(name, kind, LABELS[name], complete=True) if kind is not None else None  # type: ignore[arg-type]

    def names(self) -> Sequence[str]:
        return tuple(KINDS)

    def histograms(self) -> Collection[str]:
        return ("took_seconds",)


def expression(dice: random.Random, depth: int) -> str:
    """A random instant vector."""

    def inner() -> str:
        return expression(dice, depth - 1) if depth else dice.choice(LEAVES)

    number = dice.choice(NUMBERS)
    shapes = (
        dice.choice(LEAVES),
        f"{dice.choice(AGGREGATIONS)} ({inner()})",
        f"{dice.choice(FUNCTIONS)}({inner()})",
        f"clamp_{dice.choice(('max', 'min'))}({inner()}, {number})",
        f"({inner()}) {dice.choice(ARITHMETIC)} {number}",
        f"{number} {dice.choice(ARITHMETIC)} ({inner()})",
        f"({inner()}) {dice.choice(COMPARISONS)} {number}",
        f"({inner()}) {dice.choice(BETWEEN)} on (job) group_left () (max by (job) ({inner()}))",
        f"({inner()}) {dice.choice(('and', 'or', 'unless'))} ({inner()})",
    )
    return dice.choice(shapes)


LEAVES = (
    *("queue", "up", "fill_ratio", "errors_total", "rate(errors_total[5m])", "increase(errors_total{code='y'}[5m])"),
    *("rate(idle_total[5m])", "time() - loaded_timestamp_seconds", "vector(0)", "count(queue)", "deriv(queue[5m])"),
    *("histogram_quantile(0.9, rate(took_seconds_bucket[5m]))", "avg_over_time(fill_ratio[5m])", "absent(queue)"),
    *("rate(errors_total{code='y'}[5m]) / ignoring (code) sum without (code) (rate(errors_total[5m]))",),
    *("sum_over_time(fill_ratio[5m])", "count_over_time(up[5m])", "changes(queue[5m])", "hour()"),
)
AGGREGATIONS = ("sum by (job)", "avg", "min", "max by (job)", "count", "group", "stddev")
FUNCTIONS = ("abs", "ceil", "floor", "round", "sgn", "sqrt", "-", "timestamp", "sort", "exp", "day_of_week")
NUMBERS = ("0", "1", "-2", "0.5", "100", "1000", "3")
ARITHMETIC = ("+", "-", "*", "/", "%", "> bool", "^")
BETWEEN = ("+", "-", "*", "/", ">", "<=", "== bool")
COMPARISONS = (">", "<", ">=", "<=", "==", "!=")


def texts() -> list[str]:
    dice = random.Random(5)
    found: dict[str, None] = {}
    while len(found) < COUNT:
        text = expression(dice, 2)
        try:
            tree = parse(text)
        except PromQLError:
            continue
        if kind(tree) == "instant" and not unsupported(tree, (2, 42)):
            found[text] = None
    return list(found)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple[dict[str, str], float]]]:
    """What promtool got for each expression: labels and values."""
    nothing = [{"labels": '{no="such"}', "value": 1}]
    tests = [{"expr": text, "eval_time": "30m", "exp_samples": nothing} for text in texts()]
    series = [{"series": name, "values": values} for name, values in INPUT.items()]
    case = {"interval": "1m", "input_series": series, "promql_expr_test": tests}
    path: Path = tmp_path_factory.mktemp("measures") / "test.yml"
    path.write_text(yaml.safe_dump({"evaluation_interval": "1m", "tests": [case]}), encoding="utf-8")
    promtool = shutil.which("promtool")
    assert promtool is not None
    done = subprocess.run([promtool, "test", "rules", str(path)], capture_output=True, text=True, timeout=120)
    return {
        text.replace('\\"', '"').replace("\\\\", "\\"): [
            (dict(_LABEL.findall(labels)), float(value)) for labels, value in _SAMPLE.findall(got)
        ]
        for text, got in _RESULT.findall(done.stdout + done.stderr)
    }


def test_every_value_lies_within_the_range_that_was_inferred(
    results: dict[str, list[tuple[dict[str, str], float]]],
) -> None:
    measures = Measures(Registry(), lambda name: ())
    judged = bounded = 0
    for text, samples in results.items():
        found = measures.of(parse(text))
        for _, value in samples:
            judged += 1
            if math.isnan(value):
                continue
            slack = 1e-9 * max(1.0, abs(value))
            assert found.low - slack <= value <= found.high + slack, (text, value, found)
            assert found.zero or value != 0, (text, value, found)
            bounded += math.isfinite(found.low) or math.isfinite(found.high)
    assert judged > 1000
    assert bounded > 400


def test_what_is_never_missing_has_a_result(results: dict[str, list[tuple[dict[str, str], float]]]) -> None:
    measures = Measures(Registry(), lambda name: ())
    judged = 0
    for text, samples in results.items():
        result = infer(parse(text), Registry())
        if not measures.of(parse(text)).missing and " on (job)" not in text and not result.findings:
            judged += 1
            assert samples, text
    assert judged > 100


def test_every_result_has_the_labels_that_were_inferred(
    results: dict[str, list[tuple[dict[str, str], float]]],
) -> None:
    for text, samples in results.items():
        result = infer(parse(text), Registry())
        for sample, _ in samples:
            labels = {name: value for name, value in sample.items() if name != "__name__"}
            assert set(labels) <= set(result.labels), text
            for name, values in result.labels.items():
                assert name == "__name__" or values is None or labels.get(name, "") in values, (text, name)
