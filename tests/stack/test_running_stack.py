"""A stack started for real: a page arrives, nothing is left behind, and what fails says why."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.support.processes import wait_until

SPEC = """
from promspec import Alert, Counter, Deployment, Gauge, Receiver, Routing, Runbook, Severity, Spec, Webhook

room = Gauge("shop_room_ratio", "Share of the shelf that is free.")
alert = Alert("ShelfFull", f"{room} < 0.1", severity=Severity.CRITICAL, summary="The shelf is full.",
              runbook=Runbook("shelf", "Shelf", summary="Make room."))
spec = Spec("shop", owner="web", metrics=[room], alerts=[alert], deployment=Deployment("shop", absence_alerts=False),
            routing=Routing(default=Receiver("team", notify=[Webhook("https://shop.example.com/hook")])))
"""
SERVICE = """
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        text = b"# TYPE shop_room_ratio gauge\\nshop_room_ratio 0.01\\n"
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)
    def log_message(self, *args): pass

HTTPServer((sys.argv[1], int(sys.argv[2])), Handler).serve_forever()
"""
FREE = [f"--{name}-port=0" for name in ("service", "prometheus", "alertmanager", "pager")]
RUN = ["--service", f"{sys.executable} shop.py {{host}} {{port}}", "--interval", "1s", *FREE]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A spec, what it generated, and a service that is full."""
    (tmp_path / "shop_spec.py").write_text(SPEC, encoding="utf-8")
    (tmp_path / "shop.py").write_text(SERVICE, encoding="utf-8")
    done = _promspec(tmp_path, "generate", "shop_spec.py")
    assert done.returncode == 0, done.stdout + done.stderr
    yield tmp_path
    _promspec(tmp_path, "stack", "down", "shop_spec.py")


def _promspec(folder: Path, *words: str, path: Path = ROOT / ".tools" / "bin") -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PATH": os.pathsep.join([str(path), str(ROOT / ".tools" / "bin"), os.environ["PATH"]])}
    command = [sys.executable, "-m", "promspec", *words]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=120)


def _parts(folder: Path) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = json.loads((folder / ".promspec_stack/shop/state.json").read_text("utf-8"))
    return rows


def test_a_page_arrives_with_its_texts_and_everything_ends(folder: Path) -> None:
    done = _promspec(folder, "stack", "up", "shop_spec.py", *RUN)
    assert done.returncode == 0, done.stderr
    assert [line.split()[0] for line in done.stdout.splitlines()[:4]] == [
        *("service", "pager", "alertmanager", "prometheus"),
    ]
    pids = [int(str(part["pid"])) for part in _parts(folder)]
    assert _promspec(folder, "stack", "up", "shop_spec.py", *RUN).stderr == (
        "promspec: it runs already: promspec stack status, or promspec stack down first\n"
    )
    wait_until(
        lambda: "" if "ShelfFull" in _promspec(folder, "stack", "pages", "shop_spec.py").stdout else "no page", 60
    )
    (page, *_) = json.loads(_promspec(folder, "stack", "pages", "shop_spec.py", "--json").stdout)
    assert page["notification"]["receiver"] == "team"
    (alert,) = page["notification"]["alerts"]
    assert (alert["status"], alert["labels"]["severity"]) == ("firing", "critical")
    assert alert["annotations"]["summary"] == "The shelf is full."
    status = _promspec(folder, "stack", "status", "shop_spec.py", "--json")
    assert (status.returncode, json.loads(status.stdout)["ok"]) == (0, True)
    assert "1 of 1 targets up, 1 rules, firing: ShelfFull" in status.stdout
    ended = _promspec(folder, "stack", "down", "shop_spec.py")
    assert ended.stdout == "Ended: service, pager, alertmanager, prometheus.\n"
    assert not any(_runs(pid) for pid in pids)
    assert sorted(path.name for path in (folder / ".promspec_stack/shop").iterdir()) == ["lock"]
    assert _promspec(folder, "stack", "down", "shop_spec.py").stdout == "Nothing ran that was started in this folder.\n"


def test_on_a_fast_clock_the_rules_are_loaded_when_the_service_is_scraped(folder: Path) -> None:
    run = [word for word in RUN if word not in ("--interval", "1s")]
    assert _promspec(folder, "stack", "up", "shop_spec.py", *run, "--speed", "60").returncode == 0
    wait_until(
        lambda: "" if "ShelfFull" in _promspec(folder, "stack", "pages", "shop_spec.py").stdout else "no page", 30
    )
    status = _promspec(folder, "stack", "status", "shop_spec.py")
    assert (status.returncode, "1 of 1 targets up, 1 rules, firing: ShelfFull" in status.stdout) == (0, True)


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def test_a_service_that_ends_is_told_with_its_last_words_and_nothing_is_left(folder: Path) -> None:
    command = f"{sys.executable} -c 'raise SystemExit(\"no licence\")'"
    done = _promspec(folder, "stack", "up", "shop_spec.py", "--service", command, *FREE)
    assert done.returncode == 1
    assert "service is not ready: it does not run" in done.stderr
    assert "no licence" in done.stderr
    status = _promspec(folder, "stack", "status", "shop_spec.py")
    assert (status.returncode, status.stdout) == (1, "Nothing runs that was started in this folder.\n")


def test_a_service_that_dies_later_makes_the_status_fail(folder: Path) -> None:
    assert _promspec(folder, "stack", "up", "shop_spec.py", *RUN).returncode == 0
    (service,) = [part for part in _parts(folder) if part["name"] == "service"]
    os.kill(int(str(service["pid"])), 9)
    time.sleep(0.2)
    status = _promspec(folder, "stack", "status", "shop_spec.py")
    assert status.returncode == 1
    assert "it does not run" in status.stdout.splitlines()[0]


def test_a_port_that_is_taken_is_named(folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = _promspec(folder, "stack", "up", "shop_spec.py", *RUN, "--prometheus-port", str(port))
    assert done.returncode == 1
    assert f"port {port} of 127.0.0.1 cannot be used" in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--service", "'"], "No closing quotation"),
        (["--env", "PORT"], "write NAME=VALUE"),
        (["--interval", "soon"], "soon"),
        (["--interval", "1s", "--speed", "30"], "give one of them"),
        (["--speed", "0"], "greater than or equal to 1"),
    ],
)
def test_wrong_usage_is_2(folder: Path, words: list[str], said: str) -> None:
    done = _promspec(folder, "stack", "up", "shop_spec.py", *words)
    assert done.returncode == 2
    assert said in done.stderr


def test_what_was_not_generated_and_a_broken_spec_are_said(tmp_path: Path) -> None:
    (tmp_path / "shop_spec.py").write_text(SPEC, encoding="utf-8")
    done = _promspec(tmp_path, "stack", "up", "shop_spec.py", *FREE)
    assert (done.returncode, "run promspec generate first" in done.stderr) == (1, True)
    (tmp_path / "shop_spec.py").write_text("nonsense", encoding="utf-8")
    done = _promspec(tmp_path, "stack", "up", "shop_spec.py", *FREE)
    assert (done.returncode, "load/failed" in done.stdout) == (1, True)


def test_a_stack_can_be_looked_at_and_ended_when_its_spec_is_broken(folder: Path) -> None:
    assert _promspec(folder, "stack", "up", "shop_spec.py", *RUN).returncode == 0
    (folder / "shop_spec.py").write_text(SPEC + "x = (\n", encoding="utf-8")
    status = _promspec(folder, "stack", "status", "shop_spec.py")
    assert [line.split()[0] for line in status.stdout.splitlines()] == [
        "service",
        "pager",
        "alertmanager",
        "prometheus",
    ]
    ended = _promspec(folder, "stack", "down", "shop_spec.py")
    assert (ended.returncode, ended.stdout) == (0, "Ended: service, pager, alertmanager, prometheus.\n")
    again = _promspec(folder, "stack", "down", "shop_spec.py")
    assert (again.returncode, "[load/syntax]" in again.stdout + again.stderr) == (1, True)


def test_three_instances_are_scraped_each_at_the_path_of_the_spec(folder: Path) -> None:
    spec = SPEC.replace('Deployment("shop", ', 'Deployment("shop", metrics_path="/internal/prom", ')
    (folder / "shop_spec.py").write_text(spec, encoding="utf-8")
    elsewhere = SERVICE.replace(
        '        text = b"', '        if self.path != "/internal/prom": return self.send_error(404)\n        text = b"'
    )
    (folder / "shop.py").write_text(elsewhere, encoding="utf-8")
    assert _promspec(folder, "generate", "shop_spec.py").returncode == 0
    done = _promspec(folder, "stack", "up", "shop_spec.py", *RUN, "--instances", "3")
    assert (done.returncode, done.stderr) == (0, "")
    names = [line.split()[0] for line in done.stdout.splitlines()[:6]]
    assert names == ["service", "service-2", "service-3", "pager", "alertmanager", "prometheus"]

    def unscraped() -> str:
        said = _promspec(folder, "stack", "status", "shop_spec.py").stdout
        return "" if "3 of 3 targets up" in said else said

    wait_until(unscraped, 30)
    (second,) = [part for part in _parts(folder) if part["name"] == "service-2"]
    os.kill(int(str(second["pid"])), 9)
    wait_until(lambda: "" if "connection refused" in unscraped() else "not seen yet", 30)
    status = _promspec(folder, "stack", "status", "shop_spec.py")
    assert (status.returncode, status.stdout.splitlines()[1].split(maxsplit=2)[2]) == (1, "it does not run")


def test_rules_of_another_state_of_the_spec_are_run_and_told_of(folder: Path) -> None:
    (folder / "shop_spec.py").write_text(SPEC.replace("< 0.1", "< 0.2"), encoding="utf-8")
    done = _promspec(folder, "stack", "up", "shop_spec.py", *RUN)
    said = "promspec: output/shop is not what the spec generates: alerting_rules.yml; run promspec generate\n"
    assert (done.returncode, done.stderr) == (0, said)


def test_a_folder_that_cannot_be_written_is_named(folder: Path) -> None:
    (folder / ".promspec_stack").write_text("in the way", encoding="utf-8")
    done = _promspec(folder, "stack", "up", "shop_spec.py", *RUN)
    why = "promspec: .promspec_stack/shop cannot be written: Not a directory; what runs is remembered there: "
    assert (done.returncode, done.stderr) == (1, why + "use a folder of your own\n")


FLAGGED = 'deployment=Deployment("shop", absence_alerts=False'


def test_prometheus_is_started_with_the_feature_flags_of_the_deployment(folder: Path) -> None:
    flagged = SPEC.replace(FLAGGED, f'{FLAGGED}, features=["promql-experimental-functions", "of-tomorrow"]')
    (folder / "shop_spec.py").write_text(flagged, encoding="utf-8")
    assert _promspec(folder, "generate", "shop_spec.py").returncode == 0
    done = _promspec(folder, "stack", "up", "shop_spec.py", *RUN)
    assert done.returncode == 0, done.stderr
    (prometheus,) = [part for part in _parts(folder) if part["name"] == "prometheus"]
    words = Path(f"/proc/{prometheus['pid']}/cmdline").read_text("utf-8").split("\0")
    assert [word for word in words if "feature" in word] == [
        "--enable-feature=promql-experimental-functions,of-tomorrow"
    ]


def test_a_prometheus_that_is_too_old_for_a_rule_is_not_started_and_the_rule_is_named(folder: Path) -> None:
    newer = SPEC.replace(FLAGGED, f'{FLAGGED}, prometheus_version="3.15", features=["promql-binop-fill-modifiers"]')
    newer = newer.replace("{room} < 0.1", "{room} + fill(0) {room} < 0.1")
    (folder / "shop_spec.py").write_text(newer, encoding="utf-8")
    assert _promspec(folder, "generate", "shop_spec.py").returncode == 0
    old = folder / "prometheus"
    old.write_text("#!/bin/sh\necho prometheus, version 2.42.0\n", encoding="utf-8")
    old.chmod(0o755)
    done = _promspec(folder, "stack", "up", "shop_spec.py", *RUN, path=folder)
    assert (done.returncode, done.stderr) == (
        1,
        "promspec: ShelfFull: prometheus 2.42.0 does not read this rule: fill() needs Prometheus 3.10 or later and "
        "--enable-feature=promql-binop-fill-modifiers; put a newer Prometheus on PATH\n",
    )
    assert (
        _promspec(folder, "stack", "status", "shop_spec.py").stdout == "Nothing runs that was started in this folder.\n"
    )
