"""Units of values as products: seconds, bytes per second, a ratio; what multiplying and dividing makes of them."""

from __future__ import annotations

import math
from dataclasses import dataclass

Powers = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Unit:
    """Base words with their powers, times a factor: milliseconds are seconds with 0.001.

    >>> str(over(BYTES, SECONDS)), str(scaled(RATIO, 100))
    ('bytes per second', 'percent')
    """

    powers: Powers = ()
    factor: float = 1.0

    def __str__(self) -> str:
        return _NAMES.get(self) or _spelled(self)


def _one(word: str, factor: float = 1.0) -> Unit:
    return Unit(((word, 1),), factor)


RATIO, PERCENT = Unit(), Unit((), 0.01)
SECONDS, MILLISECONDS, BYTES = _one("seconds"), _one("seconds", 0.001), _one("bytes")
TIMESTAMP, EVENTS = _one("timestamp"), _one("events")
EVENTS_PER_SECOND = Unit((("events", 1), ("seconds", -1)))
BUSY = _one("seconds per second")
"""How many were busy: the rate of a counter of seconds. It is no ratio, for several can be."""

_TIMES = {
    "microseconds": 1e-6,
    "nanoseconds": 1e-9,
    "minutes": 60.0,
    "hours": 3600.0,
    "days": 86400.0,
    "milliseconds": 0.001,
    "seconds": 1.0,
}
_SIZES = {
    "bytes": 1.0,
    "kilobytes": 1e3,
    "megabytes": 1e6,
    "gigabytes": 1e9,
    "bits": 0.125,
    "kibibytes": 1024.0,
    "mebibytes": 1024.0**2,
    "gibibytes": 1024.0**3,
    "tebibytes": 1024.0**4,
}
_OTHERS = ("celsius", "meters", "grams", "joules", "volts", "amperes", "watts", "kelvin", "hertz")
WORDS: dict[str, Unit] = {
    **{word: _one("seconds", factor) for word, factor in _TIMES.items()},
    **{word: _one("bytes", factor) for word, factor in _SIZES.items()},
    **{word: _one(word) for word in _OTHERS},
    "ratio": RATIO,
    "percent": PERCENT,
    "percentage": PERCENT,
    "millis": MILLISECONDS,
    "ms": MILLISECONDS,
}
"""The words that end the names of metrics, and what they stand for."""

_FACTORS = ("fragmentation_ratio", "compression_ratio", "amplification_ratio", "overcommit_ratio", "speedup_ratio")
"""Ratios of two sizes of which neither is a part of the other: Redis' memory, say, is fragmented by 1.5."""
_PER = {"second": 1.0, "minute": 60.0, "hour": 3600.0, "day": 86400.0}
_NAMES: dict[Unit, str] = {
    **{_one("seconds", factor): word for word, factor in _TIMES.items()},
    **{_one("bytes", factor): word for word, factor in _SIZES.items()},
    **{_one(word): word for word in (*_OTHERS, "events", "seconds per second", "timestamp")},
    **{Unit((("events", 1), ("seconds", -1)), 1 / length): f"events per {word}" for word, length in _PER.items()},
    **{Unit((("bytes", 1), ("seconds", -1)), 1 / length): f"bytes per {word}" for word, length in _PER.items()},
    **{Unit((("bytes", 1), ("seconds", -1)), factor): f"{word} per second" for word, factor in _SIZES.items()},
    RATIO: "ratio",
    PERCENT: "percent",
    _one("timestamp", 0.001): "timestamp in milliseconds",
}
_CONVERSIONS = (*(10.0**power for power in (2, 3, 6, 9)), *(1024.0**power for power in (1, 2, 3, 4)), 8.0, 60.0, 3600.0)
_CONVERTING = (*_CONVERSIONS, 86400.0)


def _spelled(unit: Unit) -> str:
    above = [word if power == 1 else f"{word}^{power}" for word, power in unit.powers if power > 0]
    below = [word.removesuffix("s") if power == -1 else f"{word}^{-power}" for word, power in unit.powers if power < 0]
    factor = "" if unit.factor == 1 else f"{unit.factor:g} "
    return factor + " times ".join(above or ["1"]) + "".join(f" per {word}" for word in below)


def _product(left: Unit, right: Unit, sign: int) -> Unit:
    powers = dict(left.powers)
    for word, power in right.powers:
        powers[word] = powers.get(word, 0) + sign * power
    kept = {word: power for word, power in powers.items() if power}
    if kept.get("events", 0) < 0 and len(kept) > 1:
        del kept["events"]  # seconds per request are seconds
    ordered = sorted(kept.items(), key=lambda item: (item[1] < 0, item[0]))
    return _exact(Unit(tuple(ordered), left.factor * right.factor**sign))


def _exact(unit: Unit) -> Unit:
    """The unit that has a name, where only rounding keeps it from being equal."""
    close = (known for known in _NAMES if known.powers == unit.powers and math.isclose(known.factor, unit.factor))
    return next(close, unit)


def times(left: Unit | None, right: Unit | None) -> Unit | None:
    """The unit of a product; unknown if one is."""
    if left is None or right is None:
        return None
    if BUSY in (left, right):
        return None
    return _product(left, right, 1)


def over(left: Unit | None, right: Unit | None) -> Unit | None:
    """The unit of a quotient; unknown if one is."""
    if (left, right) == (BUSY, EVENTS_PER_SECOND):
        return SECONDS
    if left is None or right is None or (BUSY in (left, right) and left != right):
        return None
    return _product(left, right, -1)


def per_second(unit: Unit | None) -> Unit | None:
    """The unit of a rate."""
    return BUSY if unit == SECONDS else over(unit, SECONDS)


def scaled(unit: Unit | None, factor: float) -> Unit | None:
    """The unit of values that were multiplied by a number.

    A number by which units are converted makes another unit (seconds times 1000 are milliseconds); any other is a share
    or a multiple, such as 0.8 of a limit, and the unit stays.
    """
    if unit is None or factor == 0:
        return None
    converts = any(math.isclose(abs(factor), known) or math.isclose(abs(factor), 1 / known) for known in _CONVERTING)
    return _exact(Unit(unit.powers, unit.factor / abs(factor))) if converts else unit


def named(unit: Unit | None) -> Unit | None:
    """The unit, if it is one that people use; something between two steps of a calculation is none.

    >>> named(scaled(EVENTS, 100)), str(named(over(scaled(EVENTS, 100), EVENTS)))
    (None, 'percent')
    """
    return unit if unit in _NAMES else None


def of_name(name: str) -> Unit | None:
    """The unit that the name of a metric ends in; None if it names none that is known.

    >>> str(of_name("queue_age_seconds")), of_name("queue_length")
    ('seconds', None)
    """
    name = name.partition("_by_")[0]  # told apart by a label
    if name.endswith("_timestamp_seconds"):
        return TIMESTAMP
    if name.endswith(_FACTORS):
        return None
    if name.endswith("_time_seconds"):
        return None  # a point in time of one exporter is a duration of another
    return WORDS.get(name.rpartition("_")[2]) if "_" in name else None
