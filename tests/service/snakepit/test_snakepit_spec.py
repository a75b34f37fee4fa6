"""Snakepit's spec holds what its facts say, and Prometheus and Alertmanager accept its output."""

from __future__ import annotations

from pathlib import Path

import pytest

from promspec import promtool
from promspec.load import load
from promspec.pipeline import Compilation, compile_spec
from promspec.plan.rules import AlertRule
from promspec.vocabulary.alerts import Alert
from promspec.vocabulary.labels import Label
from promspec.vocabulary.metrics import Histogram
from promspec.vocabulary.rules import RecordingRule
from promspec.vocabulary.runbooks import Runbook
from promspec.vocabulary.spec import Spec

REQUEST = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10)
STARTUP = (0.1, 0.5, 1, 2, 5, 10, 30)


@pytest.fixture(scope="module")
def spec(root: Path) -> Spec:
    loaded = load(root / "spec" / "snakepit.py")
    assert loaded.problems == ()
    assert loaded.spec is not None
    return loaded.spec


@pytest.fixture(scope="module")
def compilation(root: Path) -> Compilation:
    return compile_spec(root / "spec" / "snakepit.py")


@pytest.fixture(scope="module")
def output(root: Path) -> Path:
    return root / "output" / "snakepit"


def test_it_has_no_problem(compilation: Compilation) -> None:
    assert [str(problem) for problem in compilation.problems] == []


def test_the_metrics_are_exactly_those_of_the_facts(spec: Spec) -> None:
    assert {metric.name: (metric.kind, metric.label_names) for metric in spec.all_metrics} == {
        "snakepit_requests_total": ("counter", ("pool_name", "command", "status")),
        "snakepit_workers_started_total": ("counter", ("pool_name",)),
        "snakepit_workers_crashed_total": ("counter", ("pool_name", "error_type")),
        "snakepit_pool_available_workers": ("gauge", ("pool_name",)),
        "snakepit_pool_busy_workers": ("gauge", ("pool_name",)),
        "snakepit_pool_queue_size": ("gauge", ("pool_name",)),
        "snakepit_sessions_active": ("gauge", ()),
        "snakepit_request_duration_seconds": ("histogram", ("pool_name", "command")),
        "snakepit_queue_wait_seconds": ("histogram", ("pool_name",)),
        "snakepit_worker_startup_duration_seconds": ("histogram", ("pool_name",)),
    }


def test_the_buckets_are_those_of_the_facts(spec: Spec) -> None:
    buckets = {metric.name: tuple(metric.buckets) for metric in spec.all_metrics if isinstance(metric, Histogram)}
    assert buckets["snakepit_request_duration_seconds"] == REQUEST
    assert buckets["snakepit_worker_startup_duration_seconds"] == STARTUP


def test_commands_are_bounded_and_worker_ids_are_no_labels(spec: Spec) -> None:
    labels = {label.name: label for label in spec.each(Label)}
    assert not labels["command"].closed
    assert labels["command"].max_values == 50
    assert set(labels) == {"pool_name", "command", "status", "error_type", "code"}


def test_the_events_are_those_of_the_facts(spec: Spec) -> None:
    declared = {event.name: event for event in spec.events}
    assert list(declared) == [
        *("pool.started", "pool.saturated", "worker.started", "worker.crashed", "worker.recycled"),
        *("request.started", "request.completed", "request.failed", "request.timeout"),
        *("session.created", "session.expired", "session.cleanup", "heartbeat.missed", "health.changed"),
    ]
    assert list(declared["pool.saturated"].measurements) == ["queue_size", "max_queue_size"]
    assert list(declared["request.completed"].measurements) == ["duration_ms", "queue_time_ms"]
    expected = {"request_id", "command", "pool_name", "worker_id", "success"}
    assert set(declared["request.completed"].metadata_names) == expected
    assert {"error_type", "exit_code"} <= set(declared["worker.crashed"].metadata_names)
    assert [event.name for event in spec.events if event.error] == [
        *("worker.crashed", "request.failed", "request.timeout")
    ]
    assert declared["session.created"].sensitive == ("session_id",)


def test_health_is_judged_by_the_criteria_of_the_facts(spec: Spec) -> None:
    assert {check.name: (check.warning, check.failing, check.worse) for check in spec.health_checks} == {
        "worker_availability": (1, 1, "below"),
        "error_rate": (0.1, None, "above"),
        "queue_depth": (1000, None, "above"),
        "response_time": (5000, None, "above"),
    }


def test_every_way_to_lose_a_worker_is_an_error_code(spec: Spec) -> None:
    assert spec.error_codes is not None
    codes = [code.value for code in spec.error_codes.codes.values()]
    error_type = next(label for label in spec.each(Label) if label.name == "error_type")
    assert set(error_type.known_values) <= set(codes)
    assert [code.value for code in spec.error_codes.codes.values() if not code.spends_budget] == ["invalid_request"]


def test_there_are_as_many_rules_alerts_runbooks_and_dashboards_as_promised(spec: Spec) -> None:
    assert len(spec.each(Alert)) >= 10
    assert len(spec.each(Runbook)) >= 6
    assert len(spec.each(RecordingRule)) >= 10
    assert [slo.name for slo in spec.slos] == ["requests-availability", "requests-latency"]
    assert [board.title for board in spec.dashboards] == ["Pool Overview", "Workers and Queue", "SLO Tracking"]


def test_every_alert_links_to_a_runbook_and_a_dashboard(compilation: Compilation) -> None:
    assert compilation.plan is not None
    for group in compilation.plan.alerting_rules:
        for rule in group.rules:
            assert isinstance(rule, AlertRule)
            annotations = dict(rule.annotations)
            assert annotations["runbook_url"].endswith(".md"), rule.alert
            assert "/d/snakepit-" in annotations["dashboard_url"], rule.alert


def test_prometheus_and_alertmanager_accept_the_output(output: Path) -> None:
    for name in ("recording_rules.yml", "alerting_rules.yml"):
        assert promtool.check_rules(output / name)
    assert promtool.check_config(output / "deployment" / "prometheus.yml")
    assert promtool.check_alertmanager(output / "alertmanager.yml")
