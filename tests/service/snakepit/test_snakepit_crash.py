"""The story of one crash: a worker is killed, everybody is told, the pool recovers; and telemetry harms nobody."""

from __future__ import annotations

import io
import json
import logging
import os
import signal
import time
from collections.abc import Iterator

import pytest

from output.snakepit.instrumentation import correlation, events, health, logs, metrics
from service.snakepit.errors import WorkerKilled
from service.snakepit.health import observe
from service.snakepit.pool import Pool
from tests.service.snakepit.harness import Seen, in_background, moved, only_pid, running, settings, until, value


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What the process logs, as the service configures it."""
    root, text = logging.getLogger(), io.StringIO()
    before, level = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in ("uvicorn.error", "uvicorn.access")}
    logs.configure_logging(stream=text)
    try:
        yield text
    finally:
        root.handlers[:] = before
        root.setLevel(level)
        for name, quiet in levels.items():
            logging.getLogger(name).setLevel(quiet)
        logging.captureWarnings(False)


def logged(text: io.StringIO, event: str) -> list[dict[str, object]]:
    return [line for line in map(json.loads, text.getvalue().splitlines()) if line["event"] == event]


def test_killing_a_worker_is_an_event_a_metric_a_log_line_a_health_change_and_the_pool_recovers(
    seen: Seen, lines: io.StringIO, fresh_health: None
) -> None:
    killed = moved("snakepit_workers_crashed_total", pool_name="tested", error_type="worker_killed")
    failed = moved("snakepit_requests_total", pool_name="tested", command="sleep", status="error")
    # A pause after the crash, so that the outage can be seen.
    with running(backoff=0.5) as pool:
        observe([pool])
        until(lambda: health.report().status == "ok", "the pool is well")
        victim = only_pid(pool)

        def work() -> object:
            with correlation.scope("req-of-the-victim"):
                return pool.execute("sleep", {"seconds": 60})

        result = in_background(work)
        until(lambda: pool.snapshot().busy, "the worker is busy")
        os.kill(victim, signal.SIGKILL)

        # The request that was lost gets a clear error, at once.
        with pytest.raises(WorkerKilled, match=r"the worker tested-0\.1 was killed \(SIGKILL\); its request is lost"):
            result()
        # A health change.
        until(lambda: health.report().status == "error", "the health is an error")
        record = seen.one("health.changed", status="error")
        assert record.metadata["message"] == "tested: 0/1 workers available"
        # The pool recovers by itself.
        assert pool.execute("echo", {"value": "again"}) == "again"
        assert only_pid(pool) != victim
        until(lambda: health.report().checks[0].status == "ok", "there are workers again")

    # An event.
    crash = seen.one("worker.crashed")
    assert crash.correlation_id == "req-of-the-victim"
    assert crash.level == "error"
    expected = {"error_type": "worker_killed", "exit_code": -9, "signal": "SIGKILL", "pid": victim, "command": "sleep"}
    assert {key: crash.metadata[key] for key in expected} == expected
    # A metric.
    assert (killed(), failed()) == (1, 1)
    # A log line with context and correlation id; the failed request has one as well.
    (line,) = logged(lines, "worker.crashed")
    assert line["level"] == "error"
    assert line["correlation_id"] == "req-of-the-victim"
    assert (line["worker_id"], line["pool_name"], line["signal"]) == ("tested-0.1", "tested", "SIGKILL")
    assert "its request is lost" in str(line["exception"])
    (line,) = logged(lines, "request.failed")
    assert (line["correlation_id"], line["error_code"]) == ("req-of-the-victim", "worker_killed")
    assert len(logged(lines, "worker.started")) == 2


def lost(reason: str) -> float:
    """How many events were not delivered for that reason."""
    return sum(value("promspec_events_dropped_total", event=name, reason=reason) for name in events.EMITTERS)


def test_consumers_that_raise_or_are_slow_do_not_stop_the_work() -> None:
    def broken(record: events.Record) -> None:
        raise RuntimeError("a consumer that raises")

    def slow(record: events.Record) -> None:
        time.sleep(0.05)

    consumers = [
        events.register_consumer("*", broken),
        events.register_consumer("*", broken, background=False),
        events.register_consumer("request.*", slow),
    ]
    dropped = {reason: lost(reason) for reason in ("consumer_failed", "consumer_off")}
    try:
        with running() as pool:
            assert [pool.execute("echo", {"value": number}) for number in range(50)] == list(range(50))
            for _ in range(3):
                with pytest.raises(WorkerKilled):
                    pool.execute("kill")
            assert pool.execute("echo", {"value": "well"}) == "well"
    finally:
        for consumer in consumers:
            consumer.close()
    until(lambda: lost("consumer_failed") - dropped["consumer_failed"] >= 5, "what was lost is counted")
    until(lambda: lost("consumer_off") - dropped["consumer_off"] >= 1, "a consumer that keeps failing is switched off")


@pytest.mark.parametrize("broken", ["inc", "set", "observe"])
def test_metrics_that_raise_do_not_stop_the_work(broken: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*args: object, **kwargs: object) -> None:
        raise RuntimeError("a metric that raises")

    for family in vars(metrics).values():
        if hasattr(type(family), broken) and type(family).__module__ == metrics.__name__:
            monkeypatch.setattr(type(family), broken, breaks)
    with Pool(settings()) as pool:
        assert [pool.execute("echo", {"value": number}) for number in range(10)] == list(range(10))
        with pytest.raises(WorkerKilled):
            pool.execute("kill")
        assert pool.execute("echo", {"value": "well"}, session="s") == "well"
