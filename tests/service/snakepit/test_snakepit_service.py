"""The service as a process: its probes, its metrics, its log over all processes, and its end."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from promspec.promtool import check_metrics
from tests.service.snakepit import unloadable
from tests.service.snakepit.harness import in_background, until
from tests.support.processes import Running, listening, running

LISTENS = "/metrics"


def environment(root: Path, **variables: str) -> dict[str, str]:
    return {"PYTHONPATH": str(root), "PYTHONUNBUFFERED": "1", **variables}


@contextmanager
def service(root: Path, log: Path, *arguments: str, ready: str, **variables: str) -> Iterator[Running]:
    """The service on a free port, once it answers `ready` with 200."""
    command = [sys.executable, "-m", "service.snakepit"]
    with listening(
        "snakepit",
        lambda port: [*command, "--port", str(port), *arguments],
        ready,
        log,
        env=lambda port: environment(root, **variables),
    ) as process:
        yield process


def get(process: Running, path: str) -> httpx.Response:
    return httpx.get(process.url + path, timeout=10.0, trust_env=False, verify=False)


def post(
    process: Running,
    pool: str,
    command: str,
    body: Mapping[str, object] | None = None,
    headers: Mapping[str, str] | None = None,
) -> httpx.Response:
    url = f"{process.url}/pools/{pool}/commands/{command}"
    return httpx.post(url, json=body or {}, headers=headers, timeout=20.0, trust_env=False, verify=False)


def lines(process: Running, **wanted: object) -> list[dict[str, object]]:
    """The lines of the log with these fields. Every line is JSON, whichever process wrote it."""
    complete = process.output().rpartition("\n")[0]
    found: list[dict[str, object]] = [json.loads(line) for line in complete.splitlines() if line]
    return [line for line in found if all(line.get(key) == value for key, value in wanted.items())]


def sample(process: Running, name: str, **labels: str) -> float:
    """The sum of the series of a name with these labels."""
    families = text_string_to_metric_families(get(process, "/metrics").text)
    samples = (sample for family in families for sample in family.samples if sample.name == name)
    return sum(each.value for each in samples if labels.items() <= each.labels.items())


def json_of(process: Running, path: str) -> Mapping[str, object]:
    body: Mapping[str, object] = get(process, path).json()
    return body


def test_the_service_answers_tells_recovers_and_ends(root: Path, tmp_path: Path) -> None:
    with service(
        root,
        tmp_path / "log",
        ready="/health/startup",
        SNAKEPIT_POOLS="default=2,batch=1",
        SNAKEPIT_BACKOFF="2.0",
        # What Kubernetes puts into the environment beside a Service called snakepit.
        SNAKEPIT_PORT="tcp://10.0.0.1:8100",
        SNAKEPIT_SERVICE_HOST="10.0.0.1",
        SNAKEPIT_PORT_8100_TCP_ADDR="10.0.0.1",
    ) as process:
        assert get(process, "/health").json() == {"status": "ok"}
        until(lambda: get(process, "/health/ready").status_code == 200, "it gets work")
        assert get(process, "/nothing").status_code == 404
        _shows_its_pools(process)
        _tells_of_a_killed_worker(process)
        _follows_a_request_into_its_worker(process)
        found = check_metrics(get(process, "/metrics").text).messages
        assert [message for message in found if message.startswith(("snakepit_", "promspec_"))] == []
        _answers_while_it_drains(process)
    ended = lines(process, event="stopped")
    assert len(ended) == 1, "the service ends by itself when it is told to"
    assert not lines(process, logger="uvicorn.access"), "a probe every second is no news"
    pids = [int(str(line["pid"])) for line in lines(process, event="worker.started")]
    until(lambda: not [pid for pid in pids if Path(f"/proc/{pid}").exists()], "no worker is left")


def changes(process: Running) -> list[object]:
    """What the health became, one after the other."""
    return [line["status"] for line in lines(process, event="health.changed")]


def _shows_its_pools(process: Running) -> None:
    body = json_of(process, "/health/detailed")
    pools = body["pools"]
    assert isinstance(pools, dict)
    assert list(pools) == ["default", "batch"]
    assert list(pools["default"]) == [
        *("total_workers", "available_workers", "busy_workers", "queue_size", "error_rate", "avg_response_time_ms")
    ]
    assert pools["default"]["total_workers"] == 2
    checks = body["checks"]
    assert isinstance(checks, list)
    assert [check["name"] for check in checks] == ["worker_availability", "error_rate", "queue_depth", "response_time"]
    assert body["components"].keys() == {"default", "batch"}  # type: ignore[attr-defined]
    system = body["system"]
    assert isinstance(system, dict)
    assert system["process_count"] >= 4
    assert system["memory_mb"] > 1


def _follows_a_request_into_its_worker(process: Running) -> None:
    given = {"message": "told to fail", "password": "never shown"}
    answer = post(process, "default", "fail", {"arguments": given}, {"X-Correlation-Id": "from-the-client"})
    assert (answer.status_code, answer.headers["x-correlation-id"]) == (500, "from-the-client")
    until(lambda: len(lines(process, correlation_id="from-the-client")) >= 2, "the worker and the pool tell of it")
    (line,) = lines(process, logger="snakepit.worker", correlation_id="from-the-client")
    (told,) = lines(process, event="request.failed", correlation_id="from-the-client")
    assert told["request_id"] == line["request_id"]
    assert told["worker_id"] == line["worker_id"]
    assert told["arguments"] == {"message": "told to fail", "password": "[SANITIZED]"}
    assert "in fail" in str(told["traceback"])
    assert float(str(told["memory_mb"])) > 1
    assert float(str(told["uptime_seconds"])) > 0
    assert "never shown" not in process.output()


def _tells_of_a_killed_worker(process: Running) -> None:
    crash = {"pool_name": "batch", "error_type": "worker_killed"}
    (started,) = lines(process, event="worker.started", pool_name="batch")
    assert sample(process, "snakepit_workers_crashed_total", **crash) == 0
    until(lambda: get(process, "/health/ready").json()["health"] == "ok", "all is well")
    until(lambda: changes(process)[-1:] in ([], ["ok"]), "so it is told, unless it was so from the beginning")
    told = len(changes(process))
    os.kill(int(str(started["pid"])), signal.SIGKILL)
    until(lambda: get(process, "/health/ready").json()["health"] == "warning", "one pool of two is down: a warning")
    assert get(process, "/health/ready").status_code == 200
    until(lambda: len(changes(process)) > told, "the change is told")
    changed = lines(process, event="health.changed")[told]
    assert (changed["status"], changed["previous"]) == ("warning", "ok")
    assert changed["message"] == "default: 2/2 workers available; batch: 0/1 workers available"
    (crashed,) = lines(process, event="worker.crashed")
    assert (crashed["exit_code"], crashed["pid"], crashed["level"]) == (-9, started["pid"], "error")
    assert float(str(crashed["memory_mb"])) > 1
    until(lambda: len(lines(process, event="worker.started", pool_name="batch")) == 2, "a new worker is ready")
    assert sample(process, "snakepit_workers_crashed_total", **crash) == 1
    assert post(process, "batch", "echo", {"arguments": {"value": 1}}).json() == {"result": 1}


def _answers_while_it_drains(process: Running) -> None:
    last = in_background(lambda: post(process, "default", "sleep", {"arguments": {"seconds": 0.8}}))
    until(lambda: sample(process, "snakepit_pool_busy_workers", pool_name="default"), "a worker is busy")
    process.terminate()
    until(lambda: get(process, "/health").status_code == 503, "it says that it stops")
    assert get(process, "/health/ready").json()["reason"] == "stopping"
    refused = post(process, "default", "echo")
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "pool_closed")
    assert last().json() == {"result": 0.8}, "what was begun is finished"


def test_a_service_whose_workers_do_not_start_lives_but_is_not_ready(root: Path, tmp_path: Path) -> None:
    with service(root, tmp_path / "log", ready=LISTENS, SNAKEPIT_COMMANDS=unloadable.__name__) as process:
        assert get(process, "/health").status_code == 200
        startup, ready = get(process, "/health/startup"), get(process, "/health/ready")
        assert (startup.status_code, startup.json()["progress"]) == (503, 0.0)
        assert ready.status_code == 503
        assert "no_available_workers" in ready.json()["reasons"]
        until(lambda: sample(process, "snakepit_workers_crashed_total", error_type="worker_start_failed"), "it is told")


def test_workers_end_when_their_service_is_killed_whether_they_work_or_not(root: Path, tmp_path: Path) -> None:
    with service(root, tmp_path / "log", ready="/health/startup") as process:
        pids = [int(str(line["pid"])) for line in lines(process, event="worker.started")]
        assert len(pids) == 2
        busy = in_background(lambda: post(process, "default", "sleep", {"arguments": {"seconds": 60}}))
        until(lambda: sample(process, "snakepit_pool_busy_workers", pool_name="default"), "a worker is busy")
        os.kill(process.pid, signal.SIGKILL)
        with pytest.raises(httpx.TransportError):
            busy()
        until(lambda: not [pid for pid in pids if Path(f"/proc/{pid}").exists()], "no worker is left")


def test_a_demo_ends_by_itself(root: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "service.snakepit", "--port", "0", "--demo-seconds", "0.5"]
    with running("snakepit", command, tmp_path / "log", env=environment(root, SNAKEPIT_POOL_SIZE="1")) as process:
        until(lambda: lines(process, event="stopped"), "it ends")
    (demo,) = lines(process, event="the demo is over")
    assert int(str(demo["requests"])) > 0


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("SNAKEPIT_PORT", "none", "snakepit: SNAKEPIT_PORT=none: give a number"),
        ("SNAKEPIT_COMMANDS", "no.such.module", "snakepit: commands=no.such.module: No module named 'no'"),
    ],
)
def test_a_wrong_setting_ends_the_start_and_is_named(
    root: Path, tmp_path: Path, variable: str, value: str, said: str
) -> None:
    command = [sys.executable, "-m", "service.snakepit", "--port", "0"]
    with running("snakepit", command, tmp_path / "log", env=environment(root, **{variable: value})) as process:
        until(lambda: process.output().endswith("\n"), "it says what is wrong")
    assert process.output() == f"{said}\n"
