"""The rows of a benchmark's table: statements timed in turns, and each peer beside ours."""

from __future__ import annotations

import timeit
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any

ROUNDS = 60


@dataclass
class Row:
    """One comparison: medians in `unit`, and how many times the peer takes."""

    what: str
    peer: str
    ours: float
    theirs: float
    unit: str
    ratio: float
    target: str


def in_turns(statements: Mapping[str, str], names: dict[str, Any], number: int = 2_000) -> dict[str, list[float]]:
    """Nanoseconds per call of each statement, one figure per round."""
    timers = {name: timeit.Timer(statement, globals=names) for name, statement in statements.items()}
    times: dict[str, list[float]] = {name: [] for name in timers}
    for _ in range(ROUNDS):
        for name, timer in timers.items():
            times[name].append(timer.timeit(number) / number * 1e9)
    return times


def rows(what: str, times: dict[str, list[float]], targets: Mapping[str, str]) -> list[Row]:
    """A row per peer; the first of the times is ours."""
    ours, *peers = times
    return [
        Row(
            what,
            peer,
            median(times[ours]),
            median(times[peer]),
            "ns",
            median(theirs / own for theirs, own in zip(times[peer], times[ours], strict=True)),
            targets.get(peer, ""),
        )
        for peer in peers
    ]
