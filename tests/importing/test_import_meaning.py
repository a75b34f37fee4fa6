"""Imported rules mean what the original meant: both are evaluated by promtool on the same series.

The original's rules are written here anew, by Sloth's published formula: each window's ratio is the error query over
the total query, and an alert fires when a short and a long window both exceed factor x budget.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from promspec import promtool
from promspec.importing import import_openslo, import_sloth
from promspec.pipeline import compile_spec
from promspec.write import write

CASES = Path(__file__).parent / "cases"
PAIRS = {"page": (("5m", "1h", "14.4"), ("30m", "6h", "6"))}
WINDOWS = ("5m", "30m", "1h", "6h", "30d")


pytestmark = pytest.mark.slow


def sloth_rules(file: Path, only: str) -> dict[str, Any]:
    """The rules that Sloth's formula gives for one SLO of a file, with the labels `original` and `urgency`."""
    rules: list[dict[str, Any]] = []
    for document in yaml.safe_load_all(file.read_text(encoding="utf-8")):
        for slo in document.get("spec", document)["slos"]:
            rules += _original(slo) if slo["name"] == only else []
    return {"groups": [{"name": "original", "rules": rules}]}


def _original(slo: dict[str, Any]) -> list[dict[str, Any]]:
    events, raw = slo["sli"].get("events"), slo["sli"].get("raw")
    if events:
        bad, total = (events.get(f"{key}_query", events.get(f"{key}Query")) for key in ("error", "total"))
        ratio = f"({bad}) / ({total})"
    else:
        ratio = f"({raw['error_ratio_query']})"
    labels = {"original": slo["name"]}
    rules = []
    for window in WINDOWS:
        text = re.sub(r"\{\{-?\s*\.window\s*-?\}\}", window, ratio)
        rules.append({"record": f"original:ratio_rate{window}", "expr": text, "labels": labels})
    period = f'original:ratio_rate5m{{original="{slo["name"]}"}}[30d]'
    rules[-1]["expr"] = f"sum_over_time({period}) / count_over_time({period})"
    for urgency, pairs in PAIRS.items():
        budget = f"({(100 - slo['objective']) / 100:.6f})"
        where = f'{{original="{slo["name"]}"}}'
        sides = (
            f"(original:ratio_rate{short}{where} > {factor} * {budget} and "
            f"original:ratio_rate{long}{where} > {factor} * {budget})"
            for short, long, factor in pairs
        )
        rules.append({"alert": "Original", "expr": " or ".join(sides), "labels": {**labels, "urgency": urgency}})
    return rules


@dataclass(frozen=True)
class Scene:
    """Series for an SLO: an hour of health, 55 minutes of outage, health again; and the same without outage."""

    case: str
    slo: str
    name: str
    series: tuple[tuple[str, str, str], ...]
    """Name, values while all is well, values with the outage; a sample every 15 s."""


def counter(name: str, healthy: int, broken: int) -> tuple[str, str, str]:
    """A counter that grows by so much in each scrape, and by `broken` during the outage."""
    before, after = healthy * 240, healthy * 240 + broken * 220
    failing = f"{before + broken}+{broken}x219 {after + healthy}+{healthy}x199"
    return name, f"0+{healthy}x660", f"0+{healthy}x240 {failing}"


def gauge(name: str, healthy: float, broken: float) -> tuple[str, str, str]:
    """A gauge of these values."""
    return name, f"{healthy}x660", f"{healthy}x240 {broken}x219 {healthy}x199"


SCENES = (
    Scene(
        "sloth_shop",
        "orders-availability",
        "orders-availability",
        (
            counter('checkout_orders_total{job="checkout",code="200"}', 150, 0),
            counter('checkout_orders_total{job="checkout",code="500"}', 0, 150),
            counter('checkout_orders_total{job="other",code="500"}', 900, 900),
        ),
    ),
    Scene(
        "sloth_shop",
        "orders-latency",
        "orders-latency",
        (
            counter('checkout_order_duration_seconds_count{job="checkout"}', 100, 100),
            counter('checkout_order_duration_seconds_bucket{job="checkout",le="0.4"}', 100, 10),
        ),
    ),
    Scene(
        "sloth_kubernetes_resource",
        "calls",
        "calls",
        (counter('gateway_calls_total{outcome="ok"}', 90, 10), counter('gateway_calls_total{outcome="lost"}', 0, 80)),
    ),
    Scene(
        "sloth_raw_ratios",
        "satisfaction",
        "satisfaction",
        (gauge('wifi_satisfaction_ratio{client="a"}', 1, 0), gauge('wifi_satisfaction_ratio{client="b"}', 0.99, 0)),
    ),
    Scene(
        "sloth_raw_ratios",
        "lost-packets",
        "lost-packets",
        (counter("wifi_packets_total", 1000, 1000), counter("wifi_packets_lost_total", 1, 900)),
    ),
    Scene("sloth_raw_ratios", "uplink", "uplink", (gauge('uplink:error:ratio{site="home",uplink="dsl"}', 0.01, 1),)),
    Scene(
        "sloth_gauges",
        "good-clients",
        "good-clients",
        tuple(gauge(f'wifi_client_satisfaction_ratio{{client="{n}"}}', 0.9, 0.1) for n in range(5)),
    ),
    Scene("sloth_gauges", "targets-up", "targets-up", (gauge('up{namespace="wifi",job="a"}', 1, 0),)),
    Scene(
        "sloth_grouped",
        "by-route",
        "by-route",
        (
            counter('api_requests_total{route="/a",class="2xx"}', 50, 5),
            counter('api_requests_total{route="/a",class="5xx"}', 0, 45),
            counter('api_requests_total{route="/b",class="2xx"}', 5000, 5000),
        ),
    ),
    Scene(
        "sloth_grouped",
        "slow-by-route",
        "slow-by-route",
        (
            counter('api_duration_seconds_count{route="/a",code="200"}', 50, 50),
            counter('api_duration_seconds_bucket{route="/a",code="200",le="5"}', 50, 5),
            counter('api_duration_seconds_count{route="/a",code="204"}', 50, 50),
        ),
    ),
    Scene(
        "sloth_multiline_and_comments",
        "answers",
        "answers",
        (
            counter('search_queries_total{outcome="answer"}', 300, 0),
            counter('search_queries_total{outcome="timeout"}', 0, 200),
            counter('search_queries_total{outcome="error"}', 0, 100),
        ),
    ),
)


def _asked(expr: str, at: str, value: float) -> dict[str, Any]:
    return {"expr": expr, "eval_time": at, "exp_samples": [{"labels": "{}", "value": value}]}


def _firing(matchers: str, at: str, expected: bool) -> dict[str, Any]:
    expr = f'clamp_max(count(ALERTS{{alertstate="firing",{matchers}}}), 1) or vector(0)'
    return _asked(expr, at, 1.0 if expected else 0.0)


def _refuted(folder: Path, original: dict[str, Any], tests: list[dict[str, Any]]) -> list[str]:
    """What promtool finds to differ from what the tests expect of the imported rules and the original ones."""
    (folder / "original.yml").write_text(yaml.safe_dump(original), encoding="utf-8")
    document = {
        "rule_files": ["out/recording_rules.yml", "out/alerting_rules.yml", "original.yml"],
        "evaluation_interval": "30s",
        "tests": [{"interval": "15s", **test} for test in tests],
    }
    (folder / "test.yml").write_text(yaml.safe_dump(document), encoding="utf-8")
    result = promtool.test_rules(folder / "test.yml")
    return [] if result.ok else [*result.messages, "promtool failed"]


def _import(case: str, slo: str, folder: Path) -> None:
    files = sorted((CASES / case).glob("*.yml"))
    found = import_sloth(files) if case.startswith("sloth") else import_openslo(files)
    (folder / "imported.py").write_text(found.text, encoding="utf-8")
    compiled = compile_spec(folder / "imported.py")
    assert compiled.ok, [str(problem) for problem in compiled.problems]
    write(compiled.files, folder / "out")
    for name in ("recording_rules.yml", "alerting_rules.yml"):  # those of one SLO, to save time
        rules = yaml.safe_load((folder / "out" / name).read_text(encoding="utf-8"))
        groups = [group for group in rules["groups"] if group["name"].startswith(f"slo-{slo}-" if slo else "slo-")]
        assert groups or name == "alerting_rules.yml"
        (folder / "out" / name).write_text(yaml.safe_dump({"groups": groups}), encoding="utf-8")


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: f"{scene.case}-{scene.slo}")
def test_an_imported_slo_pages_in_an_outage_when_the_original_does_and_is_silent_with_it(
    scene: Scene, tmp_path: Path
) -> None:
    _import(scene.case, scene.name, tmp_path)
    ours = f'slo="{scene.name}",tier=~"page-.*"'
    theirs = f'original="{scene.slo}",urgency="page"'
    healthy = {
        "input_series": [{"series": name, "values": values} for name, values, _ in scene.series],
        "promql_expr_test": [_firing(which, at, False) for which in (ours, theirs) for at in ("30m", "1h", "2h")],
    }
    broken = {
        "input_series": [{"series": name, "values": values} for name, _, values in scene.series],
        "promql_expr_test": [
            _firing(which, at, expected)
            for which in (ours, theirs)
            for at, expected in (("1h", False), ("110m", True), ("115m", True), ("160m", False))
        ],
    }
    assert _refuted(tmp_path, sloth_rules(CASES / scene.case / "in.yml", scene.slo), [healthy, broken]) == []


def test_a_group_that_fails_pages_alone_as_in_the_original(tmp_path: Path) -> None:
    _import("sloth_grouped", "by-route", tmp_path)
    scene = next(scene for scene in SCENES if scene.slo == "by-route")
    alerts = 'ALERTS{{alertstate="firing",{},route="{}"}}'
    asked = [
        _asked(f"clamp_max(count({alerts.format(which, route)}), 1) or vector(0)", "110m", value)
        for which in ('slo="by-route",tier="page-fast"', 'original="by-route",urgency="page"')
        for route, value in (("/a", 1.0), ("/b", 0.0))
    ]
    series = [{"series": name, "values": values} for name, _, values in scene.series]
    original = sloth_rules(CASES / "sloth_grouped" / "in.yml", "by-route")
    assert _refuted(tmp_path, original, [{"input_series": series, "promql_expr_test": asked}]) == []


def test_the_defects_of_the_original_are_gone(tmp_path: Path) -> None:
    _import("sloth_shop", "orders-availability", tmp_path)
    ok, bad = (f'checkout_orders_total{{job="checkout",code="{code}"}}' for code in (200, 500))
    remaining = 'max(slo:error_budget_remaining:ratio{slo="orders-availability"})'
    period = 'count(original:ratio_rate30d{original="orders-availability"} != original:ratio_rate30d) or vector(0)'
    quiet = {  # twenty minutes without traffic, then healthy
        "input_series": [
            {"series": ok, "values": "0+100x120 12000x80 12000+100x200"},
            {"series": bad, "values": "0x400"},
        ],
        "promql_expr_test": [_asked(period, "95m", 1.0), _asked(remaining, "95m", 1.0)],
    }
    unborn = {  # healthy, and no error series yet
        "input_series": [{"series": ok, "values": "0+100x400"}],
        "promql_expr_test": [
            _asked('count(original:ratio_rate1h{original="orders-availability"}) or vector(0)', "95m", 0.0),
            _asked(remaining, "95m", 1.0),
        ],
    }
    rare = " ".join(f"{n}+0x19" for n in range(1, 21))
    one = {  # one request every five minutes, of which one fails
        "input_series": [{"series": ok, "values": rare}, {"series": bad, "values": "0x199 1x200"}],
        "promql_expr_test": [
            _firing('original="orders-availability",urgency="page"', "53m", True),
            *(_firing('slo="orders-availability",tier=~"page-.*"', f"{at}m", False) for at in (51, 53, 55, 60, 90)),
        ],
    }
    assert (
        _refuted(tmp_path, sloth_rules(CASES / "sloth_shop" / "in.yml", "orders-availability"), [quiet, unborn, one])
        == []
    )


def _policy(name: str, ratio: str, threshold: float) -> dict[str, Any]:
    rule = {"alert": "Original", "expr": f"{ratio} > {threshold}", "labels": {"original": name}}
    return {"groups": [{"name": "original", "rules": [rule]}]}


def test_an_alert_policy_of_openslo_fires_with_the_burn_rate_it_names(tmp_path: Path) -> None:
    _import("openslo_references", "orders", tmp_path)
    failed, total = ('increase(shop_orders_total{state="failed"}[1h])', "increase(shop_orders_total[1h])")
    original = _policy("burning-fast", f"sum({failed}) / sum({total})", 14.4 * 0.01)
    fine, bad = ('shop_orders_total{state="done"}', 'shop_orders_total{state="failed"}')
    tests = []
    for share, expected in ((10, False), (18, True)):  # 14.4 % of the events of an hour
        series = [
            {"series": fine, "values": f"0+{100 - share}x400"},
            {"series": bad, "values": f"0+{share}x400"},
        ]
        both = ('slo="orders",tier="burning-fast"', 'original="burning-fast"')
        tests.append({"input_series": series, "promql_expr_test": [_firing(which, "90m", expected) for which in both]})
    assert _refuted(tmp_path, original, tests) == []


def test_time_slices_count_bad_time(tmp_path: Path) -> None:
    _import("openslo_timeslices", "", tmp_path)
    ratio = 'max(slo:error_ratio:rate90d{slo="ratio-slices"})'
    good, bad = ('web_requests_total{code="200"}', 'web_requests_total{code="500"}')
    # Half an hour in which a tenth fails, half an hour without a fault: half of the time is bad, a twentieth is lost.
    series = [
        {"series": good, "values": "0+90x120 10900+100x120"},
        {"series": bad, "values": "0+10x120 1200x120"},
    ]
    bad_time, time = (f'sum_over_time(slo:{name}:increase1m{{slo="slices"}}[58m])' for name in ("bad_events", "events"))
    asked = [
        _asked(f"round(max({bad_time} / {time}), 0.1)", "60m", 0.5),
        _asked(f"round({ratio}, 0.01)", "60m", 0.05),
    ]
    assert _refuted(tmp_path, {"groups": []}, [{"input_series": series, "promql_expr_test": asked}]) == []


def test_a_threshold_counts_the_time_beyond_it(tmp_path: Path) -> None:
    _import("openslo_thresholds", "lag", tmp_path)
    lag = 'consumer_lag{cluster="prod",topic="orders"}'
    asked = [_asked('round(max(slo:error_ratio:rate7d{slo="lag",topic="orders"}), 0.1)', "60m", 0.5)]
    series = [{"series": lag, "values": "10x120 500x120"}]
    assert _refuted(tmp_path, {"groups": []}, [{"input_series": series, "promql_expr_test": asked}]) == []
