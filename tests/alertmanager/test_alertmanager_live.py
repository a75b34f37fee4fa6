"""A real Alertmanager on loopback: what Slack is told, and which alerts are silent."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from promspec import SLO, Alert, Ratio, Receiver, Routing, Severity, Slack, Spec, promtool
from promspec.plan.alertmanager import plan_alertmanager
from promspec.render.alertmanager import render_alertmanager

pytestmark = pytest.mark.slow


@dataclass
class Stage:
    """A running Alertmanager and what its Slack channel received."""

    url: str
    messages: list[Any] = field(default_factory=list)

    def post(self, *alerts: dict[str, Any]) -> None:
        request = urllib.request.Request(
            f"{self.url}/api/v2/alerts", json.dumps(alerts).encode(), {"Content-Type": "application/json"}
        )
        urllib.request.urlopen(request, timeout=5).close()

    def alerts(self) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.url}/api/v2/alerts", timeout=5) as answer:
            return {alert["labels"]["alertname"]: alert for alert in json.load(answer)}


def wait(for_: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not for_():
        assert time.monotonic() < deadline, "it did not happen within 20 seconds"
        time.sleep(0.1)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def spec(secret: Path) -> Spec:
    ratio = Ratio(bad="sum(increase(bad_total[$window]))", total="sum(increase(all_total[$window]))")
    alert = Alert("Slow", "up == 0", severity=Severity.WARNING, summary="It is slow.", component="db")
    slack = Receiver("chat", [Slack("#alerts", api_url_file=str(secret))])
    routing = Routing(slack, group_by=["alertname"], group_wait="0s", group_interval="1s")
    return Spec("shop", owner="web", slos=[SLO("api", ratio, objective=99)], alerts=[alert], routing=routing)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("alertmanager")
    messages: list[Any] = []

    class Slackish(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            messages.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Slackish)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    secret = folder / "slack"
    secret.write_text(f"http://127.0.0.1:{server.server_port}/hook", encoding="utf-8")
    for file in render_alertmanager(plan_alertmanager(spec(secret)), "shop.py"):
        (folder / file.path).write_text(file.text, encoding="utf-8")
    url = f"http://127.0.0.1:{free_port()}"
    command = [
        str(promtool.find("alertmanager")),
        f"--config.file={folder / 'alertmanager.yml'}",
        f"--storage.path={folder / 'data'}",
        f"--web.listen-address={url.removeprefix('http://')}",
        "--cluster.listen-address=",
    ]
    environment = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            wait(lambda: reachable(url))
            yield Stage(url, messages)
        finally:
            process.terminate()
            process.wait(timeout=10)
            server.shutdown()
            server.server_close()


def reachable(url: str) -> bool:
    try:
        urllib.request.urlopen(f"{url}/-/ready", timeout=1).close()
    except OSError:
        return False
    return True


def test_slack_is_told_what_how_urgent_and_where_to_look_then_that_it_is_over(stage: Stage) -> None:
    labels = {"alertname": "Slow", "severity": "warning", "spec": "shop", "component": "a<b"}
    annotations = {
        "summary": "Slow & <sure>.",
        "description": "p95 > 2 s",
        "runbook_url": "https://books.example.com/slow.md",
        "dashboard_url": "https://boards.example.com/d/shop",
    }
    stage.post({"labels": labels, "annotations": annotations})
    wait(lambda: bool(stage.messages))
    firing = stage.messages[0]
    assert firing["channel"] == "#alerts"
    attachment = firing["attachments"][0]
    assert attachment["title"] == "[FIRING:1] warning: Slow of shop"
    assert attachment["color"] == "warning"
    assert attachment["text"] == (
        ":fire: *Slow &amp; &lt;sure&gt;.* (warning)\np95 &gt; 2 s\n"
        "<https://books.example.com/slow.md|Runbook>\n<https://boards.example.com/d/shop|Dashboard>"
    )
    stage.messages.clear()
    ended = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 1))
    begun = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 60))
    stage.post({"labels": labels, "annotations": annotations, "startsAt": begun, "endsAt": ended})
    wait(lambda: bool(stage.messages))
    resolved = stage.messages[0]["attachments"][0]
    assert resolved["title"] == "[RESOLVED] warning: Slow of shop"
    assert resolved["color"] == "good"
    assert resolved["text"].startswith(":white_check_mark: Resolved: *Slow &amp; &lt;sure&gt;.* (warning)")


def tier(name: str, alert: str, **labels: str) -> dict[str, Any]:
    return {"labels": {"alertname": alert, "spec": "shop", "slo": "api", "tier": name, "severity": "critical", **labels}}


def test_the_fastest_tier_silences_the_slower_ones_of_its_slo_only(stage: Stage) -> None:
    stage.post(
        tier("page-fast", "Fast"),
        tier("ticket-slow", "Ticket"),
        tier("ticket-slow", "OtherSlo", slo="web"),
        tier("ticket-slow", "OtherSpec", spec="blog"),
    )
    wait(lambda: "suppressed" in {alert["status"]["state"] for alert in stage.alerts().values()})
    states = {name: alert["status"]["state"] for name, alert in stage.alerts().items()}
    assert states["Ticket"] == "suppressed"
    assert (states["Fast"], states["OtherSlo"], states["OtherSpec"]) == ("active", "active", "active")


def test_critical_silences_warnings_of_the_same_component_only(stage: Stage) -> None:
    known = {"spec": "shop", "component": "db"}
    stage.post(
        {"labels": {"alertname": "DbDown", "severity": "critical", **known}},
        {"labels": {"alertname": "DbSlow", "severity": "warning", **known}},
        {"labels": {"alertname": "WebSlow", "severity": "warning", "spec": "shop", "component": "web"}},
        {"labels": {"alertname": "NoPart", "severity": "warning", "spec": "shop"}},
    )
    wait(lambda: stage.alerts().get("DbSlow", {}).get("status", {}).get("state") == "suppressed")
    wait(lambda: stage.alerts()["WebSlow"]["status"]["state"] == "active")
    states = {name: alert["status"]["state"] for name, alert in stage.alerts().items()}
    assert (states["DbDown"], states["WebSlow"], states["NoPart"]) == ("active", "active", "active")
