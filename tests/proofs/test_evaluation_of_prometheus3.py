"""The evaluator beside Prometheus 3.15's own engine; and what of the language it does not evaluate, with the reason.

prometheus3.json holds series in promtool's notation, a minute between samples, and for each expression what the engine
(github.com/prometheus/prometheus/promql, with every feature flag) gives at each time: labels and value of each result,
null where it refuses. The expressions are every function, modifier and operator, and random ones.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from promspec.evaluation import Evaluator, NotEvaluated, Refused, Store, labelset
from promspec.evaluation.errors import UNEVALUATED
from promspec.evaluation.rules import Rule, run_alone
from promspec.promql import parse
from promspec.promql.functions import AGGREGATORS, COMPARISONS, EXTENDED, FUNCTIONS, PRECEDENCE, SET_OPERATORS, TRIMS
from promspec.proofs import notation
from promspec.proofs.scenarios import read_series

ENGINE: dict[str, Any] = json.loads((Path(__file__).parent / "prometheus3.json").read_text(encoding="utf-8"))
ROWS: list[tuple[str, list[list[tuple[dict[str, str], str]]] | None]] = [tuple(row) for row in ENGINE["rows"]]
TIMES: list[int] = ENGINE["times"]


@pytest.fixture(scope="module")
def store() -> Store:
    made = Store(left_open=True)
    for name, values in ENGINE["series"].items():
        metric, matchers = read_series(name)
        labels = labelset((matcher.label, matcher.value) for matcher in matchers)
        made.add(metric, labels, notation.samples(notation.read(values), 60_000, True))
    return made


def _near(one: float, other: float) -> bool:
    return one == other or (one != one and other != other) or math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)


def test_the_evaluator_gives_what_the_engine_of_prometheus_3_gives(store: Store) -> None:
    wrong = []
    for expr, expected in ROWS:
        if expected is None:
            continue
        result = Evaluator(store, TIMES).vector(parse(expr))
        for index, theirs in enumerate(expected):
            ours = {
                labelset(pair for pair in own if pair[0] != "__name__"): value
                for own, column in result.items()
                if (value := column[index]) is not None
            }
            there = {labelset(labels): float(value) for labels, value in theirs}
            if set(ours) != set(there) or not all(_near(ours[key], there[key]) for key in ours):
                wrong.append(f"{expr} at {TIMES[index]}: {ours} and not {there}")
    assert wrong == []
    assert sum(bool(samples) for _, expected in ROWS for samples in expected or ()) > 1000


def test_times_that_are_asked_together_give_what_each_gives_alone(store: Store) -> None:
    several = [expr for expr, expected in ROWS if expected is not None]
    for expr in several[::3]:
        together = Evaluator(store, TIMES).vector(parse(expr))
        for index, time in enumerate(TIMES):
            alone = Evaluator(store, [time]).vector(parse(expr))
            ours = {labels: repr(column[index]) for labels, column in together.items() if column[index] is not None}
            assert ours == {labels: repr(column[0]) for labels, column in alone.items() if column[0] is not None}, expr


@pytest.mark.parametrize("expr", [expr for expr, expected in ROWS if expected is None])
def test_what_the_engine_refuses_is_refused(store: Store, expr: str) -> None:
    with pytest.raises(Refused) as refused:
        Evaluator(store, TIMES).vector(parse(expr))
    assert str(refused.value)


def _samples() -> dict[str, str]:
    """A small expression for everything that the parser knows: functions, aggregators, operators and modifiers."""
    args = {"scalar": "0.5", "instant": "g", "range": "g[5m]", "string": '"job"'}
    found = {name: f"{name}({', '.join(args[kind] for kind in known.args)})" for name, known in FUNCTIONS.items()}
    found["info"] = "info(g)"
    for name, aggregator in AGGREGATORS.items():
        found[name] = f"{name} by (job) ({args[aggregator.param] + ', ' if aggregator.param else ''}g)"
    found |= {operator: f"g {operator} r_ratio" for operator in (*PRECEDENCE, *TRIMS) if operator not in SET_OPERATORS}
    found |= {operator: f"g {operator} on (job) r_ratio" for operator in SET_OPERATORS}
    found |= {f"bool {operator}": f"g {operator} bool 1" for operator in COMPARISONS}
    for word, functions in EXTENDED.items():
        found |= {f"{word} {function}": f"{function}(g[5m] {word})" for function in functions}
    for fill in ("fill", "fill_left", "fill_right"):
        found[fill] = f"h_count + on (job) {fill} (0) r_ratio"
    modifiers = ("g @ 60", "g @ end()", "g @ start()", "g offset -1m", "g smoothed", "sum_over_time(g[5m:1m] @ end())")
    return found | {modifier: modifier for modifier in (*modifiers, "g[max_of(step(), 5m)]")}


SAMPLES = {name: f"count_over_time({expr})" if expr[-1] == "]" else expr for name, expr in _samples().items()}


def test_all_of_the_language_is_evaluated_but_for_what_is_listed_with_its_reason(store: Store) -> None:
    refused: dict[str, str] = {}
    for name, expr in SAMPLES.items():
        try:
            Evaluator(store, TIMES).vector(parse(expr))
        except NotEvaluated as error:
            refused[name] = str(error)
    shown = {name: f"the operator {name}" if name in TRIMS else f"{name}()" for name in UNEVALUATED}
    assert refused == {name: f"{shown[name]}, which {reason}" for name, reason in UNEVALUATED.items()}
    assert len(SAMPLES) > 130


@pytest.mark.parametrize(
    ("expr", "reason"),
    [
        ('{job="a"}', "a selector without a metric's name"),
        ("sum_over_time(g[5m:])", "a subquery without a step, which is the server's evaluation_interval: write it"),
        ("rate(c_total[step()])", "a range that has no length in a rule"),
        ("sum_over_time(g[5m:step()])", "a subquery whose step has no length in a rule"),
    ],
)
def test_what_depends_on_the_server_says_so(store: Store, expr: str, reason: str) -> None:
    with pytest.raises(NotEvaluated) as said:
        Evaluator(store, TIMES).vector(parse(expr))
    assert str(said.value) == reason


@pytest.mark.parametrize(
    ("expr", "reason"),
    [
        ("g offset -5m", "offset -5m, which asks for samples that come after the evaluation"),
        ("rate(c_total[5m] smoothed)", "smoothed, which asks for samples that come after the evaluation"),
        ("g @ 600", "the fixed time @ 600, and tests begin at the time 0"),
    ],
)
def test_a_rule_that_reads_what_is_still_to_come_is_not_evaluated(store: Store, expr: str, reason: str) -> None:
    with pytest.raises(NotEvaluated) as said:
        run_alone(Rule("x", expr), store, TIMES)
    assert str(said.value) == reason


def test_a_rule_may_be_smoothed_over_a_range_that_has_passed(store: Store) -> None:
    found = run_alone(Rule("x", "increase(d_total[5m] smoothed offset 5m)"), store, [1_230_000])
    assert found[(("job", "a"),)] == [10.0]
