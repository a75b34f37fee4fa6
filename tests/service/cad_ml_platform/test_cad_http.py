"""The HTTP surface: trace ids, health, readiness, metrics, administrators, many requests at once."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import pickle
import time
from collections.abc import Iterator

import pytest
from prometheus_client.parser import text_string_to_metric_families

from output.cad_ml_platform.instrumentation import events, logs, metrics
from service.cad_ml_platform import samples
from service.cad_ml_platform.app import create_app
from service.cad_ml_platform.faults import Fault
from tests.service.cad_ml_platform.harness import ADMIN, PLENTY, Sample, serving

pytestmark = pytest.mark.anyio
OCR = "/api/v1/ocr/extract"
ADMIN_ROUTES = [
    "/admin/reset-circuit-breaker",
    "/admin/simulate",
    "/admin/model/reload",
    "/admin/model/rollback",
    "/admin/index/rebuild",
    "/admin/index/lose",
    "/admin/features/tune",
    "/admin/results/clean",
    "/admin/drift/renew",
]


@pytest.fixture
def log_lines() -> Iterator[io.StringIO]:
    """What the service logs; the logging of the test run comes back afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers.clear()
    stream = io.StringIO()
    logs.configure_logging(stream=stream)
    yield stream
    logging.captureWarnings(False)
    root.handlers[:] = handlers
    root.setLevel(level)


async def test_a_sane_trace_id_is_kept_returned_and_logged(log_lines: io.StringIO) -> None:
    async with serving(trace_requests=True) as (client, _):
        response = await client.post(OCR, content=b"", headers={"X-Trace-Id": "debug-123"})
    lines = [json.loads(line) for line in log_lines.getvalue().splitlines()]
    assert response.headers["X-Trace-Id"] == response.headers["X-Correlation-Id"] == "debug-123"
    assert response.json()["error"]["trace_id"] == "debug-123"
    traced = [line for line in lines if line.get("trace_id") == "debug-123"]
    assert [line["event"] for line in traced] == [
        "request failed: OcrRejected('the file is empty')",
        "request",
    ]
    assert {line["correlation_id"] for line in traced} == {"debug-123"}
    assert traced[0]["code"] == "input_error"
    assert (traced[1]["path"], traced[1]["status"], traced[1]["level"]) == (OCR, 422, "info")


@pytest.mark.parametrize("given", ["", "a b", "x" * 129, "\u00e9", '"><script>', "-x"])
async def test_any_other_trace_id_is_replaced(given: str) -> None:
    async with serving() as (client, _):
        response = await client.get("/health", headers={b"X-Trace-Id": given.encode("utf-8")})
    trace = response.headers["X-Trace-Id"]
    assert trace != given
    assert len(trace) == 32
    assert trace.isalnum()


async def test_health_says_how_the_service_runs_and_keeps_secrets() -> None:
    async with serving() as (client, _):
        health = (await client.get("/health")).json()
        detailed = (await client.get("/health/detailed")).json()
        assert (await client.get("/ready")).json() == {"ready": True}
    assert health["status"] == "healthy"
    assert health["error_rate_ema"] == {"ocr": 0.0, "vision": 0.0}
    assert health["services"]["ml"] == {"paddle": "simulated", "deepseek": "simulated", "tesseract": "simulated"}
    assert health["config"]["settings"]["OCR_TIMEOUT_MS"] == 30_000
    assert set(health["config"]["monitoring"]) >= {"classifier_rate_limit_per_min", "classifier_cache_max_size"}
    assert ADMIN["X-Admin-Token"] not in json.dumps(health) + json.dumps(detailed)
    assert detailed["circuits"]["deepseek_stub"]["state"] == "closed"


async def test_it_is_not_ready_before_the_start_and_after_the_stop() -> None:
    app = create_app(PLENTY)
    assert app.state.platform.ready is False
    async with app.router.lifespan_context(app):
        assert app.state.platform.ready is True
    assert app.state.platform.ready is False


async def test_metrics_are_a_valid_exposition_and_off_the_event_loop() -> None:
    async with serving() as (client, _):
        await client.post(OCR, content=samples.png())
        started = time.perf_counter()
        page = await client.get("/metrics")
        seconds = time.perf_counter() - started
    assert page.headers["Content-Type"].startswith("text/plain")
    families = {family.name for family in text_string_to_metric_families(page.text)}
    assert families >= {
        "ocr_requests",
        "vision_requests",
        "circuit_breaker_state",
        "promspec_info",
        "faiss_index_age_seconds",
    }
    assert seconds < 2


async def test_metrics_can_be_open_metrics_or_off() -> None:
    async with serving() as (client, _):
        page = await client.get("/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
    assert page.headers["Content-Type"].startswith("application/openmetrics-text")
    assert page.text.endswith("# EOF\n")
    async with serving(metrics_enabled=False) as (client, _):
        assert (await client.get("/metrics")).status_code == 404


@pytest.mark.parametrize("route", ADMIN_ROUTES)
async def test_only_administrators_may_administer(route: str) -> None:
    async with serving() as (client, _):
        assert (await client.post(route)).status_code == 403
        assert (await client.post(route, headers={"X-Admin-Token": "wrong"})).status_code == 403
        assert (await client.post(route, headers={b"X-Admin-Token": "é".encode()})).status_code == 403
        assert (await client.post(route, headers=ADMIN)).status_code != 403
    async with serving(admin_token="") as (client, _):
        refused = await client.post(route, headers={"X-Admin-Token": ""})
    assert (refused.status_code, refused.json()["error"]["reason"]) == (403, "forbidden")


@pytest.mark.parametrize("change", ["{}x", "x{}", " {} x", "{}{}", "{}" + "0" * 10_000], ids=range(5))
async def test_a_token_that_only_resembles_the_right_one_is_refused(change: str) -> None:
    given = change.replace("{}", ADMIN["X-Admin-Token"])
    async with serving() as (client, _):
        assert (await client.post(ADMIN_ROUTES[0], headers={"X-Admin-Token": given})).status_code == 403
        for shorter in ("", ADMIN["X-Admin-Token"][:-1], ADMIN["X-Admin-Token"].swapcase()):
            assert (await client.post(ADMIN_ROUTES[0], headers={"X-Admin-Token": shorter})).status_code == 403


async def test_tokens_are_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[bytes, bytes]] = []

    def differ(left: bytes, right: bytes) -> bool:
        compared.append((left, right))
        return False

    monkeypatch.setattr("secrets.compare_digest", differ)
    async with serving() as (client, _):
        assert (await client.post(ADMIN_ROUTES[0], headers=ADMIN)).status_code == 403
    token = ADMIN["X-Admin-Token"].encode()
    assert compared == [(token, token)]


async def test_the_classifier_s_cache_is_shown_to_administrators() -> None:
    url = "/api/v1/health/classifier/cache"
    async with serving() as (client, _):
        assert (await client.get(url)).status_code == 403
        await client.post("/api/v1/classify", json={"text": "a gear"})
        assert (await client.get(url, headers=ADMIN)).json()["size"] == 1


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nowhere", 404), ("GET", OCR, 405), ("POST", "/api/v1/analyze?version=v9", 422)],
)
async def test_what_the_framework_refuses_is_answered_in_the_same_form(method: str, path: str, status: int) -> None:
    async with serving() as (client, _):
        response = await client.request(method, path)
    assert response.status_code == status
    error = response.json()["error"]
    assert error["code"] == "input_error"
    assert error["trace_id"] == response.headers["X-Trace-Id"]


@pytest.mark.parametrize(
    "body",
    [{"provider": "doctr"}, {"provider": "paddle", "error": "TIMEOUT"}, {"provider": "paddle", "rate": 2}, []],
)
async def test_a_simulation_that_makes_no_sense_is_refused(body: object) -> None:
    async with serving() as (client, platform):
        assert (await client.post("/admin/simulate", json=body, headers=ADMIN)).status_code == 422
        assert platform.faults.shown() == {}


async def test_fifty_requests_at_once_are_all_answered_and_counted() -> None:
    finished = [Sample("ocr_requests_total", provider="paddle", status=each) for each in ("success", "cache_hit")]
    async with serving() as (client, platform):
        platform.faults.set("paddle", Fault(latency_ms=50))
        started = time.perf_counter()
        sent = [client.post(OCR, params={"provider": "paddle"}, content=samples.png(seed % 40)) for seed in range(50)]
        answers = await asyncio.gather(*sent)
        seconds = time.perf_counter() - started
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.headers["X-Trace-Id"] for answer in answers}) == 50
    assert sum(each.moved for each in finished) == 50
    assert seconds < 50 * 0.05


async def test_what_is_beyond_the_limit_of_requests_in_flight_is_refused() -> None:
    async with serving(max_concurrent_requests=2) as (client, platform):
        platform.faults.set("paddle", Fault(latency_ms=200))
        sent = [client.post(OCR, params={"provider": "paddle"}, content=samples.png(seed)) for seed in range(5)]
        answers = await asyncio.gather(*sent)
        health = await client.get("/health")
    assert sorted(answer.status_code for answer in answers) == [200, 200, 503, 503, 503]
    refused = next(answer for answer in answers if answer.status_code == 503)
    assert refused.json()["error"]["code"] == "resource_exhausted"
    assert health.status_code == 200


async def test_a_second_request_for_the_same_drawing_is_a_cache_hit() -> None:
    hits = Sample("ocr_requests_total", provider="paddle", status="cache_hit")
    inferred = Sample("ocr_stage_duration_seconds_count", provider="paddle", stage="infer")
    async with serving() as (client, _):
        first = (await client.post(OCR, content=samples.png())).json()
        second = (await client.post(OCR, content=samples.png())).json()
    assert (first["cached"], second["cached"]) == (False, True)
    assert first["items"] == second["items"]
    assert (hits.moved, inferred.moved) == (1, 1)


async def test_every_stage_confidence_size_and_model_is_observed() -> None:
    stages = ("init", "load", "preprocess", "infer", "parse", "postprocess")
    seen = [Sample("ocr_stage_duration_seconds_count", provider="tesseract", stage=stage) for stage in stages]
    mean = Sample("ocr_confidence_distribution_count", provider="tesseract")
    titles = Sample("ocr_item_confidence_distribution_count", provider="tesseract", item_type="title_block")
    size = Sample("ocr_image_size_bytes_sum")
    async with serving() as (client, _):
        answer = (await client.post(OCR, params={"provider": "tesseract"}, content=samples.png())).json()
    assert [each.moved for each in seen] == [1] * len(stages)
    assert (mean.moved, titles.moved, size.moved) == (1, 3, len(samples.png()))
    assert Sample("ocr_model_loaded", provider="tesseract").value == 1
    assert set(answer["title_block"]) == {"part", "material", "rev"}
    assert answer["needs_review"] is (answer["confidence"] < 0.85)


async def test_telemetry_that_breaks_does_not_break_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: object) -> None:
        raise RuntimeError("telemetry is broken")

    lost = Sample("promspec_telemetry_errors_total", kind="internal")
    async with serving() as (client, _):
        monkeypatch.setattr(type(metrics.ocr_processing_duration_seconds), "seconds", broken)
        response = await client.post(OCR, content=samples.png())
    assert response.status_code == 200
    assert lost.moved >= 1


async def test_an_orchestrators_pages_are_beside_the_platforms_own() -> None:
    async with serving() as (client, platform):
        assert (await client.get("/observability/health")).json() == {"status": "ok"}
        assert (await client.get("/observability/health/startup")).status_code == 200
        assert (await client.get("/observability/health/ready")).json()["status"] == "ready"
        for breaker in platform.circuits.values():
            for _ in range(20):
                breaker._failed()
        answer = await client.get("/observability/health/ready")
        assert (answer.status_code, answer.json()["reason"]) == (503, "no_ocr_provider")
        detailed = (await client.get("/observability/health/detailed")).json()
        assert detailed["components"] == dict.fromkeys(platform.circuits, "error")
        assert "ocr_requests_total" in (await client.get("/observability/metrics")).text
    async with serving(metrics_enabled=False) as (client, _):
        assert (await client.get("/observability/metrics")).status_code == 404


async def test_every_declared_event_is_emitted(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: set[str] = set()
    consumer = events.register_consumer("*", lambda record: heard.add(record.name), background=False)
    try:
        async with serving() as (client, platform):
            platform.circuits["paddle"].reset()
            for _ in range(20):
                platform.circuits["paddle"]._failed()
            data = pickle.dumps({"version": "7", "rules": [("a", "b")]})
            assert (await client.post("/admin/model/reload", content=data, headers=ADMIN)).status_code == 200
            assert (await client.post("/admin/model/rollback", headers=ADMIN)).status_code == 200
            assert (await client.post("/admin/model/rollback", headers=ADMIN)).status_code == 409
            monkeypatch.setattr(type(platform.faults), "shown", None)
            assert (await client.get("/health/detailed")).status_code == 500
    finally:
        consumer.close()
    assert heard == set(events.EMITTERS)
