"""`Supervisor`: one thread that owns the queue and the workers of a pool; everybody else posts it actions."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from service.snakepit.errors import (
    CommandFailed,
    PoolClosed,
    PoolSaturated,
    RequestTimeout,
    WorkerHung,
    WorkerLost,
    WorkerUnresponsive,
)
from service.snakepit.jobs import Job, Recent
from service.snakepit.sessions import Session, Sessions
from service.snakepit.settings import PoolSettings
from service.snakepit.slots import Slot, State
from service.snakepit.staff import Staff
from service.snakepit.telling import Teller
from service.snakepit.wire import Done, Failed, Forget, Run, unpack

_TICK = 0.05
"""Seconds between two looks at the clock: no deadline is missed by more."""

log = logging.getLogger("snakepit.supervisor")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A pool at one moment; `ready` counts the workers that were ready at least once, `pids` are by worker id."""

    total: int
    available: int = 0
    busy: int = 0
    waiting: int = 0
    sessions: int = 0
    ready: int = 0
    error_rate: float = 0.0
    response_seconds: float = 0.0
    accepting: bool = True
    pids: Mapping[str, int] | None = None


class Supervisor:
    """Everything here but `post`, `snapshot` and `join` is done in its own thread."""

    def __init__(self, settings: PoolSettings, teller: Teller) -> None:
        self._settings = settings
        self._inbox: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._teller = teller
        self._waiting: deque[Job] = deque()
        self._sessions = Sessions(settings.session_ttl)
        self._recent = Recent()
        self._staff = Staff(settings, self._teller, self.post, self._freed, self._lost)
        self._closing_at: float | None = None
        self._next_look = self._next_cleanup = 0.0
        self._lock = threading.Lock()
        self._running = False
        self.snapshot = Snapshot(settings.size)
        self.warm = threading.Event()
        self._thread = threading.Thread(target=self._work, name=f"snakepit {settings.name}", daemon=True)

    def start(self) -> None:
        """Begin to start workers."""
        self._running = True
        self._thread.start()

    def post(self, action: Callable[[], None]) -> bool:
        """Let the thread do something; False if it does not run."""
        with self._lock:
            if not self._running:
                return False
            self._inbox.put(action)
            return True

    def join(self) -> None:
        """Wait until it has ended and no worker is left."""
        self._thread.join()

    # The thread

    def _work(self) -> None:
        self._began = time.monotonic()
        self._next_cleanup = self._began + self._settings.cleanup_interval
        while not self._over():
            with suppress(queue.Empty):
                self._do(self._inbox.get(timeout=_TICK))
            if time.monotonic() >= self._next_look:
                self._next_look = time.monotonic() + _TICK
                self._do(self._look)
            self._do(self._dispatch)
            self._do(self._publish)
        with self._lock:
            self._running = False
        with suppress(queue.Empty):
            while True:
                self._do(self._inbox.get_nowait())

    def _do(self, action: Callable[[], None]) -> None:
        try:
            action()
        except Exception:
            # Nothing that goes wrong in one step may end the pool.
            log.exception("the supervisor stumbled")

    def _over(self) -> bool:
        return self._closing_at is not None and not self._waiting and self._staff.gone

    def _look(self) -> None:
        """Act on what the clock says."""
        now = time.monotonic()
        for job in [each for each in self._waiting if now >= each.deadline]:
            self._waiting.remove(job)
            self.settle(job, None, error=RequestTimeout(job.command, job.timeout, "queue"))
        for slot in self._staff.busy:
            late = slot.job
            if late is not None and now >= late.deadline:
                slot.kill(WorkerHung)
                self.settle(late, slot, error=RequestTimeout(late.command, late.timeout, "execution"))
        for slot in self._staff.alive:
            if now - slot.heard >= self._settings.heartbeat_timeout:
                self._teller.heartbeat_missed(slot, now - slot.heard)
                slot.kill(WorkerUnresponsive)
        if now >= self._next_cleanup:
            self._next_cleanup = now + self._settings.cleanup_interval
            self._clean_up(now)
        self._staff.look(now, starting=self._closing_at is None)
        if self._closing_at is not None:
            self._close(now)

    def _publish(self) -> None:
        available, busy = len(self._staff.idle), len(self._staff.busy)
        error_rate, seconds = self._recent.ratios(time.monotonic())
        self.snapshot = Snapshot(
            total=self._settings.size,
            available=available,
            busy=busy,
            waiting=len(self._waiting),
            sessions=len(self._sessions),
            ready=self._staff.ever_ready,
            error_rate=error_rate,
            response_seconds=seconds,
            accepting=self._closing_at is None,
            pids={slot.worker_id: slot.pid for slot in self._staff.alive},
        )
        self._teller.gauges(available, busy, len(self._waiting))
        if self._staff.ever_ready == self._settings.size and not self.warm.is_set():
            self._teller.pool_started(self._settings.size, time.monotonic() - self._began)
            self.warm.set()

    # Requests

    def submit(self, job: Job) -> None:
        """Take a request, or refuse it."""
        if self._closing_at is not None:
            self.settle(job, None, error=PoolClosed(f"the pool {self._settings.name} is shutting down"))
            return
        self._waiting.append(job)
        self._dispatch()
        if len(self._waiting) > self._settings.queue_size and job in self._waiting:
            self._waiting.remove(job)
            waiting = len(self._waiting)
            self._teller.saturated(job, waiting, self._settings.queue_size)
            self.settle(job, None, error=PoolSaturated(self._settings.name, waiting))

    def abandon(self, job: Job) -> None:
        """Nobody waits for the answer any more: do not begin with it."""
        if job in self._waiting:
            self._waiting.remove(job)

    def _dispatch(self) -> None:
        idle = self._staff.idle
        if not idle or not self._waiting:
            return
        for job in list(self._waiting):
            slot = self._slot_for(job, idle)
            if slot is not None:
                self._waiting.remove(job)
                idle.remove(slot)
                self._begin(job, slot)
            if not idle:
                return

    def _slot_for(self, job: Job, idle: list[Slot]) -> Slot | None:
        session = self._sessions.get(job.session)
        if session is not None:
            return next((slot for slot in idle if slot.number == session.slot), None)
        if job.session is not None:
            return min(idle, key=lambda slot: self._sessions.count(slot.number))
        return idle[0]

    def _begin(self, job: Job, slot: Slot) -> None:
        now = time.monotonic()
        job.begun, slot.job, slot.state = now, job, State.BUSY
        slot.send(Run(job.request_id, job.command, job.packed, job.session, job.headers))
        self._teller.request_started(job, slot)
        if job.session is not None:
            session = self._sessions.get(job.session)
            if session is None:
                session = self._sessions.bind(job.session, slot.number, slot.worker_id, now)
                self._teller.session_created(session)
            session.running += 1

    def _freed(self, slot: Slot, answer: Done | Failed) -> None:
        """A worker answered."""
        job = slot.job
        if slot.state is not State.BUSY or job is None or job.request_id != answer.request_id:
            return
        slot.job, slot.state, slot.failures = None, State.IDLE, 0
        slot.served += 1
        if isinstance(answer, Failed):
            self.settle(job, slot, error=CommandFailed(answer.type, answer.message, answer.traceback))
        else:
            try:
                value = unpack(answer.value)
            except Exception as error:  # Unpickling may raise anything.
                self.settle(job, slot, error=CommandFailed(type(error).__name__, str(error), ""))
            else:
                self.settle(job, slot, value=value)
        if self._settings.recycle_after and slot.served >= self._settings.recycle_after:
            self._staff.recycle(slot)

    def settle(self, job: Job, slot: Slot | None, *, value: object = None, error: Exception | None = None) -> None:
        """Answer a request, once; whoever waits for it goes on, whatever telemetry does."""
        now = time.monotonic()
        self._recent.add(now, error is not None, now - job.submitted)
        session = self._sessions.get(job.session)
        if session is not None and job.begun is not None:
            session.used, session.running = now, session.running - 1
        try:
            self._teller.request_ended(job, slot, error)
        finally:
            # An answer that nobody waits for any more (cancelled) cannot be set.
            if job.future.set_running_or_notify_cancel():
                job.future.set_result(value) if error is None else job.future.set_exception(error)

    # Workers and sessions

    def _lost(self, slot: Slot, error: WorkerLost | None) -> None:
        """The process of a slot is gone: by a crash, or as planned."""
        job = slot.job
        if job is not None and not job.future.done():
            self.settle(job, slot, error=error or PoolClosed(f"the pool {self._settings.name} is shutting down"))
        reason = "worker_lost" if error is not None else "worker_recycled" if slot.recycling else "pool_closed"
        self._end_sessions(self._sessions.of_slot(slot.number), reason)

    def _clean_up(self, now: float) -> None:
        expired = self._sessions.expired(now)
        for session in expired:
            slot = self._staff.slots[session.slot]
            if slot.alive:
                slot.send(Forget(session.name))
        self._end_sessions(expired, "unused")
        self._teller.session_cleanup(len(expired), time.monotonic() - now)

    def _end_sessions(self, sessions: list[Session], reason: str) -> None:
        for session in sessions:
            self._teller.session_expired(session, reason)

    # The end

    def close(self, seconds: float) -> None:
        """Take no more work; finish what there is within so many seconds; then end all workers."""
        if self._closing_at is None:
            self._closing_at = time.monotonic() + seconds

    def _close(self, now: float) -> None:
        assert self._closing_at is not None
        if now >= self._closing_at:
            for job in list(self._waiting):
                self._waiting.remove(job)
                self.settle(job, None, error=PoolClosed(f"the pool {self._settings.name} is shutting down"))
            for slot in self._staff.busy:
                slot.kill()
        if not self._waiting:
            self._staff.dismiss()
