"""What a pool says about itself: each thing that happens as an event, under the correlation id of its request."""

from __future__ import annotations

import functools
import logging
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any, ParamSpec, cast, get_args

from output.snakepit.instrumentation import code_of, correlation, events, labels, metrics
from service.snakepit.errors import CommandFailed, RequestTimeout, WorkerLost
from service.snakepit.jobs import Job
from service.snakepit.sessions import Session
from service.snakepit.slots import Slot

NOBODY = "-"
"""The worker of a request that no worker got."""
_TOLD_IN_ADVANCE = 20
P = ParamSpec("P")
log = logging.getLogger("snakepit.telling")


def harmless(tell: Callable[P, None]) -> Callable[P, None]:
    """What is generated does not raise; should it do so all the same, then what is told is lost, and no request."""

    @functools.wraps(tell)
    def told(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            tell(*args, **kwargs)
        except Exception:
            log.exception("something could not be told")

    return told


class Teller:
    """Speaks for one pool. Nothing here raises."""

    @harmless
    def __init__(self, pool: str, commands: Sequence[str]) -> None:
        self._pool = pool
        # Names of pools and commands are only known now: their series begin with zero, so that the first crash and the
        # first failure are an increase. More names than their label may have are not all told in advance.
        for command in commands[:_TOLD_IN_ADVANCE]:
            for status in get_args(labels.Status):
                metrics.snakepit_requests_total.inc(0, pool_name=pool, command=command, status=status)
        metrics.snakepit_workers_started_total.inc(0, pool_name=pool)
        for error_type in get_args(labels.ErrorType):
            metrics.snakepit_workers_crashed_total.inc(0, pool_name=pool, error_type=error_type)

    @harmless
    def gauges(self, available: int, busy: int, waiting: int) -> None:
        """Bring the gauges up to date."""
        metrics.snakepit_pool_available_workers.set(available, pool_name=self._pool)
        metrics.snakepit_pool_busy_workers.set(busy, pool_name=self._pool)
        metrics.snakepit_pool_queue_size.set(waiting, pool_name=self._pool)

    @harmless
    def pool_started(self, workers: int, seconds: float) -> None:
        """All workers are ready for the first time."""
        with correlation.scope():
            events.pool_started(workers=workers, duration_ms=seconds * 1000, pool_name=self._pool)

    @harmless
    def saturated(self, job: Job, waiting: int, most: int) -> None:
        """A request is refused because the queue is full."""
        with _scope(job):
            events.pool_saturated(queue_size=waiting, max_queue_size=most, pool_name=self._pool, command=job.command)

    @harmless
    def worker_started(self, slot: Slot) -> None:
        """A worker is ready."""
        with correlation.scope():
            events.worker_started(duration_ms=(time.monotonic() - slot.started) * 1000, **self._worker(slot))

    @harmless
    def worker_crashed(self, slot: Slot, job: Job | None, error: WorkerLost) -> None:
        """A worker was lost."""
        with _scope(job):
            events.worker_crashed(
                uptime_seconds=time.monotonic() - slot.started,
                requests_served=slot.served,
                error_type=cast(labels.ErrorType, str(code_of(error))),
                exit_code=error.exit_code,
                memory_mb=slot.memory_mb,
                signal=error.signal,
                request_id=job.request_id if job is not None else None,
                command=job.command if job is not None else None,
                exception=error,
                **self._worker(slot),
            )

    @harmless
    def worker_recycled(self, slot: Slot) -> None:
        """A worker was replaced as planned."""
        with correlation.scope():
            uptime = time.monotonic() - slot.started
            events.worker_recycled(uptime_seconds=uptime, requests_served=slot.served, **self._worker(slot))

    @harmless
    def heartbeat_missed(self, slot: Slot, seconds: float) -> None:
        """A worker has not been heard of for too long."""
        with _scope(slot.job):
            events.heartbeat_missed(silence_ms=seconds * 1000, **self._worker(slot))

    @harmless
    def request_started(self, job: Job, slot: Slot) -> None:
        """A worker begins with a request."""
        with _scope(job):
            events.request_started(queue_time_ms=job.waited(time.monotonic()) * 1000, **self._request(job, slot))

    @harmless
    def request_ended(self, job: Job, slot: Slot | None, error: Exception | None) -> None:
        """A request is answered, with a result or with an error."""
        now = time.monotonic()
        duration, waited = (now - job.submitted) * 1000, job.waited(now) * 1000
        about = self._request(job, slot)
        with _scope(job):
            if error is None:
                events.request_completed(duration_ms=duration, queue_time_ms=waited, success=True, **about)
            elif isinstance(error, RequestTimeout):
                if job.begun is None:  # It waited as well, although in vain.
                    metrics.snakepit_queue_wait_seconds.observe(waited / 1000, pool_name=self._pool)
                events.request_timeout(
                    duration_ms=duration, timeout_ms=job.timeout * 1000, stage=error.stage, exception=error, **about
                )
            else:
                # The arguments are no scalar; as a bound field they are sanitised by their keys, at any depth.
                with correlation.bind(arguments=job.arguments):
                    events.request_failed(
                        duration_ms=duration,
                        queue_time_ms=waited,
                        success=False,
                        error_code=str(code_of(error)),
                        error_type=error.type if isinstance(error, CommandFailed) else type(error).__name__,
                        error_message=str(error),
                        traceback=error.traceback if isinstance(error, CommandFailed) else None,
                        memory_mb=slot.memory_mb if slot is not None else None,
                        uptime_seconds=now - slot.started if slot is not None else None,
                        exception=error,
                        **about,
                    )

    @harmless
    def session_created(self, session: Session) -> None:
        """A session is bound to a worker."""
        events.session_created(pool_name=self._pool, session_id=session.name, worker_id=session.worker_id)

    @harmless
    def session_expired(self, session: Session, reason: str) -> None:
        """A session ended."""
        events.session_expired(
            age_seconds=time.monotonic() - session.created,
            pool_name=self._pool,
            session_id=session.name,
            worker_id=session.worker_id,
            reason=reason,
        )

    @harmless
    def session_cleanup(self, count: int, seconds: float) -> None:
        """Sessions that nobody used were looked for."""
        with correlation.scope():
            events.session_cleanup(count=count, duration_ms=seconds * 1000, pool_name=self._pool)

    def _worker(self, slot: Slot) -> dict[str, Any]:
        return {"pool_name": self._pool, "worker_id": slot.worker_id, "pid": slot.pid}

    def _request(self, job: Job, slot: Slot | None) -> dict[str, Any]:
        return {
            "request_id": job.request_id,
            "command": job.command,
            "pool_name": self._pool,
            "worker_id": slot.worker_id if slot is not None else NOBODY,
        }


def _scope(job: Job | None) -> AbstractContextManager[str]:
    return correlation.scope(job.correlation_id if job is not None else None)
