"""How many series: counted on what the generated instrumentation exposes, worked out by hand for queries."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from promspec import (
    Alert,
    Counter,
    Dashboard,
    Deployment,
    Gauge,
    Histogram,
    Info,
    Label,
    RecordingRule,
    Row,
    Severity,
    Spec,
    TimeSeries,
)
from promspec.cardinality import (
    CLIENT_SERIES,
    DROP_REASONS,
    TELEMETRY_KINDS,
    UNMAPPED_TYPES,
    Costs,
    exposed_series,
    metric_series,
    own_series,
    sample_limit,
)
from promspec.check import View, check
from promspec.load import load
from promspec.pipeline import compile_spec
from promspec.promql import parse
from promspec.runtime import consumers, telemetry
from promspec.series import SpecSeries
from tests.support.generated import generated

ROOT = Path(__file__).resolve().parents[2]
CLOSED = """
way = Label("way", values=["a", "b", "c"])
side = Label("side", values=["l", "r"])
class Codes(ErrorCodes):
    TIMEOUT = Code("timeout")
    INTERNAL_ERROR = Code("internal_error")
spec = Spec("closed", owner="web", error_codes=Codes, metrics=[
    Counter("plain_total", "Plain."),
    Counter("both_total", "Both.", labels=[way, side]),
    Gauge("level", "Level.", labels=[way]),
    Histogram("took_seconds", "Took.", labels=[side], buckets=[0.1, 1, 5]),
    Histogram("shift", "Shift.", buckets=[-5, 0, 5]),
    Info("build_info", "Build.", labels=[side]),
    Counter("errors_total", "Errors.", labels=[Codes.label]),
])
"""
way = Label("way", values=["a", "b", "c"])
side = Label("side", values=["l", "r"])
tenant = Label("tenant", max_values=9)
BOTH = Counter("both_total", "Both.", labels=[way, side])
OPEN = Counter("open_total", "Open.", labels=[tenant, side])
TOOK = Histogram("took_seconds", "Took.", labels=[side], buckets=[0.1, 1, 5])
BUILD = Info("build_info", "The build.", labels=[way, tenant])
RULE = RecordingRule("tenant:open:rate5m", "sum by (tenant) (rate(open_total[5m]))")
SPEC = Spec("shop", owner="web", metrics=[BOTH, OPEN, TOOK, BUILD], recording_rules=[RULE])


def ids(spec: Spec) -> list[str]:
    return [problem.id for problem in check(View(spec)) if "cardinality" in problem.id or "-budget" in problem.id]


def test_a_closed_metric_exposes_as_many_series_as_counted(tmp_path: Path) -> None:
    file = tmp_path / "spec.py"
    file.write_text("from promspec import *\n" + CLOSED)
    spec = load(file).spec
    assert spec is not None
    made = generated(CLOSED, tmp_path / "made")
    made.metrics.build_info.set(side="r")
    families = text_string_to_metric_families(made.text())
    samples = [sample for family in families for sample in family.samples if not sample.name.startswith("promspec_")]
    for metric in spec.all_metrics:
        exposed = [sample for sample in samples if sample.name in metric.series]
        assert len(exposed) == metric_series(metric), metric.name
    assert len(samples) == exposed_series(spec)


def test_an_open_label_counts_its_most_values_and_the_overflow() -> None:
    assert metric_series(OPEN) == (9 + 1) * 2


def test_what_the_instrumentation_adds_is_what_the_runtime_has() -> None:
    assert len(telemetry.KINDS) == TELEMETRY_KINDS
    assert telemetry.MOST_TYPES + 1 == UNMAPPED_TYPES
    assert len(consumers.REASONS) == DROP_REASONS
    assert own_series(SPEC) == 1 + TELEMETRY_KINDS + 2


def test_what_the_client_adds_is_what_it_exposes_here() -> None:
    from prometheus_client import REGISTRY, generate_latest

    text = generate_latest(REGISTRY).decode()
    own = [
        sample.name
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name.startswith(("process_", "python_"))
    ]
    assert len(own) == CLIENT_SERIES


@pytest.mark.parametrize(
    ("expr", "result", "reads"),
    [
        ("both_total", 6, 6),
        ('both_total{way="a"}', 2, 2),
        ('both_total{way=~"a|b",side="l"}', 2, 2),
        ("sum(rate(both_total[5m]))", 1, 6),
        ("sum by (way) (rate(both_total[5m]))", 3, 6),
        ("sum without (way) (rate(both_total[5m]))", 2, 6),
        ('sum by (way, side) (rate(both_total{way="a"}[5m]))', 2, 2),
        ("took_seconds_bucket", 8, 8),
        ("histogram_quantile(0.9, rate(took_seconds_bucket[5m]))", 2, 8),
        ("sum by (tenant) (rate(open_total[5m]))", 10, 20),
        ("tenant:open:rate5m", 10, 10),
        ('tenant:open:rate5m{tenant="x"} > 1', 1, 1),
        ("sum by (side) (both_total) / on (side) group_right sum by (side, way) (both_total)", 6, 12),
        ("sum by (side) (both_total) / sum by (side) (both_total)", 2, 12),
        ("both_total or open_total", 26, 26),
        ("both_total and on (side) open_total", 6, 26),
        ("topk(4, both_total)", 4, 6),
        ("topk by (way) (4, both_total)", 6, 6),
        ("absent(both_total)", 1, 6),
        ("vector(1)", 1, 0),
        ("2 * both_total > 1", 6, 6),
        ("max_over_time(rate(both_total[5m])[1h:])", 6, 6),
        ('{__name__=~"both_total|open_total"}', 26, 26),
        ("up", 1, 1),
        ("build_info", 1, 1),
    ],
)
def test_a_query_yields_and_reads_so_many_series(expr: str, result: int, reads: int) -> None:
    costs = Costs(SPEC, SpecSeries(SPEC))
    assert (costs.result(parse(expr)), costs.reads(parse(expr))) == (result, reads)


def test_a_metric_beyond_its_budget_is_named() -> None:
    metric = Counter("x_total", "Things.", labels=[way, side], series_budget=5)
    [problem] = [p for p in check(View(Spec("shop", owner="web", metrics=[metric]))) if p.id == "metric/series-budget"]
    assert problem.summary == "x_total can make 6 series, its budget is 5"
    assert ids(Spec("shop", owner="web", metrics=[Counter("x_total", "X.", labels=[way, side], series_budget=6)])) == []


def test_a_budget_stands_in_for_the_general_bound() -> None:
    many = Label("many", max_values=20_000)
    assert ids(Spec("s", owner="web", metrics=[Counter("x_total", "Xs.", labels=[many])])) == ["label/cardinality"]
    assert ids(Spec("s", owner="web", metrics=[Counter("x_total", "Xs.", labels=[many], series_budget=20_001)])) == []


def test_a_spec_beyond_its_budget_names_what_costs_most() -> None:
    spec = Spec("shop", owner="web", metrics=[BOTH, OPEN, TOOK], series_budget=37)
    [problem] = [p for p in check(View(spec)) if p.id == "spec/series-budget"]
    assert problem.summary == "the metrics can make 38 series, the budget is 37"
    assert problem.remedy.startswith("the most have open_total 20, took_seconds 12, both_total 6")
    assert ids(Spec("shop", owner="web", metrics=[BOTH, OPEN, TOOK], series_budget=38)) == []


def test_rules_alerts_and_panels_out_of_proportion_are_named() -> None:
    many, more = Label("many", max_values=3_000), Label("more", values=[str(number) for number in range(5)])
    metric = Counter("x_total", "Things.", labels=[many, more], series_budget=20_000)
    spec = Spec(
        "shop",
        owner="web",
        metrics=[metric],
        recording_rules=[
            RecordingRule("all:x:rate5m", "rate(x_total[5m])"),
            RecordingRule("many:x:rate5m", "sum by (many) (rate(x_total[5m]))"),
        ],
        alerts=[
            Alert("Each", "many:x:rate5m > 1", severity=Severity.INFO, summary="It is."),
            Alert("Any", "sum by (more) (many:x:rate5m) > 1", severity=Severity.INFO, summary="It is."),
        ],
        dashboards=[
            Dashboard(
                "Shop",
                [
                    Row(
                        "All",
                        [
                            TimeSeries("Raw", "Reads all.", "sum(rate(x_total[$__rate_interval]))", unit="reqps"),
                            TimeSeries("Recorded", "Reads few.", "sum(many:x:rate5m)", unit="reqps"),
                        ],
                    )
                ],
            )
        ],
    )
    found = {problem.id: problem for problem in check(View(spec)) if problem.id.endswith("/cardinality")}
    assert found["rule/cardinality"].summary == "the rule all:x:rate5m can record 15,005 series"
    assert found["alert/cardinality"].summary == "the alert Each can fire for 3,001 series at once"
    assert found["panel/cardinality"].summary == "the panel 'Raw' reads 15,005 series of each instance at every refresh"
    assert found["panel/cardinality"].remedy == "it shows 1: record them with a RecordingRule"
    assert len(found) == 3


@pytest.mark.parametrize("name", ["cad_ml_platform", "snakepit"])
def test_a_scrape_has_room_for_all_and_as_much_again(name: str) -> None:
    compiled = compile_spec(ROOT / "spec" / f"{name}.py")
    assert compiled.spec is not None
    files = {file.path: file.text for file in compiled.files}
    [scrape] = yaml.safe_load(files["deployment/prometheus.yml"])["scrape_configs"]
    counted = exposed_series(compiled.spec) + own_series(compiled.spec) + CLIENT_SERIES
    assert scrape["sample_limit"] >= max(2 * counted, counted + 1_000)
    monitor = yaml.safe_load(files["deployment/kubernetes/servicemonitor.yml"])
    assert monitor["spec"]["sampleLimit"] == scrape["sample_limit"]
    assert f"a scrape of more than {scrape['sample_limit']:,} samples" in files["catalog.md"]


def test_a_gauge_of_each_process_has_room_for_many_of_them() -> None:
    gauge = Gauge("level", "Level.", labels=[Label("many", max_values=99)], aggregation="process")
    assert sample_limit(Spec("shop", owner="web", metrics=[gauge])) >= 2 * 32 * 100


def test_a_declared_limit_is_taken_and_must_have_room() -> None:
    def spec(limit: int) -> Spec:
        return Spec("shop", owner="web", metrics=[BOTH], deployment=Deployment("shop", sample_limit=limit))

    needed = 6 + own_series(SPEC) - 2 + CLIENT_SERIES
    assert [p.id for p in check(View(spec(needed - 1)))].count("deployment/sample-limit") == 1
    assert [p.id for p in check(View(spec(needed)))].count("deployment/sample-limit") == 0
    assert [sample_limit(spec(limit)) for limit in (needed, 0)] == [needed, 0]


def test_a_spec_that_exposes_nothing_has_no_limit() -> None:
    assert sample_limit(Spec("shop", owner="web", metrics=[Counter("x_total", "Xs.", external=True)])) == 0
