"""A demo load: clients that send a mixture of commands, some of which fail, hang or crash their worker."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from service.snakepit.errors import SnakepitError
from service.snakepit.pool import Pool

_CLIENTS = 4
_PAUSE = 0.05
"""Mean seconds between two requests of a client."""

Mixture = Sequence[tuple[float, str, dict[str, Any], float | None]]
MIXTURE: Mixture = (
    (40, "echo", {"value": "hello"}, None),
    (30, "compute", {"rounds": 2000}, None),
    (15, "sleep", {"seconds": 0.05}, None),
    (10, "remember", {"key": "last", "value": 1}, None),
    (3, "fail", {"message": "the demo lets some fail", "password": "never shown"}, None),  # pragma: allowlist secret
    (0.05, "sleep", {"seconds": 30}, 0.5),
    (0.05, "crash", {"exit_code": 3}, None),
)
"""Weight, command, arguments, time-out."""

log = logging.getLogger("snakepit.demo")


def run(pools: Sequence[Pool], stop: threading.Event, seconds: float, seed: int | None = None) -> int:
    """Send requests for so long, or until told to stop; says how many were sent."""
    ends = time.monotonic() + seconds
    sent: list[int] = []
    threads = [
        threading.Thread(target=_client, args=(number, pools, stop, ends, random.Random(seed), sent), daemon=True)
        for number in range(_CLIENTS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    log.info("the demo is over", extra={"requests": len(sent)})
    return len(sent)


def _client(
    number: int, pools: Sequence[Pool], stop: threading.Event, ends: float, chance: random.Random, sent: list[int]
) -> None:
    weights = [weight for weight, *_ in MIXTURE]
    while time.monotonic() < ends and not stop.wait(chance.expovariate(1 / _PAUSE)):
        _, command, arguments, timeout = chance.choices(MIXTURE, weights)[0]
        session = f"demo-{number}" if command == "remember" else None
        sent.append(1)
        with suppress(SnakepitError):  # That some fail is part of the demo; the pool has told it.
            chance.choice(pools).execute(command, arguments, session=session, timeout=timeout)
