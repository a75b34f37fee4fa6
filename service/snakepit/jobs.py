"""`Job`: one request on its way through the pool; and `Recent`: how the latest ones ended."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

_WINDOW = 60.0
"""Seconds for which a finished request counts as a recent one."""
_MOST = 1000


@dataclass(slots=True, eq=False)
class Job:
    """A request. `future` is settled once, with the value or with a `SnakepitError`."""

    request_id: str
    command: str
    arguments: Mapping[str, Any]
    session: str | None
    timeout: float
    headers: Mapping[str, str]
    correlation_id: str
    packed: bytes = b""
    future: Future[Any] = field(default_factory=Future)
    submitted: float = field(default_factory=time.monotonic)
    begun: float | None = None

    @property
    def deadline(self) -> float:
        """When it has taken too long."""
        return self.submitted + self.timeout

    def waited(self, now: float) -> float:
        """Seconds in the queue."""
        return (self.begun if self.begun is not None else now) - self.submitted


class Recent:
    """The requests that ended within the last minute."""

    def __init__(self) -> None:
        self._ended: deque[tuple[float, bool, float]] = deque()
        self._failed = 0
        self._seconds = 0.0

    def add(self, now: float, failed: bool, seconds: float) -> None:
        """One more ended."""
        self._ended.append((now, failed, seconds))
        self._failed += failed
        self._seconds += seconds
        if len(self._ended) > _MOST:
            self._drop()

    def ratios(self, now: float) -> tuple[float, float]:
        """The failed share, and the mean seconds; both 0 when there was none."""
        while self._ended and self._ended[0][0] < now - _WINDOW:
            self._drop()
        count = len(self._ended)
        return (self._failed / count, max(self._seconds, 0.0) / count) if count else (0.0, 0.0)

    def _drop(self) -> None:
        _, failed, seconds = self._ended.popleft()
        self._failed -= failed
        self._seconds -= seconds
