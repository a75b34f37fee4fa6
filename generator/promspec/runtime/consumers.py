"""`Consumer`: gets events without harming who emits them; `Breaker`: switches off what fails; `Bucket`: a rate."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
import weakref
from collections.abc import Callable
from queue import SimpleQueue
from typing import TYPE_CHECKING, Literal, TypeAlias

from .forks import renew_after_fork

if TYPE_CHECKING:
    from .events import Record

Reason = Literal["sampling", "rate_limit", "queue_full", "consumer_failed", "consumer_off", "recursion", "internal"]
REASONS: tuple[Reason, ...] = (
    "sampling",
    "rate_limit",
    "queue_full",
    "consumer_failed",
    "consumer_off",
    "recursion",
    "internal",
)
"""Why an event is not delivered."""

FAILURES = 5
"""So many failures in a row switch a consumer off."""
OFF_SECONDS = 30.0
"""For so long; then one event is tried."""
SLOW_SECONDS = 0.1
"""An inline consumer that takes longer has failed."""
EXIT_SECONDS = 1.0
"""How long the end of the process waits for background consumers."""
RETRY_SECONDS = 0.05
"""After so long a background consumer gets an event again that it failed on."""

Clock = Callable[[], float]
Dropped = Callable[[str, Reason], None]


class Bucket:
    """A token bucket: `rate` per second, and as many at once, at least one."""

    def __init__(self, rate: float, clock: Clock = time.monotonic) -> None:
        self._rate = rate
        self._most = self._tokens = max(1.0, rate)
        self._clock = clock
        self._at = clock()
        self._lock = threading.Lock()
        renew_after_fork(self)

    def renew(self) -> None:
        """Begin with a full bucket."""
        self._lock = threading.Lock()
        self._tokens = self._most

    def take(self) -> bool:
        """Whether one more is allowed now."""
        with self._lock:
            now = self._clock()
            self._tokens = min(self._most, self._tokens + max(0.0, now - self._at) * self._rate)
            self._at = now
            if self._tokens < 1.0:
                return False
            self._tokens -= 1.0
            return True


class Breaker:
    """Off for a while after failures in a row; then one trial decides."""

    def __init__(self, failures: int = FAILURES, off: float = OFF_SECONDS, clock: Clock = time.monotonic) -> None:
        self._most = failures
        self._off = off
        self._clock = clock
        self._failures = 0
        self._until = 0.0
        self._lock = threading.Lock()

    def renew(self) -> None:
        """A lock of its own, after a fork."""
        self._lock = threading.Lock()

    @property
    def is_off(self) -> bool:
        """Whether it is switched off now."""
        return self._failures >= self._most and self._clock() < self._until

    def allows(self) -> bool:
        """Whether to call now. A trial keeps others away until it has ended, or until as long again has passed."""
        if self._failures < self._most:
            return True
        with self._lock:
            now = self._clock()
            if now < self._until:
                return False
            self._until = now + self._off
            return True

    def ended(self, good: bool) -> None:
        """How a call ended."""
        if good and self._failures == 0:
            return
        with self._lock:
            self._failures = 0 if good else self._failures + 1
            if self._failures >= self._most:
                self._until = self._clock() + self._off


class _Delivering(threading.local):
    """Which consumers are being called: what they emit, and what others emit because of that, is not for them."""

    consumers: tuple[Consumer, ...] = ()


_delivering = _Delivering()
_Item: TypeAlias = "tuple[Record, tuple[Consumer, ...]] | threading.Event | None"
"""An event and who is being called when it is emitted; somebody who waits; or the end."""


class Consumer:
    """A registered consumer. `close` ends it."""

    def __init__(
        self,
        function: Callable[[Record], object],
        dropped: Dropped,
        *,
        background: bool = True,
        limit: int = 1000,
        breaker: Breaker | None = None,
        closing: Callable[[], None] = lambda: None,
    ) -> None:
        self.breaker = breaker or Breaker()
        self.closed = False
        self._function = function
        self._dropped = dropped
        self._background = background
        self._limit = limit
        self._closing = closing
        self._queue: SimpleQueue[_Item] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        renew_after_fork(self)

    def renew(self) -> None:
        """In a forked child: what waits is the parent's to deliver, and the thread is not there."""
        self._queue, self._thread, self._starting = SimpleQueue(), None, threading.Lock()
        self.breaker.renew()

    def deliver(self, record: Record) -> None:
        """Hand an event over. Returns at once if it works in the background; never raises."""
        if self.closed:
            return
        if self in _delivering.consumers:
            self._dropped(record.name, "recursion")
        elif not self._background:
            self._inline(record)
        elif self._queue.qsize() >= self._limit:
            self._dropped(record.name, "queue_full")
        else:
            self._queue.put((record, _delivering.consumers))
            if self._thread is None:
                self._start()

    def close(self) -> None:
        """Give it no more events. What waits is still delivered; then its thread ends."""
        self.closed = True
        if self._thread is not None:
            self._queue.put(None)
        self._closing()

    @property
    def drained(self) -> bool:
        """Whether it is closed, and nothing waits any more."""
        return self.closed and (self._thread is None or not self._thread.is_alive())

    def flush(self, until: float) -> bool:
        """Wait until everything handed over so far was delivered; False if that takes longer than `until`."""
        thread = self._thread
        if not self._background or thread is None or threading.current_thread() is thread:
            return True
        if self._queue.qsize() >= 2 * self._limit + 100:  # It hangs, and whoever waits for it adds to its queue.
            return False
        reached = threading.Event()
        self._queue.put(reached)
        while thread.is_alive():
            left = until - time.monotonic()
            if reached.wait(max(0.0, min(left, 0.1))):
                return True
            if left <= 0:
                return False
        return True

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                thread = threading.Thread(target=self._work, name="promspec-events", daemon=True)
                with contextlib.suppress(RuntimeError):  # No more threads: the next event tries again.
                    thread.start()
                    self._thread = thread
                    _finish_with_child(self)
                if self.closed:
                    self._queue.put(None)

    def _inline(self, record: Record) -> None:
        if not self.breaker.allows():
            self._dropped(record.name, "consumer_off")
            return
        start = time.perf_counter()
        good = self._called(record, _delivering.consumers)
        self.breaker.ended(good and time.perf_counter() - start <= SLOW_SECONDS)
        if not good:
            self._dropped(record.name, "consumer_failed")

    def _called(self, record: Record, origins: tuple[Consumer, ...]) -> bool:
        outer = _delivering.consumers
        _delivering.consumers = (*origins, self)
        try:
            self._function(record)
            return True
        except Exception:
            return False
        finally:
            _delivering.consumers = outer

    def _work(self) -> None:
        queue = self._queue
        while True:
            item = queue.get()
            if item is None:
                return
            if isinstance(item, threading.Event):
                item.set()
                continue
            record, origins = item
            try:
                self._in_background(record, origins)
            except BaseException:  # Not even SystemExit of a consumer may end the thread.
                self._dropped(record.name, "consumer_failed")
                self.breaker.ended(False)

    def _in_background(self, record: Record, origins: tuple[Consumer, ...]) -> None:
        if not self.breaker.allows():
            self._dropped(record.name, "consumer_off")
            return
        good = self._called(record, origins)
        if not good:
            time.sleep(RETRY_SECONDS)
            good = self._called(record, origins)
        self.breaker.ended(good)
        if not good:
            self._dropped(record.name, "consumer_failed")


def _finish_with_child(consumer: Consumer) -> None:
    """Let a process that multiprocessing forked wait for it: such a process ends without `atexit`."""
    process, util = sys.modules.get("multiprocessing.process"), sys.modules.get("multiprocessing.util")
    if process is not None and util is not None and process.parent_process() is not None:
        util.Finalize(None, _flushed, (weakref.ref(consumer),), exitpriority=10)


def _flushed(reference: weakref.ref[Consumer]) -> None:
    consumer = reference()
    if consumer is not None:
        consumer.flush(time.monotonic() + EXIT_SECONDS)
