"""The service's commands, and one that takes exactly as long as a test wants."""

from __future__ import annotations

import os
import time

from service.snakepit import commands
from service.snakepit.commands import Context


def hold(context: Context, until: str) -> str:
    """Work until there is such a file."""
    while not os.path.exists(until):
        time.sleep(0.005)
    return "released"


COMMANDS = {**commands.COMMANDS, "hold": hold}
