"""The closed formula of time to alert, budget spent and time to resolve, against what promtool sees of the rules."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from promspec import objectives
from promspec.pipeline import Compilation
from promspec.simulating.formula import Pace, alarm, error_ratios, pace
from promspec.simulating.measuring import measured
from promspec.simulating.model import Simulation, simulate

SPEC = """
from promspec import SLO, Counter, Deployment, Gauge, Holds, Label, Ratio, Severity, Spec, Tier

route = Label("route", "Which part.", values=["a", "b"])
requests = Counter("requests_total", "Finished requests.", labels=[route])
errors = Counter("errors_total", "Failed requests.", labels=[route])
workers = Gauge("idle_workers", "Workers that wait.")


def slo(name, **more):
    return SLO(name, Ratio(bad=errors, total=requests), **{{"objective": 99.9, **more}})


spec = Spec(
    "shop",
    owner="web",
    metrics=[workers],
    slos=[
        slo("strict"),
        slo("loose", objective=95),
        slo("short", window="7d"),
        slo("busy", traffic="50/s"),
        slo("rare", traffic="1/m"),
        slo("by-route", group_by=[route]),
        slo("own", tiers=[Tier("now", short="2m", long="10m", budget=0.01, severity=Severity.CRITICAL, for_="90s")]),
        SLO("idle", Holds(f"{{workers}} > 0"), objective=99),
    ],
    {deployment}
)
"""
SLOW_CLOCK = 'deployment=Deployment("shop", scrape_interval="30s", evaluation_interval="1m"),'


def simulations(compiled: Callable[..., Compilation], deployment: str = "") -> tuple[Compilation, list[Simulation]]:
    compilation = compiled(SPEC.format(deployment=deployment))
    assert compilation.spec is not None
    assert compilation.ok, [str(problem) for problem in compilation.problems]
    return compilation, [simulate(compilation.spec, slo) for slo in compilation.spec.slos]


@pytest.mark.slow
@pytest.mark.parametrize("deployment", ["", SLOW_CLOCK], ids=["usual clock", "slow clock"])
def test_the_formula_agrees_with_promtool_to_one_evaluation(
    compiled: Callable[..., Compilation], deployment: str
) -> None:
    compilation, calculated = simulations(compiled, deployment)
    spec, plan = compilation.spec, compilation.plan
    assert spec is not None
    assert plan is not None
    found = measured(spec, calculated, plan.recording_rules, plan.alerting_rules, 90 * 60_000)
    compared = 0
    for simulation in found:
        for row in simulation.rows:
            if row.first.fires > 90 * 60_000:
                assert row.seen is None
                continue
            assert row.seen is not None, (simulation.slo.name, row.ratio)
            what = (simulation.slo.name, str(row.ratio), row.first.tier.name, row.first.fires, row.seen)
            assert row.seen.tier == row.first.tier.name, what
            step = simulation.pace.interval(row.first.tier)
            assert abs(row.seen.fires - row.first.fires) <= step, what
            assert row.seen.resolves is not None, what
            assert abs(row.seen.resolves - row.first.resolves) <= 2 * step, what
            compared += 1
    assert compared >= 30
    assert {simulation.slo.name for simulation in found if any(row.seen for row in simulation.rows)} == {
        slo.name for slo in spec.slos
    }


@pytest.mark.slow
def test_the_slow_tiers_agree_with_promtool_too(compiled: Callable[..., Compilation]) -> None:
    compilation, calculated = simulations(compiled)
    spec, plan = compilation.spec, compilation.plan
    assert spec is not None
    assert plan is not None
    short = next(item for item in calculated if item.slo.name == "short")
    (found,) = measured(spec, [short], plan.recording_rules, plan.alerting_rules, 12 * 3_600_000)
    slow = [row for row in found.rows if objectives.is_slow(row.first.tier.long)]
    assert slow
    for row in slow:
        assert row.seen is not None
        assert row.seen.tier == row.first.tier.name
        # A sum of sums shares its ends in Prometheus 2, so a window is as much as 1/240 longer.
        assert abs(row.seen.fires / row.first.fires - 1) < 0.02


def test_the_bare_time_is_threshold_times_window_over_ratio(compiled: Callable[..., Compilation]) -> None:
    _, calculated = simulations(compiled)
    strict = calculated[0]
    outage = strict.rows[0]
    assert outage.ratio == 1
    assert outage.first.tier.name == "page-fast"
    assert outage.first.bare == 51_840  # 14.4 x 0.001 x 3600 s
    assert outage.first.fires == 90_000
    assert float(outage.first.budget) == pytest.approx(90 / 2592)
    assert outage.first.failed is None
    half = next(row for row in strict.rows if row.ratio == Decimal("0.5"))
    assert half.first.bare == 103_680


def test_an_error_ratio_at_or_below_the_threshold_never_alerts(compiled: Callable[..., Compilation]) -> None:
    _, calculated = simulations(compiled)
    strict = calculated[0]
    fast = strict.tiers[0]
    assert alarm(strict.slo, fast, fast.threshold, strict.pace) is None
    assert alarm(strict.slo, fast, fast.threshold + Decimal("0.00001"), strict.pace) is not None


def test_little_traffic_delays_the_alert_until_enough_events_failed(compiled: Callable[..., Compilation]) -> None:
    _, calculated = simulations(compiled)
    busy, rare = (next(item for item in calculated if item.slo.name == name) for name in ("busy", "rare"))
    assert rare.rows[0].first.fires > busy.rows[0].first.fires
    failed = rare.rows[0].first.failed
    assert failed is not None
    assert failed >= rare.rows[0].first.tier.minimum


def test_the_recorded_events_feel_a_fault_by_the_square_of_time_at_first() -> None:
    usual = Pace(scrape=15_000, evaluation=30_000, base=60_000, slow=120_000, state=False)
    assert [usual.felt(count) for count in (0, 1, 2, 3, 4)] == [0, 15_000, 45_000, 75_000, 105_000]
    for length in (0, 1, 14_999, 15_000, 44_999, 45_000, 60_000, 75_000, 1_000_001):
        count = usual.until_felt(Decimal(length))
        assert usual.felt(count) > length
        assert usual.felt(count - 1) <= length
    state = Pace(scrape=15_000, evaluation=30_000, base=60_000, slow=120_000, state=True)
    assert state.until_felt(Decimal(60_000)) == 3


def test_error_ratios_go_down_to_the_last_that_alerts(compiled: Callable[..., Compilation]) -> None:
    _, calculated = simulations(compiled)
    strict = calculated[0]
    assert [str(ratio) for ratio in error_ratios(strict.tiers)][:5] == ["1", "0.5", "0.2", "0.1", "0.05"]
    assert min(error_ratios(strict.tiers)) == Decimal("0.002")
    assert error_ratios(()) == ()
    assert pace(strict.slo, None) == strict.pace
