"""What the pool and its worker processes tell each other, over a pipe, pickled."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

OUT_OF_MEMORY = 86
"""The exit code of a worker that reached its memory limit."""


@dataclass(frozen=True, slots=True)
class Options:
    """What a worker process is started with."""

    worker_id: str
    pool_name: str
    commands: str
    heartbeat_interval: float
    memory_mb: int
    log_level: str


@dataclass(frozen=True, slots=True)
class Run:
    """To the worker: execute this. `headers` carry the correlation id; `arguments` are pickled by the caller."""

    request_id: str
    command: str
    arguments: bytes
    session: str | None
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Forget:
    """To the worker: drop the state of a session."""

    session: str


@dataclass(frozen=True, slots=True)
class Stop:
    """To the worker: end."""


@dataclass(frozen=True, slots=True)
class Ready:
    """From the worker: it can execute. `memory_mb` is its resident memory, where the system tells."""

    memory_mb: float | None


@dataclass(frozen=True, slots=True)
class Beat:
    """From the worker: it lives."""

    memory_mb: float | None


@dataclass(frozen=True, slots=True)
class Done:
    """From the worker: the pickled result, and the correlation id it was made under."""

    request_id: str
    value: bytes
    correlation_id: str


@dataclass(frozen=True, slots=True)
class Failed:
    """From the worker: the exception that the command raised."""

    request_id: str
    type: str
    message: str
    traceback: str
    correlation_id: str


ToWorker = Run | Forget | Stop
FromWorker = Ready | Beat | Done | Failed


def pack(value: Any) -> bytes:
    """Pickled. Raises what pickling raises."""
    return pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)


def unpack(data: bytes) -> Any:
    """Unpickled; only used between a pool and the processes that it started itself."""
    return pickle.loads(data)  # nosec B301 - only from its own children
