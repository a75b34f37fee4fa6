"""Workers: their loss in every way, their replacement, their recycling, and the sessions bound to them."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from service.snakepit.errors import (
    RequestTimeout,
    WorkerExited,
    WorkerKilled,
    WorkerOutOfMemory,
    WorkerUnresponsive,
)
from service.snakepit.pool import Pool
from tests.service.snakepit import sluggish, unloadable
from tests.service.snakepit.harness import (
    Held,
    Seen,
    in_background,
    moved,
    only_pid,
    running,
    settings,
    until,
    value,
    workers_left,
)

SILENCE = 1.2
"""Seconds without a heartbeat; a worker that is well is not silent for so long, even on a busy machine."""
WAYS = ("exited", "killed", "out_of_memory", "unresponsive", "hung", "start_failed")


def crashed(way: str) -> Callable[[], float]:
    return moved("snakepit_workers_crashed_total", pool_name="tested", error_type=f"worker_{way}")


def test_a_start_is_told_counted_and_timed(seen: Seen) -> None:
    started = moved("snakepit_workers_started_total", pool_name="tested")
    timed = moved("snakepit_worker_startup_duration_seconds_count", pool_name="tested")
    with running(size=2):
        record = seen.one("pool.started")
        assert record.measurements["workers"] == 2
        assert {each.metadata["worker_id"] for each in seen.named("worker.started")} == {"tested-0.1", "tested-1.1"}
        assert (started(), timed()) == (2, 2)
        until(lambda: value("snakepit_pool_available_workers", pool_name="tested") == 2, "the gauge shows two")
        for way in WAYS:
            series = {"pool_name": "tested", "error_type": f"worker_{way}"}
            assert REGISTRY.get_sample_value("snakepit_workers_crashed_total", series) is not None


def test_every_way_to_lose_a_worker_has_its_error_its_type_and_a_successor(seen: Seen) -> None:
    started = moved("snakepit_workers_started_total", pool_name="tested")
    lost = {way: crashed(way) for way in WAYS}
    with running(memory_mb=200, heartbeat_timeout=SILENCE) as pool:
        first = only_pid(pool)
        with pytest.raises(WorkerExited, match=r"ended by itself \(exit code 7\); its request is lost"):
            pool.execute("crash", {"exit_code": 7})
        with pytest.raises(WorkerKilled, match=r"was killed \(SIGKILL\); its request is lost"):
            pool.execute("kill")
        with pytest.raises(WorkerOutOfMemory, match="ran out of memory"):
            pool.execute("leak", {"megabytes": 1000})
        with pytest.raises(WorkerUnresponsive, match="did not respond and was killed"):
            pool.execute("freeze")
        assert pool.execute("echo", {"value": "well"}) == "well"
        with pytest.raises(RequestTimeout, match=r"sleep took longer than its time-out of 0.2 s, in the execution"):
            pool.execute("sleep", {"seconds": 60}, timeout=0.2)
        assert pool.execute("echo", {"value": "well"}) == "well"
        assert only_pid(pool) != first
    assert {way: counted() for way, counted in lost.items()} == {**dict.fromkeys(WAYS, 1), "start_failed": 0}
    for way in WAYS[:-1]:
        assert seen.one("worker.crashed", error_type=f"worker_{way}").level == "error"
    assert seen.one("worker.crashed", error_type="worker_exited").metadata["exit_code"] == 7
    assert seen.one("worker.crashed", error_type="worker_killed").metadata["signal"] == "SIGKILL"
    silence = seen.one("heartbeat.missed").measurements["silence_ms"]
    assert isinstance(silence, float)
    assert silence >= SILENCE * 1000
    assert seen.one("request.timeout").metadata["stage"] == "execution"
    assert started() == 6


def test_a_frozen_idle_worker_is_replaced_and_blocks_nobody_with_large_arguments() -> None:
    with running(heartbeat_timeout=SILENCE) as pool:
        os.kill(only_pid(pool), signal.SIGSTOP)
        with pytest.raises(WorkerUnresponsive):
            pool.execute("echo", {"value": "x" * 2_000_000})
        assert pool.execute("echo", {"value": 1}) == 1


def test_workers_that_do_not_become_ready_are_tried_again_with_growing_pauses(seen: Seen) -> None:
    failed = crashed("start_failed")
    pool = Pool(settings(commands=unloadable.__name__, backoff=0.05)).start()
    try:
        until(lambda: failed() >= 2, "two starts fail")
        assert not pool.warm
        assert pool.snapshot().available == 0
        assert seen.one("worker.crashed").metadata["exit_code"] == 1
    finally:
        pool.shutdown()
    assert workers_left() == []


def test_a_start_that_takes_too_long_is_given_up() -> None:
    failed = crashed("start_failed")
    pool = Pool(settings(commands=sluggish.__name__, startup_timeout=0.1)).start()
    try:
        until(lambda: failed() >= 1, "a start is given up")
    finally:
        pool.shutdown()
    assert workers_left() == []


def test_a_worker_is_recycled_after_so_many_requests_and_no_request_is_lost(seen: Seen) -> None:
    with running(recycle_after=3) as pool:
        pids = [pool.execute("whoami")["pid"] for _ in range(7)]
    assert [pids[0]] * 3 + [pids[3]] * 3 == pids[:6]
    assert len(set(pids)) == 3
    record = seen.one("worker.recycled")
    assert record.measurements["requests_served"] == 3
    assert seen.named("worker.crashed") == []


def test_a_session_stays_with_its_worker_and_keeps_its_state() -> None:
    with running(size=2) as pool:
        for number in range(3):
            pool.execute("remember", {"key": "n", "value": number}, session="one")
            pool.execute("remember", {"key": "n", "value": -number}, session="two")
        assert pool.execute("recall", {"key": "n"}, session="one") == 2
        assert pool.execute("recall", {"key": "n"}, session="two") == -2
        one = {pool.execute("whoami", session="one")["pid"] for _ in range(5)}
        two = {pool.execute("whoami", session="two")["pid"] for _ in range(5)}
        assert (len(one), len(two)) == (1, 1)
        assert one != two, "sessions are spread over the workers"
        assert pool.execute("recall", {"key": "n"}) is None
        assert pool.snapshot().sessions == 2


def test_a_session_waits_for_its_busy_worker_while_others_pass(tmp_path: Path) -> None:
    with running(size=2) as pool:
        home = pool.execute("whoami", session="s")["pid"]
        busy = Held(pool, tmp_path, session="s")
        waiting = in_background(lambda: pool.execute("whoami", session="s"))
        until(lambda: pool.snapshot().waiting, "the session's request waits")
        assert pool.execute("whoami")["pid"] != home
        assert (busy.release(), waiting()["pid"]) == ("released", home)


def test_a_session_nobody_uses_expires_and_its_state_is_gone(seen: Seen) -> None:
    active = moved("snakepit_sessions_active")
    with running(session_ttl=0.8) as pool:
        pool.execute("remember", {"key": "a", "value": 1}, session="secret-session-id")
        assert active() == 1
        assert seen.one("session.expired").metadata["reason"] == "unused"
        assert pool.snapshot().sessions == 0
        assert active() == 0
        assert pool.execute("recall", {"key": "a"}, session="secret-session-id") is None
    assert seen.one("session.created").metadata["session_id"] == "[SANITIZED]"
    assert "secret-session-id" not in str(seen.records)
    cleanups = seen.named("session.cleanup", pool_name="tested")
    assert max(int(str(each.measurements["count"])) for each in cleanups) == 1
    assert active() == 0, "the end of the pool ends its sessions"


def test_a_session_in_use_does_not_expire() -> None:
    with running(session_ttl=0.2) as pool:
        assert pool.execute("sleep", {"seconds": 0.5}, session="s") == 0.5
        assert pool.snapshot().sessions == 1


def test_the_sessions_of_a_lost_worker_begin_anew_elsewhere(seen: Seen) -> None:
    with running() as pool:
        pool.execute("remember", {"key": "a", "value": 1}, session="s")
        os.kill(only_pid(pool), signal.SIGKILL)
        assert seen.one("session.expired").metadata["reason"] == "worker_lost"
        assert pool.execute("recall", {"key": "a"}, session="s") is None
