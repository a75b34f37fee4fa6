"""Commands that take longer to load in a worker than anybody waits."""

from __future__ import annotations

import multiprocessing
import time

from service.snakepit.commands import Command

COMMANDS: dict[str, Command] = {}
if multiprocessing.parent_process() is not None:
    time.sleep(60)
