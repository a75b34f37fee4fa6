"""What is generated runs where nothing is installed but prometheus_client."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.runtime.foundry import FOUNDRY
from tests.support.generated import written

USED = """
import importlib.metadata, io, json, logging, sys, urllib.request
sys.path.insert(0, sys.argv[1])
from output.cad_ml_platform import instrumentation as cad
from output.foundry import instrumentation as foundry
from output.snakepit import instrumentation as pit

with cad.ocr.track(provider="paddle") as request, request.stage("infer"):
    pass
try:
    with cad.ocr.track(provider="paddle"):
        raise TimeoutError
except TimeoutError as error:
    assert cad.code_of(error) is cad.ErrorCode.PROVIDER_TIMEOUT
lines, heard = io.StringIO(), []
pit.logs.configure_logging(stream=lines)
pit.events.register_consumer("worker.*", heard.append)
with pit.correlation.scope("req-1"), pit.deltas() as moved:
    pit.events.worker_started(duration_ms=12.5, pool_name="a", worker_id="w1", pid=7)
    pit.logs.logger("x").error("it failed", exception=ValueError("token=hunter2"), password="hunter2")
assert pit.events.flush() and [record.correlation_id for record in heard] == ["req-1"]
assert moved("snakepit_workers_started_total", pool_name="a") == 1
shown = [json.loads(line) for line in lines.getvalue().splitlines()]
assert [line["event"] for line in shown] == ["worker.started", "it failed"] and "hunter2" not in lines.getvalue()
foundry.health.furnace_0(lambda: 20)
foundry.events.order_placed(customer="c", mould="m", address="x")
with foundry.health.serve(0) as server:
    page = urllib.request.urlopen(f"http://127.0.0.1:{server.port}/metrics").read().decode()
assert 'orders_total{customer="c",mould="m"} 1.0' in page and "ocr_requests_total{" in page
assert cad.exposition(openmetrics=True).endswith(b"# EOF\\n")
places = [getattr(sys.modules[name], "__file__", None) or "" for name in list(sys.modules)]
print(json.dumps({
    "installed": sorted(found.name for found in importlib.metadata.distributions()),
    "foreign": sorted({path.split("site-packages/")[1].split("/")[0] for path in places if "site-packages/" in path}),
    "moved": cad.scrape()[0].decode().count('ocr_requests_total{provider="paddle",status="success"} 1.0'),
}))
"""


@pytest.fixture
def bare(root: Path, tmp_path: Path) -> str:
    """The interpreter of a fresh environment with prometheus_client, as pinned, and nothing else."""
    home = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", home], check=True)
    python = str(home / "bin" / "python")
    install = ["pip", "--python", python, "install", "--quiet", "--disable-pip-version-check"]
    constraint = ["--constraint", str(root / "constraints.txt")]
    subprocess.run([sys.executable, "-m", *install, *constraint, "prometheus-client"], check=True)
    return python


@pytest.mark.slow
def test_the_packages_need_prometheus_client_and_nothing_else(root: Path, tmp_path: Path, bare: str) -> None:
    place = tmp_path / "elsewhere"
    for name in ("cad_ml_platform", "snakepit"):
        shutil.copytree(root / "output" / name / "instrumentation", place / "output" / name / "instrumentation")
    written(FOUNDRY, place / "output" / "foundry")
    # Isolated: neither the working directory nor PYTHONPATH nor the user's packages are on the path.
    command = [bare, "-I", "-W", "error", "-c", USED, str(place)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "installed": ["prometheus_client"],
        "foreign": ["prometheus_client"],
        "moved": 1,
    }
