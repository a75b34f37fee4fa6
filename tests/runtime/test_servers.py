"""uvicorn and gunicorn with several workers: every request counts, whichever worker answered, however that ended."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.generated import written
from tests.support.processes import Running, listening

SPEC = """
spec = Spec("served", owner="o", metrics=[
    Counter("requests_total", "Requests."),
    Gauge("ready", "Workers that are ready."),
    Gauge("jobs", "Jobs of each.", aggregation="process"),
])
"""

ASGI = """
import os
from served.instrumentation import metrics, metrics_app

metrics.ready.set(1)

async def app(scope, receive, send):
    if scope["type"] == "http" and scope["path"] == "/metrics":
        return await metrics_app(scope, receive, send)
    if scope["type"] == "http":
        metrics.requests_total.inc()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": str(os.getpid()).encode()})
"""

WSGI = """
import os
from served.instrumentation import metrics, scrape

def app(environ, start_response):
    if environ["PATH_INFO"] == "/metrics":
        page, content_type = scrape(environ.get("HTTP_ACCEPT", ""))
        start_response("200 OK", [("content-type", content_type)])
        return [page]
    metrics.requests_total.inc()
    metrics.ready.set(1)
    start_response("200 OK", [])
    return [str(os.getpid()).encode()]
"""


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("servers")
    written(SPEC, folder / "served")
    (folder / "asgi.py").write_text(ASGI, encoding="utf-8")
    (folder / "wsgi.py").write_text(WSGI, encoding="utf-8")
    return folder


@pytest.fixture(params=["uvicorn", "gunicorn", "gunicorn --preload"])
def server(request: pytest.FixtureRequest, code: Path, tmp_path: Path) -> Iterator[Running]:
    """A server with three workers."""
    name, *more = request.param.split()

    def command(port: int) -> list[str]:
        if name == "uvicorn":
            own = ["asgi:app", "--app-dir", str(code), "--port", str(port), "--log-level", "warning"]
        else:
            own = ["wsgi:app", "--chdir", str(code), "--bind", f"127.0.0.1:{port}", *more]
        return [sys.executable, "-m", name, "--workers", "3", *own]

    env = {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "meeting"), "PYTHONPATH": str(code)}
    with listening(name, command, "/", tmp_path / "log", env=lambda port: env) as running:
        yield running


def _hit(server: Running, times: int) -> set[int]:
    """Ask so often, on a new connection each time; the workers that answered."""
    return {int(httpx.get(server.url, timeout=10, trust_env=False).text) for _ in range(times)}


def _scraped(server: Running) -> dict[str, float]:
    page = httpx.get(f"{server.url}/metrics", timeout=10, trust_env=False).text
    samples = (line.rpartition(" ") for line in page.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, _, value in samples}


def _all_workers(server: Running, count: int) -> tuple[set[int], int]:
    """Ask until so many workers have answered; those, and how often was asked."""
    found, asked, deadline = set[int](), 0, time.monotonic() + 20
    while len(found) < count and time.monotonic() < deadline:
        found |= _hit(server, 1)
        asked += 1
    assert len(found) >= count, found
    return found, asked


def test_every_request_counts_also_those_of_a_worker_that_was_killed(server: Running) -> None:
    before = int(_scraped(server)["requests_total"])  # Those that waited for the server.
    workers, asked = _all_workers(server, 3)
    assert _scraped(server)["requests_total"] == before + asked
    os.kill(min(workers), signal.SIGKILL)
    time.sleep(0.1)
    later, more = _all_workers(server, 3)
    assert min(workers) not in later
    found = _scraped(server)
    assert found["requests_total"] == before + asked + more
    assert found["ready"] == 3
    assert found['promspec_telemetry_errors_total{kind="multiprocess"}'] == 0
    assert f'jobs{{pid="{max(later)}"}}' in found
    assert f'jobs{{pid="{min(workers)}"}}' not in found
