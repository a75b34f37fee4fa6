"""Events: what consumers get, what is sampled and limited, that every drop is counted, and that no consumer harms."""

from __future__ import annotations

import os
import re
import threading
import time
from datetime import datetime, timedelta
from typing import Any

import pytest

from promspec.runtime.consumers import Breaker, Bucket
from tests.runtime.signals import until
from tests.support.forked import exit_code_of_child
from tests.support.generated import Generated


def _heard(pit: Generated, pattern: str = "*") -> list[Any]:
    heard: list[Any] = []
    pit.module.events.register_consumer(pattern, heard.append, background=False)
    return heard


def _dropped(pit: Generated, event: str, reason: str) -> float | None:
    return pit.value("promspec_events_dropped_total", event=event, reason=reason)


def _done(pit: Generated, **changes: Any) -> None:
    pit.module.events.request_done(**{"rows": 2, "task": "t", "client": "c", **changes})


def test_a_consumer_gets_name_numbers_facts_id_and_time(pit: Generated) -> None:
    heard = _heard(pit)
    with pit.module.correlation.scope("req-1"), pit.module.correlation.bind(request_id="r"):
        pit.module.events.worker_started(duration_ms=12.5, queue_size=3, pool="small", worker_id="w1")
    (record,) = heard
    assert record.as_dict() == {
        "name": "worker.started",
        "timestamp": record.timestamp,
        "correlation_id": "req-1",
        "level": "info",
        "measurements": {"duration_ms": 12.5, "queue_size": 3},
        "metadata": {"request_id": "r", "pool": "small", "worker_id": "w1"},
        "exception": None,
    }
    moment = datetime.fromisoformat(record.timestamp)
    assert moment.utcoffset() == timedelta(0)
    assert abs(moment.timestamp() - time.time()) < 60


def test_metrics_move_as_declared_whether_or_not_anybody_listens(pit: Generated) -> None:
    events = pit.module.events
    events.worker_started(duration_ms=500, queue_size=3, pool="small", worker_id="w1")
    events.noise()
    events.set_sampling_rate("request.done", 0)
    _done(pit, rows=5)
    assert pit.value("started_total", pool="small") == 1
    assert pit.value("startup_seconds_sum", pool="small") == 0.5
    assert pit.value("queue_size") == 2
    assert pit.value("rows_total", task="t") == 5


def test_patterns_select_events(pit: Generated) -> None:
    workers, one, everything = _heard(pit, "worker.*"), _heard(pit, "noise"), _heard(pit)
    pit.module.events.worker_started(duration_ms=1, queue_size=1, pool="small", worker_id="w")
    pit.module.events.worker_crashed(pool="small", class_="kill", exit_code=-9)
    pit.module.events.noise()
    names = ["worker.started", "worker.crashed", "noise"]
    assert [record.name for record in workers] == names[:2]
    assert [record.name for record in one] == names[2:]
    assert [record.name for record in everything] == names
    with pytest.raises(ValueError, match="no event matches 'wrker"):
        pit.module.events.register_consumer("wrker.*", print)
    with pytest.raises(TypeError, match="plain function"):
        pit.module.events.register_consumer("*", "print")


def test_secrets_do_not_reach_consumers(pit: Generated) -> None:
    heard = _heard(pit)
    pit.module.events.set_sampling_rate("request.done", 1)
    _done(pit, client="10.0.0.1", task="https://u:pw@h")
    with pit.module.correlation.bind(password="x", IBAN=3):
        pit.module.events.noise()
    assert heard[0].metadata == {"task": "https://[SANITIZED]@h", "client": "[SANITIZED]"}
    assert heard[1].metadata == {"password": "[SANITIZED]", "IBAN": "[SANITIZED]"}


def test_an_error_carries_its_exception(pit: Generated) -> None:
    heard = _heard(pit)
    pit.module.events.worker_crashed(pool="small", class_="crash", exit_code=1, exception=ValueError("token=abc"))
    assert heard[0].level == "error"
    assert heard[0].metadata["class"] == "crash"
    assert heard[0].exception == {
        "type": "ValueError",
        "message": "token=[SANITIZED]",
        "traceback": "ValueError: token=[SANITIZED]\n",
    }


def test_a_request_is_kept_or_dropped_as_a_whole_and_about_the_declared_share(pit: Generated) -> None:
    heard = _heard(pit)
    for number in range(2000):
        with pit.module.correlation.scope(f"request-{number}"):
            _done(pit)
            _done(pit)
    ids = [record.correlation_id for record in heard]
    assert all(ids.count(id) == 2 for id in ids[:50])
    assert 800 < len(set(ids)) < 1200
    assert _dropped(pit, "request.done", "sampling") == 4000 - len(heard)
    kept = set(ids)
    heard.clear()
    pit.module.events.set_sampling_rate("request.done", 0.75)
    for id in kept:
        with pit.module.correlation.scope(id):
            _done(pit)
    assert len(heard) == len(kept), "a higher rate keeps what a lower one kept"


def test_without_a_correlation_id_chance_decides_and_each_has_an_id(pit: Generated) -> None:
    heard = _heard(pit)
    for _ in range(1000):
        _done(pit)
    assert 350 < len(heard) < 650
    assert len({record.correlation_id for record in heard}) == len(heard)


def test_errors_are_never_sampled_out(pit: Generated) -> None:
    heard = _heard(pit)
    pit.module.events.set_sampling_rate("worker.crashed", 0)
    for _ in range(50):
        pit.module.events.worker_crashed(pool="small", class_="kill", exit_code=-9)
    assert len(heard) == 50
    for rate in (-0.1, 1.1, float("nan")):
        with pytest.raises(ValueError, match="from 0 to 1"):
            pit.module.events.set_sampling_rate("noise", rate)


def test_a_rate_limit_drops_and_counts_what_is_too_much(pit: Generated) -> None:
    heard = _heard(pit)
    for _ in range(100):
        pit.module.events.noise()
    assert 3 <= len(heard) <= 5
    assert _dropped(pit, "noise", "rate_limit") == 100 - len(heard)
    assert pit.value("queue_size") == -100


def test_a_bucket_refills_with_time() -> None:
    now = [0.0]
    bucket = Bucket(2, lambda: now[0])
    assert [bucket.take() for _ in range(3)] == [True, True, False]
    now[0] = 0.5
    assert [bucket.take() for _ in range(2)] == [True, False]
    now[0] = 100
    assert [bucket.take() for _ in range(3)] == [True, True, False]


def test_every_drop_is_a_series_from_the_start(pit: Generated) -> None:
    for reason in ("sampling", "rate_limit", "queue_full", "consumer_failed", "consumer_off", "recursion", "internal"):
        assert _dropped(pit, "noise", reason) == 0


def test_a_failing_consumer_is_switched_off_counted_and_tried_again(pit: Generated) -> None:
    now, calls, broken = [0.0], [0], [True]

    def consume(record: object) -> None:
        calls[0] += 1
        if broken[0]:
            raise RuntimeError

    breaker = Breaker(failures=3, off=10, clock=lambda: now[0])
    pit.module.events.register_consumer("worker.*", consume, background=False, breaker=breaker)
    heard = _heard(pit)

    def crash(times: int) -> None:
        for _ in range(times):
            pit.module.events.worker_crashed(pool="small", class_="kill", exit_code=-9)

    crash(5)
    assert (calls[0], breaker.is_off, len(heard)) == (3, True, 5)
    assert _dropped(pit, "worker.crashed", "consumer_failed") == 3
    assert _dropped(pit, "worker.crashed", "consumer_off") == 2
    now[0] = 10
    crash(2)  # One trial, which fails: off again.
    assert calls[0] == 4
    now[0], broken[0] = 20, False
    crash(3)
    assert (calls[0], breaker.is_off) == (7, False)


def test_a_slow_inline_consumer_is_switched_off(pit: Generated, monkeypatch: pytest.MonkeyPatch) -> None:
    package = __import__(f"{pit.module.__name__}._runtime.consumers", fromlist=["x"])
    monkeypatch.setattr(package, "SLOW_SECONDS", 0.001)
    breaker = package.Breaker(failures=2)
    pit.module.events.register_consumer("noise", lambda record: time.sleep(0.01), background=False, breaker=breaker)
    for _ in range(3):
        pit.module.events.noise()
    assert breaker.is_off
    assert _dropped(pit, "noise", "consumer_off") == 1


def test_a_background_consumer_delays_nobody_and_its_queue_is_bounded(pit: Generated) -> None:
    go, heard = threading.Event(), []

    def consume(record: Any) -> None:
        go.wait(10)
        heard.append(record.metadata["exit_code"])

    pit.module.events.register_consumer("worker.crashed", consume, limit=5)
    start = time.perf_counter()
    for number in range(20):
        pit.module.events.worker_crashed(pool="small", class_="kill", exit_code=number)
    assert time.perf_counter() - start < 1
    assert pit.module.events.flush(0.01) is False
    go.set()
    assert pit.module.events.flush(5) is True
    assert heard == list(range(len(heard)))
    assert len(heard) in (5, 6)
    assert _dropped(pit, "worker.crashed", "queue_full") == 20 - len(heard)


def test_what_fails_once_in_the_background_is_delivered_the_second_time(pit: Generated) -> None:
    seen: list[str] = []

    def consume(record: Any) -> None:
        seen.append(record.name)
        if len(seen) == 1:
            raise ConnectionError

    pit.module.events.register_consumer("noise", consume)
    pit.module.events.noise()
    assert pit.module.events.flush() is True
    assert seen == ["noise", "noise"]
    assert _dropped(pit, "noise", "consumer_failed") == 0


def test_a_background_consumer_survives_whatever_it_raises(pit: Generated) -> None:
    heard: list[str] = []

    def consume(record: Any) -> None:
        heard.append(record.name)
        if len(heard) == 1:
            raise SystemExit

    pit.module.events.register_consumer("noise", consume)
    for _ in range(2):
        pit.module.events.noise()
        pit.module.events.flush()
    assert len(heard) == 2
    assert _dropped(pit, "noise", "consumer_failed") == 1


def test_a_consumer_does_not_get_the_events_it_emits(pit: Generated) -> None:
    heard: list[str] = []

    def consume(record: Any) -> None:
        heard.append(record.name)
        pit.module.events.worker_crashed(pool="small", class_="kill", exit_code=1)

    others = _heard(pit)
    pit.module.events.register_consumer("*", consume, background=False)
    pit.module.events.noise()
    assert heard == ["noise"]
    assert {record.name for record in others} == {"noise", "worker.crashed"}
    assert _dropped(pit, "worker.crashed", "recursion") == 1


def test_a_closed_consumer_gets_no_more(pit: Generated) -> None:
    heard: list[Any] = []
    consumer = pit.module.events.register_consumer("*", heard.append, background=False)
    pit.module.events.noise()
    consumer.close()
    pit.module.events.noise()
    assert len(heard) == 1


def test_senseless_arguments_are_refused_and_counted_and_never_raise(pit: Generated) -> None:
    heard = _heard(pit)
    pit.module.events.worker_started(duration_ms="slow", queue_size=None, pool="nobody", worker_id=object())
    assert pit.value("startup_seconds_count", pool="small") == 0
    assert heard[0].measurements == {"duration_ms": "slow", "queue_size": None}
    assert heard[0].metadata == {"pool": "nobody", "worker_id": "<object>"}
    assert (pit.lost("value") or 0) + (pit.lost("label_value") or 0) >= 2


def test_every_declared_event_has_its_function(pit: Generated) -> None:
    emitters = pit.module.events.EMITTERS
    assert list(emitters) == ["worker.started", "worker.crashed", "request.done", "noise"]
    assert emitters["noise"] is pit.module.events.noise


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_process_delivers_its_own_events(pit: Generated) -> None:
    read, write = os.pipe()
    pit.module.events.register_consumer("worker.crashed", lambda record: os.write(write, f"{os.getpid()} ".encode()))
    pit.module.events.worker_crashed(pool="small", class_="kill", exit_code=1)
    assert pit.module.events.flush()

    def work() -> object:
        pit.module.events.worker_crashed(pool="small", class_="kill", exit_code=1)
        return pit.module.events.flush()

    assert exit_code_of_child(work) == 0
    here, child = os.read(read, 100).decode().split()
    assert here == str(os.getpid()) != child


def test_many_threads_lose_nothing(pit: Generated) -> None:
    heard: list[Any] = []
    pit.module.events.register_consumer("worker.*", heard.append, limit=10_000)
    threads = [
        threading.Thread(
            target=lambda: [
                pit.module.events.worker_crashed(pool="small", class_="kill", exit_code=1) for _ in range(500)
            ]
        )
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert pit.module.events.flush()
    assert len(heard) == 2000


def test_an_event_that_nobody_gets_costs_less_than_a_microsecond(pit: Generated) -> None:
    def cost() -> float:
        start = time.perf_counter()
        for _ in range(20_000):
            pit.module.events.worker_crashed(pool="small", class_="kill", exit_code=1)
        return (time.perf_counter() - start) / 20_000

    assert min(cost() for _ in range(5)) < 1e-6


def test_background_threads_are_daemons(pit: Generated) -> None:
    pit.module.events.register_consumer("noise", lambda record: None)
    pit.module.events.noise()
    until(lambda: any(re.fullmatch("promspec-events", thread.name) for thread in threading.enumerate()))
    assert all(thread.daemon for thread in threading.enumerate() if thread.name == "promspec-events")
