"""Many requests: every one is counted, sampled as a whole, and hardly slowed down by being told of."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from output.snakepit.instrumentation import correlation, events
from service.snakepit.errors import CommandFailed
from service.snakepit.jobs import Job
from service.snakepit.pool import Pool
from service.snakepit.slots import Slot
from service.snakepit.telling import Teller
from tests.service.snakepit.harness import Seen, moved, settings

REQUESTS = 400
MOST_TO_TELL = 0.001
"""Seconds that telling of one request may take on a busy machine; on a quiet one it is a twentieth of it."""


def test_under_load_every_request_is_counted_and_sampled_as_a_whole(pool: Pool, seen: Seen) -> None:
    counted = moved("snakepit_requests_total", pool_name="shared", command="echo", status="success")
    timed = moved("snakepit_request_duration_seconds_count", pool_name="shared", command="echo")
    waited = moved("snakepit_queue_wait_seconds_count", pool_name="shared")
    unsampled = moved("promspec_events_dropped_total", event="request.completed", reason="sampling")
    for name in ("request.started", "request.completed"):
        events.set_sampling_rate(name, 0.3)

    def ask(number: int) -> object:
        with correlation.scope(f"load-{number}"):
            return pool.execute("echo", {"value": number})

    with ThreadPoolExecutor(8) as clients:
        assert list(clients.map(ask, range(REQUESTS))) == list(range(REQUESTS))
    assert (counted(), timed(), waited()) == (REQUESTS, REQUESTS, REQUESTS)
    assert events.flush()
    started = {record.correlation_id for record in seen.named("request.started")}
    completed = {record.correlation_id for record in seen.named("request.completed")}
    assert started == completed, "a request is kept or dropped as a whole"
    assert 0.2 < len(completed) / REQUESTS < 0.4
    assert unsampled() == REQUESTS - len(completed), "what is dropped is counted"


def test_an_error_is_never_sampled_out(pool: Pool, seen: Seen) -> None:
    events.set_sampling_rate("request.failed", 0.0)
    for _ in range(5):
        with pytest.raises(CommandFailed):
            pool.execute("fail")
    assert events.flush()
    assert len(seen.named("request.failed")) == 5


def test_telling_of_a_request_costs_it_next_to_nothing(seen: Seen) -> None:
    teller, slot = Teller("told", ["echo"]), Slot(settings("told"), 0)
    best = 1.0
    for _ in range(5):
        start = time.perf_counter()
        for _ in range(100):
            job = Job("r", "echo", {}, None, 1.0, {}, "load-1")
            teller.request_started(job, slot)
            teller.request_ended(job, slot, None)
        best = min(best, (time.perf_counter() - start) / 100)
    assert best < MOST_TO_TELL
    assert events.flush()
    assert len(seen.named("request.completed", pool_name="told")) == 500
