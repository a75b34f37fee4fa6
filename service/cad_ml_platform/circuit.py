"""A circuit breaker for each provider: closed, open, half open."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from output.cad_ml_platform.instrumentation import ErrorCode, code_of, events, metrics
from service.cad_ml_platform.errors import CircuitOpen
from service.cad_ml_platform.limits import Clock
from service.cad_ml_platform.words import STATES, Circuit, State

_NOT_THE_PROVIDERS_FAULT = (ErrorCode.INPUT_ERROR,)


class CircuitBreaker:
    """Opens after `threshold` failures in a row, lets one probe through after `recovery` seconds.

    The probe's success closes it, its failure opens it again. What the client did wrong, and a call that was
    cancelled, count as neither.
    """

    def __init__(self, name: Circuit, threshold: int, recovery: float, clock: Clock = time.monotonic) -> None:
        self.name = name
        self.failures = 0
        self.state: State = "closed"
        self._threshold = threshold
        self._recovery = recovery
        self._clock = clock
        self._opened_at = 0.0
        self._probing = False
        self._become("closed")

    @contextmanager
    def guard(self) -> Iterator[None]:
        """Run a call to the provider, or raise `CircuitOpen` at once."""
        probe = self._admit()
        try:
            yield
        except Exception as error:
            if code_of(error) not in _NOT_THE_PROVIDERS_FAULT:
                self._failed()
            raise
        else:
            self._succeeded()
        finally:
            if probe:
                self._probing = False

    def allows(self) -> bool:
        """Whether a call would be let through now."""
        return self.state == "closed" or (not self._probing and self.wait() == 0)

    def wait(self) -> float:
        """Seconds until a probe may be tried; 0 when closed or due."""
        if self.state == "closed":
            return 0.0
        return max(0.0, self._opened_at + self._recovery - self._clock())

    def reset(self) -> None:
        """Close it by hand."""
        self.failures = 0
        self._probing = False
        self._become("closed")

    def _admit(self) -> bool:
        if self.state == "closed":
            return False
        if not self.allows():
            raise CircuitOpen(self.name, self.wait() or self._recovery)
        self._probing = True
        self._become("half_open")
        return True

    def _failed(self) -> None:
        self.failures += 1
        if self.state == "half_open" or self.failures >= self._threshold:
            self._opened_at = self._clock()
            self._become("open")

    def _succeeded(self) -> None:
        if self.state != "open":
            self.failures = 0
            self._become("closed")

    def _become(self, state: State) -> None:
        if state != self.state:
            events.circuit_changed(circuit=self.name, state=state, previous=self.state)
        self.state = state
        for each in STATES:
            metrics.circuit_breaker_state.set(float(each == state), circuit=self.name, state=each)
