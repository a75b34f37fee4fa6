"""What can go wrong: system, worker, request and configuration errors; the spec maps each class to a code."""

from __future__ import annotations

import signal as signals


class SnakepitError(Exception):
    """What every error of Snakepit is."""


class ConfigurationError(SnakepitError, ValueError):
    """A setting has a value the service cannot run with."""


class PoolClosed(SnakepitError):
    """The pool is shutting down and takes no more work."""


class PoolSaturated(SnakepitError):
    """The queue is full; the request was refused at once."""

    def __init__(self, pool: str, waiting: int) -> None:
        super().__init__(f"the pool {pool} is saturated: {waiting} requests wait; try again later")


class InvalidRequest(SnakepitError, ValueError):
    """The command does not exist, or its arguments cannot be used."""


class RequestTimeout(SnakepitError, TimeoutError):
    """A request took longer than its time-out; `stage` is `queue` or `execution`."""

    def __init__(self, command: str, seconds: float, stage: str) -> None:
        super().__init__(f"{command} took longer than its time-out of {seconds:g} s, in the {stage}")
        self.stage = stage


class CommandFailed(SnakepitError):
    """The command raised; `type` and `traceback` are those of the worker."""

    def __init__(self, type: str, message: str, traceback: str) -> None:
        super().__init__(f"{type}: {message}" if message else type)
        self.type = type
        self.traceback = traceback


class WorkerLost(SnakepitError):
    """The worker was lost; with it what it executed. `exit_code` is that of the process, negative for a signal."""

    says = "ended"

    def __init__(self, worker_id: str, exit_code: int | None) -> None:
        super().__init__(f"the worker {worker_id} {self.says} ({describe(exit_code)}); its request is lost")
        self.worker_id = worker_id
        self.exit_code = exit_code
        self.signal = signal_name(exit_code)


class WorkerExited(WorkerLost):
    """A worker process ended by itself."""

    says = "ended by itself"


class WorkerKilled(WorkerLost):
    """A signal ended a worker process."""

    says = "was killed"


class WorkerOutOfMemory(WorkerLost):
    """A worker reached its memory limit."""

    says = "ran out of memory"


class WorkerHung(WorkerLost):
    """A worker was killed because its request ran over its time-out."""

    says = "hung and was killed"


class WorkerUnresponsive(WorkerLost):
    """A worker was killed because its heartbeats stayed away."""

    says = "did not respond and was killed"


class WorkerStartFailed(WorkerLost):
    """A worker did not become ready."""

    says = "did not become ready"


def signal_name(exit_code: int | None) -> str | None:
    """The signal that ended a process, if one did."""
    if exit_code is None or exit_code >= 0:
        return None
    try:
        return signals.Signals(-exit_code).name
    except ValueError:  # A real-time signal has no name.
        return f"SIG{-exit_code}"


def describe(exit_code: int | None) -> str:
    """How a process ended, for people.

    >>> describe(-9), describe(3)
    ('SIGKILL', 'exit code 3')
    """
    return signal_name(exit_code) or ("no exit code" if exit_code is None else f"exit code {exit_code}")
