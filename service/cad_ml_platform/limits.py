"""A token bucket, and the moving average of an error rate."""

from __future__ import annotations

import time
from collections.abc import Callable

from service.cad_ml_platform.errors import QuotaExceeded

Clock = Callable[[], float]


class TokenBucket:
    """Lets `rate` per second pass in the long run and `burst` at once.

    >>> bucket = TokenBucket(rate=1, burst=1, clock=lambda: 0.0)
    >>> bucket.wait(), bucket.wait()
    (0.0, 1.0)
    """

    def __init__(self, rate: float, burst: int, clock: Clock = time.monotonic) -> None:
        self._rate = rate
        self._burst = float(burst)
        self._clock = clock
        self._tokens = self._burst
        self._then = clock()

    def wait(self) -> float:
        """Take a token: 0 if there was one, else the seconds until there is one (and none is taken)."""
        now = self._clock()
        self._tokens = min(self._burst, self._tokens + max(0.0, now - self._then) * self._rate)
        self._then = now
        if self._tokens >= 1:
            self._tokens -= 1
            return 0.0
        return (1 - self._tokens) / self._rate

    def take(self, what: str) -> None:
        """Take a token or raise `QuotaExceeded`."""
        wait = self.wait()
        if wait > 0:
            raise QuotaExceeded(f"too many {what} requests; try again in {wait:.1f} s", wait)


class ErrorRate:
    """The exponential moving average of failures, 0-1; `alpha` is the weight of the latest request."""

    def __init__(self, alpha: float) -> None:
        self._alpha = alpha
        self.value = 0.0

    def add(self, failed: bool) -> float:
        """Count one finished request and give the new average."""
        self.value += self._alpha * (float(failed) - self.value)
        return self.value
