"""The stack in containers, by a docker that keeps what it was asked and runs the containers' commands as processes.

No daemon is needed: the compose file is held by compose-spec's schema, its commands by the real binaries.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import ROOT
from tests.stack.test_running_stack import FREE, SERVICE
from tests.support.processes import wait_until

SPEC = """
from promspec import Alert, Dashboard, Deployment, Gauge, Receiver, Routing, Row, Runbook, Severity, Spec, Stat, Webhook

room = Gauge("shop_room_ratio", "Share of the shelf that is free.")
alert = Alert("ShelfFull", f"{room} < 0.1", severity=Severity.CRITICAL, summary="The shelf is full.",
              runbook=Runbook("shelf", "Shelf", summary="Make room."))
board = Dashboard("Shelf", [Row("R", [Stat("Room", "Free.", f"{room}", unit="percentunit")])])
spec = Spec("shop", owner="web", metrics=[room], alerts=[alert], dashboards=[board],
            deployment=Deployment("shop", absence_alerts=False, image="shop:1.0"),
            routing=Routing(default=Receiver("team", notify=[Webhook("https://shop.example.com/hook")])))
"""
UP = ["stack", "up", "shop_spec.py", "--docker", *FREE, "--grafana-port=0", "--interval", "1s"]
UP += ["--service", f"{sys.executable} shop.py {{host}} {{port}}"]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder with an awkward name, in which a spec was generated and docker is a stand-in."""
    made = tmp_path / "a $HOME: b"
    made.mkdir()
    (tmp_path / "bin").mkdir()
    (made / "shop_spec.py").write_text(SPEC, encoding="utf-8")
    (made / "shop.py").write_text(SERVICE, encoding="utf-8")
    script = f'exec "{sys.executable}" -m tests.stack.fake_docker "$FAKE_DOCKER_RECORD" "$@"'
    docker = tmp_path / "bin" / "docker"
    docker.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    docker.chmod(0o755)
    assert promspec(made, "generate", "shop_spec.py").returncode == 0
    yield made
    promspec(made, "stack", "down", "shop_spec.py")


def promspec(folder: Path, *words: str, path: str = "", **env: str) -> subprocess.CompletedProcess[str]:
    own = {
        "PATH": path or os.pathsep.join([str(folder.parent / "bin"), str(ROOT / ".tools" / "bin"), os.environ["PATH"]]),
        "PYTHONPATH": str(ROOT),
        "FAKE_DOCKER_RECORD": str(folder / "asked.jsonl"),
    }
    command = [sys.executable, "-c", "from promspec.cli import main; main()", *words]
    return subprocess.run(
        command, cwd=folder, env={**os.environ, **own, **env}, capture_output=True, text=True, timeout=150, check=False
    )


def asked(folder: Path) -> list[list[str]]:
    """What docker was asked to do, without where the compose file is."""
    lines = (folder / "asked.jsonl").read_text(encoding="utf-8").splitlines()
    return [[word for word in json.loads(line) if not word.endswith("/compose.yml")] for line in lines]


def answer(url: str) -> Any:
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=10) as reply:
        return json.load(reply)


def _pinned_and_on_loopback(folder: Path) -> None:
    """The containers have the generated images, and listen on loopback alone."""
    compose = yaml.safe_load((folder / ".promspec_stack" / "shop" / "compose.yml").read_text(encoding="utf-8"))
    generated = yaml.safe_load((folder / "output/shop/deployment/docker-compose.yml").read_text(encoding="utf-8"))
    assert list(compose["services"]) == ["alertmanager", "prometheus", "grafana"]
    for name, service in compose["services"].items():
        assert service["image"] == generated["services"][name]["image"]
        assert service["network_mode"] == "host"
        assert "ports" not in service
    commands = [word for each in compose["services"].values() for word in each.get("command", ())]
    listening = [word for word in commands if word.startswith("--web.listen-address=")]
    assert len(listening) == 2
    assert all(word.startswith("--web.listen-address=127.0.0.1:") for word in listening)
    assert compose["services"]["grafana"]["environment"]["GF_SERVER_HTTP_ADDR"] == "127.0.0.1"


@pytest.mark.slow
def test_a_page_arrives_from_pinned_containers_on_loopback_and_grafana_has_its_dashboards(folder: Path) -> None:
    done = promspec(folder, *UP)
    assert done.returncode == 0, done.stdout + done.stderr
    status = json.loads(promspec(folder, "stack", "status", "shop_spec.py", "--json").stdout)
    urls = {part["name"]: part["url"] for part in status["parts"]}
    assert list(urls) == ["service", "pager", "alertmanager", "prometheus", "grafana"]
    assert all(url.startswith("http://127.0.0.1:") for url in urls.values())
    seen = answer(urls["grafana"] + "/seen")
    assert seen == {"prometheus": urls["prometheus"], "dashboards": ["shop-shelf.json"]}

    def paged() -> str:
        pages = promspec(folder, "stack", "pages", "shop_spec.py").stdout
        return "" if "ShelfFull" in pages else "no page"

    wait_until(paged, 40)
    _pinned_and_on_loopback(folder)
    down = promspec(folder, "stack", "down", "shop_spec.py")
    assert down.stdout == "Ended: service, pager, alertmanager, prometheus, grafana.\n"
    project = ["compose", "--project-name", "promspec-shop", "--file"]
    assert asked(folder) == [
        ["compose", "version"],
        ["version", "--format", "{{.Server.Version}}"],
        [*project, "pull", "--policy", "missing", "--quiet"],
        *([*project, "up", "--no-deps", "--no-log-prefix", part] for part in ("alertmanager", "prometheus", "grafana")),
        [*project, "down", "--volumes", "--remove-orphans"],
    ]


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ("version", "docker compose fails: Cannot connect to the Docker daemon; --local runs it without containers"),
        ("{{.Server.Version}}", "docker version fails: Cannot connect to the Docker daemon; --local runs it"),
        ("pull", "the images cannot be fetched: Cannot connect to the Docker daemon"),
    ],
)
def test_a_docker_that_cannot_is_told_and_nothing_is_left(folder: Path, broken: str, said: str) -> None:
    done = promspec(folder, *UP, FAKE_DOCKER_BROKEN=broken)
    assert (done.returncode, f"promspec: {said}" in done.stderr) == (1, True), done.stderr
    assert (
        promspec(folder, "stack", "status", "shop_spec.py").stdout == "Nothing runs that was started in this folder.\n"
    )


@pytest.mark.slow
def test_a_container_that_ends_is_told_with_its_last_words_and_the_rest_is_removed(folder: Path) -> None:
    done = promspec(folder, *UP, FAKE_DOCKER_BROKEN="prometheus")
    assert (done.returncode, "prometheus is not ready: it does not run" in done.stderr) == (1, True)
    assert "  Cannot connect to the Docker daemon" in done.stderr
    assert (
        promspec(folder, "stack", "status", "shop_spec.py").stdout == "Nothing runs that was started in this folder.\n"
    )
    assert asked(folder)[-1][4:] == ["down", "--volumes", "--remove-orphans"]


def test_without_docker_and_without_prometheus_both_ways_are_told(folder: Path, tmp_path: Path) -> None:
    (folder.parent / "bin" / "docker").unlink()
    without = promspec(folder, "stack", "up", "shop_spec.py", *FREE, path=str(folder.parent / "bin"))
    assert without.returncode == 1
    assert "prometheus was not found on PATH nor in .tools/bin." in without.stderr
    assert "Docker cannot do it either: docker is not on PATH" in without.stderr
    asked_for = promspec(folder, *UP, path=str(folder.parent / "bin"))
    assert asked_for.stderr == "promspec: docker is not on PATH; --local runs it without containers\n"


@pytest.mark.slow
def test_docker_is_taken_where_it_is_the_only_one_that_can(folder: Path) -> None:
    """Nothing but docker is on PATH; the stand-in finds the binaries where containers would bring theirs."""
    docker = folder.parent / "bin" / "docker"
    text = docker.read_text(encoding="utf-8")
    tools = f'export PATH="{ROOT / ".tools" / "bin"}:/usr/bin:/bin"'
    docker.write_text(text.replace("exec ", f"{tools}\nexec "), encoding="utf-8")
    done = promspec(folder, *(word for word in UP if word != "--docker"), path=str(folder.parent / "bin"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert [line.split()[0] for line in done.stdout.splitlines()[:-1]][2:] == ["alertmanager", "prometheus", "grafana"]
