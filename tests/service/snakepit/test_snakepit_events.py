"""Every declared event has an emitter in the service, and is seen when the service works."""

from __future__ import annotations

import ast
import os
import signal
from pathlib import Path

import pytest

from output.snakepit.instrumentation import events, health
from service.snakepit.errors import CommandFailed, PoolSaturated, RequestTimeout
from service.snakepit.health import observe
from tests.service.snakepit.harness import Held, Seen, only_pid, running, until

SERVICE = Path(__file__).resolve().parents[3] / "service" / "snakepit"


def emitted_by(path: Path) -> set[str]:
    """The functions of `events` that a module calls."""
    return {
        node.func.attr
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "events"
    }


def test_every_declared_event_has_an_emitter_in_the_service() -> None:
    called = set().union(*(emitted_by(path) for path in SERVICE.glob("*.py")))
    assert {emitter.__name__ for emitter in events.EMITTERS.values()} <= called
    assert len(events.EMITTERS) == 14


def test_every_declared_event_is_seen_in_one_scenario(seen: Seen, fresh_health: None, tmp_path: Path) -> None:
    with running(backoff=0.4, queue_size=0, recycle_after=4, session_ttl=0.1, heartbeat_timeout=1.2) as pool:
        observe([pool])
        until(lambda: health.report().checks[0].status == "ok", "the pool is well")
        pool.execute("echo", {"value": 1}, session="s")
        with pytest.raises(CommandFailed):
            pool.execute("fail")
        busy = Held(pool, tmp_path)
        with pytest.raises(PoolSaturated):
            pool.execute("echo")
        busy.release()
        pool.execute("echo", {"value": "the fourth"})
        until(lambda: seen.named("worker.recycled"), "the worker is recycled")
        until(lambda: pool.snapshot().available, "the next worker is ready")
        with pytest.raises(RequestTimeout):
            pool.execute("sleep", {"seconds": 60}, timeout=0.1)
        until(lambda: health.report().status != "ok", "the health changes")
        until(lambda: pool.snapshot().available, "the next worker is ready")
        os.kill(only_pid(pool), signal.SIGSTOP)
        seen.one("heartbeat.missed")
    until(lambda: {record.name for record in seen.records} >= set(events.EMITTERS), "every event is seen")
