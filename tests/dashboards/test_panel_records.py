"""What dashboards have recorded for them: which aggregates, under which names, how often; how panels ask for them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from promspec import (
    Counter,
    Dashboard,
    Deployment,
    Gauge,
    Histogram,
    Label,
    RecordingRule,
    Row,
    Spec,
    Table,
    TimeSeries,
)
from promspec.load import load as load_spec
from promspec.plan.dashboards import plan_dashboards
from promspec.plan.recording_rules import plan_recording_rules
from promspec.plan.rules import Record
from promspec.series import SpecSeries
from promspec.vocabulary.panels import Panel

engine = Label("engine", "Which engine.", values=["a", "b"])
outcome = Label("outcome", "How it ended.", values=["ok", "failed", "refused"])
done = Counter("done_total", "Done.", labels=[engine, outcome])
took = Histogram("took_seconds", "How long.", labels=[engine], buckets=[0.1, 1, 10])
load = Gauge("load", "Load.", labels=[engine, outcome])
others = Counter("others_total", "Not ours.", labels=[engine, outcome], external=True)
METRICS = [done, took, load, others]


def _spec(*queries: str, variables: tuple[Label, ...] = (), **held: object) -> Spec:
    panel = TimeSeries("Chart", "A chart.", list(queries), unit="short")
    return _holding([panel], variables, "30s", **held)


def _holding(panels: Sequence[Panel], variables: tuple[Label, ...] = (), refresh: str = "30s", **held: object) -> Spec:
    board = Dashboard("Board", [Row("Row", panels)], variables=variables, refresh=refresh)
    return Spec("shop", owner="web", metrics=METRICS, dashboards=[board], **held)  # type: ignore[arg-type]


def _recorded(spec: Spec) -> dict[str, str]:
    rules = [rule for group in plan_recording_rules(spec) if "dashboards" in group.name for rule in group.rules]
    return {rule.record: rule.expr for rule in rules if isinstance(rule, Record)}


def _asked(spec: Spec) -> list[str]:
    (plan,) = plan_dashboards(spec, SpecSeries(spec))
    return [query.expr for row in plan.rows for panel in row.panels for query in panel.queries]


def test_a_sum_of_rates_over_the_fleet_is_recorded_without_the_instance() -> None:
    spec = _spec("sum by (outcome) (rate(done_total[$__rate_interval]))")
    assert _recorded(spec) == {"job_outcome:done:rate1m": "sum by (job, outcome) (rate(done_total[1m]))"}


def test_a_panel_reads_what_is_recorded_of_all_instances_and_what_is_scraped_of_chosen_ones() -> None:
    spec = _spec("sum by (outcome) (rate(done_total[$__rate_interval]))")
    assert _asked(spec) == [
        "(sum by (outcome) (avg_over_time("
        'job_outcome:done:rate1m{instance="",instance=~"$instance",job=~"$job"}[$__rate_interval]))'
        " or sum by (outcome) (rate("
        'done_total{instance=~"$instance",instance!~"(?:$instance){9}",job=~"$job"}[$__rate_interval])))'
    ]


def test_conditions_and_variables_keep_their_labels_in_what_is_recorded() -> None:
    spec = _spec('sum(rate(done_total{outcome!="ok"}[$__rate_interval]))', variables=(engine,))
    assert list(_recorded(spec)) == ["job_engine_outcome:done:rate1m"]
    assert 'job_engine_outcome:done:rate1m{outcome!="ok",instance="",' in _asked(spec)[0]
    assert _asked(spec)[0].count('engine=~"$engine"') == 2


def test_a_quantile_reads_recorded_buckets() -> None:
    spec = _spec("histogram_quantile(0.9, sum by (le) (rate(took_seconds_bucket[$__rate_interval])))")
    assert _recorded(spec) == {"job_le:took_seconds_bucket:rate1m": "sum by (job, le) (rate(took_seconds_bucket[1m]))"}


@pytest.mark.parametrize("op", ["sum", "max", "min", "count"])
def test_an_aggregate_of_a_gauge_is_recorded_and_aggregated_further(op: str) -> None:
    spec = _spec(f"{op} by (engine) (load)")
    assert _recorded(spec) == {f"job_engine:load:{op}": f"{op} by (job, engine) (load)"}
    further = "sum" if op == "count" else op
    assert _asked(spec) == [
        f'({further} by (engine) (job_engine:load:{op}{{instance="",instance=~"$instance",job=~"$job"}})'
        f' or {op} by (engine) (load{{instance=~"$instance",instance!~"(?:$instance){{9}}",job=~"$job"}}))'
    ]


def test_a_mean_is_a_recorded_sum_by_a_recorded_count() -> None:
    spec = _spec("avg by (engine) (load)")
    assert _recorded(spec) == {
        "job_engine:load:sum": "sum by (job, engine) (load)",
        "job_engine:load:count": "count by (job, engine) (load)",
    }
    assert _asked(spec)[0].startswith(
        '(sum by (engine) (job_engine:load:sum{instance="",instance=~"$instance",job=~"$job"})'
        ' / sum by (engine) (job_engine:load:count{instance="",'
    )


def test_an_increase_over_the_dashboards_range_is_a_recorded_rate_times_that_range() -> None:
    spec = _spec("sum by (outcome) (increase(done_total[$__rate_interval]))")
    assert _recorded(spec) == {"job_outcome:done:rate1m": "sum by (job, outcome) (rate(done_total[1m]))"}
    assert (
        "[$__rate_interval])) * $__rate_interval_ms / 1000 or sum by (outcome) (increase(done_total{" in _asked(spec)[0]
    )


@pytest.mark.parametrize(
    ("query", "name", "interval"),
    [
        ("max by (outcome) (rate(done_total[5m]))", "job_outcome:done:max_rate5m", "30s"),
        ("sum by (outcome) (increase(done_total[3600s]))", "job_outcome:done:increase1h", "1m"),
        ("sum(max_over_time(load[100m]))", "job:load:max_over_time1h40m", "90s"),
        ("min(increase(done_total[1w]))", "job:done:min_increase7d", "4m"),
    ],
)
def test_a_fixed_window_is_recorded_as_often_as_it_shows_something_new(query: str, name: str, interval: str) -> None:
    spec = _spec(query)
    assert list(_recorded(spec)) == [name]
    made = [each for each in plan_recording_rules(spec) if "dashboards" in each.name]
    assert [(each.name, each.interval) for each in made] == [("shop-dashboards-1", interval)]
    assert "_over_time(job" not in _asked(spec)[0]


def test_what_is_made_from_a_finer_record_follows_it_in_its_group() -> None:
    spec = _spec("sum(rate(done_total[$__rate_interval]))", "sum by (engine) (rate(done_total[$__rate_interval]))")
    assert list(_recorded(spec).items()) == [
        ("job_engine:done:rate1m", "sum by (job, engine) (rate(done_total[1m]))"),
        ("job:done:rate1m", "sum by (job) (job_engine:done:rate1m)"),
    ]


def test_counts_are_added_up_from_finer_ones() -> None:
    spec = _spec("count(load)", "count by (engine) (load)")
    assert _recorded(spec)["job:load:count"] == "sum by (job) (job_engine:load:count)"


def test_of_what_every_process_exposes_only_the_processes_of_the_spec_are_recorded() -> None:
    spec = _spec("max by (job) (process_resident_memory_bytes)")
    ours = 'and on (job, instance) promspec_info{spec="shop"}'
    assert _recorded(spec) == {
        "job:process_resident_memory_bytes:max": f"max by (job) (process_resident_memory_bytes {ours})"
    }
    external = Spec("shop", owner="web", metrics=[others], dashboards=spec.dashboards)
    assert _recorded(external) == {}


@pytest.mark.parametrize(
    ("window", "refresh", "recorded"),
    [("1d", "30s", True), ("1d", "31s", False), ("1h", "30s", False), ("1d", "0s", False), ("1h", "7s", True)],
)
def test_an_instant_query_is_recorded_where_its_rule_runs_far_more_rarely(
    window: str, refresh: str, recorded: bool
) -> None:
    table = Table("Table", "A table.", f"sum by (outcome) (increase(done_total[{window}]))", unit="short")
    spec = _holding([table], refresh=refresh)
    assert bool(_recorded(spec)) == recorded


def test_an_instant_query_reads_what_is_recorded_for_another_panel() -> None:
    query = "sum by (outcome) (increase(done_total[1h]))"
    panels = [cls("Panel", "A panel.", query, unit="short") for cls in (TimeSeries, Table)]
    spec = _holding(panels)
    assert ["job_outcome:done:increase1h" in query for query in _asked(spec)] == [True, True]


def test_what_tells_instances_apart_or_cannot_be_told_from_less_stays_as_it_is() -> None:
    left = [
        "sum by (instance) (rate(done_total[$__rate_interval]))",
        'sum(rate(done_total{instance="x"}[$__rate_interval]))',
        "sum without (engine) (rate(done_total[$__rate_interval]))",
        "max by (outcome) (rate(done_total[$__rate_interval]))",
        "sum by (outcome) (max_over_time(load[$__rate_interval]))",
        "sum by (outcome) (increase(done_total[$__range]))",
        "sum by (outcome) (rate(done_total[$__rate_interval] offset 1h))",
        "sum by (outcome) (absent_over_time(load[1h]))",
        "stddev by (outcome) (load)",
        "quantile by (outcome) (0.5, load)",
        "topk(3, load)",
        "sum by (outcome) (abs(load))",
        'sum by (outcome) (load{engine="$engine"})',
        "sum by (outcome) (rate(others_total[$__rate_interval]))",
        "sum(up)",
    ]
    spec = _spec(*left, variables=(engine,))
    assert _recorded(spec) == {}
    assert all("instance!~" not in query for query in _asked(spec))


def test_a_rule_of_the_spec_keeps_its_name_and_the_panel_its_query() -> None:
    own = RecordingRule("job_outcome:done:rate1m", "sum by (job, outcome) (rate(done_total[9m]))")
    spec = _spec("sum by (outcome) (rate(done_total[$__rate_interval]))", recording_rules=[own])
    assert _recorded(spec) == {}
    assert "avg_over_time" not in _asked(spec)[0]


def test_labels_that_read_alike_when_joined_do_not_share_a_rule() -> None:
    joined = Label("a_b", "Both.", values=["1", "2", "3"])
    first, second = Label("a", "One.", values=["1", "2", "3"]), Label("b", "Two.", values=["1", "2", "3"])
    both = Counter("both_total", "Both.", labels=[joined, first, second])
    queries = [f"sum by ({by}) (rate(both_total[$__rate_interval]))" for by in ("a_b", "a, b")]
    board = Dashboard("Board", [Row("Row", [TimeSeries("Chart", "A chart.", queries, unit="short")])])
    spec = Spec("shop", owner="web", metrics=[both], dashboards=[board])
    assert _recorded(spec) == {"job_a_b:both:rate1m": "sum by (job, a_b) (rate(both_total[1m]))"}
    assert ["avg_over_time" in query for query in _asked(spec)] == [True, False]


def test_where_rules_run_too_rarely_for_an_average_the_last_value_is_shown() -> None:
    slow = Deployment("shop", port=80, image="shop:1", scrape_interval="15s", evaluation_interval="2m")
    spec = _spec("sum by (outcome) (rate(done_total[$__rate_interval]))", deployment=slow)
    assert _recorded(spec) == {"job_outcome:done:rate4m": "sum by (job, outcome) (rate(done_total[4m]))"}
    assert "avg_over_time" not in _asked(spec)[0]
    assert _asked(spec)[0].startswith('(sum by (outcome) (job_outcome:done:rate4m{instance="",')


def test_groups_hold_as_many_rules_as_mimir_allows() -> None:
    metrics = [Counter(f"m{number}_total", "M.", labels=[engine, outcome]) for number in range(23)]
    queries = [f"sum by (outcome) (rate({metric}[$__rate_interval]))" for metric in metrics]
    board = Dashboard("Board", [Row("Row", [TimeSeries("Chart", "A chart.", queries, unit="short")])])
    groups = plan_recording_rules(Spec("shop", owner="web", metrics=metrics, dashboards=[board]))
    assert [(group.name, len(group.rules)) for group in groups] == [
        ("shop-dashboards-1", 20),
        ("shop-dashboards-2", 3),
    ]


def test_a_dashboard_that_is_no_dashboard_has_nothing_recorded(tmp_path: Path) -> None:
    path = tmp_path / "spec.py"
    path.write_text(
        "from promspec import *\n"
        'load = Gauge("load", "How much it has to do.")\n'
        'panel = TimeSeries("P", "A panel.", f"max({load})", unit="short")\n'
        'board = Dashboard("B", [Row("R", [panel])], refresh="banana")\n'
        'spec = Spec("shop", owner="web", metrics=[load], dashboards=[board])\n',
        encoding="utf-8",
    )
    loaded = load_spec(path)
    assert [problem.id for problem in loaded.problems] == ["value/duration"]
    assert loaded.spec is not None
    assert SpecSeries(loaded.spec).panel_records == ()
