"""A compressed clock: every duration is divided, nothing else changes, and promtool sees the same, as much sooner."""

from __future__ import annotations

import json
import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from promspec import promtool
from promspec.promql import parse
from promspec.quantities import duration, milliseconds
from promspec.stack import compressing
from promspec.stack.configuring import alertmanager_config, prometheus_config, rules
from promspec.stack.model import Wanted
from tests.conftest import ROOT

GENERATED = [ROOT / "output" / name for name in ("cad_ml_platform", "snakepit")]
CAD = GENERATED[0]
LENGTHS = st.integers(min_value=1, max_value=90 * 86_400_000)
SPEEDS = st.integers(min_value=1, max_value=240)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("rate(x_total[5m])", "rate(x_total[10s])"),
        ("x offset 1h + y offset -90s", "x offset 2m + y offset -3s"),
        ("max_over_time(rate(x_total[5m])[1h:30s] offset 1d)", "max_over_time(rate(x_total[10s])[2m:1s] offset 48m)"),
        ("rate(x_total[1m:] @ 300)", "rate(x_total[2s:] @ 300)"),
        ("slo:events:increase1m[5m]", "slo:events:increase1m[10s]"),
        ('x{of="5m"} > 300 and time() - y > 3600', 'x{of="5m"} > 300 and time() - y > 3600'),
        ("predict_linear(x[1d], 86400)", "predict_linear(x[48m], 86400)"),
        ("x offset 0s", "x offset 0s"),
    ],
)
def test_ranges_steps_and_offsets_are_divided_and_plain_numbers_and_names_stay(text: str, written: str) -> None:
    assert compressing.expression(text, 30) == written


@given(length=LENGTHS, speed=SPEEDS)
def test_a_duration_becomes_the_nearest_millisecond_and_never_nothing(length: int, speed: int) -> None:
    got = milliseconds(compressing.shortened(duration(length), speed))
    assert got >= 1
    assert got == 1 or abs(Fraction(length, speed) - got) <= Fraction(1, 2)


@given(range_=LENGTHS, offset=LENGTHS, speed=SPEEDS)
def test_an_expression_keeps_all_of_its_text_but_the_durations(range_: int, offset: int, speed: int) -> None:
    text = f'sum by (a) (rate(x_1m:y{{a="5m"}}[{duration(range_)}] offset {duration(offset)})) / 300 > 0.5'
    got = compressing.expression(text, speed)
    parse(got)
    lengths = r"(\[)[^\]]*(\])|(offset )\w+"
    assert re.sub(lengths, r"\1\2\3", got) == re.sub(lengths, r"\1\2\3", text)


@given(length=LENGTHS)
def test_at_a_speed_of_one_nothing_changes(length: int) -> None:
    text = f"rate(x_total[{duration(length)}])"
    assert compressing.expression(text, 1) == text


@pytest.mark.parametrize("generated", GENERATED, ids=lambda path: path.name)
@pytest.mark.parametrize("speed", [7, 30, 60])
def test_promtool_accepts_the_generated_rules_and_routes_at_any_speed(
    generated: Path, speed: int, tmp_path: Path
) -> None:
    wanted = Wanted(speed=speed)
    for name in ("recording_rules.yml", "alerting_rules.yml"):
        (tmp_path / name).write_text(yaml.safe_dump(rules(generated, name, wanted)), "utf-8")
    config = prometheus_config(generated, wanted, ["127.0.0.1:1"], "127.0.0.1:2")
    (tmp_path / "prometheus.yml").write_text(yaml.safe_dump(config), "utf-8")
    result = promtool.check_config(tmp_path / "prometheus.yml")
    written = sum(len(group["rules"]) for name in config["rule_files"] for group in _groups(generated / name))
    assert (result.messages, result.rules) == ((), written)
    routes = alertmanager_config(generated, wanted, "http://127.0.0.1:3/", tmp_path)
    routes.pop("templates", None)
    (tmp_path / "alertmanager.yml").write_text(yaml.safe_dump(routes), "utf-8")
    assert promtool.check_alertmanager(tmp_path / "alertmanager.yml").messages == ()


def _groups(path: Path) -> list[dict[str, Any]]:
    groups: list[dict[str, Any]] = yaml.safe_load(path.read_text("utf-8"))["groups"]
    return groups


def test_scrapes_groups_waits_and_repeats_are_divided() -> None:
    wanted = Wanted(speed=30)
    config = prometheus_config(CAD, wanted, ["a:1"], "b:2")
    assert (config["global"]["scrape_interval"], config["global"]["evaluation_interval"]) == ("500ms", "1s")
    alerts = {
        rule["alert"]: rule for group in rules(CAD, "alerting_rules.yml", wanted)["groups"] for rule in group["rules"]
    }
    assert alerts["HighErrorRate"]["for"] == "10s"
    assert "for" not in alerts["OcrAvailabilityBurnRatePageFast"]
    assert "within 1 hour" in alerts["OcrAvailabilityBurnRatePageFast"]["annotations"]["description"]
    assert {group["name"]: group["interval"] for group in rules(CAD, "recording_rules.yml", wanted)["groups"]}[
        "slo-ocr-availability-period"
    ] == "4s"
    route = alertmanager_config(CAD, wanted, "http://c:3/", Path())["route"]
    assert (route["group_wait"], route["group_interval"], route["repeat_interval"]) == ("1s", "10s", "8m")
    assert [child["repeat_interval"] for child in route["routes"]] == ["2m", "8m", "48m"]
    assert compressing.flags(30) == ("--query.lookback-delta=10s", "--rules.alert.resend-delay=2s")


def test_what_is_not_written_is_what_prometheus_and_alertmanager_take() -> None:
    assert compressing.prometheus({}, 30)["global"] == {"scrape_interval": "2s", "evaluation_interval": "2s"}
    route = compressing.alertmanager({"route": {"receiver": "a", "routes": [{"receiver": "b"}]}}, 30)["route"]
    assert (route["group_wait"], route["group_interval"], route["repeat_interval"]) == ("1s", "10s", "8m")
    assert route["routes"] == [{"receiver": "b"}]


@pytest.mark.slow
@pytest.mark.parametrize(("share", "tier"), [(40, "page-fast"), (8, "page-fast"), (8, "page-slow")])
def test_promtool_sees_a_tier_fire_at_the_same_step_of_both_clocks(share: int, tier: str, tmp_path: Path) -> None:
    """Of 40 events between two scrapes so many fail: each step of the faster clock sees what the slower one's does."""
    steps = {speed: _first_step(share, tier, speed, tmp_path / str(speed)) for speed in (1, 30)}
    assert steps[30] == steps[1]
    assert (steps[1] > 40) == (share == 8)  # a fifth of the events takes more than 20 minutes, all of them five


def _first_step(share: int, tier: str, speed: int, folder: Path) -> float:
    """The evaluation, counted from the beginning of the fault, at which the tier fires first."""
    folder.mkdir()
    before, end = 6 * 240, 7 * 240 + 120
    scrape, evaluation = Fraction(15, speed), Fraction(30, speed)
    groups = [
        group
        for name in ("recording_rules.yml", "alerting_rules.yml")
        for group in rules(CAD, name, Wanted(speed=speed))["groups"]
        if group["name"] in ("slo-ocr-availability-windows", "slo-ocr-availability-alerts")
    ]
    for group in groups:
        for rule in group["rules"]:
            rule.pop("annotations", None)
    where = 'slo="ocr-availability",spec="cad_ml_platform"'
    span = f"[{_seconds(scrape * end)}:{_seconds(evaluation)}]"
    told = f'min_over_time(timestamp(ALERTS{{alertstate="firing",tier="{tier}"}}){span})'
    series = {
        'ocr_requests_total{status="success"}': f"0+40x{end}",
        'ocr_errors_total{code="internal_error"}': f"0x{before} {share}+{share}x{end - before}",
        f"slo:recorded_since1m:timestamp_seconds{{{where}}}": f"-9000000x{end}",
    }
    test = {
        "interval": _seconds(scrape),
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "promql_expr_test": [{"expr": told, "eval_time": _seconds(scrape * end), "exp_samples": []}],
    }
    document = {
        "rule_files": ["rules.yml"],
        "evaluation_interval": _seconds(evaluation),
        "group_eval_order": [group["name"] for group in groups],
        "tests": [test],
    }
    (folder / "rules.yml").write_text(json.dumps({"groups": groups}), "utf-8")
    (folder / "test.yml").write_text(json.dumps(document), "utf-8")
    (message,) = promtool.test_rules(folder / "test.yml").messages
    (seconds,) = re.findall(r"got: .*\} ([0-9.E+]+)", message)
    return (float(seconds) - float(scrape * before)) / float(evaluation)


def _seconds(length: Fraction) -> str:
    return duration(int(length * 1000))
