"""The cost of queries: a fleet in a real Prometheus, whose answers by recorded and by scraped series are the same."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from promspec.load import load
from promspec.plan.recording_rules import plan_recording_rules
from promspec.plan.rules import Group, Record
from promspec.series import SpecSeries
from promspec.vocabulary.spec import Spec
from tests.support.backfilled import serving
from tests.support.grafana_queries import Target
from tools.bench_queries import queries, written_queries
from tools.query_cost.blocks import Chunk, Indexed, crc32c, index_of, read
from tools.query_cost.evaluating import Watch, behind, rule_costs
from tools.query_cost.expanding import Expansion, rules_of
from tools.query_cost.fleet import END, Fleet
from tools.query_cost.measuring import Asked, Meter, Values, differences
from tools.query_cost.recording import UNLIMITED, record, waves
from tools.query_cost.sending import RECEIVING, framed, send

SHOP = Path(__file__).with_name("shop.py")
INSTANCES, HOURS = 3, 1
ONE, ANOTHER = "host-000:8000", "host-002:8000"


def _spec() -> Spec:
    spec = load(SHOP).spec
    assert spec is not None
    return spec


SPEC = _spec()
SERIES = SpecSeries(SPEC)
GROUPS = plan_recording_rules(SPEC)
EXPANSION = Expansion(rules_of(GROUPS), SERIES)


@pytest.fixture(scope="module")
def meter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Meter]:
    folder = tmp_path_factory.mktemp("fleet")
    fleet = Fleet(SPEC, INSTANCES, HOURS)
    record(folder, fleet.write(folder), GROUPS, SERIES, fleet.begin, END)
    with serving(folder, *UNLIMITED) as server:
        yield Meter(server)


@pytest.fixture(scope="module")
def targets(tmp_path_factory: pytest.TempPathFactory) -> list[Target]:
    return list(queries(tmp_path_factory.mktemp("dashboards"), SHOP))


@pytest.mark.slow
def test_every_instance_has_every_series_of_the_spec(meter: Meter) -> None:
    count = len(Fleet(SPEC, INSTANCES, HOURS).curves)
    by_instance = {(("instance", f"host-{number:03}:8000"),): float(count) for number in range(INSTANCES)}
    assert meter.values('count by (instance) ({job="shop",instance!=""})', END) == by_instance
    assert meter.values("count(requests_total)", END) == {(): 4 * 2 * INSTANCES}
    assert meter.values('count_over_time(up{instance="host-001:8000"}[1h])', END) != {}


@pytest.mark.slow
def test_counters_run_at_their_speed_and_buckets_hold_ever_more(meter: Meter) -> None:
    (rate,) = meter.values("sum(rate(requests_total[30m]))", END).values()
    assert rate == pytest.approx(4.0 * INSTANCES * 4 / 3, rel=0.01)  # at the beginning of the day a third more
    buckets = meter.values("sum by (le) (took_seconds_bucket)", END)
    low, middle, high, every = (buckets[(("le", le),)] for le in ("0.1", "1.0", "10.0", "+Inf"))
    assert 0 < low < middle < high == every


@pytest.mark.slow
def test_every_query_has_the_same_values_by_scraped_series_alone(meter: Meter, targets: list[Target]) -> None:
    answers = {target.query: meter.values(target.query, END) for target in targets}
    assert all(answers.values()), answers
    different = {
        query: found
        for query, values in answers.items()
        if (found := list(differences(values, meter.values(EXPANSION.raw(query), END), 0.02)))
    }
    assert different == {}


@pytest.mark.slow
def test_scraped_series_are_many_more_samples(meter: Meter, targets: list[Target]) -> None:
    quantile = next(target for target in targets if "0.5" in target.query)
    ours, raw = (
        meter.cost(Asked(query, END - 600, END, 15), repeats=1).samples
        for query in (quantile.query, EXPANSION.raw(quantile.query))
    )
    assert 0 < 3 * ours < raw


@pytest.mark.slow
def test_the_cost_of_many_steps_is_told_from_a_few(meter: Meter) -> None:
    asked = Asked("sum(rate(requests_total[5m]))", END - 1800, END, 15)
    assert asked.steps == 121
    whole, told = meter.cost(asked, repeats=1), meter.cost(asked, repeats=1, limit=0.0)
    assert told.samples == whole.samples


def _chosen(query: str, instances: str) -> str:
    """The query as Grafana sends it while these instances are chosen instead of All."""
    return query.replace('instance=~".*"', f'instance=~"{instances}"').replace("(?:.*)", f"(?:{instances})")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("begins", "scraped"),
    [
        ("(sum by (engine) (job_engine:load", "avg by (engine) (load_ratio{HERE})"),
        ("(sum by (status) (avg_over_time", "sum by (status) (increase(requests_total{HERE}[60s]))"),
        ("(max by (status) (job_", "max by (status) (rate(requests_total{HERE}[10m]))"),
    ],
)
def test_whatever_is_recorded_of_all_instances_chosen_ones_are_read_as_they_are_scraped(
    meter: Meter, targets: list[Target], begins: str, scraped: str
) -> None:
    query = [target.query for target in targets if target.query.startswith(begins)][-1]
    expected = meter.values(scraped.replace("HERE", f'instance="{ONE}"'), END)
    assert expected != {}
    assert meter.values(_chosen(query, ONE), END) == pytest.approx(expected)
    everybody = meter.values(scraped.replace("{HERE}", ""), END)
    assert meter.values(query, END) == pytest.approx(everybody, rel=0.01)


@pytest.mark.slow
@pytest.mark.parametrize("chosen", [(ONE,), (ONE, ANOTHER)], ids=["one", "two"])
def test_chosen_instances_are_read_as_they_are_scraped(
    meter: Meter, targets: list[Target], chosen: tuple[str, ...]
) -> None:
    written = chosen[0] if len(chosen) == 1 else f"({'|'.join(chosen)})"  # as Grafana writes one value, and several
    query = next(target.query for target in targets if target.query.startswith("(sum by (status)"))
    assert "avg_over_time(" in query
    scraped = f'sum by (status) (rate(requests_total{{instance=~"{written}"}}[60s]))'
    expected = meter.values(scraped, END)
    assert len(expected) == 2
    assert meter.values(_chosen(query, written), END) == pytest.approx(expected)
    everybody: Values = meter.values(query, END)
    assert sum(everybody.values()) == pytest.approx(sum(expected.values()) * INSTANCES / len(chosen), rel=0.01)


def test_an_expansion_leaves_no_recorded_name(targets: list[Target]) -> None:
    recorded = [target.query for target in targets if EXPANSION.recorded(target.query)]
    assert len(recorded) == 15  # all but the gauge
    assert [EXPANSION.recorded(EXPANSION.raw(query)) for query in recorded] == [()] * 15


@pytest.mark.parametrize(
    ("query", "raw"),
    [
        ("load_ratio", "load_ratio"),
        ("engine:requests:rate5m", "((sum by (job, engine) (rate(requests_total[5m]))))"),
        (
            'code:errors:rate5m{code=~"t.*"} * 2',
            '((sum by (job, code) (rate(errors_total{code=~"t.*"}[5m])))) * 2',
        ),
        (
            "max_over_time(engine:requests:rate5m[1h])",
            "max_over_time(((sum by (job, engine) (rate(requests_total[5m]))))[1h:30s])",
        ),
        (
            "avg_over_time(engine:requests:rate5m[1h])",
            "((sum by (job, engine) (rate(requests_total[1h]))))",
        ),
        (
            "engine:requests:rate5m offset 1h",
            "last_over_time(((sum by (job, engine) (rate(requests_total[5m]))))[30s:30s] offset 1h)",
        ),
        ('here:load:max{place="elsewhere"}', "(vector(1) < 0)"),
    ],
)
def test_a_recorded_series_becomes_what_its_rule_asks(query: str, raw: str) -> None:
    assert EXPANSION.raw(query) == raw


@pytest.mark.slow
def test_what_rules_cost_is_shared_by_what_prometheus_spends_on_each(tmp_path: Path) -> None:
    fleet = Fleet(SPEC, INSTANCES, 1, int(time.time()) - 600)
    record(tmp_path, fleet.write(tmp_path), GROUPS, SERIES, fleet.begin, fleet.end)
    often = [replace(group, interval="1s") for group in GROUPS]
    costs = rule_costs(tmp_path, fleet, often, Watch(seconds=8, warm=2, times=2, pause=1))
    names = {rule.record for group in GROUPS for rule in group.rules if isinstance(rule, Record)}
    assert costs.by_name.keys() == names
    assert all(cost > 0 for cost in costs.by_name.values())
    assert sum(costs.by_name.values()) == pytest.approx(costs.total)
    assert 0.001 < costs.total < 1
    assert costs.of(["engine:requests:rate5m", "unknown"]) == costs.by_name["engine:requests:rate5m"]
    assert [path.name for path in (tmp_path / "tsdb").iterdir() if path.name in ("wal", "chunks_head")] == []


@pytest.mark.slow
def test_samples_that_are_sent_are_those_that_a_block_has(meter: Meter, tmp_path: Path) -> None:
    fleet = Fleet(SPEC, INSTANCES, 1)
    with serving(tmp_path, RECEIVING) as server:
        send(server.url, fleet.curves, fleet.names, fleet.begin, range(fleet.begin, END + 1, fleet.scrape))
        latest = 'last_over_time({instance="host-001:8000"}[1h])'
        query = f'label_replace({latest}, "series", "$1", "__name__", "(.+)")'
        sent, blocks = Meter(server).values(query, END), meter.values(query, END)
    assert len(sent) == len(fleet.curves)
    assert sent == blocks


def test_a_message_is_framed_as_snappy_has_it() -> None:
    assert framed(b"a" * 300) == b"\xac\x02" + b"\xfc" + b"\x2b\x01\x00\x00" + b"a" * 300


def test_what_a_query_reads_is_told_with_the_rules_behind_it() -> None:
    assert behind(EXPANSION, ["job:errors:ratio * load_ratio"]) == {
        "job:errors:ratio",
        "code:errors:rate5m",
        "engine:requests:rate5m",
    }
    assert behind(EXPANSION, ["slo:events:sum30d"]) == {
        "slo:events:sum30d",
        "slo:events:sum2m",
        "slo:events:increase1m",
    }


def test_the_queries_of_a_spec_are_compared_as_they_were_written(tmp_path: Path, targets: list[Target]) -> None:
    written = [target.query for target in written_queries(tmp_path, SPEC)]
    assert [EXPANSION.recorded(query) for query in written].count(
        ()
    ) == 7  # what is recorded for the dashboard, and the gauge
    assert len(written) == len(targets)
    assert 'sum by (status) (rate(requests_total{job=~".*",instance=~".*",engine=~".*"}[60s]))' in written


def test_rules_run_after_those_that_they_read() -> None:
    order = [
        [rule.record for group in wave for rule in group.rules if isinstance(rule, Record)]
        for wave in waves(GROUPS, SERIES)
    ]
    place = {name: number for number, wave in enumerate(order) for name in wave}
    assert place["engine:requests:rate5m"] < place["job:errors:ratio"]
    assert place["slo:events:increase1m"] < place["slo:events:sum2m"] < place["slo:events:sum30d"]
    assert sum(len(wave) for wave in order) == sum(len(group.rules) for group in GROUPS)


def test_rules_that_read_each_other_are_refused() -> None:
    group = Group("round", "30s", (Record("a", "b + 1"), Record("b", "a + 1")))
    with pytest.raises(AssertionError, match="rules that read each other: a, b"):
        list(waves([group], SERIES))


def test_an_index_is_read_as_it_was_written(tmp_path: Path) -> None:
    series = [
        Indexed((("__name__", "a"), ("x", "ü" * 200)), (Chunk(-5, 10, 0, 8), Chunk(20, 30, 2, 4_000_000_000))),
        Indexed((("__name__", "b"),), (Chunk(0, 0, 1, 8),)),
    ]
    path = tmp_path / "index"
    path.write_bytes(index_of(series))
    assert list(read(path)) == series


def test_the_checksum_is_castagnolis() -> None:
    assert crc32c(b"123456789") == 0xE3069283  # the check value of the catalogue of CRC algorithms


def test_differences_are_told() -> None:
    one: Values = {(("a", "1"),): 1.0, (("a", "2"),): 5.0}
    other: Values = {(("a", "1"),): 1.005, (("a", "3"),): float("nan")}
    assert list(differences(one, other, 0.01)) == [
        "{'a': '2'}: only the first has it",
        "{'a': '3'}: only the second has it",
    ]
    assert list(differences({(): float("nan")}, {(): float("nan")}, 0.01)) == []
    assert list(differences({(): 1.0}, {(): 1.1}, 0.01)) == ["{}: 1.0 and 1.1"]
