"""A bounded cache: what was used least recently goes first, and nothing outlives its time."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Cache(Generic[Key, Value]):
    """At most `size` values, each for `ttl` seconds (None: for ever).

    >>> cache = Cache[str, int](size=1)
    >>> cache.put("a", 1), cache.put("b", 2), cache.get("a"), cache.get("b")
    (0, 1, None, 2)
    """

    def __init__(self, size: int, ttl: float | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self.size = size
        self.ttl = ttl
        self.hits = 0
        self.misses = 0
        self.evictions = 0
        self._clock = clock
        self._items: OrderedDict[Key, tuple[float, Value]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._items)

    def get(self, key: Key) -> Value | None:
        """The value, or None if there is none or its time is over."""
        found = self._items.get(key)
        if found is None:
            self.misses += 1
            return None
        if self.ttl is not None and self._clock() - found[0] > self.ttl:
            del self._items[key]
            self.misses += 1
            return None
        self._items.move_to_end(key)
        self.hits += 1
        return found[1]

    def put(self, key: Key, value: Value) -> int:
        """Keep the value; gives how many others had to go."""
        self._items[key] = (self._clock(), value)
        self._items.move_to_end(key)
        gone = 0
        while len(self._items) > self.size:
            self._items.popitem(last=False)
            gone += 1
        self.evictions += gone
        return gone

    def items(self) -> list[tuple[Key, Value]]:
        """What is kept, the least recently used first; looking does not count as use."""
        return [(key, value) for key, (_, value) in self._items.items()]

    def drop(self, key: Key) -> None:
        """Forget one, if it is there."""
        self._items.pop(key, None)

    def clear(self) -> int:
        """Forget everything; gives how much there was."""
        count = len(self._items)
        self._items.clear()
        return count

    @property
    def hit_ratio(self) -> float:
        """Hits per look-up, 0-1; 0 before the first."""
        asked = self.hits + self.misses
        return self.hits / asked if asked else 0.0
