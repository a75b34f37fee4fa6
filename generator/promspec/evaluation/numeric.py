"""Arithmetic as Go has it where Python raises or differs: infinities, NaN, division by zero, overflow."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence


def divided(a: float, b: float) -> float:
    """A quotient; of something by zero infinite, of zero by zero NaN."""
    if b == 0:
        negative = math.copysign(1.0, b) < 0
        return math.nan if a == 0 or a != a else (-math.inf if (math.copysign(1.0, a) < 0) != negative else math.inf)
    return a / b


def modulo(a: float, b: float) -> float:
    """A remainder with the sign of the dividend."""
    return math.fmod(a, b) if b != 0 and not math.isinf(a) and b == b and a == a else math.nan


def power(a: float, b: float) -> float:
    """A power; of zero to something negative infinite, of a negative number to a fraction NaN."""
    odd = math.isfinite(b) and abs(b) < 2**53 and math.fmod(b, 2) in (1.0, -1.0)
    negative = math.copysign(1.0, a) < 0 and odd
    try:
        return math.pow(a, b)
    except ValueError:
        return math.nan if a != 0 else -math.inf if negative else math.inf
    except OverflowError:
        return -math.inf if negative else math.inf


def guarded(function: Callable[[float], float]) -> Callable[[float], float]:
    """The function, infinite where Python says that the result is too large, NaN where it is not defined."""

    def apply(value: float) -> float:
        try:
            return float(function(value))
        except OverflowError:
            return math.inf
        except ValueError:
            return math.nan

    return apply


def greater(a: float, b: float) -> float:
    """The greater of two numbers, as Go's math.Max: infinity before NaN, NaN before anything else."""
    if math.inf in (a, b):
        return math.inf
    return math.nan if a != a or b != b else max(a, b)


def lesser(a: float, b: float) -> float:
    """The lesser of two numbers, as Go's math.Min."""
    return -greater(-a, -b)


def down(value: float) -> float:
    """The greatest whole number that is not above a value."""
    return float(math.floor(value)) if math.isfinite(value) else value


def up(value: float) -> float:
    """The least whole number that is not below a value; zero keeps the sign."""
    return math.copysign(float(math.ceil(value)), value) if math.isfinite(value) else value


def total(values: Sequence[float]) -> float:
    """A sum, to the last bit where it is finite."""
    try:
        return math.fsum(values)
    except (ValueError, OverflowError):  # infinities of both signs, or a sum beyond all numbers
        return sum(values)


def mean(values: Sequence[float]) -> float:
    """A mean, step by step, as Prometheus 2 has it."""
    found = 0.0
    for count, value in enumerate(values, 1):
        if math.isinf(found) and (found == value or math.isfinite(value)):
            continue  # infinity less infinity would be NaN
        found += value / count - found / count
    return found


def variance(values: Sequence[float]) -> float:
    """The population variance; NaN where a value is infinite."""
    if not all(map(math.isfinite, values)):
        return math.nan
    middle = total(values) / len(values)
    try:
        return math.fsum((value - middle) ** 2 for value in values) / len(values)
    except OverflowError:
        return math.inf


def rising(value: float) -> tuple[bool, float]:
    """What to sort by: NaN is the least of all."""
    return value == value, value


def quantile(q: float, values: Sequence[float]) -> float:
    """The q-quantile by linear interpolation. Source: promql/quantile.go"""
    if not values or q != q:
        return math.nan
    if q < 0 or q > 1:
        return -math.inf if q < 0 else math.inf
    ordered = sorted(values, key=rising)
    rank = q * (len(ordered) - 1)
    lower = max(0, math.floor(rank))
    upper = min(len(ordered) - 1, lower + 1)
    weight = rank - math.floor(rank)
    return ordered[lower] * (1 - weight) + ordered[upper] * weight


def least(values: Sequence[float]) -> float:
    """The least value; NaN only where there is no other."""
    return min((value for value in values if value == value), default=math.nan)


def greatest(values: Sequence[float]) -> float:
    """The greatest value; NaN only where there is no other."""
    return max((value for value in values if value == value), default=math.nan)
