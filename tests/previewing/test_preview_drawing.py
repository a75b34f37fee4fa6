"""Axes are round, gaps stay gaps, buckets are taken apart, and nothing is drawn outside of its field."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promspec.plan.grafana.layout import Position
from promspec.plan.grafana.panels import MappingPlan, PanelPlan, QueryPlan, ThresholdPlan
from promspec.previewing.data import Answer, Range, Sampled
from promspec.previewing.drawing.axes import scale, time_ticks, value_ticks
from promspec.previewing.drawing.cells import bucket_rows
from promspec.previewing.drawing.lines import lines
from promspec.previewing.drawn import drawn
from promspec.previewing.readings import colour, named, word
from tests.support.pages import read

HOUR = Range(0.0, 3600.0, 60.0)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False, width=64)


def panel(kind: str, **more: object) -> PanelPlan:
    values: dict[str, object] = {"unit": "short", "thresholds": (ThresholdPlan("", "blue"),), **more}
    return PanelPlan(1, kind, "A panel", "It shows.", Position(0, 0, 12, 8), **values)  # type: ignore[arg-type]


def series(*values: float, name: str = "x", step: float = 60.0, **labels: str) -> Sampled:
    points = tuple((place * step, value) for place, value in enumerate(values))
    return Sampled(name, tuple(sorted(labels.items())), points)


@pytest.mark.parametrize(
    ("values", "unit", "labels"),
    [
        ([0, 7], "reqps", ["0 req/s", "2 req/s", "4 req/s", "6 req/s"]),
        ([0.1, 0.98], "percentunit", ["0%", "20%", "40%", "60%", "80%", "100%"]),
        ([0.01, 0.09], "none", ["0", "0.02", "0.04", "0.06", "0.08"]),
        ([0, 3 * 2**30], "bytes", ["0 B", "1 GiB", "2 GiB", "3 GiB"]),
        ([5, 5], "none", ["0", "2", "4", "6", "8", "10"]),
        ([0, 0], "none", ["0", "0.2", "0.4", "0.6", "0.8", "1"]),
        ([-4, 4], "none", ["-4", "-2", "0", "2", "4"]),
    ],
)
def test_the_values_of_an_axis_are_round(values: list[float], unit: str, labels: list[str]) -> None:
    assert [tick.label for tick in value_ticks(scale(values, "", ""), unit)] == labels


def test_an_axis_ends_where_the_panel_says() -> None:
    axis = scale([0.2, 0.4], "0", "1")
    assert (axis.low, axis.high) == (0.0, 1.0)


@given(st.lists(NUMBERS, max_size=5))
def test_every_axis_holds_its_values_and_has_few_ticks(values: list[float]) -> None:
    axis = scale([value / 4 for value in values], "", "")
    ticks = value_ticks(axis, "short")
    assert len(ticks) <= 13
    assert all(0 <= tick.at <= 1 for tick in ticks)


@pytest.mark.parametrize(
    ("length", "labels"),
    [
        (3600, ["00:00", "00:10", "00:20", "00:30", "00:40", "00:50", "01:00"]),
        (86_400, ["00:00", "06:00", "12:00", "18:00", "00:00"]),
        (7 * 86_400, ["01-01", "01-02", "01-03", "01-04", "01-05", "01-06", "01-07", "01-08"]),
        (60, ["00:00:00", "00:00:10", "00:00:20", "00:00:30", "00:00:40", "00:00:50", "00:01:00"]),
    ],
)
def test_the_times_of_an_axis_are_round(length: float, labels: list[str]) -> None:
    assert [tick.label for tick in time_ticks(Range(0.0, length, 15.0))] == labels


def test_where_samples_are_missing_there_is_no_line() -> None:
    points = ((0.0, 1.0), (60.0, 1.0), (600.0, 2.0), (1200.0, 1.0), (1260.0, 1.0))
    picture = read(lines("x", [("a", Sampled("", (), points))], HOUR, "short", ("", ""), False))
    path = picture.all("path", class_="line")[0].attributes["d"]
    assert path.count("M") == 3
    dot = path.split("M")[2]
    assert dot.split("L")[0] == dot.split("L")[1], "a single sample is a dot"


@given(st.lists(NUMBERS, min_size=1, max_size=40), st.booleans())
def test_no_curve_leaves_its_field(values: list[float], stacked: bool) -> None:
    found = [("a", series(*(value / 8 for value in values))), ("b", series(*(abs(value) / 8 for value in values)))]
    picture = read(lines("x", found, HOUR, "bytes", ("", ""), stacked))
    for path in picture.all("path"):
        for number in re.findall(r"-?[\d.]+", path.attributes["d"]):
            assert 0 <= float(number) <= 1000


def test_buckets_are_without_those_below_and_in_order() -> None:
    rows = bucket_rows(
        [series(10, 20, le="+Inf"), series(1, 2, le="0.1"), series(7, 9, le="1.0"), series(7, 8, le="2.0")],
        Range(0.0, 60.0, 60.0),
        "s",
    )
    assert [row.label for row in rows] == ["100 ms", "1 s", "2 s", "+Inf"]
    assert [row.cells for row in rows] == [(1.0, 2.0), (6.0, 7.0), (0.0, 0.0), (3.0, 11.0)], (
        "8 after 9 is no less than none"
    )


def test_a_mapping_has_the_first_word_then_the_threshold_its_colour() -> None:
    judged = panel(
        "stat",
        unit="percentunit",
        thresholds=(ThresholdPlan("", "green"), ThresholdPlan("0.5", "orange"), ThresholdPlan("0.9", "red")),
        mappings=(MappingPlan("1", False, "all", "purple"), MappingPlan("null", True, "gone", "")),
        judged=True,
    )
    assert [word(judged, value) for value in (1.0, 0.5, None)] == ["all", "50%", "gone"]
    assert [colour(judged, value) for value in (0.1, 0.5, 0.95, 1.0)] == ["#73BF69", "#FF9830", "#F2495C", "#B877D9"]


@pytest.mark.parametrize(
    ("legend", "names"),
    [
        ("{{ place }} {{gone}}", ["north", "south"]),
        ("all of it", ["all of it", "all of it"]),
        ("__auto", ["north", "south"]),
        ("", ["north", "south"]),
    ],
)
def test_series_are_named_by_their_legend(legend: str, names: list[str]) -> None:
    query = QueryPlan("A", "x", legend, "time_series", False)
    answer = Answer("x", (series(1, job="a", place="north"), series(1, job="a", place="south")))
    assert [name for name, _ in named(panel("timeseries"), [(query, answer)])] == names


def test_a_series_alone_without_a_legend_is_named_by_its_labels_or_its_query() -> None:
    query = QueryPlan("A", "sum(x)", "__auto", "time_series", False)
    assert named(panel("stat"), [(query, Answer("sum(x)", (series(1, name=""),)))])[0][0] == "sum(x)"
    assert named(panel("stat"), [(query, Answer("x", (series(1, job="a"),)))])[0][0] == 'x{job="a"}'


@pytest.mark.parametrize("kind", ["timeseries", "stat", "gauge", "bargauge", "heatmap", "state-timeline", "table"])
@pytest.mark.parametrize("value", [0.0, -1.0, 1e-320, 1e308, -1e308, math.nan, math.inf])
def test_every_kind_draws_every_number_or_says_that_there_is_none(kind: str, value: float) -> None:
    found = Answer("x", (series(value, value, place="north"), series(1, 2, place="south")))
    query = QueryPlan("A", "x", "{{place}}", "time_series", False)
    for buckets in (True, False):
        shown = drawn(panel(kind, by_bucket=buckets, scheme="Blues", sparkline=True), [(query, found)], HOUR)
        assert shown is not None
        for picture in shown.pictures:
            assert not re.search(r"nan|inf\b", re.sub(r">[^<]*<|aria-label=\"[^\"]*\"", "><", picture).lower())


def test_bars_may_stand() -> None:
    query = QueryPlan("A", "x", "{{place}}", "time_series", True)
    found = Answer("x", (series(2, place="north"), series(1, place="south")))
    shown = drawn(panel("bargauge", orientation="vertical"), [(query, found)], HOUR)
    assert shown is not None
    bars = [bar for bar in read(shown.pictures[0]).all("rect") if "fill" in bar.attributes]
    assert [bar.attributes["height"] for bar in bars] == ["72%", "36%"]


def test_a_table_joins_the_values_of_its_queries_by_their_labels() -> None:
    from promspec.plan.grafana.panels import ColumnPlan

    columns = (
        ColumnPlan("place", "Where", False),
        ColumnPlan("Value #A", "Ones", True),
        ColumnPlan("Value #B", "Twos", True),
    )
    one, two = (QueryPlan(ref, "x", "", "table", True) for ref in "AB")
    first = Answer("x", (series(1, place="north"), series(5, place="south")))
    second = Answer("x", (series(2, place="north"),))
    shown = drawn(panel("table", columns=columns), [(one, first), (two, second)], HOUR)
    assert shown is not None
    assert shown.head == ("Where", "Ones", "Twos")
    assert [[cell.text for cell in row] for row in shown.rows] == [["south", "5", "-"], ["north", "1", "2"]]
