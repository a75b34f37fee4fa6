"""The CAD ML Platform's spec holds what its facts decided."""

from __future__ import annotations

from pathlib import Path

import pytest

from promspec.load import load
from promspec.pipeline import Compilation, compile_spec
from promspec.plan.rules import AlertRule, Record
from promspec.vocabulary.alerts import Alert
from promspec.vocabulary.metrics import Histogram
from promspec.vocabulary.rules import RecordingRule
from promspec.vocabulary.severity import Severity
from promspec.vocabulary.spec import Spec


@pytest.fixture(scope="module")
def spec() -> Spec:
    loaded = load(Path(__file__).parent.parent / "spec" / "cad_ml_platform.py")
    assert loaded.problems == ()
    assert loaded.spec is not None
    return loaded.spec


@pytest.fixture(scope="module")
def compilation() -> Compilation:
    return compile_spec(Path(__file__).parent.parent / "spec" / "cad_ml_platform.py")


def test_it_has_no_problem(compilation: Compilation) -> None:
    assert [str(problem) for problem in compilation.problems] == []


def test_the_nine_codes_are_lower_case_and_input_errors_spend_no_budget(spec: Spec) -> None:
    assert spec.error_codes is not None
    codes = {code.value: code.spends_budget for code in spec.error_codes.codes.values()}
    assert list(codes) == [
        *("resource_exhausted", "provider_timeout", "network_error", "parse_failed", "auth_failed"),
        *("model_load_error", "quota_exceeded", "input_error", "internal_error"),
    ]
    assert [value for value, spends in codes.items() if not spends] == ["input_error"]
    assert spec.error_codes.fallback.value == "internal_error"


@pytest.mark.parametrize(
    ("name", "kind", "labels"),
    [
        ("ocr_requests_total", "counter", ("provider", "status")),
        ("ocr_errors_total", "counter", ("provider", "code", "stage")),
        ("ocr_input_rejected_total", "counter", ("reason",)),
        ("ocr_processing_duration_seconds", "histogram", ("provider",)),
        ("ocr_stage_duration_seconds", "histogram", ("provider", "stage")),
        ("ocr_model_loaded", "gauge", ("provider",)),
        ("vision_errors_total", "counter", ("provider", "code")),
        ("circuit_breaker_state", "gauge", ("circuit", "state")),
        ("error_rate_ema", "gauge", ("service",)),
        ("compare_requests_total", "counter", ("status",)),
        ("model_opcode_blocked_total", "counter", ("opcode",)),
        ("vector_migrate_total", "counter", ("status",)),
        ("faiss_index_age_seconds", "gauge", ()),
        ("classification_prediction_drift_score", "histogram", ()),
    ],
)
def test_the_families_of_the_facts(spec: Spec, name: str, kind: str, labels: tuple[str, ...]) -> None:
    metric = next(metric for metric in spec.all_metrics if metric.name == name)
    assert (metric.kind, metric.label_names) == (kind, labels)


@pytest.mark.parametrize(
    ("name", "buckets"),
    [
        ("ocr_processing_duration_seconds", (0.1, 0.5, 1, 2, 5, 10, 30)),
        ("ocr_stage_duration_seconds", (0.005, 0.01, 0.05, 0.1, 0.5, 1, 2)),
        ("vision_processing_duration_seconds", (0.01, 0.05, 0.1, 0.5, 1, 2, 5)),
        ("v4_surface_count", (0, 1, 5, 10, 20, 50, 100, 200, 500, 1000)),
        ("vector_migrate_dimension_delta", (-20, -10, -5, -2, -1, 0, 1, 2, 5, 10, 20, 50, 100)),
    ],
)
def test_the_buckets_of_the_facts(spec: Spec, name: str, buckets: tuple[float, ...]) -> None:
    metric = next(metric for metric in spec.all_metrics if metric.name == name)
    assert isinstance(metric, Histogram)
    assert tuple(metric.buckets) == buckets


def test_there_are_as_many_rules_alerts_panels_and_runbooks_as_promised(compilation: Compilation, spec: Spec) -> None:
    plan = compilation.plan
    assert plan is not None
    assert len(spec.each(RecordingRule)) >= 35
    assert len(spec.each(Alert)) >= 20
    assert [board.title for board in spec.dashboards] == [
        *("Platform Overview", "OCR Performance", "Error Analysis", "Resource Utilization", "SLO Tracking")
    ]
    assert sum(len(row.panels) for row in plan.dashboards[0].rows) >= 14
    assert len(plan.runbooks) >= 12


@pytest.mark.parametrize(
    ("name", "severity", "for_"),
    [
        ("HighErrorRate", "critical", "5m"),
        ("ProviderDown", "warning", "10m"),
        ("ProviderTimeout", "warning", "5m"),
        ("ModelLoadError", "critical", "2m"),
        ("CircuitBreakerOpen", "critical", "5m"),
        ("LowConfidenceScore", "info", "15m"),
        ("CompareNotFoundDominant", "warning", "10m"),
        ("DriftBaselineStale", "warning", "30m"),
        ("MetricsAbsent", "critical", "5m"),
    ],
)
def test_the_alerts_of_the_facts(spec: Spec, name: str, severity: str, for_: str) -> None:
    alert = next(alert for alert in spec.alerts if alert.name == name)
    assert (str(alert.severity), alert.for_) == (severity, for_)


def test_every_alert_links_to_a_runbook_and_a_dashboard(compilation: Compilation) -> None:
    assert compilation.plan is not None
    for group in compilation.plan.alerting_rules:
        for rule in group.rules:
            assert isinstance(rule, AlertRule)
            annotations = dict(rule.annotations)
            assert annotations["runbook_url"].endswith(".md"), rule.alert
            assert "/d/cad-ml-platform-" in annotations["dashboard_url"], rule.alert
            assert annotations["summary"].endswith("."), rule.alert


def test_every_slo_has_its_four_tiers_and_an_alert_on_its_budget(compilation: Compilation, spec: Spec) -> None:
    assert compilation.plan is not None
    for slo in spec.slos:
        rules = [rule for group in compilation.plan.alerting_rules for rule in group.rules]
        tiers = [dict(rule.labels)["tier"] for rule in rules if dict(rule.labels).get("slo") == slo.name]
        assert tiers == ["page-fast", "page-slow", "ticket-fast", "ticket-slow", "budget-exhausted"]


def test_the_names_people_query_are_recorded(compilation: Compilation) -> None:
    assert compilation.plan is not None
    recorded = {
        rule.record for group in compilation.plan.recording_rules for rule in group.rules if isinstance(rule, Record)
    }
    assert {
        *("ocr_error_ratio", "vision_error_ratio", "platform_error_ratio", "provider_health_score", "slo_availability"),
        *(
            "error_budget_remaining",
            "ocr_p95_latency_seconds",
            "circuit_breaker_open_ratio",
            "rejection_rate_by_reason",
        ),
    } <= recorded


def test_each_severity_reaches_somebody(spec: Spec) -> None:
    assert spec.routing is not None
    ways = {route.severity: {type(way).__name__ for way in route.receiver.notify} for route in spec.routing.routes}
    assert ways[Severity.CRITICAL] == {"PagerDuty", "Slack", "Email"}
    assert ways[Severity.WARNING] == {"Slack"}
    assert ways[Severity.INFO] == {"Email"}
