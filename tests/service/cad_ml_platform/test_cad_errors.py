"""Error codes: each of the nine, from a provider's exception to HTTP status, counters and circuit."""

from __future__ import annotations

import asyncio
import json

import httpx
import pytest

from output.cad_ml_platform.instrumentation import ErrorCode, code_of
from service.cad_ml_platform import errors, samples
from service.cad_ml_platform.faults import Fault
from tests.service.cad_ml_platform.harness import ADMIN, Sample, serving

pytestmark = pytest.mark.anyio
OCR, VISION = "/api/v1/ocr/extract", "/api/v1/vision/analyze"
CODES = [
    ("resource_exhausted", 503, "infer"),
    ("provider_timeout", 504, "infer"),
    ("network_error", 502, "infer"),
    ("parse_failed", 502, "parse"),
    ("auth_failed", 502, "infer"),
    ("model_load_error", 503, "load"),
    ("quota_exceeded", 429, "infer"),
    ("input_error", 400, "infer"),
    ("internal_error", 500, "infer"),
]


def test_these_are_all_codes() -> None:
    assert [code.value for code in ErrorCode] == [code for code, _, _ in CODES]


@pytest.mark.parametrize(("code", "status", "stage"), CODES)
async def test_a_provider_s_failure_is_mapped_and_counted(code: str, status: int, stage: str) -> None:
    ending = "rejected" if code == "input_error" else "error"
    failed = Sample("ocr_errors_total", provider="deepseek", code=code, stage=stage)
    finished = Sample("ocr_requests_total", provider="deepseek", status=ending)
    timed = Sample("ocr_processing_duration_seconds_count", provider="deepseek")
    async with serving() as (client, platform):
        told = await client.post("/admin/simulate", json={"provider": "deepseek", "error": code}, headers=ADMIN)
        assert told.json()["faults"] == {"deepseek": {"error": code, "latency_ms": 0, "rate": 1.0}}
        response = await client.post(OCR, params={"provider": "deepseek"}, content=samples.png())
        assert platform.circuits["deepseek"].failures == (0 if code == "input_error" else 1)
        failing = 0.0 if code in ("input_error", "quota_exceeded") else 0.2
        assert Sample("error_rate_ema", service="ocr").value == pytest.approx(failing)
    assert response.status_code == status
    assert response.json()["error"]["code"] == code
    assert "simulated" not in response.text
    assert (failed.moved, finished.moved, timed.moved) == (1, 1, 1)


@pytest.mark.parametrize(("code", "status", "stage"), CODES)
async def test_a_vision_failure_is_mapped_and_counted(code: str, status: int, stage: str) -> None:
    failed = Sample("vision_errors_total", provider="deepseek_stub", code=code)
    async with serving() as (client, platform):
        platform.faults.set("deepseek_stub", Fault(ErrorCode(code)))
        response = await client.post(VISION, json={"image_base64": samples.base64_png()})
    assert (response.status_code, response.json()["error"]["code"]) == (status, code)
    assert failed.moved == 1


async def test_a_provider_slower_than_the_timeout_times_out() -> None:
    failed = Sample("ocr_errors_total", provider="paddle", code="provider_timeout", stage="infer")
    async with serving(ocr_timeout_ms=20) as (client, _):
        await client.post("/admin/simulate", json={"provider": "paddle", "latency_ms": 5000}, headers=ADMIN)
        response = await client.post(OCR, params={"provider": "paddle"}, content=samples.png())
    assert response.status_code == 504
    assert failed.moved == 1


async def test_a_cancelled_request_is_no_provider_s_failure() -> None:
    async with serving() as (client, platform):
        platform.faults.set("paddle", Fault(latency_ms=60_000))
        task = asyncio.create_task(client.post(OCR, params={"provider": "paddle"}, content=samples.png()))
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert platform.circuits["paddle"].failures == 0
        platform.faults.set("paddle", None)
        assert (await client.post(OCR, params={"provider": "paddle"}, content=samples.png())).status_code == 200


async def test_the_rate_limit_is_counted_and_says_when_to_come_back() -> None:
    limited = Sample("ocr_rate_limited_total")
    failed = Sample("ocr_errors_total", provider="paddle", code="quota_exceeded", stage="init")
    async with serving(rate_limit_qps=0.5, rate_limit_burst=1) as (client, platform):
        assert (await client.post(OCR, content=samples.png())).status_code == 200
        response = await client.post(OCR, content=samples.png())
        assert platform.circuits["paddle"].failures == 0
    assert response.status_code == 429
    assert response.headers["Retry-After"] == "2"
    assert (limited.moved, failed.moved) == (1, 1)


@pytest.mark.parametrize(
    ("error", "code", "status"),
    [
        (errors.OcrRejected("invalid_mime", "cannot parse this"), "input_error", 422),
        (errors.QuotaExceeded("enough"), "quota_exceeded", 429),
        (errors.CircuitOpen("paddle", 3.0), "network_error", 503),
        (errors.ModelNotLoaded("gone"), "model_load_error", 503),
        (errors.AnswerNotUnderstood("what?"), "parse_failed", 502),
        (errors.OutOfService("full"), "resource_exhausted", 503),
        (json.JSONDecodeError("x", "y", 0), "parse_failed", 502),
        (UnicodeDecodeError("utf-8", b"", 0, 1, "x"), "parse_failed", 502),
        (httpx.ReadTimeout("x"), "provider_timeout", 504),
        (httpx.ConnectError("x"), "network_error", 502),
        (ModuleNotFoundError("x"), "model_load_error", 503),
        (KeyError("x"), "internal_error", 500),
    ],
)
def test_the_table_of_errors(error: Exception, code: str, status: int) -> None:
    assert code_of(error).value == code
    assert errors.http_status(error) == status


async def test_an_error_that_nothing_maps_is_counted_once() -> None:
    async with serving() as (client, platform):
        platform.faults.set("paddle", Fault(ErrorCode.INTERNAL_ERROR))
        await client.post(OCR, params={"provider": "paddle"}, content=samples.png())
        unmapped = Sample("promspec_unmapped_exceptions_total", type="builtins.RuntimeError")
        await client.post(OCR, params={"provider": "paddle"}, content=samples.png())
    assert unmapped.moved == 1
