"""`run_jobs`: calls several functions at once, sync or async, each within its time; one that hangs delays nobody."""

from __future__ import annotations

import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import asyncio

Answers = Mapping[str, object]
"""Name -> what the function gave, or the exception it ended with."""


class Job:
    """A function that is asked again and again, never twice at the same time."""

    def __init__(self, function: Callable[[], Callable[[], object] | None], timeout: float) -> None:
        self.timeout = timeout
        self._function = function
        self._running: Future[object] | None = None
        self._since = 0.0

    def forget(self) -> None:
        """What ran is not there any more."""
        self._running = None

    def start(self, loop: asyncio.AbstractEventLoop | None) -> Future[object]:
        """Call it in a thread of its own, or say that it still hangs."""
        if self._running is not None and not self._running.done():
            hung: Future[object] = Future()
            hung.set_exception(TimeoutError(f"still running after {time.monotonic() - self._since:.1f} s"))
            return hung
        future: Future[object] = Future()
        self._running, self._since = future, time.monotonic()
        try:
            threading.Thread(target=self._call, args=(future, loop), name="promspec-check", daemon=True).start()
        except RuntimeError as error:  # No more threads.
            future.set_exception(error)
        return future

    def _call(self, future: Future[object], loop: asyncio.AbstractEventLoop | None) -> None:
        try:
            function = self._function()
            found = None if function is None else function()
            future.set_result(_awaited(found, loop, self.timeout) if hasattr(found, "__await__") else found)
        except BaseException as error:  # It is the check's, whatever it is.
            future.set_exception(error)


def _awaited(found: Any, loop: asyncio.AbstractEventLoop | None, timeout: float) -> object:
    import asyncio

    async def waited(inner: Awaitable[object]) -> object:
        return await asyncio.wait_for(inner, timeout)

    if loop is not None and loop.is_running():
        # Where the service's connections live.
        return asyncio.run_coroutine_threadsafe(waited(found), loop).result(timeout + 1.0)
    return asyncio.run(waited(found))


def run_jobs(jobs: Mapping[str, Job], loop: asyncio.AbstractEventLoop | None = None) -> Answers:
    """Ask all of them; as long as the slowest takes, and at most its timeout."""
    start = time.monotonic()
    running = {name: job.start(loop) for name, job in jobs.items()}
    return {name: _ended(running[name], start + job.timeout, job.timeout) for name, job in jobs.items()}


def _ended(future: Future[object], until: float, timeout: float) -> object:
    try:
        error = future.exception(max(0.0, until - time.monotonic()))
    except TimeoutError:
        return TimeoutError(f"no answer within {timeout:g} s")
    return future.result() if error is None else error
