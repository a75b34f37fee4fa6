"""The cost of queries: a fleet in a real Prometheus, whose answers by recorded and by scraped series are the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from promspec.load import load
from promspec.plan.recording_rules import plan_recording_rules
from promspec.plan.rules import Group, Record
from promspec.series import SpecSeries
from promspec.vocabulary.spec import Spec
from tests.support.backfilled import serving
from tests.support.grafana_queries import Target
from tools.bench_queries import queries
from tools.query_cost.blocks import Chunk, Indexed, crc32c, index_of, read
from tools.query_cost.expanding import Expansion, rules_of
from tools.query_cost.fleet import END, Fleet
from tools.query_cost.measuring import Asked, Meter, Values, differences
from tools.query_cost.recording import UNLIMITED, record, waves

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
    assert len(recorded) == 12  # all but the gauge
    assert [EXPANSION.recorded(EXPANSION.raw(query)) for query in recorded] == [()] * 12


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
