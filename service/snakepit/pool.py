"""`Pool`: executes commands in worker processes, for threads (`execute`) and for asyncio (`execute_async`)."""

from __future__ import annotations

import asyncio
import importlib
import inspect
import uuid
from collections.abc import Iterator, Mapping
from concurrent.futures import CancelledError
from contextlib import contextmanager
from functools import partial
from types import TracebackType
from typing import Any

from output.snakepit.instrumentation import correlation, request
from output.snakepit.instrumentation.labels import Status
from service.snakepit.commands import Command, Context
from service.snakepit.errors import (
    ConfigurationError,
    InvalidRequest,
    PoolClosed,
    PoolSaturated,
    RequestTimeout,
    SnakepitError,
)
from service.snakepit.jobs import Job
from service.snakepit.settings import PoolSettings
from service.snakepit.supervisor import Snapshot, Supervisor
from service.snakepit.telling import Teller
from service.snakepit.wire import pack

UNKNOWN = "unknown"
"""What a command that does not exist is counted as: clients may make up any name."""
_LONGEST_NAME = 200
_LONGEST_TIMEOUT = 86_400.0


class Pool:
    """A pool of worker processes.

    `with Pool(PoolSettings(size=4)) as pool: pool.execute("echo", {"value": 1})`. Every failure is a `SnakepitError`;
    that the commands cannot be loaded is a `ConfigurationError`.
    """

    def __init__(self, settings: PoolSettings | None = None) -> None:
        self.settings = settings or PoolSettings()
        self._commands = _commands(self.settings.commands)
        self._teller = Teller(self.name, [*self._commands, UNKNOWN])
        self._supervisor = Supervisor(self.settings, self._teller)

    @property
    def name(self) -> str:
        """The pool's name, as in its settings."""
        return self.settings.name

    def start(self, wait: float | None = None) -> Pool:
        """Start the workers; with `wait`, until all are ready or so many seconds are over."""
        self._supervisor.start()
        if wait is not None:
            self._supervisor.warm.wait(wait)
        return self

    def __enter__(self) -> Pool:
        return self.start(wait=self.settings.startup_timeout)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.shutdown()

    @property
    def warm(self) -> bool:
        """Whether all workers were ready once."""
        return self._supervisor.warm.is_set()

    def snapshot(self) -> Snapshot:
        """The pool as it is now."""
        return self._supervisor.snapshot

    def execute(
        self,
        command: str,
        arguments: Mapping[str, Any] | None = None,
        *,
        session: str | None = None,
        timeout: float | None = None,
    ) -> Any:
        """The command's result. `timeout` bounds waiting and executing, in seconds. Raises a `SnakepitError`."""
        with self._tracked(command, arguments or {}, session, timeout) as job:
            return job.future.result()

    async def execute_async(
        self,
        command: str,
        arguments: Mapping[str, Any] | None = None,
        *,
        session: str | None = None,
        timeout: float | None = None,
    ) -> Any:
        """As `execute`, without blocking the event loop; a cancelled request is not begun, or its answer is dropped."""
        with self._tracked(command, arguments or {}, session, timeout) as job:
            return await asyncio.wrap_future(job.future)

    def shutdown(self, drain: float | None = None) -> None:
        """Take no more work, finish what there is within `drain` seconds, and end all workers."""
        seconds = self.settings.drain_timeout if drain is None else drain
        if self._supervisor.post(partial(self._supervisor.close, seconds)):
            self._supervisor.join()

    @contextmanager
    def _tracked(
        self, command: str, arguments: Mapping[str, Any], session: str | None, timeout: float | None
    ) -> Iterator[Job]:
        """A request that is counted by how it ended, under the caller's correlation id or a new one."""
        shown = command if command in self._commands else UNKNOWN
        failure: SnakepitError | None = None
        with correlation.scope(correlation.current()) as correlation_id:
            with request.track(pool_name=self.name, command=shown) as tracked:
                try:
                    job = self._submit(command, arguments, session, timeout, correlation_id)
                    try:
                        yield job
                    except (CancelledError, asyncio.CancelledError):
                        self._supervisor.post(partial(self._supervisor.abandon, job))
                        raise
                except SnakepitError as error:
                    tracked.outcome(_status(error))
                    failure = error
            if failure is not None:
                raise failure

    def _submit(
        self,
        command: str,
        arguments: Mapping[str, Any],
        session: str | None,
        timeout: float | None,
        correlation_id: str,
    ) -> Job:
        seconds = self.settings.timeout if timeout is None else timeout
        job = Job(
            request_id=uuid.uuid4().hex,
            command=command,
            arguments=arguments,
            session=session,
            timeout=seconds,
            headers=correlation.outgoing(),
            correlation_id=correlation_id,
        )
        try:
            job.packed = self._checked(job)
            if not self._supervisor.post(partial(self._supervisor.submit, job)):
                raise PoolClosed(f"the pool {self.name} does not run")
        except SnakepitError as error:
            self._teller.request_ended(job, None, error)
            raise
        return job

    def _checked(self, job: Job) -> bytes:
        """The arguments, pickled, if the command can be called with them. Clients may send anything."""
        command, arguments = job.command, job.arguments
        function = self._commands.get(command)
        if function is None:
            raise InvalidRequest(f"there is no command {command!r}; there are {', '.join(self._commands)}")
        if not _is_duration(job.timeout):
            raise InvalidRequest(f"a time-out of {job.timeout} s: give a positive number, at most {_LONGEST_TIMEOUT}")
        if job.session is not None and not _is_name(job.session):
            raise InvalidRequest(f"the name of a session is a text of 1 to {_LONGEST_NAME} characters")
        if not _is_by_name(arguments):
            raise InvalidRequest(f"{command}: its arguments are given by name")
        try:
            inspect.signature(function).bind(Context("", "", ""), **arguments)
        except TypeError as error:
            raise InvalidRequest(f"{command}: {error}") from None
        try:
            return pack(dict(arguments))
        except Exception as error:  # Pickling may raise anything.
            raise InvalidRequest(f"{command}: its arguments cannot be sent: {error}") from None


def _commands(module: str) -> Mapping[str, Command]:
    try:
        found: Mapping[str, Command] = importlib.import_module(module).COMMANDS
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigurationError(f"commands={module}: {error}") from error
    return found


def _is_duration(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value <= _LONGEST_TIMEOUT


def _is_name(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _LONGEST_NAME


def _is_by_name(arguments: object) -> bool:
    return isinstance(arguments, Mapping) and all(isinstance(name, str) for name in arguments)


def _status(error: SnakepitError) -> Status:
    if isinstance(error, RequestTimeout):
        return "timeout"
    if isinstance(error, PoolSaturated):
        return "saturated"
    return "rejected" if isinstance(error, InvalidRequest) else "error"
