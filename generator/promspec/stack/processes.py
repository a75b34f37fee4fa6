"""Processes that outlive the command that starts them: started, recognised, waited for, ended with all they started."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path

from promspec.stack.model import Command, Part, StackError

_TO_END = 15.0
_LAST_WORDS = 2_000
_ENDED = "it does not run"


def free_port(host: str, port: int) -> int:
    """The port, or any free one for 0. Raises StackError if somebody listens there."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise StackError(f"port {port} of {host} cannot be used: {error.strerror or error}") from None
        return int(probe.getsockname()[1])


def start(command: Command) -> Part:
    """Start a part in a session of its own, with its output in a log."""
    command.log.parent.mkdir(parents=True, exist_ok=True)
    with command.log.open("ab") as output:
        try:
            process = subprocess.Popen(
                command.arguments,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **command.env},
                cwd=command.folder,
                start_new_session=True,
            )
        except OSError as error:
            raise StackError(f"{command.name} does not start: {command.arguments[0]}: {error.strerror}") from None
    return Part(command.name, process.pid, _started(process.pid), command.url, command.ready, str(command.log))


def runs(part: Part) -> bool:
    """Whether the part's process still runs, and is not another one that got its number."""
    if _reaped(part.pid):
        return False
    return bool(part.started) and _started(part.pid) == part.started


def answers(part: Part, timeout: float = 5.0) -> str:
    """Why the part is not ready; empty if it is."""
    if not runs(part):
        return _ENDED
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(part.url + part.ready, timeout=timeout) as answer:  # nosec B310 - an http address of our own
            return "" if 200 <= answer.status < 300 else f"{part.ready} answers {answer.status}"
    except urllib.error.HTTPError as error:
        return f"{part.ready} answers {error.code}"
    except OSError as error:
        return f"{part.url} does not answer: {getattr(error, 'reason', error)}"


def wait_until_ready(part: Part, seconds: float) -> None:
    """Wait for a part; raises StackError with the end of its log if it ends or stays silent."""
    deadline = time.monotonic() + seconds
    while reason := answers(part):
        ended = not runs(part)  # perhaps while it was being asked: then that it does not answer is not the reason
        if ended or time.monotonic() > deadline:
            said = _ENDED if ended else reason
            raise StackError(f"{part.name} is not ready: {said}\n{last_words(Path(part.log))}".rstrip())
        time.sleep(0.1)


def stop(parts: Sequence[Part]) -> None:
    """End all parts and what they started: asked first, then made to."""
    running = [part for part in parts if runs(part)]
    for part in running:
        _signal(part.pid, signal.SIGTERM)
    deadline = time.monotonic() + _TO_END
    _wait(lambda: any(runs(part) for part in running), deadline)
    for part in running:
        _signal(part.pid, signal.SIGKILL)  # also what a part left behind in its group
    _wait(lambda: any(runs(part) for part in running), time.monotonic() + 2)


def reload(part: Part) -> None:
    """Tell a part to read its configuration again, as SIGHUP does."""
    if runs(part):
        os.kill(part.pid, signal.SIGHUP)


def kill(part: Part) -> None:
    """End a part and what it started at once, and wait until it has ended."""
    if runs(part):
        _signal(part.pid, signal.SIGKILL)
        _wait(lambda: runs(part), time.monotonic() + _TO_END)


def last_words(log: Path) -> str:
    """The end of a log, whole lines."""
    try:
        text = log.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return "\n".join(f"  {line}" for line in text[-_LAST_WORDS:].splitlines()[-15:])


def _wait(busy: Callable[[], bool], deadline: float) -> None:
    while busy() and time.monotonic() < deadline:
        time.sleep(0.05)


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):
        return


def _reaped(pid: int) -> bool:
    """Whether it was a child of ours that has ended."""
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:
        return False


def _started(pid: int) -> str:
    """When a process was started, in whatever words the system has; empty if it does not run."""
    stat = Path(f"/proc/{pid}/stat")
    if stat.parent.parent.joinpath("self").exists():
        try:
            words = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:
            return ""
        return "" if words[0] in "ZX" else words[19]
    done = subprocess.run(["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    state, _, since = done.stdout.strip().partition(" ")
    return "" if state.startswith("Z") else since.strip()
