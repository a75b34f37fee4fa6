"""`Bus`, `Source`, `Record`: events on their way to consumers: sampled, limited, sanitised, counted when dropped."""

from __future__ import annotations

import atexit
import inspect
import re
import time
import weakref
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone

from .consumers import EXIT_SECONDS, REASONS, Breaker, Bucket, Consumer, Reason
from .correlation import bound_fields, current, dice, new_id
from .sanitising import Plain, Sanitiser

__all__ = ["Breaker", "Bus", "Consumer", "Record", "Scalar", "Source", "scaled"]

Scalar = str | int | float | bool | None
"""A value of metadata."""

_WHOLE = 2**64
"""Larger whole numbers are for the sanitiser to bound."""


@dataclass(frozen=True, slots=True)
class Record:
    """One event as consumers get it: sanitised. `timestamp` is UTC in ISO 8601."""

    name: str
    timestamp: str
    correlation_id: str
    level: str
    measurements: Mapping[str, Plain]
    metadata: Mapping[str, Plain]
    exception: Mapping[str, Plain] | None = None

    def as_dict(self) -> dict[str, object]:
        """Its fields as plain values, fit for JSON."""
        made: dict[str, object] = {name: getattr(self, name) for name in self.__slots__}
        made["measurements"], made["metadata"] = dict(self.measurements), dict(self.metadata)
        made["exception"] = None if self.exception is None else dict(self.exception)
        return made


class Source:
    """One declared event: whether anybody gets it, how much of it, and in which shape."""

    def __init__(
        self,
        bus: Bus,
        name: str,
        *,
        level: str,
        error: bool,
        sampling: float,
        rate_limit: float,
        sensitive: Iterable[str],
    ) -> None:
        self.name = name
        self.active = False
        """Whether anybody listens: an emitter asks this first."""
        self.rate = 1.0 if error else sampling
        self.error = error
        self.consumers: tuple[Consumer, ...] = ()
        self._bus = bus
        self._level = level
        self._bucket = Bucket(rate_limit) if rate_limit else None
        self._sensitive = tuple(sensitive)

    def wanted(self) -> bool:
        """Whether this occurrence is delivered, by sampling rate and rate limit. What is not is counted."""
        rate = self.rate
        if rate < 1.0:
            id = current()
            # Not hash(): another process must decide the same.
            share = zlib.crc32(id.encode()) / 4294967296.0 if id else dice.random()
            if share >= rate:
                self._bus.dropped(self.name, "sampling")
                return False
        if self._bucket is not None and not self._bucket.take():
            self._bus.dropped(self.name, "rate_limit")
            return False
        return True

    def send(
        self,
        measurements: Mapping[str, object],
        metadata: Mapping[str, object],
        exception: BaseException | None = None,
    ) -> None:
        """Deliver an occurrence to every consumer."""
        sanitiser = self._bus.sanitiser
        bound = bound_fields()
        record = Record(
            self.name,
            datetime.now(timezone.utc).isoformat(timespec="microseconds"),  # noqa: UP017 - quicker than a look-up
            current() or new_id(),
            self._level,
            {name: _measure(value, sanitiser) for name, value in measurements.items()},
            sanitiser.fields({**bound, **metadata} if bound else metadata, self._sensitive),
            None if exception is None else sanitiser.exception(exception),
        )
        for consumer in self.consumers:
            consumer.deliver(record)

    def failed(self) -> None:
        """Count an occurrence that could not be delivered. Called where nothing may be raised."""
        self._bus.dropped(self.name, "internal")


def _measure(value: object, sanitiser: Sanitiser) -> Plain:
    if (type(value) is int and -_WHOLE < value < _WHOLE) or (type(value) is float and value - value == 0.0):
        return value
    return sanitiser.clean(value)


def scaled(value: object, scale: float) -> float:
    """A measurement in the unit of its metric; what is no number becomes one that the metric refuses and counts."""
    try:
        return float(value) * scale  # type: ignore[arg-type]
    except Exception:
        return float("nan")


class Bus:
    """The events of one package. `count` counts what is dropped: the event's name, the reason, how many."""

    def __init__(self, sanitiser: Sanitiser, count: Callable[[str, Reason, float], None]) -> None:
        self.sanitiser = sanitiser
        self._count = count
        self._sources: dict[str, Source] = {}
        self._consumers: list[tuple[re.Pattern[str], Consumer]] = []
        _buses.add(self)

    def source(
        self,
        name: str,
        *,
        level: str = "info",
        error: bool = False,
        sampling: float = 1.0,
        rate_limit: float = 0.0,
        sensitive: Iterable[str] = (),
    ) -> Source:
        """Declare an event."""
        made = Source(
            self, name, level=level, error=error, sampling=sampling, rate_limit=rate_limit, sensitive=sensitive
        )
        self._sources[name] = made
        for reason in REASONS:
            self._count(name, reason, 0.0)
        return made

    def dropped(self, name: str, reason: Reason) -> None:
        """Count an occurrence that somebody did not get. Never raises."""
        try:  # noqa: SIM105 - contextlib.suppress costs more than all the rest
            self._count(name, reason, 1.0)
        except Exception:
            pass

    def register_consumer(
        self,
        pattern: str,
        consumer: Callable[[Record], object],
        *,
        background: bool = True,
        limit: int = 1000,
        breaker: Breaker | None = None,
    ) -> Consumer:
        """Give a consumer all events that match: `worker.*`, `*`, or a name.

        In the background it has a thread and a queue of `limit` events; otherwise it is called by whoever emits, and
        must be quick. Raises `TypeError` for a coroutine function, `ValueError` for a pattern that no event matches.
        """
        called = getattr(consumer, "__call__", None)  # noqa: B004 - an object with an async one is none either
        if inspect.iscoroutinefunction(consumer) or inspect.iscoroutinefunction(called) or not callable(consumer):
            raise TypeError(f"a consumer is a plain function of one Record, not {consumer!r}")
        matches = _pattern(pattern)
        self._matching(pattern)
        made = Consumer(
            consumer, self.dropped, background=background, limit=limit, breaker=breaker, closing=self._route
        )
        self._consumers.append((matches, made))
        self._route()
        return made

    def set_sampling_rate(self, name: str, rate: float) -> None:
        """Deliver this share, 0-1, of the events that match from now on; errors stay at 1. Raises `ValueError`."""
        if not 0 <= rate <= 1:
            raise ValueError(f"a sampling rate is a number from 0 to 1, not {rate!r}")
        for source in self._matching(name):
            source.rate = 1.0 if source.error else float(rate)

    def flush(self, timeout: float = 5.0) -> bool:
        """Wait until the background consumers are done with everything so far; False if that takes longer (seconds)."""
        until = time.monotonic() + timeout
        done = [consumer.flush(until) for _, consumer in self._consumers]  # All of them are asked.
        return all(done)

    def _matching(self, pattern: str) -> list[Source]:
        matches = _pattern(pattern)
        found = [source for name, source in self._sources.items() if matches.fullmatch(name)]
        if not found:
            raise ValueError(f"no event matches {pattern!r}; there are {', '.join(self._sources)}")
        return found

    def _route(self) -> None:
        self._consumers = [(matches, consumer) for matches, consumer in self._consumers if not consumer.drained]
        for name, source in self._sources.items():
            # One assignment each: an emitter in another thread sees the old ones or the new ones.
            source.consumers = tuple(
                consumer for matches, consumer in self._consumers if not consumer.closed and matches.fullmatch(name)
            )
            source.active = bool(source.consumers)


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in text.split("*")))


_buses: weakref.WeakSet[Bus] = weakref.WeakSet()


@atexit.register
def _flush_all() -> None:
    for bus in list(_buses):
        bus.flush(EXIT_SECONDS)
