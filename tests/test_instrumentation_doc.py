"""Every example of docs/instrumentation.md is run: with the packages it names, and the spec it shows."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from promspec.cli.app import app

ENGINE = """
class engine:
    read = staticmethod(lambda image: image.decode())
image, cached, error = b"text", False, ValueError("no")
"""
ASK = """
import asyncio, httpx, json
async def ask(method, path, **given):
    async with app.router.lifespan_context(app):
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test") as client:
            return await client.request(method, path, **given)
"""
GATEWAY = """
import http.server, threading
pushed = []
class Gateway(http.server.BaseHTTPRequestHandler):
    def do_PUT(self):
        pushed.append((self.path, self.rfile.read(int(self.headers["content-length"])).decode()))
        self.send_response(200)
        self.end_headers()
    log_message = lambda self, *given: None
gateway = http.server.HTTPServer(("127.0.0.1", 0), Gateway)
threading.Thread(target=gateway.serve_forever, daemon=True).start()
"""
COUNTED = """
import prometheus_client
def value(name, **labels):
    return prometheus_client.REGISTRY.get_sample_value(name, labels)
finished = {"provider": "paddle", "status": "success"}
"""
AROUND = {
    "Metrics": (ENGINE, 'assert value("ocr_stage_duration_seconds_count", provider="paddle", stage="infer") == 1'),
    "Operations": (ENGINE, 'assert value("ocr_requests_total", **finished) == 1'),
    "In a FastAPI service": (
        ENGINE,
        ASK
        + """
answer = asyncio.run(ask("POST", "/read", content=image, headers={"x-correlation-id": "req-1"}))
assert (answer.json(), answer.headers["x-correlation-id"]) == ("text", "req-1"), answer.text
assert value("ocr_requests_total", **finished) == 1
for path in ("/health/startup", "/metrics", "/health/ready", "/health"):
    assert asyncio.run(ask("GET", path)).status_code == 200, path
assert json.loads(health.wsgi({"PATH_INFO": "/health"}, print)[0])["reason"] == "stopping"
""",
    ),
    "In a FastAPI service 2": (
        "",
        ASK + 'assert "ocr_requests_total{" in asyncio.run(ask("GET", "/metrics")).text',
    ),
    "In a worker": (
        ENGINE,
        """
import gc, urllib.request
def tasks():
    yield image, {"x-correlation-id": "req-1"}
    port = next(found for found in gc.get_objects() if type(found) is health.Server).port
    assert b"ocr_requests_total{" in urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics").read()
work(tasks())
assert value("ocr_requests_total", **finished) == 1
""",
    ),
    "In a script": (
        ENGINE + GATEWAY,
        """
assert pushed[0][0] == "/metrics/job/nightly" and "ocr_requests_total{" in pushed[0][1]
assert 'ocr_requests_total{provider="paddle",status="success"} 1.0' in Path("nightly.prom").read_text()
assert everything.endswith(b"# EOF\\n")
""",
    ),
    "In tests": ("", "test_a_crash_is_counted_and_told()"),
    "Events 2": (ENGINE, 'assert value("workers_crashed_total", pool_name="a", how="crash", type="SIGKILL") == 1'),
    "Logs and correlation": (ENGINE, ""),
    "Logs and correlation 2": (
        """
import queue as queues
queue, given, headers, task, seen = queues.SimpleQueue(), "req-1", {"X-Correlation-ID": "req-2"}, "task", []
def work(number):
    seen.append((number, correlation.current()))
""",
        'assert seen == [(1, "req-1"), (2, "req-2")] and queue.get() == ("task", {"x-correlation-id": "req-1"})',
    ),
    "Health": (
        """
class pool:
    name, available, size = "default", 8, 10
""",
        """
assert report.components == {"default": "ok"}, report
assert report.checks[0].message == "default: 8/10 workers available"
assert report.sections == {"pools": {"default": {"size": 10}}}
""",
    ),
}


def _examples(root: Path) -> dict[str, str]:
    """Heading -> the Python below it; a second block of a heading has a number."""
    text = (root / "docs" / "instrumentation.md").read_text(encoding="utf-8")
    found: dict[str, str] = {}
    for section in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        heading = section.partition("\n")[0]
        for number, body in enumerate(re.findall(r"```python\n(.*?)```", section, re.DOTALL), 1):
            found[heading if number == 1 else f"{heading} {number}"] = body
    return found


@pytest.fixture(scope="module")
def place(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the package of the spec that the page shows."""
    place = tmp_path_factory.mktemp("doc")
    (place / "spec").mkdir()
    spec = place / "spec" / "pit.py"
    spec.write_text(_examples(root)["Events"], encoding="utf-8")
    result = CliRunner().invoke(app, ["generate", str(spec), "--output", str(place / "output")])
    assert result.exit_code == 0, result.output
    assert "error" not in result.output
    return place


def test_these_are_all_examples(root: Path) -> None:
    assert set(_examples(root)) == {"Events", *AROUND}


@pytest.mark.slow
@pytest.mark.parametrize("name", AROUND)
def test_the_example_runs(root: Path, place: Path, name: str) -> None:
    before, after = AROUND[name]
    shown = _examples(root)[name].replace("9100", "0").replace('"gateway:9091"', 'f"127.0.0.1:{gateway.server_port}"')
    (place / "example.py").write_text("\n".join([COUNTED, before, shown, after]), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "error::RuntimeWarning", "example.py"],
        cwd=place,
        env={"PYTHONPATH": f"{place}:{root}", "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr.replace('"Traceback', "")
