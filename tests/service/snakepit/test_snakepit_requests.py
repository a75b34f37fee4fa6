"""Requests: their results, their errors, their correlation id, and how they are counted."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from output.snakepit.instrumentation import ErrorCode, code_of, correlation
from service.snakepit.errors import CommandFailed, InvalidRequest, PoolClosed, PoolSaturated, RequestTimeout
from service.snakepit.pool import Pool
from tests.service.snakepit.harness import Held, Seen, in_background, moved, running, settings, until, value


def requests(command: str, status: str, pool: str = "shared") -> Callable[[], float]:
    return moved("snakepit_requests_total", pool_name=pool, command=command, status=status)


def test_a_command_gives_its_result_and_is_counted_and_timed(pool: Pool) -> None:
    counted = requests("echo", "success")
    timed = moved("snakepit_request_duration_seconds_count", pool_name="shared", command="echo")
    assert pool.execute("echo", {"value": {"a": [1, "two"]}}) == {"a": [1, "two"]}
    assert (counted(), timed()) == (1, 1)


def test_a_request_tells_its_start_and_its_end(pool: Pool, seen: Seen) -> None:
    waited = moved("snakepit_queue_wait_seconds_count", pool_name="shared")
    with correlation.scope("req-told"):
        pool.execute("compute", {"rounds": 10})
    started, completed = seen.one("request.started"), seen.one("request.completed")
    assert started.correlation_id == completed.correlation_id == "req-told"
    assert started.metadata["worker_id"] == completed.metadata["worker_id"]
    assert (completed.metadata["command"], completed.metadata["success"]) == ("compute", True)
    duration, queue = completed.measurements["duration_ms"], completed.measurements["queue_time_ms"]
    assert isinstance(duration, float)
    assert isinstance(queue, float)
    assert 0 <= queue <= duration
    assert waited() == 1


def test_the_correlation_id_goes_into_the_worker_and_back(pool: Pool) -> None:
    with correlation.scope("req-42"):
        assert pool.execute("whoami")["correlation_id"] == "req-42"
    made = {pool.execute("whoami")["correlation_id"] for _ in range(3)}
    assert len(made) == 3, "a request without an id gets one of its own"


def test_a_command_that_raises_fails_with_the_workers_traceback_and_the_worker_survives(pool: Pool, seen: Seen) -> None:
    counted, pids = requests("fail", "error"), pool.snapshot().pids
    with pytest.raises(CommandFailed, match="ValueError: no such thing") as caught:
        pool.execute("fail", {"message": "no such thing", "password": "hunter2", "deep": {"api_token": "t0ps3cret"}})
    assert "in fail" in caught.value.traceback
    assert counted() == 1
    assert pool.snapshot().pids == pids
    record = seen.one("request.failed")
    assert record.level == "error"
    assert record.metadata["error_code"] == "command_failed"
    assert record.metadata["error_type"] == "ValueError"
    assert "in fail" in str(record.metadata["traceback"])
    assert "hunter2" not in str(record)
    assert "t0ps3cret" not in str(record)
    assert "no such thing" in str(record.metadata["arguments"])


@pytest.mark.parametrize(
    ("command", "arguments", "said"),
    [
        ("nonsense", {}, "there is no command 'nonsense'; there are echo"),
        ("echo", {"other": 1}, "echo: got an unexpected keyword argument 'other'"),
        ("remember", {"key": "a"}, "remember: missing a required argument: 'value'"),
        ("echo", {"value": lambda: None}, "echo: its arguments cannot be sent"),
    ],
)
def test_a_request_that_cannot_be_executed_is_rejected_as_the_clients_fault(
    pool: Pool, seen: Seen, command: str, arguments: dict[str, object], said: str
) -> None:
    counted = requests("unknown" if command == "nonsense" else command, "rejected")
    with pytest.raises(InvalidRequest) as caught:
        pool.execute(command, arguments)
    assert said in str(caught.value)
    assert counted() == 1
    assert seen.one("request.failed").metadata["error_code"] == "invalid_request"
    assert ErrorCode(str(code_of(caught.value))).spends_budget is False


def test_a_result_that_cannot_be_sent_is_a_failure_of_the_command(pool: Pool) -> None:
    with pytest.raises(CommandFailed, match="pickle"):
        pool.execute("unpicklable")


def test_a_time_out_has_to_be_positive(pool: Pool) -> None:
    for seconds in (0, -1, float("nan")):
        with pytest.raises(InvalidRequest, match="give a positive number"):
            pool.execute("echo", timeout=seconds)


def test_asyncio_executes_many_at_once_and_keeps_each_correlation_id(pool: Pool) -> None:
    async def ask(number: int) -> str:
        with correlation.scope(f"task-{number}"):
            return str((await pool.execute_async("whoami"))["correlation_id"])

    async def all_of_them() -> list[str]:
        return await asyncio.gather(*(ask(number) for number in range(20)))

    assert asyncio.run(all_of_them()) == [f"task-{number}" for number in range(20)]


def test_a_cancelled_request_is_counted_as_cancelled_and_the_pool_goes_on(pool: Pool) -> None:
    counted = requests("sleep", "cancelled")

    async def give_up() -> None:
        await asyncio.wait_for(pool.execute_async("sleep", {"seconds": 0.3}), timeout=0.05)

    with pytest.raises(asyncio.TimeoutError):
        asyncio.run(give_up())
    assert counted() == 1
    assert [pool.execute("echo", {"value": number}) for number in range(4)] == [0, 1, 2, 3]


def test_threads_get_their_own_answers(pool: Pool) -> None:
    results = [in_background(lambda n=n: pool.execute("echo", {"value": n})) for n in range(30)]  # type: ignore[misc]
    assert [result() for result in results] == list(range(30))


def test_large_arguments_and_results_arrive(pool: Pool) -> None:
    large = "x" * 5_000_000
    assert pool.execute("echo", {"value": large}) == large


def test_a_full_queue_refuses_at_once_and_says_so(seen: Seen, tmp_path: Path) -> None:
    counted = requests("echo", "saturated", "tested")
    with running(queue_size=1) as pool:
        busy = Held(pool, tmp_path)
        waiting = in_background(lambda: pool.execute("echo", {"value": "waited"}))
        until(lambda: pool.snapshot().waiting, "a request waits")
        assert value("snakepit_pool_queue_size", pool_name="tested") == 1
        with pytest.raises(PoolSaturated, match="the pool tested is saturated: 1 requests wait; try again later"):
            pool.execute("echo")
        assert (busy.release(), waiting()) == ("released", "waited")
    record = seen.one("pool.saturated")
    assert record.measurements == {"queue_size": 1, "max_queue_size": 1}
    assert seen.one("request.failed").metadata["error_code"] == "pool_saturated"
    assert counted() == 1


def test_a_request_that_waits_too_long_times_out_without_harm_to_the_worker(seen: Seen, tmp_path: Path) -> None:
    counted = requests("echo", "timeout", "tested")
    with running() as pool:
        pids = pool.snapshot().pids
        busy = Held(pool, tmp_path)
        with pytest.raises(RequestTimeout, match=r"echo took longer than its time-out of 0.1 s, in the queue"):
            pool.execute("echo", timeout=0.1)
        assert busy.release() == "released"
        assert pool.snapshot().pids == pids
    record = seen.one("request.timeout")
    assert (record.metadata["stage"], record.metadata["worker_id"]) == ("queue", "-")
    assert counted() == 1


def test_shutting_down_finishes_what_there_is_and_refuses_what_comes(tmp_path: Path) -> None:
    pool = Pool(settings()).start(wait=30)
    busy = Held(pool, tmp_path)
    results = [in_background(lambda n=n: pool.execute("echo", {"value": n})) for n in range(2)]  # type: ignore[misc]
    until(lambda: pool.snapshot().waiting == 2, "two requests wait")
    ending = in_background(pool.shutdown)
    until(lambda: not pool.snapshot().accepting, "the pool shuts down")
    with pytest.raises(PoolClosed, match="the pool tested is shutting down"):
        pool.execute("echo")
    assert busy.release() == "released"
    assert [result() for result in results] == [0, 1]
    ending()
    with pytest.raises(PoolClosed, match="the pool tested does not run"):
        pool.execute("echo")
    pool.shutdown()


def test_what_is_not_finished_in_time_ends_with_a_clear_error() -> None:
    pool = Pool(settings()).start(wait=30)
    results = [in_background(lambda: pool.execute("sleep", {"seconds": 60})) for _ in range(2)]
    until(lambda: pool.snapshot().waiting == 1, "one request waits")
    pool.shutdown(drain=0.05)
    for result in results:
        with pytest.raises(PoolClosed, match="the pool tested is shutting down"):
            result()


def test_a_pool_that_was_never_started_says_so_and_leaves_no_thread() -> None:
    before = threading.active_count()
    pool = Pool(settings())
    with pytest.raises(PoolClosed, match="the pool tested does not run"):
        pool.execute("echo")
    pool.shutdown()
    assert threading.active_count() == before
