"""What is judged of the newer PromQL: values, what only range queries have, arithmetic of durations."""

from __future__ import annotations

import pytest

from promspec.judging.judgements import JUDGEMENTS
from promspec.judging.model import Asked, Facts, Role
from promspec.judging.units import named
from promspec.promql import parse
from tests.judging.test_measures import MEASURES, Registry, recorded

INFINITE = float("inf")


@pytest.mark.parametrize(
    ("text", "unit", "low", "high"),
    [
        ("rate(errors_total[5m * 2] anchored)", "events per second", 0, INFINITE),
        ("vector(start())", "timestamp", 0, INFINITE),
        ("time() - start()", "seconds", -INFINITE, INFINITE),
        ("vector(step())", "seconds", 0, INFINITE),
        ("vector(max_of(2, 5))", "None", 5, 5),
        ("vector(min_of(2, 5))", "None", 2, 2),
        ("start_timestamp(queue)", "timestamp", 0, INFINITE),
        ("first_over_time(age_seconds[1h])", "seconds", -INFINITE, INFINITE),
        ('histogram_quantiles(rate(took_seconds_bucket[5m]), "q", 0.5, 0.9)', "seconds", 0, 2),
        ("fill_ratio + fill(3) fill_ratio", "ratio", 0, 6),
        ("fill_ratio - fill_right(-4) fill_ratio", "ratio", -1, 5),
        ("age_seconds </ 5", "seconds", -INFINITE, INFINITE),
    ],
)
def test_units_and_ranges(text: str, unit: str, low: float, high: float) -> None:
    found = MEASURES.of(parse(text))
    assert (str(named(found.unit)), found.low, found.high) == (unit, low, high)


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("increase(late_total[5m]) + increase(late_total[5m])", True),
        ("increase(late_total[5m]) + fill(0) increase(late_total[5m])", False),
        ("increase(late_total[5m]) + fill_left(0) increase(late_total[5m])", True),
        ("increase(late_total[5m]) + fill_right(0) increase(errors_total[5m])", True),
        ("increase(errors_total[5m]) + fill_right(0) increase(late_total[5m])", False),
        ("queue </ 5", True),
    ],
)
def test_what_is_filled_in_is_not_missing(text: str, missing: bool) -> None:
    assert bool(MEASURES.of(parse(text)).missing) == missing


def _told(text: str, role: Role, *, charted: bool = False, templated: bool = False) -> list[tuple[str, str]]:
    expr = parse(text, templated=templated)
    facts = Facts(Registry(), Registry(), recorded, 15_000)
    found = [
        each.finding for one in JUDGEMENTS for each in one.findings(Asked(expr, role, "x", charted=charted), facts)
    ]
    return [(finding.id, text[finding.start : finding.end]) for finding in found]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("rate(errors_total[step()])", "step()"),
        ("rate(errors_total[min_of(5m, range())])", "min_of(5m, range())"),
        ("rate(errors_total[-step() - 1m])", "-step() - 1m"),
        ("max_over_time(queue[1h:step()])", "step()"),
        ("rate(errors_total[step() + 5m])", ""),
        ("rate(errors_total[max_of(step(), 5m)])", ""),
        ("rate(errors_total[5m] offset step())", ""),
        ("rate(errors_total[1h / 2])", ""),
    ],
)
def test_a_range_that_a_rule_makes_nothing_is_an_error_in_rules_only(text: str, place: str) -> None:
    expected = [("promql/step-in-rule", place)] if place else []
    assert [found for found in _told(text, "record") if found[0] == "promql/step-in-rule"] == expected
    assert [found for found in _told(text, "panel") if found[0] == "promql/step-in-rule"] == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("rate(errors_total[5m] smoothed)", True),
        ("rate(errors_total[5m] smoothed offset -1m)", True),
        ("rate(errors_total[5m] smoothed offset 1m)", False),
        ("rate(errors_total[5m] anchored)", False),
    ],
)
def test_a_smoothed_range_in_a_rule_waits_for_samples_to_come(text: str, told: bool) -> None:
    assert (("promql/smoothed-in-rule", "smoothed") in _told(text, "alert")) == told
    assert ("promql/smoothed-in-rule", "smoothed") not in _told(text, "panel")


@pytest.mark.parametrize(
    ("length", "told"),
    [("5m", True), ("5m * 2", True), ("2 * 3h", False), ("step()", False), ("max_of(5m, step())", False)],
)
def test_a_chart_is_told_of_a_fixed_range_that_is_certain(length: str, told: bool) -> None:
    found = _told(f"rate(errors_total[{length}])", "panel", charted=True)
    assert (("panel/rate-interval", length) in found) == told


@pytest.mark.parametrize("length", ["$w", "[[w]]", "5${unit}", "$w * 2", "max_of($w, 5m)"])
def test_a_variable_in_a_range_is_no_fixed_range(length: str) -> None:
    found = _told(f"rate(errors_total[{length}])", "panel", charted=True, templated=True)
    assert "panel/rate-interval" not in [id for id, _ in found]
