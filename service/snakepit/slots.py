"""`Slot`: one place for a worker: the process in it now, what it does, and the thread that listens to it."""

from __future__ import annotations

import contextlib
import multiprocessing
import threading
import time
from collections.abc import Callable
from enum import Enum
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess

from service.snakepit.errors import WorkerLost
from service.snakepit.jobs import Job
from service.snakepit.settings import PoolSettings
from service.snakepit.wire import Beat, Done, Failed, FromWorker, Options, Ready, ToWorker, pack, unpack
from service.snakepit.worker_process import main

_spawn = multiprocessing.get_context("spawn")

_FITS_IN_A_PIPE = 32_768
"""Bytes that a pipe takes without waiting for its reader."""
_TO_DIE = 2.0
"""Seconds between the end of a worker's pipe and the end of its process, before it is killed."""


class State(Enum):
    """What a slot does."""

    EMPTY = "empty"
    STARTING = "starting"
    IDLE = "idle"
    BUSY = "busy"
    ENDING = "ending"


Heard = Callable[["Slot", int, Ready | Done | Failed], object]
Gone = Callable[["Slot", int, "int | None"], object]


class Slot:
    """All attributes but `heard` and `memory_mb` belong to the supervisor's thread."""

    def __init__(self, settings: PoolSettings, number: int) -> None:
        self._settings = settings
        self.number = number
        self.generation = 0
        self.state = State.EMPTY
        self.job: Job | None = None
        self.cause: type[WorkerLost] | None = None
        """Why we killed it; None while we did not."""
        self.recycling = False
        self.served = 0
        self.failures = 0
        """Processes lost in a row."""
        self.start_at = 0.0
        """When an empty slot gets its next process."""
        self.started = 0.0
        self.since = 0.0
        """Since when it is ending."""
        self.heard = 0.0
        """When the process was last heard of."""
        self.memory_mb: float | None = None
        """Its resident memory, as it last said."""
        self.process: SpawnProcess | None = None
        self._connection: Connection | None = None
        self._sender: threading.Thread | None = None

    @property
    def worker_id(self) -> str:
        """The pool, the slot, and the how manieth process in it."""
        return f"{self._settings.name}-{self.number}.{self.generation}"

    @property
    def pid(self) -> int:
        """The process; 0 if there is none."""
        return (self.process.pid or 0) if self.process is not None else 0

    @property
    def alive(self) -> bool:
        """Whether it can execute, now or after what it executes."""
        return self.state in (State.IDLE, State.BUSY)

    def start(self, heard: Heard, gone: Gone) -> None:
        """Start a process. Raises OSError if the system has no room for one."""
        ours, theirs = _spawn.Pipe()
        self.generation += 1
        self.job, self.cause, self.recycling, self.served, self.memory_mb = None, None, False, 0, None
        settings = self._settings
        options = Options(
            worker_id=self.worker_id,
            pool_name=settings.name,
            commands=settings.commands,
            heartbeat_interval=settings.heartbeat_interval,
            memory_mb=settings.memory_mb,
            log_level=settings.log_level,
        )
        process = _spawn.Process(target=main, args=(theirs, options), name=f"snakepit {self.worker_id}", daemon=True)
        self.started = self.heard = time.monotonic()
        try:
            process.start()
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        self.process, self._connection, self.state = process, ours, State.STARTING
        reader = threading.Thread(
            target=self._listen, args=(process, ours, self.generation, heard, gone), name=self.worker_id, daemon=True
        )
        reader.start()

    def send(self, message: ToWorker) -> None:
        """Tell the process; if it is gone already, the listening thread finds out."""
        connection = self._connection
        if connection is None:
            return
        data = pack(message)
        if len(data) <= _FITS_IN_A_PIPE:
            _send(connection, data)
        else:  # A frozen worker must not block the supervisor: its killing ends this thread.
            self._sender = threading.Thread(target=_send, args=(connection, data), name="snakepit send", daemon=True)
            self._sender.start()

    def kill(self, cause: type[WorkerLost] | None = None) -> None:
        """End the process at once; what to tell about it is `cause`."""
        self.cause = self.cause or cause
        self.state, self.since = State.ENDING, time.monotonic()
        if self.process is not None:
            self.process.kill()

    def emptied(self, start_at: float) -> None:
        """The process is gone; the next may start then."""
        if self._sender is not None:
            self._sender.join(_TO_DIE)  # It ends with the process. Nothing may be closed under it.
        if self._connection is not None and (self._sender is None or not self._sender.is_alive()):
            self._connection.close()
        self._sender = None
        self.process, self._connection, self.job = None, None, None
        self.state, self.start_at = State.EMPTY, start_at

    def _listen(self, process: SpawnProcess, connection: Connection, number: int, heard: Heard, gone: Gone) -> None:
        # The end of the pipe, or nonsense in it: either way nothing more will come.
        with contextlib.suppress(Exception):
            while True:
                message: FromWorker = unpack(connection.recv_bytes())
                self.heard = time.monotonic()
                if isinstance(message, (Ready, Beat)):
                    self.memory_mb = message.memory_mb
                if not isinstance(message, Beat):
                    heard(self, number, message)
        process.join(_TO_DIE)
        if process.exitcode is None:
            process.kill()
            process.join()
        gone(self, number, process.exitcode)


def _send(connection: Connection, data: bytes) -> None:
    with contextlib.suppress(OSError, ValueError):  # Closed, or nobody listens.
        connection.send_bytes(data)
