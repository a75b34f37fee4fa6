"""Vision: every reason for refusing a picture, and pictures by URL."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator

import httpx
import pytest

from service.cad_ml_platform import samples
from service.cad_ml_platform.urls import Fetcher, is_public
from tests.service.cad_ml_platform.harness import Sample, serving

pytestmark = pytest.mark.anyio
URL = "/api/v1/vision/analyze"
GOOD = samples.base64_png()
LIMIT = 4096
PUBLIC = "93.184.215.14"


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _refusal(response: httpx.Response) -> tuple[int, str, str]:
    """The status, the code and the reason of an answer that is an error."""
    error = response.json()["error"]
    return response.status_code, error["code"], error["reason"]


@pytest.mark.parametrize(
    "text", [GOOD, f"data:image/png;base64,{GOOD}", "\n".join(GOOD[at : at + 76] for at in range(0, 2000, 76))]
)
async def test_a_picture_is_described(text: str) -> None:
    succeeded = Sample("vision_requests_total", provider="deepseek_stub", status="success")
    timed = Sample("vision_processing_duration_seconds_count", provider="deepseek_stub")
    async with serving() as (client, _):
        response = await client.post(URL, json={"image_base64": text})
    assert response.status_code == 200, response.text
    assert response.json()["summary"] == "A mechanical drawing as PNG, 32 x 32 pixels."
    assert (succeeded.moved, timed.moved) == (1, 1)


@pytest.mark.parametrize(
    ("text", "status", "reason"),
    [
        ("", 400, "base64_empty"),
        (" \n", 400, "base64_empty"),
        ("data:image/png;base64,", 400, "base64_empty"),
        ("AA§A", 400, "base64_invalid_char"),
        ("AA-_", 400, "base64_invalid_char"),
        ("data:image/png,AAAA", 400, "base64_invalid_char"),
        ("AAA", 400, "base64_padding_error"),
        ("A===", 400, "base64_padding_error"),
        ("AA=A", 400, "base64_padding_error"),
        ("AAAA", 422, "base64_decode_error"),
        (_b64(b"hello"), 422, "base64_decode_error"),
        (_b64(samples.png()[:70]), 422, "base64_decode_error"),
        (_b64(samples.pdf()), 422, "base64_decode_error"),
        ("A" * (LIMIT * 2), 413, "base64_too_large"),
        ("A" * (LIMIT * 100), 413, "base64_too_large"),
        (_b64(b"x" * (LIMIT + 1)), 413, "base64_too_large"),
    ],
)
async def test_bad_base64_is_refused_and_counted(text: str, status: int, reason: str) -> None:
    rejected = Sample("vision_input_rejected_total", reason=reason)
    finished = Sample("vision_requests_total", provider="deepseek_stub", status="rejected")
    async with serving(vision_max_base64_bytes=LIMIT) as (client, platform):
        assert _refusal(await client.post(URL, json={"image_base64": text})) == (status, "input_error", reason)
        assert platform.vision.error_rate.value == 0.0
    assert (rejected.moved, finished.moved) == (1, 1)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"image_base64": 1}', b"[" * 100_000, b"\xff"])
async def test_bad_json_is_refused(content: bytes) -> None:
    async with serving() as (client, _):
        assert _refusal(await client.post(URL, content=content)) == (422, "input_error", "base64_decode_error")
        assert _refusal(await client.post(URL, content=b"{}")) == (400, "input_error", "base64_empty")


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("", "url_empty"),
        ("  ", "url_empty"),
        ("file:///etc/passwd", "url_forbidden"),
        ("ftp://example.com/x", "url_forbidden"),
        ("gopher://example.com/", "url_forbidden"),
        ("//example.com/x", "url_forbidden"),
        ("http://", "url_forbidden"),
        ("http://user@example.com/", "url_forbidden"),
        ("http://[::1", "url_forbidden"),
        ("http://example.com:99999/", "url_forbidden"),
        ("http://127.0.0.1/x.png", "url_forbidden"),
        ("http://127.1/x.png", "url_forbidden"),
        ("http://0.0.0.0/", "url_forbidden"),
        ("http://[::1]/", "url_forbidden"),
        ("http://[::ffff:127.0.0.1]/", "url_forbidden"),
        ("http://10.1.2.3/", "url_forbidden"),
        ("http://192.168.0.1/", "url_forbidden"),
        ("http://169.254.169.254/latest/meta-data/", "url_forbidden"),
        ("http://2130706433/", "url_forbidden"),
        ("http://0x7f000001/", "url_forbidden"),
        ("http://0x7f.1/", "url_forbidden"),
        ("http://0177.0.0.1/", "url_forbidden"),
        ("http://127.1/", "url_forbidden"),
        ("http://0/", "url_forbidden"),
        ("http://[::]/", "url_forbidden"),
        ("http://[::ffff:7f00:1]/", "url_forbidden"),
        ("http://[64:ff9b::10.0.0.1]/", "url_forbidden"),
        ("http://user:pass@example.com/", "url_forbidden"),
        ("http://localhost:1/", "url_forbidden"),
    ],
)
async def test_a_url_that_leads_inside_is_refused(url: str, reason: str) -> None:
    rejected = Sample("vision_input_rejected_total", reason=reason)
    async with serving() as (client, _):
        assert _refusal(await client.post(URL, json={"image_url": url})) == (400, "input_error", reason)
    assert rejected.moved == 1


@pytest.mark.parametrize(
    ("address", "public"),
    [
        (PUBLIC, True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True),
        ("100.64.0.1", False),
        ("224.0.0.1", False),
        ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("nonsense", False),
    ],
)
def test_which_addresses_are_public(address: str, public: bool) -> None:
    assert is_public(address) is public


def _fetcher(handler: httpx.MockTransport, *addresses: str) -> Fetcher:
    async def find(host: str, port: int) -> list[str]:
        if not addresses:
            raise OSError("no such host")
        return list(addresses)

    return Fetcher(limit=10_000, timeout=0.2, find=find, transport=handler)


async def _stream(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def test_a_public_image_is_fetched_from_the_very_address_that_was_checked() -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, content=_stream(samples.png()))

    fetcher = _fetcher(httpx.MockTransport(answer), PUBLIC)
    async with serving(fetcher) as (client, _):
        response = await client.post(URL, json={"image_url": "https://example.com:8443/a.png?x=1"})
    assert response.status_code == 200, response.text
    assert str(asked[0].url) == f"https://{PUBLIC}:8443/a.png?x=1"
    assert asked[0].headers["host"] == "example.com:8443"
    assert asked[0].extensions["sni_hostname"] == "example.com"


async def test_a_name_that_leads_elsewhere_when_asked_again_leads_nowhere_else() -> None:
    """DNS rebinding: the name is asked once, and what was checked is what is connected to."""
    asked: list[str] = []
    connected: list[str] = []

    async def find(host: str, port: int) -> list[str]:
        asked.append(host)
        return [PUBLIC] if len(asked) == 1 else ["127.0.0.1"]

    def answer(request: httpx.Request) -> httpx.Response:
        connected.append(request.url.host)
        return httpx.Response(302, headers={"Location": "http://rebinding.example.com/again"})

    fetcher = Fetcher(limit=10_000, timeout=0.2, find=find, transport=httpx.MockTransport(answer))
    async with serving(fetcher) as (client, _):
        response = await client.post(URL, json={"image_url": "http://rebinding.example.com/"})
    assert _refusal(response) == (422, "input_error", "url_http_error")
    assert (asked, connected) == (["rebinding.example.com"], [PUBLIC])


async def test_one_private_address_among_public_ones_is_enough_to_refuse() -> None:
    fetcher = _fetcher(httpx.MockTransport(lambda request: httpx.Response(200)), PUBLIC, "127.0.0.1")
    async with serving(fetcher) as (client, _):
        assert _refusal(await client.post(URL, json={"image_url": "http://example.com/"})) == (
            400,
            "input_error",
            "url_forbidden",
        )


async def _chunks() -> AsyncIterator[bytes]:
    for _ in range(100):
        yield b"x" * 1000


async def _too_late(request: httpx.Request) -> httpx.Response:
    await asyncio.sleep(5)
    return httpx.Response(200)


def _broken(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("refused")


@pytest.mark.parametrize(
    ("handler", "status", "reason"),
    [
        (lambda request: httpx.Response(404), 422, "url_http_error"),
        (lambda request: httpx.Response(302, headers={"Location": "http://127.0.0.1/"}), 422, "url_http_error"),
        (lambda request: httpx.Response(200, content=_chunks()), 413, "url_download_error"),
        (_broken, 422, "url_download_error"),
        (_too_late, 422, "url_download_error"),
    ],
)
async def test_a_download_that_fails_is_refused_and_counted(handler: object, status: int, reason: str) -> None:
    rejected = Sample("vision_input_rejected_total", reason=reason)
    fetcher = _fetcher(httpx.MockTransport(handler), PUBLIC)  # type: ignore[arg-type]
    async with serving(fetcher) as (client, _):
        assert _refusal(await client.post(URL, json={"image_url": "http://example.com/a.png"})) == (
            status,
            "input_error",
            reason,
        )
    assert rejected.moved == 1


async def test_a_host_that_cannot_be_found_is_refused() -> None:
    async with serving(_fetcher(httpx.MockTransport(_broken))) as (client, _):
        assert _refusal(await client.post(URL, json={"image_url": "http://nowhere.example/"})) == (
            422,
            "input_error",
            "url_download_error",
        )
