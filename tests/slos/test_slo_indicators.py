"""What an SLO can be measured by: histograms, good events, the age of something, a condition. Evaluated by promtool."""

from __future__ import annotations

from pathlib import Path

import pytest
from prometheus_client.utils import floatToGoString

from tests.slo_corpus.notation import At, Gap, counter, gauge
from tests.support.rule_lab import rules_of, values

SPEC = """
from promspec import (
    SLO, Counter, Deployment, Freshness, Gauge, Histogram, Holds, Label, Latency, Ratio, Spec
)

table = Label("table", "Which.", values=["a", "b"])
sent = Counter("sent_total", "Sent.")
mails = Counter("mails_total", "Mails.")
wait = Histogram("wait_seconds", "How long.", buckets=[0.5, 1, 2])
loaded = Gauge("loaded_timestamp_seconds", "When a table was loaded.", labels=[table])
ready = Gauge("ready", "1 when ready.")
idle = Gauge("idle_workers", "Idle workers.")

spec = Spec(
    "shop",
    owner="web",
    metrics=[sent, mails, wait, loaded, ready, idle],
    slos=[SLO("it", SLI, objective=99)],
    deployment=Deployment("shop", absence_alerts=False),
)
"""
CLOCK = ("15s", "30s")
TARGET = 'job="j",instance="i"'
RATIO = "max(slo:error_ratio:rate5m)"
PAGES = 'count(ALERTS{alertstate="firing",tier="page-fast"}) or vector(0)'


def measured(
    tmp_path: Path, sli: str, series: dict[str, str], *asks: tuple[str, str], by: str = ""
) -> list[float | None]:
    text = SPEC.replace("SLI", sli).replace("objective=99", f"objective=99{by}")
    return values(rules_of(text, tmp_path), series, CLOCK, asks)


def test_slow_requests_burn_the_latency_budget(tmp_path: Path) -> None:
    total, fast = f"wait_seconds_count{{{TARGET}}}", f'wait_seconds_bucket{{{TARGET},le="2.0"}}'
    half = measured(
        tmp_path, "Latency(wait, below=2)", {total: "0+100x400", fast: "0+50x400"}, (RATIO, "80m"), (PAGES, "80m")
    )
    assert half == pytest.approx([0.5, 1.0])
    none = measured(
        tmp_path, "Latency(wait, below=2)", {total: "0+100x400", fast: "0+100x400"}, (RATIO, "80m"), (PAGES, "80m")
    )
    assert none == [0.0, 0.0]


def test_where_no_good_event_was_ever_counted_every_event_is_bad(tmp_path: Path) -> None:
    found = measured(
        tmp_path,
        "Ratio(good=sent, total=mails)",
        {f"mails_total{{{TARGET}}}": "0+10x200"},
        (RATIO, "10m"),
        (PAGES, "30m"),
    )
    assert found == [1.0, 1.0]


def test_good_events_that_are_counted_later_than_all_are_not_bad(tmp_path: Path) -> None:
    # Every 10 minutes 600 mails are taken on within a minute; they are sent over the next five.
    taken = " ".join([f"{600 * n}+150x3 {600 * n + 600}x35" for n in range(9)])
    done = " ".join([f"{600 * n}x3 {600 * n}+30x19 {600 * n + 600}x15" for n in range(9)])
    series = {f"mails_total{{{TARGET}}}": taken, f"sent_total{{{TARGET}}}": done}
    asks = [("max(slo:error_ratio:rate1h)", "80m"), (PAGES, "80m"), ("max(slo:error_ratio:rate30m) >= bool 0", "77m")]
    found = measured(tmp_path, "Ratio(good=sent, total=mails)", series, *asks)
    assert found == [pytest.approx(0, abs=0.001), 0.0, 1.0]


def test_failures_without_any_event_are_a_total_outage(tmp_path: Path) -> None:
    # Here `mails` counts only what succeeded: in the outage it stands still.
    series = {
        f"mails_total{{{TARGET}}}": counter([At("30m", 1), At("30m", 0)], "15s"),
        f"sent_total{{{TARGET}}}": counter([At("30m", 0), At("30m", 1)], "15s"),
    }
    asks = [(RATIO, "29m"), (RATIO, "40m"), (PAGES, "29m"), (PAGES, "40m")]
    assert measured(tmp_path, "Ratio(bad=sent, total=mails)", series, *asks) == [0.0, 1.0, 0.0, 1.0]


@pytest.mark.parametrize("le", ["2", "2.0"])
def test_a_bucket_of_something_else_is_read_in_whatever_way_its_client_prints_it(tmp_path: Path, le: str) -> None:
    sli = 'Latency(Histogram("go_seconds", "By another client.", buckets=[1, 2], external=True), below=2)'
    series = {f"go_seconds_count{{{TARGET}}}": "0+100x100", f'go_seconds_bucket{{{TARGET},le="{le}"}}': "0+75x100"}
    assert measured(tmp_path, sli, series, (RATIO, "20m")) == pytest.approx([0.25])


def test_a_bucket_of_a_million_is_read_as_the_client_prints_it(tmp_path: Path) -> None:
    sli = 'Latency(Histogram("upload_bytes", "How large.", buckets=[1024, 1048576]), below=1048576)'
    bucket = f'upload_bytes_bucket{{{TARGET},le="{floatToGoString(1_048_576)}"}}'
    series = {f"upload_bytes_count{{{TARGET}}}": "0+100x100", bucket: "0+75x100"}
    assert measured(tmp_path, sli, series, (RATIO, "20m")) == pytest.approx([0.25])


def test_rates_count_as_the_events_they_stand_for(tmp_path: Path) -> None:
    # Two failures in an hour of low traffic are what every tier waits for; in rates they would be 0.03.
    rates = 'Ratio(bad="sum(rate(sent_total[$window]))", total="sum(irate(mails_total[$window]))")'
    series = {f"mails_total{{{TARGET}}}": "0+1x200", f"sent_total{{{TARGET}}}": counter([At("20m", 0.1)], "15s")}
    events = 'sum_over_time(slo:bad_events:increase1m{slo="it"}[10m]) * 0.5'
    found = measured(tmp_path, rates, series, (events, "19m"), (RATIO, "19m"))
    assert found == pytest.approx([60, 1.5], rel=0.05)


def test_something_is_fresh_until_its_limit_has_passed(tmp_path: Path) -> None:
    # Loaded every 5 minutes; from the 40th minute on no more.
    times = " ".join(f"{minute * 60}+0x19" for minute in range(0, 40, 5)) + " 2100x200"
    asks = [(RATIO, "30m"), (RATIO, "44m"), (RATIO, "50m30s"), (PAGES, "44m"), (PAGES, "60m")]
    found = measured(
        tmp_path, 'Freshness(loaded, within="10m")', {f'loaded_timestamp_seconds{{{TARGET},table="a"}}': times}, *asks
    )
    assert found == [0.0, 0.0, 1.0, 0.0, 1.0]


def test_what_was_never_loaded_is_not_fresh_and_what_is_no_number_neither(tmp_path: Path) -> None:
    a, b = (f'loaded_timestamp_seconds{{{TARGET},table="{name}"}}' for name in "ab")
    asks = [('max(slo:error_ratio:rate5m{table="a"})', "40m"), ('max(slo:error_ratio:rate5m{table="b"})', "40m")]
    found = measured(
        tmp_path,
        'Freshness(loaded, within="10m")',
        {a: "0x400", b: " ".join(["NaN"] * 200)},
        *asks,
        by=", group_by=[table]",
    )
    assert found == [1.0, 1.0]


def test_each_series_is_an_event_and_max_makes_the_newest_one_count(tmp_path: Path) -> None:
    series = {
        f'loaded_timestamp_seconds{{{TARGET},table="a"}}': "0+15x400",
        f'loaded_timestamp_seconds{{{TARGET},table="b"}}': "0x400",
    }
    assert measured(tmp_path, 'Freshness(loaded, within="10m")', series, (RATIO, "40m")) == [0.5]
    newest = 'Freshness(f"max({loaded})", within="10m")'
    assert measured(tmp_path / "newest", newest, series, (RATIO, "40m")) == [0.0]


@pytest.mark.parametrize(
    ("sli", "name"),
    [
        ("Holds(ready)", "ready"),
        ('Holds(f"{idle} > 0")', "idle_workers"),
        ('Holds(f"{idle} >= bool 1")', "idle_workers"),
        ('Holds(f"({idle} != 0)")', "idle_workers"),
    ],
)
def test_a_condition_is_good_while_it_holds(tmp_path: Path, sli: str, name: str) -> None:
    parts = [At("30m", 1), At("6m", 0), At("20m", 1)]
    asks = [(RATIO, "29m"), (RATIO, "35m30s"), (RATIO, "45m"), (PAGES, "29m"), (PAGES, "35m")]
    found = measured(tmp_path, sli, {f"{name}{{{TARGET}}}": gauge(parts, "15s")}, *asks)
    assert found == [0.0, 1.0, 0.0, 0.0, 0.0]


def test_a_condition_that_fails_for_its_share_of_an_hour_pages(tmp_path: Path) -> None:
    # 14.4 x 1 % of an hour: 8 minutes and 38 seconds.
    series = {f"ready{{{TARGET}}}": gauge([At("30m", 1), At("20m", 0)], "15s")}
    assert measured(tmp_path, "Holds(ready)", series, (PAGES, "38m"), (PAGES, "39m30s")) == [0.0, 1.0]


def test_a_gauge_that_is_not_there_is_no_event(tmp_path: Path) -> None:
    series = {f"ready{{{TARGET}}}": gauge([At("20m", 1), Gap("20m", stale=True), At("20m", 1)], "15s")}
    asks = [("max(slo:events:increase1m) or vector(0)", "30m"), (RATIO, "45m"), (PAGES, "45m")]
    assert measured(tmp_path, "Holds(ready)", series, *asks) == [0.0, 0.0, 0.0]


def test_a_ratio_of_texts_counts_what_they_say(tmp_path: Path) -> None:
    sli = 'Ratio(bad="sum(increase(mails_total[$window])) - sum(increase(sent_total[$window]))", total=mails)'
    series = {
        f"mails_total{{{TARGET}}}": counter([At("40m", 4)], "15s"),
        f"sent_total{{{TARGET}}}": counter([At("40m", 3)], "15s"),
    }
    assert measured(tmp_path, sli, series, (RATIO, "30m")) == pytest.approx([0.25])
