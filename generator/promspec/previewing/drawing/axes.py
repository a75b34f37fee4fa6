"""Axes: round values within a range, round times within a span, and where they lie, as parts of the whole."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from promspec.previewing.data import Range
from promspec.previewing.units import shown

_STEPS = (
    *(1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400),
    *(172_800, 604_800, 1_209_600, 2_592_000, 7_776_000, 31_536_000),
)
_ZEROS = re.compile(r"(\d)\.(\d*?)0+(?!\d)")
_BINARY = ("bytes", "kbytes", "mbytes", "gbytes", "tbytes", "pbytes", "bits", "binBps", "binbps")


@dataclass(frozen=True, slots=True)
class Tick:
    """A label and where it lies, 0-1 from the left or from the top."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Scale:
    """An axis of values from `low`, at the bottom, to `high`."""

    low: float
    high: float

    def at(self, value: float) -> float:
        """Where a value lies, 0-1 from the top; what is beyond an end lies on it."""
        return 1 - min(1.0, max(0.0, (value - self.low) / (self.high - self.low)))


def scale(values: Sequence[float], minimum: str, maximum: str) -> Scale:
    """The axis that holds the values, and the ends that a panel asks for; zero belongs to it where it is near."""
    low, high = min(values, default=0.0), max(values, default=1.0)
    if 0 < low <= 0.6 * high:
        low = 0.0
    if high < 0 and high >= 0.6 * low:
        high = 0.0
    if high - low <= abs(high) * 1e-9:
        low, high = (0.0, 2 * high) if high > 0 else (2 * low, 0.0) if low < 0 else (0.0, 1.0)
    room = (high - low) * 0.05
    low, high = (low - room if low not in (0.0,) else low), (high + room if high != 0 else high)
    low, high = float(minimum or low), float(maximum or high)
    return Scale(low, high) if low < high else Scale(low, low + 1)


def value_ticks(axis: Scale, unit: str, most: int = 6) -> tuple[Tick, ...]:
    """Round values on the axis with their labels; no two look the same."""
    step = _round_step((axis.high - axis.low) / most, 1024 if unit in _BINARY else 1000)
    first = math.ceil(axis.low / step - 1e-9)
    values = [index * step for index in range(first, math.floor(axis.high / step + 1e-9) + 1)]
    labels = {_label(value, unit): value for value in values}
    return tuple(Tick(axis.at(value), label) for label, value in labels.items())


def _label(value: float, unit: str) -> str:
    """A round value without the zeros that Grafana's three digits would give it: 0.08, not 0.0800."""
    return _ZEROS.sub(lambda found: found[1] + (f".{found[2]}" if found[2] else ""), shown(_clean(value), unit, 6))


def _round_step(least: float, base: int) -> float:
    if base == 1024 and least >= 1:
        return float(2 ** math.ceil(math.log2(least)))
    power = 10.0 ** math.floor(math.log10(least))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= least * (1 - 1e-9))


def _clean(value: float) -> float:
    """Without the noise of a sum of steps: 0.30000000000000004 is 0.3."""
    return float(f"{value:.12g}")


def time_ticks(over: Range, most: int = 7) -> tuple[Tick, ...]:
    """Round times (UTC) in the range with their labels."""
    span = over.end - over.start
    step = next((step for step in _STEPS if span / step <= most), _STEPS[-1])
    first = math.ceil(over.start / step) * step
    count = max(0, math.floor((over.end - first) / step) + 1)
    times = [first + index * step for index in range(count)]
    pattern = "%H:%M:%S" if step < 60 else "%H:%M" if span <= 86_400 else "%m-%d %H:%M" if step < 86_400 else "%m-%d"
    return tuple(Tick((at - over.start) / span, moment(at, pattern)) for at in times) if span > 0 else ()


def moment(at: float, pattern: str = "%Y-%m-%d %H:%M:%S") -> str:
    """A time in UTC."""
    try:
        return datetime.fromtimestamp(at, UTC).strftime(pattern)
    except (OverflowError, OSError, ValueError):
        return f"{at:g}"
