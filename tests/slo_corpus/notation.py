"""Series in promtool's notation, written as what happens one after the other: so long at this rate, a gap, a reset."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from promspec.quantities import milliseconds, number


@dataclass(frozen=True, slots=True)
class At:
    """A counter grows by `rate` per second (a gauge stands at it) for a time; with `reset` it begins at 0 again."""

    lasts: str
    rate: float
    reset: bool = False


@dataclass(frozen=True, slots=True)
class Gap:
    """No sample for a time; with `stale` the series ends as one whose target is gone."""

    lasts: str
    stale: bool = False


Part = At | Gap


def counter(parts: Sequence[Part], interval: str, value: float = 0.0) -> str:
    """A counter's values, `interval` apart."""
    words: list[str] = []
    for part in parts:
        count = milliseconds(part.lasts) // milliseconds(interval)
        if isinstance(part, Gap):
            words += _gap(part, count)
            continue
        step = part.rate * milliseconds(interval) / 1000
        start = (0.0 if part.reset else value) + (0 if part.reset or not words else step)
        words.append(f"{_plain(start)}+{_plain(step)}x{count - 1}")
        value = start + step * (count - 1)
    return " ".join(words)


def single(parts: Sequence[Part], interval: str) -> str:
    """A counter of rare events, in whole numbers."""
    step = milliseconds(interval) / 1000
    values: list[int] = []
    seen = 0.0
    for part in parts:
        assert isinstance(part, At)
        for _ in range(milliseconds(part.lasts) // milliseconds(interval)):
            values.append(int(seen + 1e-9))
            seen += part.rate * step
    return " ".join(str(value) for value in values)


def gauge(parts: Sequence[Part], interval: str) -> str:
    """A gauge's values: each rate is the value itself."""
    words: list[str] = []
    for part in parts:
        count = milliseconds(part.lasts) // milliseconds(interval)
        words += _gap(part, count) if isinstance(part, Gap) else [f"{_plain(part.rate)}x{count - 1}"]
    return " ".join(words)


def _gap(part: Gap, count: int) -> list[str]:
    return ["stale", f"_x{count - 1}"] if part.stale else [f"_x{count}"]


def _plain(value: float) -> str:
    return number(round(value, 6))
