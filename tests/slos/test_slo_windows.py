"""The ratios of an SLO, evaluated by promtool: weighted by events in every window, exact at thresholds."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.slo_corpus.notation import At, counter
from tests.support.rule_lab import rules_of, values

SPEC = """
from promspec import SLO, Availability, Code, Counter, Deployment, ErrorCodes, Label, Operation, Spec

provider = Label("provider", "The engine.", values=["paddle", "it's"])


class ErrorCode(ErrorCodes):
    INPUT_ERROR = Code("input_error", action="None.", spends_budget=False)
    INTERNAL_ERROR = Code("internal_error", action="Read the log.")


requests = Counter("requests_total", "Finished requests.", labels=[provider])
errors = Counter("errors_total", "Failed requests.", labels=[provider, ErrorCode.label])
work = Operation("work", requests=requests, errors=errors)

spec = Spec(
    "shop",
    owner="web",
    error_codes=ErrorCode,
    operations=[work],
    slos=[SLO("work", Availability(work), objective=99.9, budget_forecast=None, SLO_MORE)],
    deployment=Deployment("shop", scrape_interval="SCRAPE", evaluation_interval="EVALUATION", absence_alerts=False),
)
"""
FAST, SLOW = ("15s", "30s"), ("1m", "4m")
OK = 'requests_total{job="j",instance="i",provider="paddle"}'
BAD = 'errors_total{job="j",instance="i",provider="paddle",code="internal_error"}'
REJECTED = 'errors_total{job="j",instance="i",provider="paddle",code="input_error"}'


def spec(clock: tuple[str, str] = FAST, more: str = "") -> str:
    return SPEC.replace("SCRAPE", clock[0]).replace("EVALUATION", clock[1]).replace(", SLO_MORE", more)


def fires(tier: str, by: str = "") -> str:
    return f'count(ALERTS{{alertstate="firing",tier="{tier}"{by}}}) or vector(0)'


@pytest.mark.parametrize(
    ("clock", "windows", "before"),
    [
        (FAST, {"5m": 300, "30m": 1800, "1h": 3600, "2h": 7200, "6h": 21600}, "6h"),
        (SLOW, {"1d": 86400, "3d": 259200}, "3d"),
    ],
    ids=["fast", "slow"],
)
def test_every_window_is_weighted_by_events_also_in_a_hundredfold_spike(
    tmp_path: Path, clock: tuple[str, str], windows: dict[str, int], before: str
) -> None:
    # A request per second without an error; then for a while a hundred, of which half fail; then as before.
    spike, after = (120, "1m30s") if clock == FAST else (1200, "12m")
    parts = (At(before, 1), At(f"{spike}s", 100), At("1h", 1)), (At(before, 0), At(f"{spike}s", 50), At("1h", 0))
    series = {OK: counter(parts[0], clock[0]), BAD: counter(parts[1], clock[0])}
    at = f"{before}{spike // 60 + (2 if clock == FAST else 12)}m"
    found = values(
        rules_of(spec(clock), tmp_path),
        series,
        clock,
        [(f"max(slo:error_ratio:rate{window})", at) for window in windows],
    )
    true = [50 * spike / (100 * spike + length - spike) for length in windows.values()]
    assert found == pytest.approx(true, rel=0.01), after


def test_just_below_the_threshold_is_silent_and_just_above_pages(tmp_path: Path) -> None:
    # page-fast: 14.4 x 0.1 % = 1.44 % of the events of an hour.
    rules = rules_of(spec(), tmp_path)
    for failed, expected in ((14.3, 0.0), (14.5, 1.0)):
        series = {OK: "0+1000x400", BAD: f"0+{failed}x400"}
        assert values(rules, series, FAST, [(fires("page-fast"), "95m")]) == [expected]


def test_the_slow_page_waits_for_its_share_of_six_hours_however_young_the_rules_are(tmp_path: Path) -> None:
    # page-slow: 6 x 0.1 % of six hours; 1.4 % of the events exceed that after 0.6 / 1.4 of them: 2 h 34 min, and `for`.
    series = {OK: "0+1000x800", BAD: "0+14x800"}
    asks = [(fires("page-slow"), "2h33m"), (fires("page-slow"), "2h40m"), (fires("page-fast"), "2h40m")]
    assert values(rules_of(spec(), tmp_path), series, FAST, asks) == [0.0, 1.0, 0.0]


def test_errors_that_spend_no_budget_count_for_nothing(tmp_path: Path) -> None:
    series = {OK: "0+150x400", BAD: "0+0x400", REJECTED: "0+75x400"}
    asks = [(fires("page-fast"), "95m"), ("max(slo:error_ratio:rate1h)", "95m")]
    assert values(rules_of(spec(), tmp_path), series, FAST, asks) == [0.0, 0.0]


def test_a_grouped_slo_pages_for_its_group_only_and_names_it(tmp_path: Path) -> None:
    other = (OK.replace("paddle", "it's"), BAD.replace("paddle", "it's"))
    series = {OK: "0+150x300", BAD: "0+0x300", other[0]: "0+150x300", other[1]: "0+150x300"}
    asks = [
        (fires("page-fast", ',provider="it\'s"'), "70m"),
        (fires("page-fast", ',provider="paddle"'), "70m"),
        ('slo:error_ratio:rate1h{provider="it\'s"}', "70m"),
    ]
    rules = rules_of(spec(more=", group_by=[provider]"), tmp_path)
    assert values(rules, series, FAST, asks) == [1.0, 0.0, 1.0]


def test_of_an_slo_that_is_grouped_by_team_every_team_is_told(tmp_path: Path) -> None:
    teams = [OK.replace("provider", "team"), BAD.replace("provider", "team")]
    others = [series.replace("paddle", "it's") for series in teams]
    rules = rules_of(spec(more=", group_by=[provider]").replace("provider", "team"), tmp_path)
    asks = [(fires("page-fast", by), "70m") for by in (',team="paddle"', ',team="it\'s"', ',team="web"')]
    assert values(rules, dict.fromkeys((*teams, *others), "0+150x300"), FAST, asks) == [1.0, 1.0, 0.0]


@pytest.mark.parametrize("evaluation", ["30s", "1m", "2m"])
def test_what_happens_at_the_moment_of_an_evaluation_is_counted(tmp_path: Path, evaluation: str) -> None:
    # Five jobs end on every full minute, 5 s after a scrape and 10 s before the next one, which is the first to see
    # them. Being always at the same place between evaluations, each is seen in one base window or in two.
    series = {OK: " ".join(f"_ _ {5 * (n // 4)}" for n in range(200))}
    base = {"30s": "1m", "1m": "2m", "2m": "4m"}[evaluation]
    asks = [(f"sum_over_time(slo:events:increase{base}[30m]) * 0.5", "40m")]
    found = values(rules_of(spec(("15s", evaluation)), tmp_path), series, ("5s", evaluation), asks)
    assert found == pytest.approx([150], rel=0.45)


def test_with_another_base_window_the_history_begins_anew(tmp_path: Path) -> None:
    # The rules recorded over 1m for a month, and for an hour over 4m: three minutes of outage are no share of a month.
    clock = ("1m", "1m")
    since = 'slo:recorded_since1m:timestamp_seconds{slo="work",spec="shop"}'
    series = {OK: "0+60x100", BAD: "0x50 0+60x3 180x50", since: "-2592000x100"}
    asks = [("max(slo:error_budget_remaining:ratio)", "90m"), (fires("page-slow"), "90m")]
    found = values(rules_of(spec(clock), tmp_path), series, clock, asks)
    assert found == [pytest.approx(1 - 180 / 2592, abs=0.02), 0.0]


def test_the_standard_windows_cover_the_base_window_of_rare_scrapes(tmp_path: Path) -> None:
    # Scrapes every 2 minutes make a base window of 8: the shortest window of the standard tiers is that long too.
    clock = ("2m", "1m")
    series = {OK: "0+120x120", BAD: "0x60 0+120x60"}
    rules = rules_of(spec(clock), tmp_path)
    asks = [(fires("page-fast"), "2h"), (fires("page-fast"), "2h8m"), ("max(slo:error_ratio:rate8m)", "2h20m")]
    assert values(rules, series, clock, asks) == [0.0, 1.0, 1.0]


def test_slos_whose_names_are_made_of_the_same_words_keep_groups_of_their_own(tmp_path: Path) -> None:
    more = ', traffic="1/s"), SLO("work-slow", Availability(work), objective=99'
    loaded = [yaml.safe_load(path.read_text()) for path in rules_of(spec(more=more), tmp_path)]
    for groups in (document["groups"] for document in loaded):
        names = [group["name"] for group in groups]
        assert len(set(names)) == len(names) == 4
        for group in groups:
            assert len({rule["labels"]["slo"] for rule in group["rules"]}) == 1
            slow = any("3d" in rule["expr"] for rule in group["rules"])
            assert group["interval"] == ("2m" if slow else "30s")


@pytest.mark.parametrize(("traffic", "fired"), [("", 1.0), (', traffic="600/m"', 0.0)])
def test_declared_traffic_tells_how_many_failures_mean_something(tmp_path: Path, traffic: str, fired: float) -> None:
    # In a night with a hundredth of the declared traffic six requests fail: a tenth, which the tier is for.
    parts = (At("1h", 1), At("10m", 0.1)), (At("1h", 0), At("10m", 0.01))
    series = {OK: counter(parts[0], "15s"), BAD: counter(parts[1], "15s")}
    tier = ', tiers=[Tier("x", short="5m", long="10m", budget=0.01, severity="critical")]'.replace(
        '"critical"', "Severity.CRITICAL"
    )
    text = spec(more=tier + traffic).replace("Operation, Spec", "Operation, Severity, Spec, Tier")
    assert values(rules_of(text, tmp_path), series, FAST, [(fires("x"), "70m")]) == [fired]
