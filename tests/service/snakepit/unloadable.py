"""Commands that the pool can load and its workers cannot."""

from __future__ import annotations

import multiprocessing

from service.snakepit.commands import Command

COMMANDS: dict[str, Command] = {}
if multiprocessing.parent_process() is not None:
    raise ImportError("these commands cannot be loaded in a worker")
