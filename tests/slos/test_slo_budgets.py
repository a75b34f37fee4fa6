"""What remains of a budget, over a rolling period and a calendar month; the alerts on it. Evaluated by promtool."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.slo_corpus.notation import At, counter
from tests.support.rule_lab import rules_of, values

SPEC = """
from promspec import SLO, Counter, Deployment, Ratio, Spec

failed = Counter("failed_total", "Failed.")
done = Counter("done_total", "Done.")
spec = Spec(
    "shop",
    owner="web",
    slos=[SLO("it", Ratio(bad=failed, total=done), objective=99.9, SLO_MORE)],
    deployment=Deployment("shop", scrape_interval="SCRAPE", evaluation_interval="EVALUATION", absence_alerts=False),
)
"""
FAST, SLOW, HOURLY = ("15s", "30s"), ("1m", "4m"), ("1h", "1h")
DONE, FAILED = 'done_total{job="j",instance="i"}', 'failed_total{job="j",instance="i"}'
REMAINS = "max(slo:error_budget_remaining:ratio)"
OUTAGE = 30 * 86_400 * 0.001
"""The seconds of total outage that the budget of 30 days allows."""


def rules(tmp_path: Path, clock: tuple[str, str] = FAST, more: str = "") -> tuple[Path, ...]:
    text = SPEC.replace("SCRAPE", clock[0]).replace("EVALUATION", clock[1]).replace(", SLO_MORE", more)
    return rules_of(text, tmp_path)


def fires(tier: str) -> str:
    return f'count(ALERTS{{alertstate="firing",tier="{tier}"}}) or vector(0)'


def test_an_outage_costs_its_share_of_the_period_however_young_the_rules_are(tmp_path: Path) -> None:
    series = {
        DONE: counter([At("2h", 10)], "15s"),
        FAILED: counter([At("1h", 0), At("5m", 10), At("55m", 0)], "15s"),
    }
    asks = [(REMAINS, "59m"), (REMAINS, "1h10m"), (REMAINS, "1h55m")]
    left = 1 - 300 / OUTAGE
    assert values(rules(tmp_path), series, FAST, asks) == pytest.approx([1, left, left], abs=0.01)


def test_a_spent_budget_is_told_after_a_quarter_of_an_hour(tmp_path: Path) -> None:
    # 43 minutes and 12 seconds of outage are the budget.
    series = {DONE: counter([At("2h", 10)], "15s"), FAILED: counter([At("30m", 0), At("90m", 10)], "15s")}
    asks = [(REMAINS, "72m"), (REMAINS, "75m"), (fires("budget-exhausted"), "87m"), (fires("budget-exhausted"), "92m")]
    found = values(rules(tmp_path), series, FAST, asks)
    assert found[0] == pytest.approx(1 - 42 * 60 / OUTAGE, abs=0.02)
    assert found[1] is not None
    assert found[1] < 0
    assert found[2:] == [0.0, 1.0]


def test_the_end_of_the_budget_is_foreseen_when_a_slow_burn_lasts(tmp_path: Path) -> None:
    # 1.5 times the allowed rate: over a tenth of the period after two of three days, then it must last 6 hours.
    series = {DONE: counter([At("63h", 1)], "1m"), FAILED: counter([At("63h", 0.0015)], "1m")}
    asks = [(fires("budget-forecast"), at) for at in ("40h", "53h", "55h")]
    assert values(rules(tmp_path, SLOW), series, SLOW, asks) == [0.0, 0.0, 1.0]


def test_an_outage_that_is_over_is_no_forecast(tmp_path: Path) -> None:
    # Ten minutes of outage are more than the allowed rate of three days, for those three days.
    series = {
        DONE: counter([At("20h", 1)], "1m"),
        FAILED: counter([At("8h", 0), At("10m", 1), At("11h50m", 0)], "1m"),
    }
    asks = [
        (f"max(max_over_time(({fires('budget-forecast')})[20h:4m]))", "19h56m"),
        ("max(slo:error_ratio:rate3d)", "19h"),
    ]
    found = values(rules(tmp_path, SLOW), series, SLOW, asks)
    assert found[0] == 0.0
    assert found[1] is not None
    assert found[1] > 0.001


@pytest.mark.parametrize("rate", [0.0015, 0.006])
def test_at_low_traffic_single_failures_foretell_nothing(tmp_path: Path, rate: float) -> None:
    # A request a minute, of which one fails every 11 hours, or every 3: that is for a ticket, the speed does not last.
    done, failed = (counter([At("48h", value / 60)], "1m") for value in (1.0, rate))
    whole = {DONE: _floored(done), FAILED: _floored(failed)}
    asks = [(f"max(max_over_time(({fires('budget-forecast')})[47h:4m]))", "47h")]
    assert values(rules(tmp_path, SLOW, more=', traffic="1/m"'), whole, SLOW, asks) == [0.0]


def _floored(text: str) -> str:
    """The values as whole numbers, one by one."""
    start, _, rest = text.partition("+")
    step, _, count = rest.partition("x")
    return " ".join(str(int(float(start) + float(step) * n + 1e-9)) for n in range(int(count) + 1))


def test_the_budget_of_a_calendar_month_begins_anew_on_the_first(tmp_path: Path) -> None:
    """From January to February 1970, hour by hour: the sums that the rules record are given, for speed."""
    days = 40 * 24
    recorded = '{slo="it",spec="shop"}'
    # 1000 events an hour; on the 30th of January one hour has a quarter of the month's budget of failures, and on the
    # 3rd of February another has an eighth.
    bad = [0] * days
    bad[29 * 24 + 5], bad[33 * 24 + 5] = 180, 90
    series = {
        f"slo:events:increase4h{recorded}": f"1000x{days}",
        f"slo:bad_events:increase4h{recorded}": " ".join(map(str, bad)),
    }
    asks = [(REMAINS, at) for at in ("29d", "30d", "30d23h", "31d1h", "33d4h", "34d", "39d")]
    found = values(rules(tmp_path, HOURLY, more=', calendar="month", tiers=[]'), series, HOURLY, asks)
    assert found == pytest.approx([1, 0.75, 0.75, 1, 1, 0.875, 0.875], abs=0.03)


def test_the_budget_of_a_rolling_period_forgets_nothing_on_the_first(tmp_path: Path) -> None:
    days = 40 * 24
    bad = [0] * days
    bad[29 * 24 + 5] = 180
    recorded = '{slo="it",spec="shop"}'
    series = {
        f"slo:events:increase4h{recorded}": f"1000x{days}",
        f"slo:bad_events:increase4h{recorded}": " ".join(map(str, bad)),
    }
    asks = [(REMAINS, at) for at in ("30d", "31d1h", "39d")]
    found = values(rules(tmp_path, HOURLY, more=", tiers=[]"), series, HOURLY, asks)
    assert found == pytest.approx([0.75, 0.75, 0.75], abs=0.03)


def test_in_a_calendar_month_what_remains_must_last_until_its_end(tmp_path: Path) -> None:
    # At 0.6 times the allowed rate, with half of the budget left: too fast on the 10th, slow enough on the 27th.
    hours = 31 * 24
    recorded = '{slo="it",spec="shop"}'
    bad = ["0.6"] * hours
    bad[2 * 24] = "360"
    series = {
        f"slo:events:increase4h{recorded}": f"1000x{hours}",
        f"slo:bad_events:increase4h{recorded}": " ".join(bad),
    }
    asks = [(fires("budget-forecast"), at) for at in ("10d", "27d")]
    found = values(rules(tmp_path, HOURLY, more=', calendar="month", tiers=[]'), series, HOURLY, asks)
    assert found == [1.0, 0.0]
