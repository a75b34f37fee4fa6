"""`Staff`: the workers of a pool: started, replaced after a crash or after enough requests, and ended."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import partial

from service.snakepit.errors import WorkerExited, WorkerKilled, WorkerLost, WorkerOutOfMemory, WorkerStartFailed
from service.snakepit.settings import PoolSettings
from service.snakepit.slots import Slot, State
from service.snakepit.telling import Teller
from service.snakepit.wire import OUT_OF_MEMORY, Done, Failed, Ready, Stop

_TO_STOP = 5.0
"""Seconds a worker gets to end by itself when it was told to."""

log = logging.getLogger("snakepit.staff")


class Staff:
    """All of it belongs to the supervisor's thread.

    `freed` is called with the answer of a worker, `lost` when a process is gone: with the error, or with None if that
    was planned.
    """

    def __init__(
        self,
        settings: PoolSettings,
        teller: Teller,
        post: Callable[[Callable[[], None]], bool],
        freed: Callable[[Slot, Done | Failed], None],
        lost: Callable[[Slot, WorkerLost | None], None],
    ) -> None:
        self._settings = settings
        self._teller = teller
        self._post = post
        self._freed = freed
        self._lost = lost
        self._ready: set[int] = set()
        self.slots = [Slot(settings, number) for number in range(settings.size)]

    @property
    def idle(self) -> list[Slot]:
        """Those that can begin with a request, the one that did least first."""
        return sorted((slot for slot in self.slots if slot.state is State.IDLE), key=lambda slot: slot.served)

    @property
    def busy(self) -> list[Slot]:
        """Those that execute."""
        return [slot for slot in self.slots if slot.state is State.BUSY]

    @property
    def alive(self) -> list[Slot]:
        """Those that are ready, idle or busy."""
        return [slot for slot in self.slots if slot.alive]

    @property
    def gone(self) -> bool:
        """Whether no process is left."""
        return all(slot.state is State.EMPTY for slot in self.slots)

    @property
    def ever_ready(self) -> int:
        """How many slots had a worker that was ready."""
        return len(self._ready)

    def look(self, now: float, *, starting: bool) -> None:
        """Start what is due, and end what does not become ready or does not end."""
        for slot in self.slots:
            if slot.state is State.EMPTY and starting and now >= slot.start_at:
                self._start(slot)
            elif slot.state is State.STARTING and now - slot.started >= self._settings.startup_timeout:
                slot.kill(WorkerStartFailed)
            elif slot.state is State.ENDING and now - slot.since >= _TO_STOP:
                slot.kill()

    def recycle(self, slot: Slot) -> None:
        """Replace an idle worker as planned; one after the other, so that the pool keeps its capacity."""
        if any(other.recycling and not other.alive for other in self.slots):
            return
        slot.recycling = True
        self._stop(slot)

    def dismiss(self) -> None:
        """End every worker that does not execute."""
        for slot in self.slots:
            if slot.state is State.IDLE:
                self._stop(slot)
            elif slot.state is State.STARTING:
                slot.kill()

    def _stop(self, slot: Slot) -> None:
        slot.send(Stop())
        slot.state, slot.since = State.ENDING, time.monotonic()

    def _start(self, slot: Slot) -> None:
        try:
            slot.start(
                lambda slot, number, message: self._post(partial(self._heard, slot, number, message)),
                lambda slot, number, code: self._post(partial(self._gone, slot, number, code)),
            )
        except OSError:
            log.exception("no process can be started")
            slot.failures += 1
            slot.emptied(self._after_failure(slot))

    def _heard(self, slot: Slot, number: int, message: Ready | Done | Failed) -> None:
        if number != slot.generation:
            return
        if isinstance(message, Ready):
            if slot.state is State.STARTING:
                slot.state = State.IDLE
                self._ready.add(slot.number)
                self._teller.worker_started(slot)
        else:
            self._freed(slot, message)

    def _gone(self, slot: Slot, number: int, code: int | None) -> None:
        if number != slot.generation:
            return
        planned = slot.state is State.ENDING and slot.cause is None
        error = None if planned else self._error(slot, code)
        try:
            if error is not None:
                slot.failures += 1
                self._teller.worker_crashed(slot, slot.job, error)
            elif slot.recycling:
                self._teller.worker_recycled(slot)
            self._lost(slot, error)
        finally:
            slot.emptied(0.0 if planned else self._after_failure(slot))

    def _error(self, slot: Slot, code: int | None) -> WorkerLost:
        kind = slot.cause
        if kind is None and slot.state is State.STARTING:
            kind = WorkerStartFailed
        elif kind is None and code == OUT_OF_MEMORY:
            kind = WorkerOutOfMemory
        elif kind is None:
            kind = WorkerKilled if code is not None and code < 0 else WorkerExited
        return kind(slot.worker_id, code)

    def _after_failure(self, slot: Slot) -> float:
        """When the next process may start: each failure in a row doubles the pause."""
        pause = self._settings.backoff * 2.0 ** min(slot.failures - 1, 16)
        return time.monotonic() + min(pause, self._settings.backoff_max)
