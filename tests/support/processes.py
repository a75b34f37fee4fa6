"""Real processes for tests: started on a free loopback port, waited for with a deadline, and always ended."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

_TO_END = 10.0
"""Seconds a process gets to end by itself before it is killed."""
_ATTEMPTS = 3


class Ended(AssertionError):
    """A process that should still run has ended."""


class Running:
    """A process, its address, and the file its output goes to."""

    def __init__(self, name: str, process: subprocess.Popen[bytes], log: Path, url: str = "") -> None:
        self.name = name
        self.url = url
        self._process = process
        self._log = log

    def must_run(self) -> None:
        """Raise `Ended`, with the last words of the process, unless it runs."""
        code = self._process.poll()
        if code is not None:
            raise Ended(f"{self.name} ended with exit code {code}:\n{self.output()[-3000:]}")

    @property
    def pid(self) -> int:
        """The process."""
        return self._process.pid

    def terminate(self) -> None:
        """Tell it to end, and do not wait for it."""
        self._process.terminate()

    def output(self) -> str:
        """What it printed so far."""
        return self._log.read_text(encoding="utf-8", errors="replace")


def free_port() -> int:
    """A loopback port nobody listens on now; the kernel gives different ones to tests that run side by side."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until(missing: Callable[[], str], seconds: float, every: float = 0.25) -> None:
    """Ask `missing` until it has nothing to say; after `seconds` its last answer is the failure."""
    deadline = time.monotonic() + seconds
    while (said := missing()) and time.monotonic() < deadline:
        time.sleep(every)
    assert not said, f"not within {seconds:g} s: {said}"


@contextmanager
def running(
    name: str, command: Sequence[str], log: Path, *, env: Mapping[str, str] | None = None, url: str = ""
) -> Iterator[Running]:
    """Run a command; whatever happens inside, it has ended afterwards."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(env or {})},
        )
        try:
            yield Running(name, process, log, url)
        finally:
            process.terminate()
            try:
                process.wait(_TO_END)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextmanager
def listening(
    name: str,
    command: Callable[[int], Sequence[str]],
    ready: str,
    log: Path,
    *,
    seconds: float = 30.0,
    env: Callable[[int], Mapping[str, str]] = lambda port: {},
) -> Iterator[Running]:
    """Run a server until it answers `ready` with 200; should another program take its port first, try another port."""
    for attempt in range(1, _ATTEMPTS + 1):
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        with running(name, command(port), log, env=env(port), url=url) as process:
            try:
                wait_until(lambda at=process: _unready(at, ready), seconds, every=0.1)  # type: ignore[misc]
            except Ended:
                if attempt == _ATTEMPTS:
                    raise
                continue
            yield process
            return


def _unready(process: Running, path: str) -> str:
    process.must_run()
    try:
        status = httpx.get(process.url + path, timeout=5.0, trust_env=False, verify=False).status_code
    except httpx.HTTPError as error:
        return f"{process.name} does not answer: {error}"
    process.must_run()
    return "" if status == 200 else f"{process.name} answers {path} with {status}"
