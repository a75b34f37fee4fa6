"""What is decided about a dashboard: ids, places, legends, formats, times, links."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest

from promspec import (
    BarGauge,
    Counter,
    Dashboard,
    Deployment,
    GaugePanel,
    Heatmap,
    Histogram,
    Label,
    Query,
    Row,
    Spec,
    Stat,
    StateTimeline,
    Table,
    Text,
    TimeSeries,
)
from promspec.plan.dashboards import DashboardPlan, plan_dashboards
from promspec.plan.grafana.panels import MappingPlan, PanelPlan, ThresholdPlan, reference
from promspec.series import SpecSeries
from promspec.vocabulary.panels import Panel
from tests.dashboards.example import spec as example

code = Label("code", "Why.", values=["a", "b"])
failed = Counter("failed_total", "Failures.", labels=[code])
took = Histogram("took_seconds", "Durations.", buckets=[1, 2])


def _plan(*dashboards: Dashboard, **more: object) -> tuple[DashboardPlan, ...]:
    spec = Spec("my_shop", owner="web", metrics=[failed, took], dashboards=dashboards, **more)  # type: ignore[arg-type]
    return plan_dashboards(spec, SpecSeries(spec))


def _board(*panels: Panel, title: str = "Board") -> Dashboard:
    return Dashboard(title, [Row("Row", panels)])


def _panel(panel: Panel) -> PanelPlan:
    return _plan(_board(panel))[0].rows[0].panels[0]


def test_ids_count_rows_and_panels_in_order() -> None:
    plan = plan_dashboards(example, SpecSeries(example))[0]
    ids = [id for row in plan.rows for id in (row.id, *(panel.id for panel in row.panels))]
    assert ids == list(range(1, len(ids) + 1))


def test_a_row_follows_the_last_panel_and_a_collapsed_one_takes_a_line() -> None:
    text = Text("Text", "A text.", "Hello", height=5)
    rows = [Row("One", [text]), Row("Two", [text], collapsed=True), Row("Three", []), Row("Four", [text])]
    (plan,) = _plan(Dashboard("Board", rows))
    assert [row.position.y for row in plan.rows] == [0, 6, 7, 8]
    assert [panel.position.y for row in plan.rows for panel in row.panels] == [1, 7, 9]


@pytest.mark.parametrize(
    ("count", "widths"),
    [
        (1, [12]),
        (2, [12, 12]),
        (3, [8, 8, 8]),
        (4, [6, 6, 6, 6]),
        (5, [5, 5, 5, 5, 4]),
        (6, [4] * 6),
        (7, [6, 6, 6, 6, 8, 8, 8]),
        (8, [6] * 8),
        (9, [4] * 6 + [8] * 3),
    ],
)
def test_stats_share_lines_evenly(count: int, widths: list[int]) -> None:
    (plan,) = _plan(_board(*(Stat(f"S{i}", "A stat.", "vector(1)", unit="none") for i in range(count))))
    assert [panel.position.width for panel in plan.rows[0].panels] == widths


@pytest.mark.parametrize(
    ("panel", "format", "instant"),
    [
        (TimeSeries("T", "D.", "up", unit="none"), "time_series", False),
        (Stat("T", "D.", "up", unit="none"), "time_series", False),
        (Stat("T", "D.", "up", unit="none", sparkline=False), "time_series", True),
        (GaugePanel("T", "D.", "up", unit="none"), "time_series", True),
        (BarGauge("T", "D.", "up", unit="none"), "time_series", True),
        (Heatmap("T", "D.", took.bucket, unit="s"), "heatmap", False),
        (Heatmap("T", "D.", "up", unit="none", buckets=False), "time_series", False),
        (Table("T", "D.", "up", unit="none"), "table", True),
        (StateTimeline("T", "D.", "up", unit="none"), "time_series", False),
        (TimeSeries("T", "D.", Query("up", instant=True), unit="none"), "time_series", True),
    ],
)
def test_each_kind_of_panel_asks_in_its_own_way(panel: Panel, format: str, instant: bool) -> None:
    query = _panel(panel).queries[0]
    assert (query.format, query.instant) == (format, instant)


@pytest.mark.parametrize(
    ("panel", "legend"),
    [
        (TimeSeries("T", "D.", {"{{code}}": str(failed)}, unit="ops"), "{{code}}"),
        (TimeSeries("T", "D.", str(failed), unit="ops"), "__auto"),
        (TimeSeries("Total", "D.", f"sum({failed})", unit="ops"), "Total"),
        (Heatmap("T", "D.", str(took.bucket), unit="s"), "{{le}}"),
        (Table("T", "D.", str(failed), unit="ops"), ""),
    ],
)
def test_a_query_without_a_legend_gets_one_that_fits_its_result(panel: Panel, legend: str) -> None:
    assert _panel(panel).queries[0].legend == legend


def test_a_table_has_its_labels_first_then_the_values_under_their_legends() -> None:
    one = _panel(Table("T", "D.", f"sum by (code) ({failed})", unit="short", columns={"code": "Why"}))
    assert [(column.field, column.title, column.is_value) for column in one.columns] == [
        ("code", "Why", False),
        ("Value", "Value", True),
    ]
    two = _panel(
        Table("T", "D.", {"All": f"sum by (code) ({failed})", "Job": f"sum by (job) ({failed})"}, unit="short")
    )
    assert [(column.field, column.title) for column in two.columns] == [
        ("code", "code"),
        ("job", "job"),
        ("Value #A", "All"),
        ("Value #B", "Job"),
    ]


def test_thresholds_are_exact_and_a_panel_without_any_is_not_judged() -> None:
    panel = _panel(Stat("T", "D.", "up", unit="none", thresholds=[(None, "green"), (0.1, "red")]))
    assert panel.thresholds == (ThresholdPlan("", "green"), ThresholdPlan("0.1", "red"))
    assert panel.judged
    plain = _panel(Stat("T", "D.", "up", unit="none"))
    assert plain.thresholds == (ThresholdPlan("", "blue"),)
    assert not plain.judged


def test_mappings_keep_their_order_and_special_words_are_told_apart() -> None:
    panel = _panel(StateTimeline("T", "D.", "up", unit="none", mappings={1: "up", 0: ("down", "red"), "nan": "?"}))
    assert panel.mappings == (
        MappingPlan("1", False, "up", ""),
        MappingPlan("0", False, "down", "red"),
        MappingPlan("nan", True, "?", ""),
    )


@pytest.mark.parametrize(
    ("panel", "limits"),
    [
        (GaugePanel("T", "D.", "up", unit="percentunit"), ("0", "1")),
        (GaugePanel("T", "D.", "up", unit="percent", max=50), ("0", "50")),
        (GaugePanel("T", "D.", "up", unit="s"), ("", "")),
        (TimeSeries("T", "D.", "up", unit="percentunit"), ("", "")),
        (TimeSeries("T", "D.", "up", unit="s", min=-0.5, max=1e9), ("-0.5", "1000000000")),
    ],
)
def test_a_dial_of_percentages_goes_from_nothing_to_all(panel: Panel, limits: tuple[str, str]) -> None:
    planned = _panel(panel)
    assert (planned.minimum, planned.maximum) == limits


@pytest.mark.parametrize(
    ("written", "planned"), [("30s", "30s"), ("1h30m", "90m"), ("2d12h", "60h"), ("1w", "7d"), ("90m", "90m")]
)
def test_durations_have_one_unit_as_grafana_wants(written: str, planned: str) -> None:
    (plan,) = _plan(Dashboard("Board", [], since="1h", refresh=written))
    assert plan.refresh == planned


def test_no_refresh_is_empty() -> None:
    assert _plan(Dashboard("Board", [], refresh="0s"))[0].refresh == ""


def test_uid_file_and_tags_are_made_from_names() -> None:
    (plan,) = _plan(Dashboard("OCR: p95 & more", [], tags=["ocr", "my-shop", "ocr"]))
    assert (plan.uid, plan.file) == ("my-shop-ocr-p95-more", "dashboards/my-shop-ocr-p95-more.json")
    assert plan.tags == ("my-shop", "ocr")


def test_the_dashboards_of_a_spec_are_linked_by_its_tag_and_a_single_one_is_not() -> None:
    one, other = _plan(_board(title="One"), _board(title="Other"))
    assert [(link.title, link.url, link.tag) for link in one.links] == [("My Shop", "", "my-shop")]
    assert one.links == other.links
    assert _plan(_board())[0].links == ()


def test_a_dashboard_without_queries_has_no_variables_at_all() -> None:
    (plan,) = _plan(_board(Text("T", "D.", "Hello $USER, it costs $5")))
    assert plan.variables == ()
    assert plan.data_source == ""


def test_a_spec_without_dashboards_has_none() -> None:
    assert _plan() == ()


def test_grafana_finds_the_dashboards_and_knows_the_scrape_interval() -> None:
    (plan,) = _plan(_board(), deployment=Deployment("shop", scrape_interval="1m"), title="The Shop")
    provisioning = plan.provisioning
    assert (provisioning.folder, provisioning.folder_uid) == ("The Shop", "my-shop")
    assert provisioning.path == "/var/lib/grafana/dashboards/my_shop"
    assert provisioning.scrape_interval == "1m"
    assert _plan(_board())[0].provisioning.scrape_interval == "15s"


@pytest.mark.parametrize(("index", "ref"), [(0, "A"), (25, "Z"), (26, "AA"), (27, "AB"), (701, "ZZ"), (702, "AAA")])
def test_references_count_as_grafana_does(index: int, ref: str) -> None:
    assert reference(index) == ref


def test_the_plan_can_be_printed_as_json() -> None:
    plan = plan_dashboards(example, SpecSeries(example))
    assert json.loads(json.dumps([asdict(dashboard) for dashboard in plan]))[0]["title"] == "Platform Overview"
