"""The check rules on dashboards: each finds its mistake, says what to write, and is silent on a sound spec."""

from __future__ import annotations

from typing import Any

import pytest

from promspec import (
    Counter,
    Dashboard,
    GaugePanel,
    Heatmap,
    Histogram,
    Label,
    RecordingRule,
    Row,
    Spec,
    Stat,
    Table,
    Text,
    TimeSeries,
)
from promspec.check import View
from promspec.check import dashboards as rules
from promspec.check.rules import registered
from promspec.problems import Level, Problem
from promspec.vocabulary.base import SpecValueError, recording
from promspec.vocabulary.panels import Panel
from tests.dashboards.example import spec as sound

code = Label("code", "Why.", values=["a", "b"])
failed = Counter("failed_total", "Failures.", labels=[code])
took = Histogram("took_seconds", "Durations.", buckets=[1, 2])
ratio = RecordingRule("failed:ratio", f"sum by (code) (rate({failed}[5m]))")
OWN = [rule for rule in registered() if rule.body.__module__ == rules.__name__]
RULES = [*OWN, *(rule for rule in registered() if rule.id == "panel/rate-interval")]  # a judgement shared with lint


def _problems(*dashboards: Dashboard, name: str = "shop") -> list[Problem]:
    spec = Spec(name, owner="web", metrics=[failed, took], recording_rules=[ratio], dashboards=dashboards)
    view = View(spec)
    return [finding.problem for rule in RULES for finding in rule.findings(view)]


def _of(*panels: Panel, **more: Any) -> list[tuple[str, str]]:
    found = _problems(Dashboard("Board", [Row("Row", panels)], **more))
    return [(problem.id, problem.remedy) for problem in found]


def _stat(title: str = "Stat", query: Any = "up", unit: str = "none", **more: Any) -> Stat:
    return Stat(title, "A stat.", query, unit=unit, **more)


def test_nothing_is_wrong_with_a_sound_spec() -> None:
    assert [finding for rule in RULES for finding in rule.findings(View(sound))] == []


def test_every_rule_says_what_holds_when_it_is_kept() -> None:
    assert len(RULES) == 14
    for rule in RULES:
        assert rule.summary.endswith(".")


def test_two_dashboards_of_one_uid() -> None:
    rows = [Row("Row", [_stat()])]
    (problem,) = _problems(Dashboard("One", rows, uid="A-b"), Dashboard("Other", rows, uid="a-b"))
    assert (problem.id, problem.level, problem.subject) == ("dashboard/duplicate-uid", Level.ERROR, "Other")
    assert problem.summary == "the uid a-b of 'Other' is that of another dashboard"


def test_two_titles_that_differ_only_in_signs_give_one_uid() -> None:
    rows = [Row("Row", [_stat()])]
    found = _problems(Dashboard("A b", rows), Dashboard("A-b!", rows))
    assert [problem.id for problem in found] == ["dashboard/duplicate-uid"]


def test_two_dashboards_of_one_title() -> None:
    rows = [Row("Row", [_stat()])]
    (problem,) = _problems(Dashboard("One", rows, uid="a"), Dashboard("one ", rows, uid="b"))
    assert (problem.id, problem.level) == ("dashboard/duplicate-title", Level.ERROR)


def test_a_dashboard_without_a_row_and_a_row_without_a_panel_are_warnings() -> None:
    (problem,) = _problems(Dashboard("One", []))
    assert (problem.id, problem.level) == ("dashboard/empty", Level.WARNING)
    (problem,) = _problems(Dashboard("One", [Row("Row", [])]))
    assert problem.summary == "the row 'Row' of 'One' has no panel"


def test_a_uid_that_is_cut() -> None:
    rows = [Row("Row", [_stat()])]
    (problem,) = _problems(Dashboard("A title of very many words that never end", rows))
    assert (problem.id, problem.level) == ("dashboard/uid-length", Level.INFO)
    assert "is cut to shop-a-title-of-very-many-words-that-nev" in problem.summary
    assert _problems(Dashboard("A title of very many words that never end", rows, uid="short")) == []


def test_a_variable_that_filters_nothing() -> None:
    shape = Label("shape", "A shape.", values=["round"])
    panel = _stat(query=str(failed), unit="ops")
    found = _of(panel, variables=[shape, code])
    assert found == [("dashboard/unused-variable", "remove shape from variables, or query a metric that has it")]
    assert _of(_stat(query=str(failed.where(code="a"))), variables=[code])[0][0] == "dashboard/unused-variable"
    assert _of(_stat("Of $code", str(failed.where(code="a"))), variables=[code]) == []
    assert _of(_stat(query="failed:ratio"), variables=[code]) == []


def test_a_variable_that_is_not_declared() -> None:
    panel = _stat(query='failed_total{code=~"$cod"}')
    assert ("dashboard/undeclared-variable", "did you mean code?") in _of(panel, variables=[code])
    assert _of(_stat(query='up{job=~"$job"}[$__rate_interval]')) == []


def test_two_panels_of_one_title_are_a_warning() -> None:
    (problem,) = _problems(Dashboard("Board", [Row("One", [_stat("A")]), Row("Two", [_stat("a")])]))
    assert (problem.id, problem.level) == ("panel/duplicate-title", Level.WARNING)


def test_a_panel_without_a_query() -> None:
    assert _of(_stat(query=[])) == [("panel/no-query", "give it PromQL, or make it a Text")]
    assert _of(Text("Text", "A text.", "Hello")) == []


@pytest.mark.parametrize(
    ("unit", "remedy"),
    [
        ("seconds", "did you mean s?"),
        ("reqp", "did you mean reqps?"),
        ("widgets made", "for a word of your own write suffix:widgets made"),
        ("suffix:", "write what comes behind it, such as suffix:files"),
    ],
)
def test_a_unit_that_grafana_does_not_know(unit: str, remedy: str) -> None:
    assert _of(_stat(unit=unit)) == [("panel/unknown-unit", remedy)]


@pytest.mark.parametrize(
    ("steps", "remedy"),
    [
        ([(None, "green"), (5, "red"), (1, "orange")], "write them as 1, 5"),
        ([(None, "green"), (1, "red"), (1, "orange")], "write them as 1"),
        ([(1, "red")], 'begin with the colour of what is lower: (None, "green"), (1, …)'),
        ([(None, "green"), (None, "red")], "only the first has the value None"),
    ],
)
def test_thresholds_out_of_order(steps: list[tuple[float | None, str]], remedy: str) -> None:
    assert _of(_stat(thresholds=steps)) == [("panel/thresholds-order", remedy)]


def test_a_colour_that_grafana_does_not_know() -> None:
    assert _of(_stat(thresholds=[(None, "gren"), (1, "#ff0000"), (2, "semi-dark-red")])) == [
        ("panel/unknown-colour", "did you mean green?")
    ]
    assert [id for id, _ in _of(_stat(mappings={1: ("up", "lime"), 0: "down"}))] == ["panel/unknown-colour"]


def test_a_fixed_range_in_a_chart() -> None:
    query = "sum(rate(failed_total[5m]))"
    chart = TimeSeries("Chart", "A chart.", query, unit="ops")
    assert _of(chart) == [("panel/rate-interval", "write [$__rate_interval]")]
    assert _of(GaugePanel("Dial", "A dial.", query, unit="ops")) == []
    assert _of(TimeSeries("Chart", "A chart.", "increase(failed_total[1d])", unit="short")) == []


def test_a_heatmap_without_buckets() -> None:
    (found,) = _of(Heatmap("Map", "A map.", "sum(rate(took_seconds_bucket[$__rate_interval]))", unit="s"))
    assert found[0] == "panel/heatmap-buckets"
    assert _of(Heatmap("Map", "A map.", "failed:ratio", unit="none", buckets=False)) == []


def test_a_table_that_renames_a_label_it_does_not_have() -> None:
    table = Table("Table", "A table.", "sum by (code) (failed_total)", unit="short", columns={"cod": "Why"})
    assert _of(table) == [("panel/unknown-column", "did you mean code?")]


def test_a_query_that_does_not_parse_does_not_stop_the_rules() -> None:
    assert _of(_stat(query="rate(up["), Table("Table", "A table.", "sum(", unit="x", columns={"a": "b"})) == [
        ("panel/unknown-unit", "for a word of your own write suffix:x")
    ]


@pytest.mark.parametrize(
    ("arguments", "id"),
    [
        ({"width": 25}, "panel/width"),
        ({"width": 0}, "panel/width"),
        ({"height": 41}, "panel/height"),
        ({"min": 5, "max": 5}, "panel/min-max"),
    ],
)
def test_a_panel_that_is_wrong_in_itself(arguments: dict[str, Any], id: str) -> None:
    with pytest.raises(SpecValueError) as raised:
        _stat(**arguments)
    assert [problem.id for problem in raised.value.problems] == [id]


@pytest.mark.parametrize(
    ("arguments", "id"),
    [({"uid": "a b"}, "dashboard/uid"), ({"uid": "x" * 41}, "dashboard/uid"), ({"since": "5s"}, "dashboard/since")],
)
def test_a_dashboard_that_is_wrong_in_itself(arguments: dict[str, Any], id: str) -> None:
    with pytest.raises(SpecValueError) as raised:
        Dashboard("Board", [], **arguments)
    assert [problem.id for problem in raised.value.problems] == [id]


def test_a_broken_panel_does_not_stop_the_rules() -> None:
    with recording() as recorder:
        broken = _stat("Broken", width=99)
        spec = Spec("shop", owner="web", dashboards=[Dashboard("Board", [Row("Row", [broken, _stat(unit="x")])])])
    assert [problem.id for problem in recorder.problems] == ["panel/width"]
    view = View(spec)
    assert [f.problem.id for rule in RULES for f in rule.findings(view)] == ["panel/unknown-unit"]


def test_a_query_knows_the_line_it_was_written_on() -> None:
    panel = _stat(query={"a": "up", "b": "up"})
    assert {query.place.file for query in panel.queries_} == {__file__}
