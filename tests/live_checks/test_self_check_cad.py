"""The CAD service for real, in a process of its own: `self-check` and `verify` tell each way in which it is broken."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from promspec.cli.app import app
from service.cad_ml_platform import samples
from service.cad_ml_platform.words import CIRCUITS, OCR_PROVIDERS
from tests.conftest import ROOT
from tests.live.systems import CAD_ML_PLATFORM
from tests.support.processes import listening

SPEC = "spec/cad_ml_platform.py"
IMAGE = json.dumps({"image_base64": base64.b64encode(samples.png(8, 8)).decode()})
COMPARE = ["--drive", "POST /api/v1/compare", "--drive-json", '{"left": "a", "right": "b"}']
READ = ["--drive", "POST /api/v1/ocr/extract?provider=tesseract", "--drive-json", IMAGE]
pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


@contextmanager
def _service(folder: Path, ready: str = "/ready", **settings: str) -> Iterator[str]:
    def environment(port: int) -> dict[str, str]:
        return {"PYTHONPATH": str(ROOT), **CAD_ML_PLATFORM.settings(port), **settings}

    command = CAD_ML_PLATFORM.command
    with listening("the service", lambda port: command, ready, folder / "log", env=environment) as running:
        yield running.url


def _self_check(url: str, *options: str, spec: str = SPEC) -> dict[str, Any]:
    arguments = ["self-check", spec, "--base-url", url, "--retries", "0", "--json", *options]
    found: dict[str, Any] = json.loads(CliRunner().invoke(app, arguments, catch_exceptions=False).stdout)
    return found


def _said(found: dict[str, Any]) -> str:
    return "\n".join(
        text
        for check in found["checks"]
        if check["outcome"] == "failed"
        for text in (check["message"], *(problem["message"] for problem in check["problems"]))
    )


def test_the_service_as_it_is_passes_strictly_and_its_coverage_grows_with_its_work(tmp_path: Path) -> None:
    with _service(tmp_path) as url:
        asked = [*COMPARE, "--moves", "compare_requests_total", "--min-error-codes", "9"]
        asked += [
            "--min-errors",
            "ocr_errors_total=10",
            "--require",
            f"provider={','.join(OCR_PROVIDERS)},deepseek_stub",
        ]
        found = _self_check(url, "--strict", *asked)
        assert found["exit_code"] == 0, found
        assert [check["outcome"] for check in found["checks"]] == ["passed"] * 5
        before = _verify(url, "--strict", "--save", str(tmp_path / "run.json"))
        CAD_ML_PLATFORM.bring_about(url)
        after = _verify(url, "--strict", "--merge", str(tmp_path / "run.json"))
    assert (before["ok"], before["problems"]) == (True, [])
    assert (after["ok"], after["problems"]) == (True, []), after["problems"]
    assert before["coverage"]["percent"] < 30
    assert after["coverage"]["percent"] > 60
    assert after["coverage"]["scrapes"] == 2


def _verify(url: str, *options: str) -> dict[str, Any]:
    arguments = ["verify", SPEC, "--url", f"{url}/metrics", "--format", "json", *options]
    found: dict[str, Any] = json.loads(CliRunner().invoke(app, arguments, catch_exceptions=False).stdout)
    return found


def test_a_service_that_is_gone_is_2(tmp_path: Path) -> None:
    with _service(tmp_path) as url:
        pass
    found = _self_check(url)
    assert (found["exit_code"], "cannot reach" in _said(found)) == (2, True)


def test_a_service_whose_circuits_are_all_open_is_3(tmp_path: Path) -> None:
    faults = ",".join(f"{circuit}=provider_timeout" for circuit in CIRCUITS)
    with _service(tmp_path, SIMULATE=faults, CIRCUIT_FAILURE_THRESHOLD="1") as url:
        for provider in OCR_PROVIDERS:
            path = f"{url}/api/v1/ocr/extract?provider={provider}"
            assert httpx.post(path, content=IMAGE, headers={"content-type": "application/json"}).status_code == 504
        assert httpx.post(f"{url}/api/v1/vision/analyze", json=json.loads(IMAGE)).status_code == 504
        found = _self_check(url)
    assert (found["exit_code"], "its status is unhealthy" in _said(found)) == (3, True), found
    assert [check["exit_code"] for check in found["checks"]] == [0, 3, 0, 0, 0]


def test_a_service_whose_metrics_are_disabled_is_4(tmp_path: Path) -> None:
    with _service(tmp_path, METRICS_ENABLED="false") as url:
        found = _self_check(url)
    assert found["exit_code"] == 4, found
    assert _said(found) == f"{url}/metrics answers 404 Not Found"


def test_a_service_that_was_deployed_before_the_spec_moved_on_is_5(tmp_path: Path) -> None:
    spec = tmp_path / "cad_ml_platform.py"
    text = (ROOT / SPEC).read_text(encoding="utf-8")
    before, after = "ocr_rate_limited_total", "ocr_throttled_total"
    spec.write_text(text.replace(before, after), encoding="utf-8")
    with _service(tmp_path) as url:
        found = _self_check(url, spec=str(spec))
        drive = _self_check(url, "--drive", "GET /health")
    assert found["exit_code"] == 5, found
    problems = {(each["id"], each["name"]) for check in found["checks"] for each in check["problems"]}
    assert problems == {
        ("verify/digest", "cad_ml_platform"),
        ("verify/missing", "ocr_throttled_total"),
        ("verify/undeclared", "cad_ml_platform"),
    }
    assert (drive["exit_code"], "and no declared counter moved" in _said(drive)) == (5, True)


def test_a_service_that_raises_what_no_code_maps_is_6(tmp_path: Path) -> None:
    with _service(tmp_path, SIMULATE="tesseract=internal_error") as url:
        assert _self_check(url)["exit_code"] == 0
        found = _self_check(url, *READ, "--moves", "ocr_errors_total")
    assert found["exit_code"] == 6, found
    assert "no error code maps builtins.RuntimeError (1)" in _said(found)
