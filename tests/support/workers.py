"""Worker processes for tests: each imports a generated package and does what it is told, a line of Python at a time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_PROGRAM = """
import json, os, signal, sys, threading, time
sys.path.insert(0, sys.argv[1])
import importlib
package = importlib.import_module(sys.argv[2] + ".instrumentation")
metrics, names = package.metrics, globals()
answers = os.fdopen(os.dup(1), "w")
for line in sys.stdin:
    code = json.loads(line)
    try:
        value = eval(code, names)
    except SyntaxError:
        value = exec(code, names)
    answers.write(json.dumps(value) + "\\n")
    answers.flush()
"""


class Worker:
    """A process of a service."""

    def __init__(self, package: Path, meeting: Path | None) -> None:
        env = {key: value for key, value in os.environ.items() if key != "PROMETHEUS_MULTIPROC_DIR"}
        if meeting is not None:
            env["PROMETHEUS_MULTIPROC_DIR"] = str(meeting)
        self.process = subprocess.Popen(
            [sys.executable, "-c", _PROGRAM, str(package.parent), package.name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=env,
        )

    def tell(self, code: str) -> None:
        """Have it run an expression or a statement, and do not wait."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(code) + "\n")
        self.process.stdin.flush()

    def answer(self) -> Any:
        """What the oldest thing it was told gave."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, f"the worker ended with {self.process.wait(10)}"
        return json.loads(line)

    def do(self, code: str) -> Any:
        """Have it run an expression or a statement; the expression's value."""
        self.tell(code)
        return self.answer()

    def samples(self) -> dict[str, float]:
        """Its exposition: each series as it is written, with its value."""
        time.sleep(0.01)  # What an earlier scrape saw of the directory is good for two milliseconds.
        lines = self.do("package.exposition().decode()").splitlines()
        return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if not line.startswith("#")}

    def kill(self) -> None:
        """`kill -9`."""
        self.process.kill()
        self.process.wait()

    def end(self) -> None:
        """Let it end by itself."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        assert self.process.wait(20) == 0


@contextmanager
def workers(package: Path, meeting: Path | None, count: int) -> Iterator[list[Worker]]:
    """So many processes; all have ended afterwards."""
    found = [Worker(package, meeting) for _ in range(count)]
    try:
        yield found
    finally:
        for worker in found:
            worker.process.kill()
            worker.process.wait()
            for stream in (worker.process.stdin, worker.process.stdout):
                if stream is not None:
                    stream.close()
