"""The worker process: executes one command after the other and says every now and then that it lives."""

from __future__ import annotations

import contextlib
import importlib
import os
import signal
import threading
import traceback
from collections.abc import Mapping
from multiprocessing.connection import Connection
from typing import Any

from output.snakepit.instrumentation import correlation, logs
from service.snakepit.commands import Command, Context
from service.snakepit.wire import (
    OUT_OF_MEMORY,
    Beat,
    Done,
    Failed,
    Forget,
    FromWorker,
    Options,
    Ready,
    Run,
    Stop,
    pack,
    unpack,
)

_ORPHANED = 0
_MEGABYTE = 1024 * 1024


def main(connection: Connection, options: Options) -> None:
    """Serve until told to stop, or until the pool is gone."""
    # The pool decides when a worker ends: Ctrl-C and a stop of the whole group reach the pool, which drains.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    logs.configure_logging(level=options.log_level)
    commands: Mapping[str, Command] = importlib.import_module(options.commands).COMMANDS
    _limit_memory(options.memory_mb)
    worker = _Worker(connection, options, commands)
    threading.Thread(target=worker.beat, name="heartbeat", daemon=True).start()
    worker.send(Ready(_memory_mb()))
    worker.serve()


class _Worker:
    def __init__(self, connection: Connection, options: Options, commands: Mapping[str, Command]) -> None:
        self._connection = connection
        self._options = options
        self._commands = commands
        self._sessions: dict[str, dict[str, Any]] = {}
        self._sending = threading.Lock()
        self._log = logs.logger("snakepit.worker")

    def send(self, message: FromWorker) -> None:
        """Tell the pool; a worker whose pool is gone ends."""
        data = pack(message)
        try:
            with self._sending:
                self._connection.send_bytes(data)
        except OSError:
            os._exit(_ORPHANED)

    def beat(self) -> None:
        """Say that the process lives, also while a command executes."""
        pause = threading.Event()
        while not pause.wait(self._options.heartbeat_interval):
            self.send(Beat(_memory_mb()))

    def serve(self) -> None:
        """Do what the pool says."""
        while True:
            try:
                message = unpack(self._connection.recv_bytes())
            except (EOFError, OSError):
                os._exit(_ORPHANED)
            if isinstance(message, Stop):
                return
            if isinstance(message, Forget):
                self._sessions.pop(message.session, None)
            elif isinstance(message, Run):
                self._run(message)

    def _run(self, run: Run) -> None:
        facts = {"worker_id": self._options.worker_id, "pool_name": self._options.pool_name}
        with correlation.incoming(run.headers) as correlation_id, correlation.bind(request_id=run.request_id, **facts):
            self.send(self._answer(run, correlation_id))

    def _answer(self, run: Run, correlation_id: str) -> Done | Failed:
        state = {} if run.session is None else self._sessions.setdefault(run.session, {})
        context = Context(self._options.worker_id, run.request_id, correlation_id, run.session, state)
        self._log.debug("executing", command=run.command)
        try:
            value = self._commands[run.command](context, **unpack(run.arguments))
            return Done(run.request_id, pack(value), correlation_id)
        except MemoryError:
            # What is left may not suffice for anything: the exit code tells the pool.
            os._exit(OUT_OF_MEMORY)
        except Exception as error:
            with contextlib.suppress(Exception):
                self._log.warning("command failed", command=run.command, exception=error)
            return Failed(run.request_id, _type(error), _text(error), traceback.format_exc(), correlation_id)


def _type(error: BaseException) -> str:
    module = type(error).__module__
    return type(error).__qualname__ if module == "builtins" else f"{module}.{type(error).__qualname__}"


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # __str__ may raise anything.
        return ""


def _memory_mb() -> float | None:
    pages = _pages(1)
    return None if pages is None else round(pages * os.sysconf("SC_PAGE_SIZE") / 1e6, 1)


def _pages(field: int) -> int | None:
    """The pages this process has: 0 of address space, 1 resident; None where the system does not tell."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[field])
    except (OSError, ValueError, IndexError):
        return None


def _limit_memory(megabytes: int) -> None:
    """Let the process allocate so much more than it has now; where the system cannot, there is no limit."""
    pages = _pages(0)
    if not megabytes or pages is None:
        return
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        used = pages * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + megabytes * _MEGABYTE,) * 2)
