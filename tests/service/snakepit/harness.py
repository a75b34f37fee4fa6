"""Pools for tests, events as they were seen, metrics as they are."""

from __future__ import annotations

import multiprocessing
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from prometheus_client import REGISTRY

from output.snakepit.instrumentation import events
from service.snakepit.pool import Pool
from service.snakepit.settings import PoolSettings
from tests.service.snakepit import holding

PATIENCE = 20.0
"""Seconds after which something that should happen has not; generous, since the machine may be busy."""


def settings(name: str = "tested", **changes: Any) -> PoolSettings:
    """Quick in everything, but with time-outs that a busy machine does not reach."""
    quick: dict[str, Any] = {
        "size": 1,
        "backoff": 0.01,
        "heartbeat_interval": 0.1,
        "cleanup_interval": 0.05,
        "startup_timeout": 30.0,
        "commands": holding.__name__,
    }
    return PoolSettings(name, **{**quick, **changes})


@contextmanager
def running(name: str = "tested", **changes: Any) -> Iterator[Pool]:
    """A pool whose workers are ready; afterwards it has ended, and so have they."""
    with Pool(settings(name, **changes)) as pool:
        assert pool.warm, "the workers did not become ready"
        yield pool
    assert workers_left(name) == []


def until(met: Callable[[], object], said: str) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + PATIENCE
    while not met():
        assert time.monotonic() < deadline, f"not within {PATIENCE:g} s: {said}"
        time.sleep(0.01)


def value(name: str, **labels: str) -> float:
    """A series' value; 0 if there is none."""
    return REGISTRY.get_sample_value(name, labels) or 0.0


def moved(name: str, **labels: str) -> Callable[[], float]:
    """A function that says by how much a series has moved since now; the tests of one process share their series."""
    before = value(name, **labels)
    return lambda: value(name, **labels) - before


def only_pid(pool: Pool) -> int:
    """The process of a pool with one worker, once it is ready."""
    until(lambda: pool.snapshot().pids, "a worker is ready")
    return next(iter((pool.snapshot().pids or {}).values()))


def in_background(call: Callable[[], Any]) -> Callable[[], Any]:
    """Begin a call in a thread; the result is a function that waits for it and gives what it gave, or raises it."""
    ended: list[Any] = []

    def work() -> None:
        try:
            ended.append((call(), None))
        except Exception as error:
            ended.append((None, error))

    thread = threading.Thread(target=work, daemon=True)
    thread.start()

    def result() -> Any:
        thread.join(PATIENCE)
        assert ended, "the call does not end"
        given, error = ended[0]
        if error is not None:
            raise error
        return given

    return result


class Held:
    """A request that executes until it is released; it keeps one worker of the pool busy."""

    def __init__(self, pool: Pool, folder: Path, session: str | None = None) -> None:
        self._file = Path(tempfile.mkdtemp(dir=folder)) / "released"
        busy = pool.snapshot().busy
        self._result = in_background(lambda: pool.execute("hold", {"until": str(self._file)}, session=session))
        until(lambda: pool.snapshot().busy > busy, "the worker is busy")

    def release(self) -> object:
        """Let it end; gives what it gives, or raises it."""
        self._file.touch()
        return self._result()


class Seen:
    """The events that were emitted while it was open."""

    def __init__(self) -> None:
        self.records: list[events.Record] = []

    def named(self, name: str, **metadata: object) -> list[events.Record]:
        """Those of a name whose metadata is such."""
        return [
            record
            for record in list(self.records)
            if record.name == name and all(record.metadata.get(key) == value for key, value in metadata.items())
        ]

    def one(self, name: str, **metadata: object) -> events.Record:
        """The first of a name, waited for."""
        until(lambda: self.named(name, **metadata), f"the event {name} {metadata or ''}")
        return self.named(name, **metadata)[0]


@contextmanager
def seeing() -> Iterator[Seen]:
    """See every event, sampled or not."""
    seen = Seen()
    for name in events.EMITTERS:
        events.set_sampling_rate(name, 1.0)
    consumer = events.register_consumer("*", seen.records.append)
    try:
        yield seen
    finally:
        consumer.close()
        events.set_sampling_rate("request.started", 0.2)
        events.set_sampling_rate("request.completed", 0.2)


def workers_left(pool: str = "tested") -> list[str]:
    """The worker processes of a pool that still run."""
    return [child.name for child in multiprocessing.active_children() if child.name.startswith(f"snakepit {pool}-")]
