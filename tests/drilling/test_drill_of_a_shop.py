"""A drill of a small service, with a real Prometheus and Alertmanager: what goes wrong is said, nothing is left."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.support.processes import wait_until

pytestmark = pytest.mark.slow

SPEC = """
from promspec import Alert, Deployment, Gauge, Label, Receiver, Route, Routing, Runbook, Severity, Spec, Webhook

shelf = Label("shelf", "Which shelf.", values=['a"b ü', "top"])
room = Gauge("shop_room_ratio", "Share of the shelf that is free.", labels=[shelf])
where = dict(runbook=Runbook("shelf", "Shelf", summary="Make room."))
alerts = [
    Alert("ShelfFull", f"{room} < 0.1", severity=Severity.CRITICAL, summary="The shelf is full.",
          description="{{ $labels.shelf }}: {{ $value | humanizePercentage }} is free.", component="shelves", **where),
    Alert("ShelfFilling", f"{room} < 0.3", severity=Severity.WARNING, summary="It fills.",
          component="shelves", **where),
]
hook = [Webhook("https://shop.example.com/hook")]
spec = Spec("shop", owner="web", metrics=[room], alerts=alerts,
            deployment=Deployment("shop", absence_alerts=False, runbook_base_url="https://docs.example.com"),
            routing=Routing(default=Receiver("team", notify=hook), group_interval="1m", group_wait="1s",
                            group_by=["alertname", "shelf"],
                            routes=[Route(Receiver("night desk", notify=hook), severity=Severity.CRITICAL)]))
"""
SERVICE = """
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

room = 0.9

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        global room
        room = {"/fill": 0.01, "/empty": 0.9}.get(self.path, room)
        text = 'shop_room_ratio{shelf="a\\\\"b ü"} %s\\nshop_room_ratio{shelf="top"} 0.9\\n' % room
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.end_headers()
        self.wfile.write(("# TYPE shop_room_ratio gauge\\n" + text).encode())
    def log_message(self, *args): pass

HTTPServer((sys.argv[1], int(sys.argv[2])), Handler).serve_forever()
"""
DRILLS = """
import sys
import urllib.request
from promspec.drilling import Drills, Incident

def ask(path):
    def of(service):
        urllib.request.build_opener(urllib.request.ProxyHandler({})).open(service.url + path).close()
    return of

def nothing(service):
    pass

def restart(service):
    service.kill()
    service.start()
    ask("/fill")(service)

full = dict(alert="ShelfFull", labels={"shelf": 'a"b ü'}, begin=ask("/fill"), end=ask("/empty"))
drills = Drills(
    service=[sys.executable, "shop.py", "{host}", "{port}"],
    speed=60,
    warm_up="1m",
    incidents=[
        Incident(name="full", silences=["ShelfFilling"], **full),
        Incident(name="never-full", **full | {"begin": nothing}),
        Incident(name="stays-full", **full | {"end": nothing}),
        Incident(name="not-silenced", silences=["ShelfFull"], **full | {"alert": "ShelfFilling"}),
        Incident(name="quiet", alert=None, begin=nothing, watch="1m"),
        Incident(name="not-quiet", alert=None, begin=ask("/fill"), watch="3m"),
        Incident(name="not-quiet-until-its-end", alert=None, begin=ask("/fill"), end=ask("/empty"), watch="3m"),
        Incident(name="another-shelf", **full | {"labels": {"shelf": "top"}}),
        Incident(name="not-begun", alert="ShelfFull", begin=lambda service: service.burn()),
        Incident(name="restarted", alert="ShelfFull", begin=restart, end=ask("/empty")),
    ],
)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "drills").mkdir()
    for name, text in (("shop_spec.py", SPEC), ("shop.py", SERVICE), ("drills/shop.py", DRILLS)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    done = _promspec(tmp_path, "generate", "shop_spec.py")
    assert done.returncode == 0, done.stdout + done.stderr
    yield tmp_path
    for pid in _pids(tmp_path):
        if _runs(pid):
            os.killpg(pid, signal.SIGKILL)


def _environment() -> dict[str, str]:
    return {**os.environ, "PATH": os.pathsep.join([str(ROOT / ".tools" / "bin"), os.environ["PATH"]])}


def _promspec(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "promspec", *words]
    return subprocess.run(
        command, cwd=folder, env=_environment(), capture_output=True, text=True, check=False, timeout=120
    )


def _pids(folder: Path) -> list[int]:
    """The processes of every stack that is remembered."""
    states = (folder / ".promspec_stack").glob("*/state.json")
    return [part["pid"] for state in states for part in json.loads(state.read_text("utf-8"))]


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def test_each_incident_has_its_outcome_and_what_did_not_come_is_said(folder: Path) -> None:
    done = _promspec(folder, "drill", "shop_spec.py", "--json", "--jobs", "8")
    assert done.returncode == 1, done.stderr
    document = json.loads(done.stdout)
    found = {each["incident"]: each for each in document["outcomes"]}
    assert {name: each["faults"] for name, each in found.items() if name not in ("never-full", "not-silenced")} == {
        "full": [],
        "stays-full": ["it was not told to be over within 2m45s"],
        "quiet": [],
        "not-quiet": ["ShelfFull notified somebody"],
        "not-quiet-until-its-end": ["ShelfFull notified somebody"],
        "another-shelf": [
            'ShelfFull did not page within 1m46s; it came with shelf="a\\"b ü", not with shelf="top"',
        ],
        "not-begun": ["begin raised AttributeError: 'Stage' object has no attribute 'burn'"],
        "restarted": [],
    }
    assert found["never-full"]["faults"] == ["ShelfFull did not page within 1m46s"]
    assert found["not-silenced"]["faults"] == ["ShelfFilling did not page within 1m46s; instead: ShelfFull"]
    full = found["full"]
    assert full["silenced"] == ["ShelfFilling"]
    assert 0 < full["seen"] <= full["expected"]["latest"] == 106
    assert 0 < full["resolved"] <= full["expected"]["resolved"] == 165
    page = full["page"]
    assert (page["receiver"], page["labels"]["severity"]) == ("night desk", "critical")
    assert page["group_labels"] == {"alertname": "ShelfFull", "shelf": 'a"b ü'}
    assert page["annotations"] == {
        "summary": "The shelf is full.",
        "description": 'a"b ü: 1% is free.',
        "runbook_url": "https://docs.example.com/shelf.md",
    }
    assert document["ok"] is False
    assert sorted(path.name for path in (folder / ".promspec_stack").iterdir()) == [".gitignore", "shop-drill"]


def test_a_drill_that_goes_as_it_must_exits_0_and_shows_its_table(folder: Path) -> None:
    done = _promspec(folder, "drill", "shop_spec.py", "--only", "full", "--only", "quiet")
    assert done.returncode == 0, done.stdout + done.stderr
    assert [line.split()[:3] for line in done.stdout.splitlines()[1:3]] == [
        ["full", "ShelfFull", "critical"],
        ["quiet", "nobody", "is"],
    ]
    assert sorted(done.stderr.splitlines()) == ["full: as it must", "quiet: as it must"]


def _begun(folder: Path) -> subprocess.Popen[str]:
    """A drill whose stack runs."""
    command = [sys.executable, "-m", "promspec", "drill", "shop_spec.py", "--only", "never-full"]
    process = subprocess.Popen(command, cwd=folder, env=_environment(), stderr=subprocess.PIPE, text=True)
    wait_until(lambda: "" if len(_pids(folder)) == 4 else "no stack yet", 30)
    return process


def test_a_drill_that_is_ended_early_leaves_nothing(folder: Path) -> None:
    process = _begun(folder)
    pids = _pids(folder)
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "promspec: interrupted; nothing is left running" in said
    assert [pid for pid in pids if _runs(pid)] == []


def test_what_is_generated_of_another_state_of_the_spec_is_not_drilled(folder: Path) -> None:
    rules = folder / "output/shop/alerting_rules.yml"
    rules.write_text(rules.read_text("utf-8").replace("< 0.1", "< 0.2"), "utf-8")
    done = _promspec(folder, "drill", "shop_spec.py", "--only", "quiet")
    said = "output/shop is not what the spec generates: alerting_rules.yml; run promspec generate"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"promspec: {said}\n")
    assert _pids(folder) == []


def test_one_of_three_instances_is_ended_and_started_again(folder: Path) -> None:
    alert = """
    Alert("ShopInstanceDown", 'up{job="shop"} == 0', for_="1m", severity=Severity.WARNING, summary="One is gone.",
          description="{{ $labels.instance }}", **where),
    Alert("AllGone", 'absent(up{job="shop"} == 1)', for_="1m", severity=Severity.CRITICAL, summary="All are.", **where),
]
hook"""
    spec = (folder / "shop_spec.py").read_text("utf-8").replace("\n]\nhook", alert, 1)
    (folder / "shop_spec.py").write_text(spec, "utf-8")
    one = """
end = lambda service: service.start(3)
drills = replace(drills, instances=3, incidents=[
    Incident(name="one-of-three", alert="ShopInstanceDown", begin=lambda service: service.kill(3), end=end),
    Incident(name="no-fourth", alert="ShopInstanceDown", begin=lambda service: service.kill(4)),
])
"""
    drills = "from dataclasses import replace\n" + DRILLS + one
    (folder / "drills/shop.py").write_text(drills, "utf-8")
    assert _promspec(folder, "generate", "shop_spec.py").returncode == 0
    done = _promspec(folder, "drill", "shop_spec.py", "--json")
    found = {each["incident"]: each for each in json.loads(done.stdout)["outcomes"]}
    assert (found["one-of-three"]["faults"], found["one-of-three"]["also"]) == ([], [])
    assert found["no-fourth"]["faults"] == [
        "begin raised ValueError: there is no instance 4: the drill has instances=3"
    ]


def test_only_one_drill_of_a_spec_is_held_and_the_next_ends_what_a_killed_one_left(folder: Path) -> None:
    process = _begun(folder)
    pids = _pids(folder)
    second = _promspec(folder, "drill", "shop_spec.py", "--only", "quiet")
    assert (second.returncode, second.stderr) == (
        *(1, "promspec: another drill of shop is held in this folder at the moment\n"),
    )
    process.kill()
    process.communicate(timeout=30)
    assert all(_runs(pid) for pid in pids)
    time.sleep(0.2)
    assert _promspec(folder, "drill", "shop_spec.py", "--only", "never-full").returncode == 1
    assert [pid for pid in pids if _runs(pid)] == []
