"""The rules of an SLO, evaluated by promtool: they page on what matters, and only then."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from promspec import promtool
from promspec.pipeline import Compilation
from promspec.write import write

SPEC = """
from promspec import (
    SLO, Availability, Code, Counter, ErrorCodes, Histogram, Label, Latency, Operation, Ratio, Severity, Spec, Tier
)

provider = Label("provider", "The engine.", values=["paddle", "tesseract"])


class ErrorCode(ErrorCodes):
    INPUT_ERROR = Code("input_error", action="None.", spends_budget=False)
    INTERNAL_ERROR = Code("internal_error", action="Read the log.")


requests = Counter("requests_total", "Finished requests.", labels=[provider])
errors = Counter("errors_total", "Failed requests.", labels=[provider, ErrorCode.label])
duration = Histogram("wait_seconds", "Time to answer.", buckets=[0.5, 1, 2])
work = Operation("work", requests=requests, errors=errors)

spec = Spec(
    "shop",
    owner="web",
    error_codes=ErrorCode,
    operations=[work],
    slos=[
        SLO("work", Availability(work), objective=99.9),
        SLO("latency", Latency(duration, below=2), objective=99),
        SLO("each", Availability(work), objective=99.9, group_by=[provider]),
        SLO(
            "half-day",
            Ratio(bad=errors, total=requests),
            objective=99,
            tiers=[Tier("slow", short="1h", long="12h", budget=0.5, severity=Severity.WARNING)],
        ),
    ],
)
"""

OK = 'requests_total{job="j",instance="i",provider="paddle"}'
BAD = 'errors_total{job="j",instance="i",provider="paddle",code="internal_error"}'
REJECTED = 'errors_total{job="j",instance="i",provider="paddle",code="input_error"}'


@dataclass(frozen=True)
class Ask:
    """A question to the rules: PromQL, at a time, and the value it must have (None: no result)."""

    expr: str
    at: str
    value: float | None


def firing(tier: str, at: str, expected: bool, slo: str = "work") -> Ask:
    """Whether a tier's alert fires at a time."""
    expr = f'count(ALERTS{{alertstate="firing",slo="{slo}",tier="{tier}"}}) or vector(0)'
    return Ask(expr, at, 1.0 if expected else 0.0)


@pytest.fixture
def prove(tmp_path: Path, compiled: Callable[..., Compilation]) -> Callable[..., None]:
    """Run promtool's unit tests on the rules of SPEC with these series, 15 s apart."""

    def run(series: dict[str, str], asks: Sequence[Ask]) -> None:
        compilation = compiled(SPEC)
        assert compilation.ok, [str(problem) for problem in compilation.problems]
        write(compilation.files, tmp_path / "out")
        test = {
            "interval": "15s",
            "input_series": [{"series": name, "values": values} for name, values in series.items()],
            "promql_expr_test": [
                {
                    "expr": ask.expr,
                    "eval_time": ask.at,
                    "exp_samples": [] if ask.value is None else [{"labels": "{}", "value": ask.value}],
                }
                for ask in asks
            ],
        }
        document = {
            "rule_files": ["out/recording_rules.yml", "out/alerting_rules.yml"],
            "evaluation_interval": "30s",
            "tests": [test],
        }
        (tmp_path / "test.yml").write_text(yaml.safe_dump(document))
        result = promtool.test_rules(tmp_path / "test.yml")
        assert result.ok, "\n".join(result.messages)

    return run


def test_healthy_traffic_pages_nobody_and_keeps_the_budget(prove: Callable[..., None]) -> None:
    prove(
        {OK: "0+150x720", BAD: "0+0x720"},
        [
            *(firing(tier, "2h", False) for tier in ("page-fast", "page-slow", "ticket-fast", "ticket-slow")),
            Ask('max(slo:error_budget_remaining:ratio{slo="work"})', "2h", 1.0),
            Ask('max(slo:error_ratio:rate1h{slo="work"})', "2h", 0.0),
        ],
    )


def test_a_total_outage_pages_within_two_and_a_half_minutes_and_resolves(prove: Callable[..., None]) -> None:
    # An hour of clean traffic, ten minutes of nothing but errors, then clean again.
    prove(
        {OK: "0+150x520", BAD: "0+0x240 0+150x40 6000+0x240"},
        [
            firing("page-fast", "60m", False),
            firing("page-fast", "62m30s", True),
            firing("page-fast", "70m", True),
            firing("page-fast", "77m", False),
        ],
    )


def test_just_below_the_threshold_is_silent_and_just_above_pages(prove: Callable[..., None]) -> None:
    # page-fast: 14.4 x 0.1 % = 1.44 % of the events of an hour.
    prove({OK: "0+1000x400", BAD: "0+14x400"}, [firing("page-fast", "95m", False), firing("page-slow", "95m", True)])
    prove({OK: "0+1000x400", BAD: "0+15x400"}, [firing("page-fast", "95m", True)])


def test_no_traffic_is_no_error_and_never_nan(prove: Callable[..., None]) -> None:
    prove(
        {OK: "7+0x480", BAD: "3+0x480"},
        [
            firing("page-fast", "2h", False),
            Ask('max(slo:error_ratio:rate1h{slo="work"})', "2h", 0.0),
            Ask('max(slo:error_budget_remaining:ratio{slo="work"})', "2h", 1.0),
        ],
    )


def test_a_quiet_night_leaves_no_nan_in_the_budget(prove: Callable[..., None]) -> None:
    # Twenty minutes without a scrape, then healthy: what was lost is lost, what follows counts.
    prove(
        {OK: "0+150x120 _x80 18000+150x240", BAD: "0+0x120 _x80 0+0x240"},
        [Ask('max(slo:error_budget_remaining:ratio{slo="work"})', "105m", 1.0), firing("page-fast", "105m", False)],
    )


def test_one_failed_request_pages_nobody(prove: Callable[..., None]) -> None:
    # One request every five minutes, and one of them fails.
    quiet = " ".join(f"{n}+0x19" for n in range(1, 25))
    prove(
        {OK: quiet, BAD: "0+0x199 1+0x280"},
        [firing("page-fast", f"{minute}m", False) for minute in (50, 51, 52, 53, 55, 60, 90)],
    )


def test_a_counter_reset_is_no_outage(prove: Callable[..., None]) -> None:
    prove({OK: "0+150x240 0+150x240", BAD: "500+0x240 0+0x240"}, [firing("page-fast", "61m", False)])


def test_errors_that_spend_no_budget_page_nobody(prove: Callable[..., None]) -> None:
    prove(
        {OK: "0+150x400", BAD: "0+0x400", REJECTED: "0+75x400"},
        [firing("page-fast", "95m", False), Ask('max(slo:error_ratio:rate1h{slo="work"})', "95m", 0.0)],
    )


def test_without_an_error_series_there_were_no_errors(prove: Callable[..., None]) -> None:
    prove(
        {OK: "0+150x400"},
        [Ask('max(slo:error_ratio:rate1h{slo="work"})', "95m", 0.0), firing("page-fast", "95m", False)],
    )


def test_an_error_series_born_in_the_outage_pages(prove: Callable[..., None]) -> None:
    prove({OK: "0+150x400", BAD: "_x240 0+150x160"}, [firing("page-fast", "63m", True)])


def test_a_grouped_slo_pages_for_its_group_only(prove: Callable[..., None]) -> None:
    healthy, broken = OK.replace("paddle", "tesseract"), BAD.replace("paddle", "tesseract")
    prove(
        {OK: "0+150x400", BAD: "0+150x400", healthy: "0+150x400", broken: "0+0x400"},
        [
            firing("page-fast", "95m", True, slo="each"),
            Ask('count(ALERTS{alertstate="firing",slo="each",tier="page-fast",provider="paddle"})', "95m", 1.0),
            Ask('count(ALERTS{alertstate="firing",slo="each",provider="tesseract"})', "95m", None),
        ],
    )


def test_the_ratio_is_weighted_by_events_also_in_a_spike(prove: Callable[..., None]) -> None:
    # 11 h at 60 per minute without an error, then 1 h at 6,000 per minute of which half fail: 180,000 of 399,600.
    prove(
        {OK: "0+15x2640 39600+1500x240", BAD: "0+0x2640 0+750x240"},
        [Ask('abs(max(slo:error_ratio:rate12h{slo="half-day"}) / 0.45045 - 1) < bool 0.01', "12h", 1.0)],
    )


def test_slow_requests_burn_the_latency_budget(prove: Callable[..., None]) -> None:
    total = 'wait_seconds_count{job="j",instance="i"}'
    fast = 'wait_seconds_bucket{job="j",instance="i",le="2.0"}'
    prove(
        {total: "0+100x400", fast: "0+50x400"},
        [
            firing("page-fast", "95m", True, slo="latency"),
            Ask('round(max(slo:error_ratio:rate1h{slo="latency"}), 0.001)', "95m", 0.5),
        ],
    )
    prove({total: "0+100x400", fast: "0+100x400"}, [firing("page-fast", "95m", False, slo="latency")])
