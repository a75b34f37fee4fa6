"""Every selector of a panel is filtered by the variables that its series can have."""

from __future__ import annotations

import pytest

from promspec.promql import parse, selectors
from promspec.promql.grafana import filtered, result_labels, series_labels, used_series, variables_in
from promspec.series import SpecSeries
from tests.dashboards.example import spec

SERIES = SpecSeries(spec)
NAMES = {"job": "job", "instance": "instance", "engine": "engine", "status": "status"}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("up", 'up{job=~"$job",instance=~"$instance"}'),
        ("idle_workers{}", 'idle_workers{job=~"$job",instance=~"$instance"}'),
        (
            "sum(rate(read_requests_total[$__rate_interval]))",
            'sum(rate(read_requests_total{job=~"$job",instance=~"$instance",engine=~"$engine",status=~"$status"}'
            "[$__rate_interval]))",
        ),
        (
            'read_errors_total{engine="paddle",job=~"a"}',
            'read_errors_total{engine="paddle",job=~"a",instance=~"$instance"}',
        ),
        ("engine:read_errors:ratio > 0.5", 'engine:read_errors:ratio{engine=~"$engine"} > 0.5'),
        (
            "absent(idle_workers) or up",
            'absent(idle_workers{job=~"$job",instance=~"$instance"}) or up{job=~"$job",instance=~"$instance"}',
        ),
        (
            "histogram_quantile(0.9, sum by (le) (rate(read_duration_seconds_bucket[1h] offset 1h)))",
            "histogram_quantile(0.9, sum by (le) (rate(read_duration_seconds_bucket"
            '{job=~"$job",instance=~"$instance",engine=~"$engine"}[1h] offset 1h)))',
        ),
        (
            '{__name__=~"read_(requests|errors)_total"}',
            '{__name__=~"read_(requests|errors)_total",job=~"$job",instance=~"$instance",engine=~"$engine",'
            'status=~"$status"}',
        ),
        ("max_over_time(idle_workers[1h:5m])", 'max_over_time(idle_workers{job=~"$job",instance=~"$instance"}[1h:5m])'),
        ("vector(1) # read_requests_total", "vector(1) # read_requests_total"),
        ("unknown_series", "unknown_series"),
        ('{job="a"}', '{job="a"}'),
    ],
)
def test_matchers_are_added_where_the_series_can_have_the_label(query: str, expected: str) -> None:
    assert filtered(query, SERIES, NAMES) == expected


def test_nothing_is_added_twice() -> None:
    once = filtered("rate(read_requests_total[5m]) / on(job) group_left() up", SERIES, NAMES)
    assert filtered(once, SERIES, NAMES) == once


def test_a_variable_of_another_name_stands_for_its_label() -> None:
    assert filtered("up", SERIES, {"job": "job_"}) == 'up{job=~"$job_"}'


@pytest.mark.parametrize(
    ("matcher", "names"),
    [
        ('__name__="idle_workers"', ["idle_workers"]),
        ('__name__=~"idle.*|breaker_state"', ["breaker_state", "idle_workers"]),
        ('__name__=~".+", __name__!~".*[_:].*", __name__!="ALERTS"', ["up"]),
        ('__name__=~"$metric"', []),
        ('job="a"', []),
    ],
)
def test_a_selector_without_a_name_selects_all_series_that_match(matcher: str, names: list[str]) -> None:
    assert sorted(used_series([f"{{{matcher}}}"], SERIES)) == names


def test_the_labels_of_a_selector_are_those_of_all_its_series() -> None:
    (selector,) = selectors(parse('{__name__=~"idle_workers|engine:read_errors:ratio"}'))
    assert series_labels(selector, SERIES) == ("job", "instance", "engine")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('x{a=~"$engine",b="${status:regex}"}[$__rate_interval]', ("engine", "status")),
        ("[[engine]] costs $5 and $__range", ("engine",)),
        ("${__from} $class $class", ("class",)),
        ("{{engine}}", ()),
    ],
)
def test_variables_are_found_in_all_three_spellings_and_grafanas_own_are_not(text: str, names: tuple[str, ...]) -> None:
    assert variables_in(text) == names


def test_the_labels_of_a_result_are_inferred_with_grafanas_variables_in_place() -> None:
    assert result_labels("sum by (engine) (rate(read_requests_total[$__rate_interval]))", SERIES) == (("engine",), True)
    assert result_labels("vector(1)", SERIES) == ((), True)
