"""Every alert of Snakepit fires when what it warns of happens, and none fires while all is well: shown by promtool."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from promspec import promtool

POOL = 'job="snakepit",instance="a",pool_name="default"'
MINUTES = 45
WELL = {
    'up{job="snakepit",instance="a"}': "1x45",
    'promspec_info{job="snakepit",instance="a",spec="snakepit",version="1",digest="d"}': "1x45",
    f'snakepit_requests_total{{{POOL},command="echo",status="success"}}': "0+600x45",
    f'snakepit_requests_total{{{POOL},command="echo",status="rejected"}}': "0+60x45",
    f'snakepit_requests_total{{{POOL},command="echo",status="error"}}': "0x45",
    f'snakepit_requests_total{{{POOL},command="echo",status="timeout"}}': "0x45",
    f'snakepit_requests_total{{{POOL},command="echo",status="saturated"}}': "0x45",
    **{
        f'snakepit_request_duration_seconds_bucket{{{POOL},command="echo",le="{le}"}}': "0+600x45"
        for le in ("0.001", "0.005", "0.01", "0.05", "0.1", "0.5", "1.0", "5.0", "10.0", "+Inf")
    },
    f'snakepit_request_duration_seconds_count{{{POOL},command="echo"}}': "0+600x45",
    **{
        f'snakepit_queue_wait_seconds_bucket{{{POOL},le="{le}"}}': "0+600x45"
        for le in ("0.001", "0.005", "0.01", "0.05", "0.1", "0.5", "1.0", "5.0", "10.0", "+Inf")
    },
    f"snakepit_queue_wait_seconds_count{{{POOL}}}": "0+600x45",
    **{
        f'snakepit_worker_startup_duration_seconds_bucket{{{POOL},le="{le}"}}': "0+1x45"
        for le in ("0.1", "0.5", "1.0", "2.0", "5.0", "10.0", "30.0", "+Inf")
    },
    f"snakepit_worker_startup_duration_seconds_count{{{POOL}}}": "0+1x45",
    f"snakepit_pool_available_workers{{{POOL}}}": "2x45",
    f"snakepit_pool_busy_workers{{{POOL}}}": "1x45",
    f"snakepit_pool_queue_size{{{POOL}}}": "3x45",
    'snakepit_sessions_active{job="snakepit",instance="a"}': "5x45",
    **{
        f'snakepit_workers_crashed_total{{{POOL},error_type="{kind}"}}': "0x45"
        for kind in ("worker_exited", "worker_killed", "worker_out_of_memory", "worker_hung", "worker_start_failed")
    },
    'promspec_telemetry_errors_total{job="snakepit",instance="a",kind="value"}': "0x45",
    'promspec_label_overflows_total{job="snakepit",instance="a",metric="snakepit_requests_total",label="command"}': (
        "0x45"
    ),
}
"""Three quarters of an hour in which all is well."""

REQUESTS = f'snakepit_requests_total{{{POOL},command="echo",status='
CRASHED = f"snakepit_workers_crashed_total{{{POOL},error_type="


def slow(name: str, labels: str, bounds: tuple[str, ...]) -> dict[str, str]:
    """Nothing falls into these buckets."""
    return {f'{name}_bucket{{{labels},le="{le}"}}': "0x45" for le in bounds}


TROUBLES: dict[str, dict[str, str]] = {
    "SnakepitRequestErrors": {f'{REQUESTS}"error"}}': "0+200x45"},
    "SnakepitRequestTimeouts": {f'{REQUESTS}"timeout"}}': "0+60x45"},
    "SnakepitPoolSaturated": {f'{REQUESTS}"saturated"}}': "0+10x45"},
    "SnakepitRequestsSlow": slow(
        "snakepit_request_duration_seconds",
        f'{POOL},command="echo"',
        ("0.001", "0.005", "0.01", "0.05", "0.1", "0.5", "1.0", "5.0"),
    ),
    "SnakepitQueueWaitLong": slow(
        "snakepit_queue_wait_seconds", POOL, ("0.001", "0.005", "0.01", "0.05", "0.1", "0.5", "1.0")
    ),
    "SnakepitWorkerStartsSlow": slow(
        "snakepit_worker_startup_duration_seconds", POOL, ("0.1", "0.5", "1.0", "2.0", "5.0", "10.0")
    ),
    "SnakepitNoWorkers": {
        f"snakepit_pool_available_workers{{{POOL}}}": "0x45",
        f"snakepit_pool_busy_workers{{{POOL}}}": "0x45",
    },
    "SnakepitWorkersBusy": {
        f"snakepit_pool_available_workers{{{POOL}}}": "0x45",
        f"snakepit_pool_busy_workers{{{POOL}}}": "3x45",
    },
    "SnakepitQueueLong": {f"snakepit_pool_queue_size{{{POOL}}}": "1001x45"},
    "SnakepitWorkersCrashing": {f'{CRASHED}"worker_exited"}}': "0+1x45"},
    "SnakepitWorkerOutOfMemory": {f'{CRASHED}"worker_out_of_memory"}}': "0x40 1x5"},
    "SnakepitWorkersUnresponsive": {f'{CRASHED}"worker_hung"}}': "0x35 1 2 3 4x7"},
    "SnakepitWorkersDoNotStart": {f'{CRASHED}"worker_start_failed"}}': "0+1x45"},
    "SnakepitSessionsPileUp": {'snakepit_sessions_active{job="snakepit",instance="a"}': "1500+50x45"},
    "SnakepitTelemetryLoses": {
        'promspec_telemetry_errors_total{job="snakepit",instance="a",kind="value"}': "0+1x45",
    },
    "SnakepitLabelOverflows": {
        "promspec_label_overflows_total"
        '{job="snakepit",instance="a",metric="snakepit_requests_total",label="command"}': "0+1x45",
    },
    "SnakepitAbsent": {
        'promspec_info{job="snakepit",instance="a",spec="snakepit",version="1",digest="d"}': "1x25",
        'up{job="snakepit",instance="a"}': "1x25 0x20",
    },
    "SnakepitHeartbeatMissing": {
        'promspec_info{job="snakepit",instance="a",spec="snakepit",version="1",digest="d"}': "1x25",
    },
}
"""Alert -> what is otherwise than well."""


def firing(alert: str = ".+") -> str:
    """How many alerts of a name fire."""
    return f'count by (alertname) (ALERTS{{alertstate="firing", alertname=~"{alert}"}})'


def outcome(trouble: dict[str, str], query: str, expected: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "interval": "1m",
        "input_series": [{"series": name, "values": values} for name, values in {**WELL, **trouble}.items()],
        "promql_expr_test": [{"expr": query, "eval_time": f"{MINUTES}m", "exp_samples": expected}],
    }


def run(rules: list[Path], folder: Path, tests: list[dict[str, Any]]) -> promtool.CheckResult:
    path = folder / "tests.yml"
    files = [str(file) for file in rules]
    path.write_text(yaml.safe_dump({"rule_files": files, "evaluation_interval": "1m", "tests": tests}))
    return promtool.test_rules(path)


@pytest.fixture(scope="module")
def rules(root: Path) -> list[Path]:
    """All rules."""
    return [root / "output" / "snakepit" / f"{name}_rules.yml" for name in ("recording", "alerting")]


@pytest.fixture(scope="module")
def quick_rules(rules: list[Path], tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The rules without those of the SLOs, whose windows of days take long."""
    folder = tmp_path_factory.mktemp("rules")
    quick: list[Path] = []
    for file in rules:
        groups = yaml.safe_load(file.read_text(encoding="utf-8"))["groups"]
        kept = [{**group, "rules": [rule for rule in group["rules"] if "slo:" not in str(rule)]} for group in groups]
        quick.append(folder / file.name)
        quick[-1].write_text(yaml.safe_dump({"groups": [group for group in kept if group["rules"]]}))
    return quick


@pytest.fixture(scope="module")
def declared(rules: list[Path]) -> set[str]:
    groups = yaml.safe_load(rules[1].read_text(encoding="utf-8"))["groups"]
    return {rule["alert"] for group in groups for rule in group["rules"] if "tier" not in rule["labels"]}


def test_every_alert_has_its_trouble(declared: set[str]) -> None:
    assert set(TROUBLES) == declared


def test_nothing_fires_while_all_is_well(rules: list[Path], tmp_path: Path) -> None:
    result = run(rules, tmp_path, [outcome({}, firing(), [])])
    assert result.ok, result.messages


def test_every_alert_fires_in_its_trouble(quick_rules: list[Path], tmp_path: Path) -> None:
    tests = [
        outcome(trouble, firing(name), [{"labels": f'{{alertname="{name}"}}', "value": 1}])
        for name, trouble in TROUBLES.items()
    ]
    result = run(quick_rules, tmp_path, tests)
    assert result.ok, "\n".join(result.messages)
