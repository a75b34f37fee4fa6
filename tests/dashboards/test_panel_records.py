"""What dashboards have recorded for them: which sums of rates, under which names, and how panels ask for them."""

from __future__ import annotations

from promspec import Counter, Dashboard, Deployment, Gauge, Histogram, Label, RecordingRule, Row, Spec, TimeSeries
from promspec.plan.dashboards import plan_dashboards
from promspec.plan.recording_rules import plan_recording_rules
from promspec.plan.rules import Record
from promspec.series import SpecSeries

engine = Label("engine", "Which engine.", values=["a", "b"])
outcome = Label("outcome", "How it ended.", values=["ok", "failed", "refused"])
done = Counter("done_total", "Done.", labels=[engine, outcome])
few = Counter("few_total", "Few.", labels=[engine])
took = Histogram("took_seconds", "How long.", labels=[engine], buckets=[0.1, 1, 10])
load = Gauge("load", "Load.", labels=[engine, outcome])
others = Counter("others_total", "Not ours.", labels=[engine, outcome], external=True)
METRICS = [done, few, took, load, others]


def _spec(*queries: str, variables: tuple[Label, ...] = (), **held: object) -> Spec:
    panel = TimeSeries("Chart", "A chart.", list(queries), unit="short")
    board = Dashboard("Board", [Row("Row", [panel])], variables=variables)
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


def test_a_quantile_reads_recorded_buckets_and_few_counts_as_they_are() -> None:
    spec = _spec("histogram_quantile(0.9, sum by (le) (rate(took_seconds_bucket[$__rate_interval])))")
    assert _recorded(spec) == {"job_le:took_seconds_bucket:rate1m": "sum by (job, le) (rate(took_seconds_bucket[1m]))"}
    assert _recorded(_spec("sum(rate(took_seconds_count[$__rate_interval]))")) == {}


def test_what_is_cheap_or_not_a_sum_of_rates_over_the_dashboards_range_stays_as_it_is() -> None:
    left = [
        "sum by (engine) (rate(few_total[$__rate_interval]))",
        "sum by (instance) (rate(done_total[$__rate_interval]))",
        'sum(rate(done_total{instance="x"}[$__rate_interval]))',
        "sum without (engine) (rate(done_total[$__rate_interval]))",
        "max by (outcome) (rate(done_total[$__rate_interval]))",
        "sum by (outcome) (increase(done_total[$__rate_interval]))",
        "sum by (outcome) (rate(done_total[5m]))",
        "sum by (outcome) (rate(done_total[$__rate_interval] offset 1h))",
        "sum by (outcome) (load)",
        "sum by (outcome) (rate(others_total[$__rate_interval]))",
    ]
    spec = _spec(*left)
    assert _recorded(spec) == {}
    assert all("avg_over_time" not in query for query in _asked(spec))


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
