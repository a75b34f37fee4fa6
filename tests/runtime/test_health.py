"""Health: how answers are judged, that a check harms only itself, what the endpoints say over ASGI, WSGI, a thread."""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
import struct
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client import CollectorRegistry

from promspec.runtime.health import Criteria
from tests.runtime.signals import SIGNALS, until
from tests.support.generated import Generated, generated, imported, written


@pytest.fixture
def health(pit: Generated) -> Any:
    """Everything is well."""
    health = pit.module.health
    health.workers(lambda: 5)
    health.error_rate(lambda: 0.0)
    health.core(lambda: True)
    return health


@pytest.fixture(scope="module")
def hasty_folder(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    folder = tmp_path_factory.mktemp("hasty") / "pit"
    return folder, written(SIGNALS.replace('reason="no_workers", timeout="5s"', 'timeout="200ms"'), folder)


@pytest.fixture
def hasty(hasty_folder: tuple[Path, Any]) -> Any:
    """The same, but that the check of workers has little time."""
    health = imported(hasty_folder[0], CollectorRegistry()).health
    health.error_rate(lambda: 0.0)
    health.core(lambda: True)
    return health


def _get(health: Any, path: str, method: str = "GET", **headers: str) -> httpx.Response:
    return _ask(health.observability, path, method, **headers)


def _ask(app: Any, path: str, method: str = "GET", **headers: str) -> httpx.Response:
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.request(method, path, headers=headers)

    return asyncio.run(ask())


def _found(health: Any, name: str) -> Any:
    return next(found for found in health.report().checks if found.name == name)


@pytest.mark.parametrize(
    ("worse", "value", "status"),
    [
        *(
            ("above", 1, "ok"),
            ("above", 2, "ok"),
            ("above", 2.1, "warning"),
            ("above", 3, "warning"),
            ("above", 4, "error"),
        ),
        *(
            ("below", 4, "ok"),
            ("below", 3, "ok"),
            ("below", 2.5, "warning"),
            ("below", 2, "warning"),
            ("below", 1, "error"),
        ),
        *(("above", float("nan"), "error"), ("below", float("nan"), "error"), ("above", float("inf"), "error")),
    ],
)
def test_a_value_worse_than_a_threshold_is_bad_and_an_equal_one_is_good(worse: Any, value: float, status: str) -> None:
    assert Criteria(*((2, 3) if worse == "above" else (3, 2)), worse).judge(value) == status


def test_the_whole_is_as_bad_as_its_worst_check(health: Any) -> None:
    assert health.report().status == "ok"
    health.error_rate(lambda: 0.2)
    assert (health.report().status, _found(health, "error_rate").message) == ("warning", "0.2 is above 0.1")
    health.core(lambda: False)
    assert health.report().status == "error"


def test_of_components_only_all_together_make_an_error(health: Any) -> None:
    health.workers(lambda: {"a": 0, "b": 5})
    assert health.report().status == "warning"
    assert health.report().components == {"a": "error", "b": "ok"}
    assert _found(health, "workers").message == "a: 0 is below 1"
    health.workers(lambda: {"a": 0, "b": health.Reading(0, "0/5 workers available")})
    assert health.report().status == "error"
    health.workers(dict)
    assert health.report().status == "ok"


def test_criteria_change_without_a_restart(health: Any) -> None:
    health.workers.set_criteria(warning=10)
    assert health.report().status == "warning"
    health.workers.set_criteria(warning=None)
    assert health.report().status == "ok"
    health.workers.set_criteria(failing=6)
    assert health.report().status == "error"
    with pytest.raises(ValueError, match="before it warns"):
        health.workers.set_criteria(warning=1, failing=2)
    with pytest.raises(ValueError, match="finite"):
        health.workers.set_criteria(warning=float("nan"))


def test_a_check_that_raises_is_an_error_of_that_check_without_secrets(health: Any) -> None:
    def broken() -> int:
        raise RuntimeError("postgres://u:hunter2@db password=hunter2")

    health.workers(broken)
    found = _found(health, "workers")
    assert found.status == "error"
    assert found.message == "RuntimeError: postgres://[SANITIZED]@db password=[SANITIZED]"
    assert _found(health, "error_rate").status == "ok"


def test_a_check_that_hangs_delays_nobody_and_is_not_started_again(hasty: Any) -> None:
    go, calls = threading.Event(), []

    def hangs() -> int:
        calls.append(1)
        go.wait(60)
        return 5

    hasty.workers(hangs)
    start = time.perf_counter()
    assert _found(hasty, "workers").message == "TimeoutError: no answer within 0.2 s"
    assert time.perf_counter() - start < 4, "the other checks have five seconds"
    assert "still running" in _found(hasty, "workers").message
    assert len(calls) == 1
    go.set()
    until(lambda: _found(hasty, "workers").status == "ok")


def test_checks_run_at_the_same_time(health: Any) -> None:
    together = threading.Barrier(3, timeout=4)
    health.workers(lambda: together.wait() + 5)
    health.error_rate(lambda: together.wait() * 0.0)
    health.core(lambda: together.wait() >= 0)
    assert health.report().status == "ok"


def test_results_are_cached_and_computed_once_for_many(tmp_path: Path) -> None:
    pit = generated(SIGNALS.replace('cache="0s"', 'cache="1h"'), tmp_path / "cached")
    calls = []

    def count() -> int:
        calls.append(1)
        time.sleep(0.05)
        return 5

    pit.module.health.workers(count)
    threads = [threading.Thread(target=pit.module.health.report) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    pit.module.health.report()
    assert len(calls) == 1
    pit.module.health.workers.set_criteria(warning=10)
    assert next(found for found in pit.module.health.report().checks if found.name == "workers").status == "warning"


def test_async_checks_run_in_the_services_loop(health: Any) -> None:
    async def serve() -> tuple[int, bool]:
        loop = asyncio.get_running_loop()
        seen: list[bool] = []

        async def workers() -> int:
            await asyncio.sleep(0)
            seen.append(asyncio.get_running_loop() is loop)
            return 5

        health.workers(workers)
        transport = httpx.ASGITransport(app=health.observability_app())
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return (await client.get("/health/ready")).status_code, seen == [True]

    assert asyncio.run(serve()) == (200, True)
    assert _found(health, "workers").status == "ok", "and in a loop of their own where there is none"


def test_an_async_check_that_hangs_is_cancelled(hasty: Any) -> None:
    ended = threading.Event()

    async def hangs() -> int:
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()
        return 5

    hasty.workers(hangs)
    assert _found(hasty, "workers").status == "error"
    assert ended.wait(10)


def test_a_check_that_nobody_measures_is_a_warning(pit: Generated) -> None:
    assert [found.message for found in pit.module.health.report().checks] == [
        "nothing is registered that measures it"
    ] * 3
    assert pit.module.health.report().status == "warning"


@pytest.mark.parametrize("answer", ["yes", object(), [1]])
def test_a_senseless_answer_is_an_error_of_the_check(health: Any, answer: Any) -> None:
    health.workers(lambda: answer)
    assert _found(health, "workers").message == f"the callback answered with {type(answer).__name__}"


def test_liveness(health: Any) -> None:
    answer = _get(health, "/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert answer.headers["cache-control"] == "no-store"
    health.workers(lambda: 0)
    assert _get(health, "/health").status_code == 200, "no workers is no reason to be killed"
    health.core(lambda: False)
    assert (_get(health, "/health").status_code, _get(health, "/health").json()["reason"]) == (503, "core")
    health.core(lambda: True)
    health.stopping()
    assert _get(health, "/health").json() == {"status": "error", "reason": "stopping"}


def test_readiness(health: Any) -> None:
    assert _get(health, "/health/ready").json()["status"] == "ready"
    health.error_rate(lambda: 0.9)
    answer = _get(health, "/health/ready")
    assert (answer.status_code, answer.json()["health"]) == (200, "warning")
    assert [check["status"] for check in answer.json()["checks"]] == ["ok", "warning", "ok"]
    health.workers(lambda: health.Reading(0, "0/10 workers available"))
    answer = _get(health, "/health/ready")
    assert (answer.status_code, answer.json()["reason"]) == (503, "no_workers")
    health.stopping()
    assert _get(health, "/health/ready").json()["reasons"] == ["stopping", "no_workers"]


def test_startup_is_over_once_and_for_good(health: Any) -> None:
    health.progress(0.5, "5/10 workers")
    answer = _get(health, "/health/startup")
    assert answer.status_code == 503
    assert answer.json() == {
        "status": "starting",
        "progress": 0.5,
        "message": "5/10 workers",
        "reasons": [],
        "checks": [],
    }
    assert _get(health, "/health/ready").json()["reason"] == "starting"
    health.core(lambda: False)
    health.started()
    assert (_get(health, "/health/startup").status_code, _get(health, "/health/startup").json()["reasons"]) == (
        503,
        ["core"],
    )
    health.core(lambda: True)
    assert _get(health, "/health/startup").json() == {"status": "started", "progress": 1.0}
    health.core(lambda: False)
    health.progress(0.1)
    assert _get(health, "/health/startup").status_code == 200


def test_detailed(health: Any) -> None:
    health.workers(lambda: {"default": health.Reading(8, "8/10 workers available")})
    health.section("pools", lambda: {"default": {"total_workers": 10, "password": "x", "rate": float("nan")}})
    health.section("broken", lambda: 1 / 0)
    health.section("status", lambda: "mine")
    body = _get(health, "/health/detailed").json()
    assert body["status"] == "ok"
    assert body["timestamp"].endswith("+00:00")
    assert body["pools"] == {"default": {"total_workers": 10, "password": "[SANITIZED]", "rate": "NaN"}}
    assert body["broken"] == {"error": "ZeroDivisionError: division by zero"}
    assert body["components"] == {"default": "ok"}
    assert body["checks"][0] == {
        "name": "workers",
        "status": "ok",
        "message": "default: 8/10 workers available",
        "components": {"default": "ok"},
    }
    assert body["system"]["uptime_seconds"] >= 0
    assert body["system"]["memory_mb"] > 1
    assert body["system"]["process_count"] >= 1


def test_a_disabled_endpoint_is_not_there(health: Any) -> None:
    health.disable("detailed")
    health.disable("metrics")
    assert [_get(health, path).status_code for path in ("/health/detailed", "/metrics", "/health")] == [404, 404, 200]
    health.enable("detailed")
    assert _get(health, "/health/detailed").status_code == 200


def test_methods_and_paths(health: Any) -> None:
    assert _get(health, "/nothing").status_code == 404
    assert _get(health, "/").status_code == 404
    assert _get(health, "/health/").status_code == 200
    answer = _get(health, "/health", "POST")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")
    answer = _get(health, "/health", "HEAD")
    assert (answer.status_code, answer.content) == (200, b"")


def test_metrics(pit: Generated, health: Any) -> None:
    pit.module.events.noise()
    answer = _get(health, "/metrics")
    assert "\nqueue_size -1.0\n" in answer.text
    assert answer.headers["content-type"].startswith("text/plain")
    answer = _get(health, "/metrics", accept="application/openmetrics-text")
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert answer.text.endswith("# EOF\n")


@pytest.mark.parametrize(
    "accept",
    [
        *("", "*/*", "text/plain", "application/vnd.google.protobuf", "application/openmetrics-text; q=0, text/plain"),
        "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.1",
        "text/html, Application/OpenMetrics-Text",
    ],
)
def test_metrics_are_what_scrape_gives_over_every_server(pit: Generated, health: Any, accept: str) -> None:
    page, content_type = pit.module.scrape(accept)
    assert page.endswith(b"# EOF\n") == ("openmetrics" in content_type) == ("q=0," not in accept and "etrics" in accept)
    answer = _get(health, "/metrics", accept=accept)
    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, page, content_type)
    assert (_get(health, "/metrics", "HEAD", accept=accept).content) == b""
    assert answer.headers["content-length"] == str(len(page))
    started: list[Any] = []
    environ = {"PATH_INFO": "/metrics", "HTTP_ACCEPT": accept}
    assert b"".join(health.wsgi(environ, lambda *given: started.append(given))) == page
    assert dict(started[0][1])["content-type"] == content_type
    with health.serve(0) as server:
        request = urllib.request.Request(f"http://127.0.0.1:{server.port}/metrics", headers={"Accept": accept})
        with urllib.request.urlopen(request) as served:
            assert (served.read(), served.headers["content-type"]) == (page, content_type)


def test_a_stampede_with_clients_that_hang_up_computes_once(health: Any) -> None:
    calls: list[int] = []
    go = threading.Event()

    def count() -> int:
        calls.append(1)
        go.wait(4)
        return 5

    health.workers(count)

    async def stampede() -> list[Any]:
        transport = httpx.ASGITransport(app=health.observability)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            asked = [asyncio.create_task(client.get("/health/ready")) for _ in range(100)]
            for _ in range(100):  # Until each of them waits for the report.
                await asyncio.sleep(0)
            for task in asked[::2]:
                task.cancel()
            await asyncio.wait(asked[::2])
            go.set()
            return await asyncio.gather(*asked, return_exceptions=True)

    answers = asyncio.run(stampede())
    assert [isinstance(answer, asyncio.CancelledError) for answer in answers] == [True, False] * 50
    assert {answer.status_code for answer in answers[1::2]} == {200}
    assert len(calls) == 1


def test_a_served_client_that_hangs_up_or_talks_nonsense_is_no_news(
    health: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    with health.serve(0) as server:
        for sent in (b"GET /metrics HTTP/1.1\r\n\r\n", b"\x16\x03\x01\xff\r\n\r\n", b""):
            for _ in range(5):
                client = socket.create_connection((server.host, server.port))
                client.sendall(sent)
                # Not closed but reset: what is written to it fails.
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                client.close()
        for method, status in (("PATCH", 405), ("OPTIONS", 405), ("HEAD", 200)):
            connection = http.client.HTTPConnection(server.host, server.port, timeout=5)
            connection.request(method, "/health")
            assert connection.getresponse().status == status
            connection.close()
    assert capfd.readouterr() == ("", "")


def test_it_is_mounted_in_one_line(health: Any) -> None:
    from fastapi import FastAPI

    for prefix in ("/", "/internal"):
        app = FastAPI()
        app.get("/hello")(lambda: "hello")
        app.mount(prefix, health.observability)
        statuses = [_ask(app, prefix.rstrip("/") + path).status_code for path in ("/health/ready", "/metrics", "/x")]
        assert statuses == [200, 200, 404]
        assert _ask(app, "/hello").json() == "hello"


def test_a_scrape_and_slow_checks_do_not_block_the_loop(health: Any) -> None:
    def slow() -> int:
        time.sleep(0.15)
        return 5

    health.workers(slow)

    async def serve() -> int:
        transport = httpx.ASGITransport(app=health.observability)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            asked = asyncio.create_task(client.get("/health/ready"))
            ticks = 0
            while not asked.done():
                await asyncio.sleep(0.01)
                ticks += 1
            return ticks

    assert asyncio.run(serve()) >= 5


def test_a_lifespan_is_answered(health: Any) -> None:
    sent: list[Any] = []

    async def run() -> None:
        kinds = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])

        async def receive() -> Any:
            return next(kinds)

        async def send(message: Any) -> None:
            sent.append(message["type"])

        await health.observability({"type": "lifespan"}, receive, send)
        await health.observability({"type": "websocket", "path": "/"}, receive, send)

    asyncio.run(run())
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete", "websocket.close"]


def test_without_asgi_a_thread_serves(health: Any) -> None:
    with health.serve(0) as server:
        url = f"http://127.0.0.1:{server.port}"
        with urllib.request.urlopen(f"{url}/health/ready?x=1") as answer:
            assert json.load(answer)["status"] == "ready"
        with urllib.request.urlopen(f"{url}/metrics") as answer:
            assert b"queue_size" in answer.read()
        health.stopping()
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(f"{url}/health")
        assert (caught.value.code, json.load(caught.value)["reason"]) == (503, "stopping")
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(f"{url}/health", timeout=1)


def test_wsgi(health: Any) -> None:
    started: list[Any] = []
    body = health.wsgi({"REQUEST_METHOD": "GET", "PATH_INFO": "/health"}, lambda *given: started.append(given))
    assert (json.loads(b"".join(body)), started[0][0]) == ({"status": "ok"}, "200 OK")
    assert list(health.wsgi({"REQUEST_METHOD": "HEAD", "PATH_INFO": "/x"}, lambda *given: None)) == [b""]


def test_changes_are_told(health: Any) -> None:
    told: list[tuple[str, str]] = []
    health.on_change(lambda old, new: 1 / 0)
    health.on_change(lambda old, new: told.append((old, new)))
    health.report()
    health.workers(lambda: 0)
    health.report()
    health.report()
    health.workers(lambda: 5)
    health.report()
    until(lambda: len(told) >= 2)
    assert told == [("ok", "error"), ("error", "ok")]
