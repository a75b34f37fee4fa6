"""The HTTP surface: commands, their errors and statuses, correlation ids, administrators, hostile bodies."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from output.snakepit.instrumentation import health
from service.snakepit import web
from service.snakepit.health import observe
from service.snakepit.pool import Pool
from tests.service.snakepit.harness import Held, Seen, moved, running, until

pytestmark = pytest.mark.anyio
TOKEN = "correct horse"
ADMIN = {"X-Admin-Token": TOKEN}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@contextlib.asynccontextmanager
async def client(*pools: Pool, token: str = TOKEN) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an application around these pools."""
    transport = httpx.ASGITransport(app=web.application(pools, token))
    async with httpx.AsyncClient(transport=transport, base_url="http://snakepit") as made:
        yield made


@pytest.fixture
async def http(pool: Pool) -> AsyncIterator[httpx.AsyncClient]:
    async with client(pool) as made:
        yield made


@pytest.fixture
def criteria() -> Iterator[None]:
    """The criteria and the rates come back afterwards."""
    check = health.worker_availability
    before = check.criteria
    yield
    check.criteria = before
    health.enable("detailed")


async def test_a_command_is_executed_and_its_id_comes_back_in_the_header(http: httpx.AsyncClient) -> None:
    given = await http.post("/pools/shared/commands/whoami", headers={"X-Correlation-Id": "from-the-client"})
    assert given.json()["result"]["correlation_id"] == given.headers["x-correlation-id"] == "from-the-client"
    made = await http.post("/pools/shared/commands/whoami", headers={b"X-Correlation-Id": "a b\u00e9".encode()})
    assert made.json()["result"]["correlation_id"] == made.headers["x-correlation-id"]
    assert len(made.headers["x-correlation-id"]) == 32


async def test_arguments_session_and_result_are_json(http: httpx.AsyncClient) -> None:
    for key, value in (("a", 1), ("b", None)):
        body: dict[str, Any] = {"arguments": {"key": key, "value": value}, "session": "over-http"}
        assert (await http.post("/pools/shared/commands/remember", json=body)).status_code == 200
    body = {"arguments": {"key": "a"}, "session": "over-http", "timeout": 10}
    assert (await http.post("/pools/shared/commands/recall", json=body)).json() == {"result": 1}


@pytest.mark.parametrize(
    ("command", "body", "status", "code", "said"),
    [
        ("fail", {"arguments": {"message": "oh"}}, 500, "command_failed", "ValueError: oh"),
        ("nonsense", {}, 400, "invalid_request", "there is no command 'nonsense'"),
        ("echo", {"arguments": [1]}, 400, "invalid_request", "its arguments are given by name"),
        ("echo", {"arguments": {"other": 1}}, 400, "invalid_request", "unexpected keyword argument 'other'"),
        ("echo", {"timeout": "soon"}, 400, "invalid_request", "give a positive number"),
        ("echo", {"timeout": True}, 400, "invalid_request", "give a positive number"),
        ("echo", {"timeout": 10**400}, 400, "invalid_request", "give a positive number"),
        ("echo", {"session": ["unhashable"]}, 400, "invalid_request", "the name of a session is a text"),
        ("echo", {"session": "s" * 201}, 400, "invalid_request", "the name of a session is a text"),
    ],
)
async def test_an_error_has_its_status_its_code_and_its_metric(
    http: httpx.AsyncClient, seen: Seen, command: str, body: dict[str, Any], status: int, code: str, said: str
) -> None:
    shown, outcome = ("unknown" if command == "nonsense" else command), "error" if status == 500 else "rejected"
    counted = moved("snakepit_requests_total", pool_name="shared", command=shown, status=outcome)
    answer = await http.post(f"/pools/shared/commands/{command}", json=body)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (status, code)
    assert said in error["message"]
    assert counted() == 1
    record = seen.one("request.failed", error_code=code)
    assert record.correlation_id == answer.headers["x-correlation-id"]


@pytest.mark.parametrize("body", [b"no json", b"[1]", b'{"other": 1}', b"[" * 100_000, b"\xff", b"null"])
async def test_a_body_that_is_no_request_is_refused(http: httpx.AsyncClient, body: bytes) -> None:
    answer = await http.post("/pools/shared/commands/echo", content=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_request")


async def test_a_body_that_is_too_large_is_refused(http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "MOST_BYTES", 1000)
    answer = await http.post("/pools/shared/commands/echo", content=b'{"arguments": "' + b"x" * 1000)
    assert answer.json()["error"]["message"] == "the body has more than 1000 bytes"


async def test_a_result_that_is_no_json_is_said_to_be_none(http: httpx.AsyncClient) -> None:
    body = '{"arguments": {"value": NaN}}'
    answer = await http.post("/pools/shared/commands/echo", content=body)
    assert answer.status_code == 422
    assert "the result is no JSON" in answer.json()["error"]["message"]


async def test_pools_and_pages_that_do_not_exist_are_404(http: httpx.AsyncClient) -> None:
    assert (await http.post("/pools/other/commands/echo")).status_code == 404
    assert (await http.get("/nothing")).status_code == 404
    assert (await http.get("/pools/shared/commands/echo")).status_code == 404


async def test_losses_time_outs_refusals_and_the_end_have_statuses_of_their_own(tmp_path: Path) -> None:
    with running(queue_size=0) as pool:
        async with client(pool) as http:

            async def status(command: str, **body: Any) -> tuple[int, str, str | None]:
                answer = await http.post(f"/pools/tested/commands/{command}", json=body)
                return answer.status_code, answer.json()["error"]["code"], answer.headers.get("retry-after")

            assert await status("kill") == (502, "worker_killed", None)
            until(lambda: pool.snapshot().available, "there is another worker")
            assert await status("sleep", arguments={"seconds": 60}, timeout=0.1) == (504, "request_timeout", None)
            until(lambda: pool.snapshot().available, "there is another worker")
            busy = Held(pool, tmp_path)
            assert await status("echo") == (503, "pool_saturated", "1")
            busy.release()
            pool.shutdown()
            assert await status("echo") == (503, "pool_closed", "1")


async def test_a_request_whose_client_went_away_is_not_begun_and_counts_as_cancelled(tmp_path: Path) -> None:
    cancelled = moved("snakepit_requests_total", pool_name="tested", command="echo", status="cancelled")
    with running() as pool:
        busy = Held(pool, tmp_path)
        left = asyncio.Event()

        async def receive() -> dict[str, object]:
            if not left.is_set():
                left.set()
                return {"type": "http.request", "body": b"{}"}
            while not pool.snapshot().waiting:
                await asyncio.sleep(0.005)
            return {"type": "http.disconnect"}

        async def send(message: object) -> None:
            """Nobody is there."""

        path = "/pools/tested/commands/echo"
        scope = {"type": "http", "method": "POST", "path": path, "headers": [], "query_string": b""}
        await web.application([pool])(scope, receive, send)
        until(lambda: not pool.snapshot().waiting, "it waits no longer")
        assert pool.snapshot().busy == 1
        busy.release()
        assert cancelled() == 1


@pytest.mark.parametrize("path", ["health/error_rate", "sampling/request.started", "endpoints/detailed"])
async def test_only_administrators_may_administer(pool: Pool, path: str) -> None:
    async with client(pool) as http, client(pool, token="") as nobodys:
        assert (await http.put(f"/admin/{path}", json={})).status_code == 403
        assert (await http.put(f"/admin/{path}", json={}, headers={"X-Admin-Token": "wrong"})).status_code == 403
        assert (await nobodys.put(f"/admin/{path}", json={}, headers={"X-Admin-Token": ""})).status_code == 403


async def test_tokens_that_resemble_the_right_one_are_refused_and_compared_in_constant_time(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, token = "/admin/health/error_rate", ADMIN["X-Admin-Token"]
    async with client(pool) as http:
        for given in (token + "x", token[:-1], token.swapcase(), token * 1000, token + "0" * 10_000):
            assert (await http.put(path, json={}, headers={"X-Admin-Token": given})).status_code == 403
        compared: list[tuple[bytes, bytes]] = []

        def differ(left: bytes, right: bytes) -> bool:
            compared.append((left, right))
            return False

        monkeypatch.setattr("secrets.compare_digest", differ)
        assert (await http.put(path, json={}, headers=ADMIN)).status_code == 403
    assert compared == [(token.encode(), token.encode())]


async def test_criteria_change_without_a_restart(pool: Pool, http: httpx.AsyncClient, criteria: None) -> None:
    observe([pool])
    path = "/admin/health/worker_availability"

    async def availability() -> tuple[int, str, str]:
        answer = await http.get("/health/ready")
        check = answer.json()["checks"][0]
        return answer.status_code, check["status"], check["message"]

    until(lambda: health.report().checks[0].status == "ok", "the pool is well")
    assert await availability() == (200, "ok", "shared: 2/2 workers available")
    assert (await http.put(path, json={"warning": 3}, headers=ADMIN)).json() == {"warning": 3, "failing": 1}
    assert await availability() == (200, "warning", "shared: 2/2 workers available")
    await http.put(path, json={"failing": 3}, headers=ADMIN)
    assert await availability() == (503, "error", "shared: 2/2 workers available")
    for wrong in ({"failing": 4}, {"warning": "many"}, {"warning": True}, {"other": 1}):
        answer = await http.put(path, json=wrong, headers=ADMIN)
        assert answer.status_code == 400, wrong
    assert (await http.put("/admin/health/nothing", json={}, headers=ADMIN)).status_code == 400


async def test_an_endpoint_is_switched_off_and_on(http: httpx.AsyncClient, criteria: None) -> None:
    path = "/admin/endpoints/detailed"
    assert (await http.put(path, json={"enabled": False}, headers=ADMIN)).status_code == 200
    assert (await http.get("/health/detailed")).status_code == 404
    assert (await http.put(path, json={"enabled": True}, headers=ADMIN)).status_code == 200
    assert (await http.get("/health/detailed")).status_code == 200
    assert (await http.put(path, json={"enabled": 1}, headers=ADMIN)).status_code == 400


async def test_a_sampling_rate_changes_at_run_time_and_metrics_count_all_the_same(
    http: httpx.AsyncClient, seen: Seen
) -> None:
    dropped = moved("promspec_events_dropped_total", event="request.completed", reason="sampling")
    counted = moved("snakepit_requests_total", pool_name="shared", command="echo", status="success")
    path = "/admin/sampling/request.completed"
    assert (await http.put(path, json={"rate": 0}, headers=ADMIN)).json() == {"rate": 0}
    for _ in range(3):
        await http.post("/pools/shared/commands/echo")
    assert (len(seen.named("request.completed")), dropped(), counted()) == (0, 3, 3)
    for wrong in (2, None, "all", True):
        assert (await http.put(path, json={"rate": wrong}, headers=ADMIN)).status_code == 400
    assert (await http.put("/admin/sampling/nothing", json={"rate": 1}, headers=ADMIN)).status_code == 400


async def test_the_generated_pages_answer_beside_the_commands(pool: Pool, http: httpx.AsyncClient) -> None:
    observe([pool])
    assert (await http.get("/health")).json() == {"status": "ok"}
    page = await http.get("/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
    assert page.text.endswith("# EOF\n")
    assert "snakepit_requests_total{" in page.text
