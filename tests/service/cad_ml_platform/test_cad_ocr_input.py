"""OCR input: every reason for refusing a drawing, its HTTP status, and its counter."""

from __future__ import annotations

import asyncio
import base64
import json
import struct
import zlib
from collections.abc import AsyncIterator

import httpx
import pytest

from service.cad_ml_platform import body, samples
from tests.service.cad_ml_platform.harness import Sample, serving

pytestmark = pytest.mark.anyio
URL = "/api/v1/ocr/extract"
PNG = samples.png()


def _file(content: bytes, mime: str = "image/png") -> dict[str, tuple[str, bytes, str]]:
    return {"file": ("drawing", content, mime)}


def _object_stream(content: bytes) -> bytes:
    packed = zlib.compress(content)
    return b"9 0 obj << /Type /ObjStm /Filter /FlateDecode >>\nstream\n" + packed + b"\nendstream endobj "


def _refusal(response: httpx.Response) -> tuple[int, str, str]:
    """The status, the code and the reason of an answer that is an error."""
    error = response.json()["error"]
    return response.status_code, error["code"], error["reason"]


@pytest.mark.parametrize(
    ("content", "mime", "status", "reason"),
    [
        (b"", "image/png", 422, "validation_failed"),
        (PNG[:60], "image/png", 422, "validation_failed"),
        (PNG[:-12], "image/png", 422, "validation_failed"),
        (PNG[:8], "image/png", 422, "validation_failed"),
        (PNG.replace(b"IHDR", b"IHDX"), "image/png", 422, "validation_failed"),
        (samples.png(side=2)[:16] + b"\xff" * 8 + samples.png(side=2)[24:], "image/png", 422, "validation_failed"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "image/jpeg", 422, "validation_failed"),
        (b"\xff\xd8\xff\xe0\x00\x02\xff\xd9", "image/jpeg", 422, "validation_failed"),
        (b"BM" + b"\xff" * 8, "image/bmp", 422, "validation_failed"),
        (b"II*\x00\xff\xff\xff\xff", "image/tiff", 422, "validation_failed"),
        (b"%PDF-1.4 nothing", "application/pdf", 422, "validation_failed"),
        (b"hello", "image/png", 415, "invalid_mime"),
        (b"GIF89a", "image/gif", 415, "invalid_mime"),
        (PNG, "text/html", 415, "invalid_mime"),
        (PNG, "image/jpeg", 415, "invalid_mime"),
        (samples.pdf(pages=21), "application/pdf", 422, "pdf_pages_exceed"),
        (samples.pdf(extra=b"/S /JavaScript"), "application/pdf", 422, "pdf_forbidden_token"),
        (samples.pdf(extra=b"/S /J#61vaScript"), "application/pdf", 422, "pdf_forbidden_token"),
        (samples.pdf(extra=b"/S /Launch"), "application/pdf", 422, "pdf_forbidden_token"),
        (samples.pdf(extra=b"/Type /EmbeddedFile"), "application/pdf", 422, "pdf_forbidden_token"),
        (samples.pdf(extra=_object_stream(b"/S /Launch")), "application/pdf", 422, "pdf_forbidden_token"),
        (samples.pdf(extra=_object_stream(b" " * (1 << 25))), "application/pdf", 422, "validation_failed"),
    ],
)
async def test_a_bad_drawing_is_refused_and_counted(content: bytes, mime: str, status: int, reason: str) -> None:
    rejected = Sample("ocr_input_rejected_total", reason=reason)
    finished = Sample("ocr_requests_total", provider="paddle", status="rejected")
    failed = Sample("ocr_requests_total", provider="paddle", status="error")
    async with serving() as (client, platform):
        assert _refusal(await client.post(URL, files=_file(content, mime))) == (status, "input_error", reason)
        assert platform.ocr.error_rate.value == 0.0
    assert (rejected.moved, finished.moved, failed.moved) == (1, 1, 0)


@pytest.mark.parametrize(
    ("content", "mime"),
    [
        (PNG, "image/png"),
        (PNG, "application/octet-stream"),
        (samples.pdf(pages=20), "application/pdf"),
        (samples.pdf(extra=_object_stream(b"/Type /Page")), "application/pdf"),
        (b"BM" + struct.pack("<IHHIIii", 26, 0, 0, 26, 40, 4, -4), "image/bmp"),
        (b"MM\x00*" + struct.pack(">I", 8) + b"\x00" * 8, "image/tiff"),
        (b"\xff\xd8\xff\xc0\x00\x0b\x08\x00\x10\x00\x20\x01\xff\xd9", "image/jpeg"),
    ],
)
async def test_good_drawings_of_every_kind_are_read(content: bytes, mime: str) -> None:
    async with serving() as (client, _):
        response = await client.post(URL, files=_file(content, mime))
    assert response.status_code == 200, response.text
    assert {item["type"] for item in response.json()["items"]} >= {"title_block", "dimension"}


async def test_a_form_without_a_file_or_that_is_no_form_is_refused() -> None:
    async with serving() as (client, _):
        assert _refusal(await client.post(URL, files={"picture": ("a", PNG)})) == (
            422,
            "input_error",
            "validation_failed",
        )
        assert _refusal(await client.post(URL, files={"file": (None, "text")})) == (
            422,
            "input_error",
            "validation_failed",
        )
        headers = {"Content-Type": "multipart/form-data; boundary=x"}
        assert _refusal(await client.post(URL, content=b"garbage", headers=headers)) == (
            422,
            "input_error",
            "validation_failed",
        )
        headers = {"Content-Type": "multipart/form-data"}
        assert _refusal(await client.post(URL, content=b"garbage", headers=headers)) == (
            422,
            "input_error",
            "validation_failed",
        )


@pytest.mark.parametrize("text", ["?", "AAA", "é"])
async def test_bad_base64_is_refused(text: str) -> None:
    rejected = Sample("ocr_input_rejected_total", reason="base64_invalid")
    async with serving() as (client, _):
        assert _refusal(await client.post(URL, json={"image_base64": text})) == (400, "input_error", "base64_invalid")
    assert rejected.moved == 1


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"image_base64": 5}', b"[" * 100_000, b"\xff\xfe", b"null"])
async def test_bad_json_is_refused(content: bytes) -> None:
    async with serving() as (client, _):
        response = await client.post(URL, content=content, headers={"Content-Type": "application/json"})
    assert _refusal(response) == (422, "input_error", "validation_failed")


async def test_base64_in_json_is_read() -> None:
    async with serving() as (client, _):
        response = await client.post(URL, json={"image_base64": base64.b64encode(PNG).decode()})
    assert response.status_code == 200


async def test_reading_stops_at_the_limit_whatever_the_length_says() -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(1000):
            sent += 1024
            yield b"x" * 1024

    rejected = Sample("ocr_input_rejected_total", reason="file_too_large")
    async with serving(ocr_max_file_bytes=10_000) as (client, _):
        assert _refusal(await client.post(URL, content=endless())) == (413, "input_error", "file_too_large")
        assert sent <= 12 * 1024
        huge = {"Content-Length": "9" * 30}
        assert _refusal(await client.post(URL, content=b"x", headers=huge)) == (413, "input_error", "file_too_large")
        assert _refusal(await client.post(URL, files=_file(b"x" * 10_001))) == (413, "input_error", "file_too_large")
        assert _refusal(await client.post(URL, content=json.dumps({"image_base64": "A" * 100_000}))) == (
            413,
            "input_error",
            "file_too_large",
        )
    assert rejected.moved == 4


async def test_a_body_that_does_not_arrive_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    async def stuck() -> AsyncIterator[bytes]:
        yield b"x"
        await asyncio.sleep(10)

    monkeypatch.setattr(body, "PATIENCE_SECONDS", 0.05)
    async with serving() as (client, _):
        assert _refusal(await client.post(URL, content=stuck())) == (408, "input_error", "validation_failed")


async def test_an_unknown_or_disabled_provider_is_refused() -> None:
    async with serving(disabled_providers=("deepseek",)) as (client, _):
        for name in ("doctr", "deepseek", "x" * 200):
            assert _refusal(await client.post(URL, params={"provider": name}, files=_file(PNG))) == (
                422,
                "input_error",
                "validation_failed",
            )
        assert (await client.post(URL, params={"provider": "x" * 201}, files=_file(PNG))).status_code == 422
