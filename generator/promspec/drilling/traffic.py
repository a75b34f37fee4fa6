"""Steady traffic: so many requests a second, each in a thread of its own, until the drill is over."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator

_MOST_AT_ONCE = 200


@contextlib.contextmanager
def steady(per_second: float, request: Callable[[int], object]) -> Iterator[None]:
    """Call `request` so often, with 0, 1, 2 …, while the body runs.

    What the first call raises is a mistake, for the service is well; what later ones raise is the incident's business.
    A call that takes long holds up no other, until 200 wait for their answers. Of the calls none outlives the body by
    more than it takes itself.

    >>> with steady(10, lambda number: None):
    ...     pass
    """
    over = threading.Event()
    room = threading.BoundedSemaphore(_MOST_AT_ONCE)

    def one(number: int) -> None:
        with contextlib.suppress(Exception):
            request(number)
        room.release()

    def all_of_them() -> None:
        began, number = time.monotonic(), 1
        while not over.wait(max(0.0, began + number / per_second - time.monotonic())):
            if room.acquire(timeout=1):
                threading.Thread(target=one, args=(number,), daemon=True).start()
                number += 1

    request(0)
    sender = threading.Thread(target=all_of_them, daemon=True)
    sender.start()
    try:
        yield
    finally:
        over.set()
        sender.join()
