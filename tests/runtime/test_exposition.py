"""What serves and reads the exposition: the client's own tools, the ASGI application, the helper for tests."""

from __future__ import annotations

import asyncio
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import httpx
import pytest
from prometheus_client import generate_latest, make_asgi_app, push_to_gateway
from prometheus_client.openmetrics.exposition import generate_latest as openmetrics_latest

from tests.support.generated import Generated, generated

MANY = """
a, b = Label("a", max_values=400), Label("b", max_values=400)
spec = Spec("many", owner="o", metrics=[Counter("many_total", "Many.", labels=[a, b])])
"""


def _get(app: Any, accept: str) -> httpx.Response:
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
            return await client.get("/", headers={"accept": accept})

    return asyncio.run(ask())


@pytest.mark.parametrize("accept", ["", "text/plain", "application/openmetrics-text; version=1.0.0,text/plain;q=0.3"])
def test_the_application_answers_what_the_client_would(trial: Generated, accept: str) -> None:
    trial.metrics.requests_total.inc(provider="paddle", stage="load")
    ours, theirs = _get(trial.module.metrics_app, accept), _get(make_asgi_app(trial.registry), accept)
    assert (ours.status_code, ours.content) == (theirs.status_code, theirs.content)
    openmetrics = accept.startswith("application")
    assert ours.headers["content-type"] == (
        "application/openmetrics-text; version=1.0.0; charset=utf-8"
        if openmetrics
        else "text/plain; version=0.0.4; charset=utf-8"
    )
    assert ours.content == (openmetrics_latest if openmetrics else generate_latest)(trial.registry)


def test_head_has_no_body_and_what_is_no_http_is_refused(trial: Generated) -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        raise AssertionError("nothing is to be read")

    asyncio.run(trial.module.metrics_app({"type": "http", "method": "HEAD", "headers": []}, receive, send))
    assert (sent[0]["status"], sent[1]["body"]) == (200, b"")
    assert int(dict(sent[0]["headers"])[b"content-length"]) > 1_000
    with pytest.raises(RuntimeError, match="websocket"):
        asyncio.run(trial.module.metrics_app({"type": "websocket"}, receive, send))


def test_it_can_be_pushed_to_a_gateway(trial: Generated) -> None:
    bodies: list[bytes] = []

    class Gateway(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            bodies.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(202)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Silent."""

    with HTTPServer(("127.0.0.1", 0), Gateway) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        push_to_gateway(f"127.0.0.1:{server.server_port}", job="trial", registry=trial.registry)
        thread.join()
    assert bodies == [trial.module.exposition()]


@pytest.mark.slow
def test_a_scrape_of_very_many_series_does_not_stop_the_event_loop(tmp_path: Any) -> None:
    many = generated(MANY, tmp_path / "many")
    inc = many.metrics.many_total.inc
    for a in range(300):
        for b in range(300):
            inc(a=str(a), b=str(b))

    async def watched() -> float:
        worst, done = 0.0, asyncio.create_task(asyncio.to_thread(many.module.scrape))
        while not done.done():
            began = time.perf_counter()
            await asyncio.sleep(0.001)
            worst = max(worst, time.perf_counter() - began - 0.001)
        page, _ = await done
        assert page.count(b"\nmany_total{") == 90_000
        return worst

    # Best of several: the machine stops us, too. Rendered on the loop it would be 60 ms, by the client 1.5 s.
    assert min(asyncio.run(watched()) for _ in range(5)) < 0.02


def test_deltas_say_what_a_block_moved(trial: Generated) -> None:
    trial.metrics.requests_total.inc(5, provider="paddle", stage="load")
    with trial.module.deltas() as moved:
        trial.metrics.requests_total.inc(provider="paddle", stage="load")
        assert moved("requests_total", provider="paddle", stage="load") == 1
        trial.metrics.rare_total.inc(2, provider="paddle")
        trial.metrics.seconds.observe(0.3, provider="paddle")
    trial.metrics.requests_total.inc(provider="paddle", stage="load")
    assert moved("requests_total", provider="paddle", stage="load") == 1
    assert moved("rare_total", provider="paddle") == 2
    assert moved("requests_total", provider="paddle", stage="ünï") == 0
    assert moved.all() == {
        "requests_total{provider='paddle',stage='load'}": 1.0,
        "rare_total{provider='paddle'}": 2.0,
        "seconds_bucket{le='0.5',provider='paddle'}": 1.0,
        "seconds_bucket{le='2.0',provider='paddle'}": 1.0,
        "seconds_bucket{le='1e+07',provider='paddle'}": 1.0,
        "seconds_bucket{le='+Inf',provider='paddle'}": 1.0,
        "seconds_count{provider='paddle'}": 1.0,
        "seconds_sum{provider='paddle'}": 0.3,
    }
    with pytest.raises(LookupError, match=r"requests_totl has no series .* it has none"):
        moved("requests_totl", provider="paddle")
    with pytest.raises(LookupError, match=r"it has requests_total\{provider='paddle',stage='load'\}"):
        moved("requests_total", provider="padle", stage="load")


def test_facts_that_are_replaced_leave_one_series(trial: Generated) -> None:
    for number in range(20):
        trial.metrics.build_info.set(version=str(number % 10))
        assert trial.module.exposition().count(b"\nbuild_info{") == 1
    assert trial.value("build_info", version="9") == 1


def test_series_that_come_after_a_scrape_are_in_the_next(trial: Generated) -> None:
    first = trial.module.exposition()
    trial.metrics.rare_total.inc(provider="paddle")
    trial.metrics.rare_total.inc(provider='tess"er\\act')
    second = trial.module.exposition()
    added = set(second.splitlines()) - set(first.splitlines())
    assert added == {b'rare_total{provider="paddle"} 1.0', b'rare_total{provider="tess\\"er\\\\act"} 1.0'}
