"""The commands that workers execute: plain functions of a `Context` and their arguments, by name."""

from __future__ import annotations

import hashlib
import logging
import os
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

log = logging.getLogger("snakepit.commands")
_leaked: list[bytearray] = []


@dataclass(slots=True)
class Context:
    """What a command knows besides its arguments; `state` is kept for the session, in this worker."""

    worker_id: str
    request_id: str
    correlation_id: str
    session: str | None = None
    state: dict[str, Any] = field(default_factory=dict)


Command = Callable[..., Any]


def echo(context: Context, value: Any = None) -> Any:
    """The value itself."""
    return value


def whoami(context: Context) -> dict[str, Any]:
    """Who executes this, for which request; said in the log as well."""
    log.info("asked who I am", extra={"worker_id": context.worker_id})
    return {"worker_id": context.worker_id, "pid": os.getpid(), "correlation_id": context.correlation_id}


def sleep(context: Context, seconds: float = 0.1) -> float:
    """Wait."""
    time.sleep(seconds)
    return seconds


def compute(context: Context, rounds: int = 1000, text: str = "") -> str:
    """Hash a text many times: work for the processor."""
    digest = text.encode()
    for _ in range(rounds):
        digest = hashlib.sha256(digest).digest()
    return digest.hex()


def remember(context: Context, key: str, value: Any) -> int:
    """Keep a value in the session; says how many there are."""
    context.state[key] = value
    return len(context.state)


def recall(context: Context, key: str) -> Any:
    """A value of the session; None if there is none."""
    return context.state.get(key)


def fail(context: Context, message: str = "told to fail", **others: Any) -> None:
    """Raise an exception; the worker survives."""
    raise ValueError(message)


def crash(context: Context, exit_code: int = 3) -> None:
    """End the process at once."""
    os._exit(exit_code)


def kill(context: Context) -> None:
    """What the kernel's out-of-memory killer does: SIGKILL."""
    os.kill(os.getpid(), signal.SIGKILL)


def freeze(context: Context) -> None:
    """Stop the whole process, its heartbeats too."""
    os.kill(os.getpid(), signal.SIGSTOP)


def leak(context: Context, megabytes: int = 10) -> int:
    """Allocate memory that is never freed; says how many megabytes there are by now."""
    _leaked.append(bytearray(megabytes * 1024 * 1024))
    return sum(len(block) for block in _leaked) // (1024 * 1024)


def unpicklable(context: Context) -> Any:
    """A result that cannot be sent back."""
    return lambda: None


COMMANDS: Mapping[str, Command] = {
    command.__name__: command
    for command in (
        *(echo, whoami, sleep, compute, remember, recall),
        *(fail, crash, kill, freeze, leak, unpicklable),
    )
}
