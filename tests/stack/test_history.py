"""What the SLOs' rules shall have recorded before the start: read back from the blocks by promtool."""

from __future__ import annotations

import subprocess
import time
from decimal import Decimal
from pathlib import Path

import pytest

from promspec import promtool
from promspec.objectives import Clock
from promspec.stack.history import Budgeted, backfill, lines
from promspec.stack.model import Past, Wanted

CLOCK = Clock("15s", "30s")
NOW = 1_800_000_000_000


def _samples(wanted: Wanted, *slos: Budgeted) -> dict[str, list[tuple[float, float]]]:
    found: dict[str, list[tuple[float, float]]] = {}
    for line in lines("shop", slos, wanted, NOW):
        series, value, at = line.rsplit(" ", 2)
        found.setdefault(series, []).append((float(at) - NOW / 1000, float(value)))
    return found


def test_a_history_alone_is_the_age_of_the_rules() -> None:
    found = _samples(Wanted(history="31d"), Budgeted("orders", CLOCK))
    series = 'slo:recorded_since1m:timestamp_seconds{slo="orders",spec="shop"}'
    assert found == {series: [(-3600.0, NOW / 1000 - 31 * 86_400)]}


def test_on_a_fast_clock_the_age_is_told_within_the_period_that_is_looked_back_over() -> None:
    found = _samples(Wanted(history="31d", speed=240), Budgeted("orders", CLOCK, "1d"))
    ((at, since),) = next(iter(found.values()))
    assert (at, since) == (-180.0, NOW / 1000 - 31 * 86_400)  # of the period's 360 s


@pytest.mark.parametrize("speed", [1, 30])
def test_events_are_recorded_with_every_evaluation_and_summed_by_the_slow_group(speed: int) -> None:
    """20 events a second of the wall: in a base window of 1 minute (or 2 s) 1,200 (or 40)."""
    found = _samples(Wanted(past=(Past("orders", Decimal(20)),), speed=speed), Budgeted("orders", CLOCK, "7d"))
    base = found['slo:events:increase1m{slo="orders",spec="shop"}']
    slow = found['slo:events:sum2m{slo="orders",spec="shop"}']
    assert {value for _, value in base} == {1200 / speed}
    assert {value for _, value in slow} == {4 * 1200 / speed}
    assert (len(base), base[0][0], base[-1][0]) == (720, -21_600 / speed, -30 / speed)
    assert (len(slow), slow[0][0], slow[-1][0]) == (5040, -604_800 / speed, -120 / speed)
    assert len(found) == 2, "nothing failed"


def test_the_last_of_the_events_fail_as_long_and_as_many_as_is_said() -> None:
    past = Past("orders", Decimal(20), Decimal("0.05"), "2h")
    found = _samples(Wanted(past=(past,), speed=30), Budgeted("orders", CLOCK))
    base = found['slo:bad_events:increase1m{slo="orders",spec="shop"}']
    slow = found['slo:bad_events:sum2m{slo="orders",spec="shop"}']
    assert (len(base), base[0], base[-1]) == (240, (-240.0, 2.0), (-1.0, 2.0))
    assert (len(slow), slow[0], slow[-1]) == (60, (-240.0, 8.0), (-4.0, 8.0))


def test_each_group_of_labels_has_its_own_and_an_slo_that_is_not_named_none() -> None:
    grouped = Budgeted("orders", CLOCK, labels={"shop": ('a"b', "ü")})
    found = _samples(Wanted(past=(Past("orders", Decimal(1)),)), grouped, Budgeted("other", CLOCK))
    wanted = {
        f'slo:events:{name}{{slo="orders",spec="shop",shop="{shop}"}}'
        for name in ("increase1m", "sum2m")
        for shop in (r"a\"b", "ü")
    }
    assert set(found) == wanted


@pytest.mark.slow
def test_promtool_reads_the_same_back_and_it_ends_when_prometheus_finds_its_targets(tmp_path: Path) -> None:
    slo = Budgeted("orders", CLOCK, labels={"shop": ('a"b\\c', "ü")})
    past = Past("orders", Decimal(20), Decimal("0.05"), "2h")
    began = time.time()
    backfill("shop", [slo], Wanted(history="31d", past=(past,), speed=30), tmp_path)
    (tmp_path / "prometheus-data" / "wal").mkdir()  # without one promtool does not take it for a database
    command = [str(promtool.find()), "tsdb", "dump", str(tmp_path / "prometheus-data")]
    dumped = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.splitlines()
    bad = [line for line in dumped if '__name__="slo:bad_events:increase1m"' in line and 'shop="ü"' in line]
    assert len(bad) == 240
    assert {line.split()[-2] for line in bad} == {"2"}
    moments = [int(line.split()[-1]) / 1000 for line in dumped]
    assert began + 3.5 < max(moments) <= time.time() + 5
    assert {line.split("{")[1].split("}")[0] for line in dumped if "recorded_since" in line} == {
        '__name__="slo:recorded_since1m:timestamp_seconds", shop="a\\"b\\\\c", slo="orders", spec="shop"',
        '__name__="slo:recorded_since1m:timestamp_seconds", shop="ü", slo="orders", spec="shop"',
    }
