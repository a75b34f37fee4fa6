"""A forked child that does something; it never outlives its time, and a hang is a failure, not a wait for ever."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable


def exit_code_of_child(function: Callable[[], object], seconds: float = 20.0) -> int:
    """Fork; 0 if the function gave something true in the child, 1 if not, 2 if it raised, -9 if it hung."""
    pid = os.fork()
    if pid == 0:
        code = 2
        try:
            code = 0 if function() else 1
        finally:
            os._exit(code)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.005)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return -signal.SIGKILL
