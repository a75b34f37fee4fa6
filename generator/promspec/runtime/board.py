"""`Board`: runs the health checks at once, each within its time, one computation at a time, and keeps the results."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from .forks import renew_after_fork
from .health import Check, Finding, Judged, Measured, Report, Status, report_of
from .running import Answers, Job, run_jobs
from .sanitising import Sanitiser

if TYPE_CHECKING:
    import asyncio

Endpoint = Literal["live", "ready", "startup", "detailed", "metrics"]
SECTION_SECONDS = 1.0
"""How long a section of the detailed page may take."""
_STARTED = time.monotonic()

C = TypeVar("C", bound=Check)


class Board:
    """All checks of a service, and where it is between its start and its end."""

    def __init__(
        self,
        sanitiser: Sanitiser,
        *,
        cache: float = 5.0,
        disabled: tuple[Endpoint, ...] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.checks: dict[str, Check] = {}
        self.disabled: set[str] = set(disabled)
        self.sanitiser = sanitiser
        self.is_stopping = False
        self.done = 1.0
        """How much of the start is done, 0-1."""
        self.progress_message = ""
        self.loop: asyncio.AbstractEventLoop | None
        """The service's event loop, if it has one: async checks run there."""
        self._cache = cache
        self._clock = clock
        self._warm = False
        self._jobs: dict[str, Job] = {}
        self._sections: dict[str, Job] = {}
        self._watchers: list[Callable[[Status, Status], object]] = []
        self._last: Status | None = None
        self.renew()
        renew_after_fork(self)

    def renew(self) -> None:
        """Nothing is known and nothing runs: at the start, and in a forked child."""
        self._lock = threading.Lock()
        self.loop = None  # A fork leaves it behind.
        self._running: Future[Answers] | None = None
        self._known: Future[Answers] | None = None
        self._until = 0.0
        for job in (*self._jobs.values(), *self._sections.values()):
            job.forget()

    def measured(self, name: str, **declared: Any) -> Measured:
        """Declare a check of a number."""
        return self._declared(Measured(name, **declared))

    def judged(self, name: str, **declared: Any) -> Judged:
        """Declare a check that its callback judges."""
        return self._declared(Judged(name, **declared))

    def _declared(self, check: C) -> C:
        self.checks[check.name] = check
        self._jobs[check.name] = Job(lambda: check.callback, check.timeout)
        return check

    def section(self, name: str, callback: Callable[[], object]) -> None:
        """Show what the callback gives as one more part of the detailed page."""
        self._sections[name] = Job(lambda: callback, SECTION_SECONDS)

    def on_change(self, callback: Callable[[Status, Status], object]) -> None:
        """Call this with the old and the new status of the whole, when a computation finds another one."""
        self._watchers.append(callback)

    def progress(self, done: float, message: str = "") -> None:
        """Say how much of the start is done, 0-1; 1 ends it."""
        self.done = _share(done)
        self.progress_message = str(self.sanitiser.clean(message))

    def started(self) -> None:
        """The start is over; one after a stop, in the same process, counts as well."""
        self.is_stopping = False
        self.progress(1.0)

    def stopping(self) -> None:
        """The service is about to end: it lives and is ready no longer."""
        self.is_stopping = True

    def enable(self, endpoint: Endpoint) -> None:
        """Serve an endpoint."""
        self.disabled.discard(endpoint)

    def disable(self, endpoint: Endpoint) -> None:
        """Answer 404 there."""
        self.disabled.add(endpoint)

    def is_warm(self, report: Report) -> bool:
        """Whether the start is over; once it was, it stays so."""
        if not self._warm:
            bad = any(
                found.status == "error" and "startup" in self.checks[found.name].probes for found in report.checks
            )
            self._warm = self.done >= 1 and not bad
        return self._warm

    def uptime(self) -> float:
        """Seconds since the process imported this."""
        return time.monotonic() - _STARTED

    def report(self) -> Report:
        """The health now, or as it was not longer ago than the cache allows. Do not call it in an event loop."""
        return self._judged(self._fresh().result())

    async def report_soon(self) -> Report:
        """The same, for an event loop."""
        import asyncio

        self.loop = asyncio.get_running_loop()
        return self._judged(await asyncio.wrap_future(self._fresh()))

    def _fresh(self) -> Future[Answers]:
        with self._lock:
            if self._known is not None and self._clock() < self._until:
                return self._known
            if self._running is None:
                future: Future[Answers] = Future()
                future.set_running_or_notify_cancel()  # Who waits may give up; the computation goes on.
                try:
                    threading.Thread(target=self._compute, args=(future,), name="promspec-health", daemon=True).start()
                except RuntimeError as error:  # No more threads: every check says so.
                    future.set_result(dict.fromkeys(self._jobs, error))
                    return future
                self._running = future
            return self._running

    def _compute(self, future: Future[Answers]) -> None:
        try:
            answers = run_jobs(
                {**self._jobs, **{f"section {name}": job for name, job in self._sections.items()}}, self.loop
            )
        except BaseException as error:  # Such as no more threads: every check says so.
            answers = dict.fromkeys(self._jobs, error)
        with self._lock:
            self._known, self._until, self._running = future, self._clock() + self._cache, None
        future.set_result(answers)
        self._tell(self._judged(answers).status)

    def _tell(self, status: Status) -> None:
        with self._lock:
            before, self._last = self._last, status
        if before is not None and before != status:
            for watcher in self._watchers:
                try:
                    watcher(before, status)
                except Exception:  # A watcher is telemetry too.
                    continue

    def _judged(self, answers: Answers) -> Report:
        """Judged when asked, so that new criteria hold at once."""
        findings = [self._finding(check, answers.get(name)) for name, check in self.checks.items()]
        sections = {name: self._section(answers.get(f"section {name}")) for name in self._sections}
        return report_of(findings, sections)

    def _finding(self, check: Check, answer: object) -> Finding:
        if check.callback is None:
            return Finding(check.name, "warning", "nothing is registered that measures it")
        if isinstance(answer, BaseException):
            return Finding(check.name, "error", self._told(answer))
        try:
            found = check.judge(answer)
            parts = {self.sanitiser.text(name, 100): part for name, part in found.components.items()}
            return Finding(found.name, found.status, self.sanitiser.text(found.message), found.value, parts)
        except Exception as error:
            return Finding(check.name, "error", self._told(error))

    def _section(self, answer: object) -> object:
        return {"error": self._told(answer)} if isinstance(answer, BaseException) else self.sanitiser.clean(answer)

    def _told(self, error: BaseException) -> str:
        shown = self.sanitiser.exception(error)
        return f"{shown['type']}: {shown['message']}" if shown["message"] else str(shown["type"])


def _share(value: object) -> float:
    try:
        return float(value) if 0 <= value <= 1 else 0.0  # type: ignore[arg-type, operator]
    except Exception:
        return 0.0


def system() -> dict[str, object]:
    """Memory in MB, the number of processes (this one and its children), as far as the platform tells."""
    facts: dict[str, object] = {"pid": os.getpid()}
    with contextlib.suppress(OSError, ValueError, IndexError), open("/proc/self/statm", encoding="ascii") as file:
        facts["memory_mb"] = round(int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6, 1)
    with contextlib.suppress(OSError):
        facts["process_count"] = 1 + sum(_children(task) for task in os.listdir("/proc/self/task"))
    return facts


def _children(task: str) -> int:
    """How many processes a thread started that still run; a thread may end while we look."""
    try:
        with open(f"/proc/self/task/{task}/children", encoding="ascii") as file:
            return len(file.read().split())
    except OSError:
        return 0
