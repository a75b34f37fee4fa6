"""Exact quantities, read and printed the Prometheus way: durations, numbers, base units."""

from __future__ import annotations

import re
from decimal import Decimal

_DURATION = re.compile(r"(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?", re.ASCII)
_MILLISECONDS = (365 * 86_400_000, 7 * 86_400_000, 86_400_000, 3_600_000, 60_000, 1_000, 1)
_SUFFIXES = (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1))

BASE_UNITS = ("seconds", "bytes", "ratio", "celsius", "meters", "grams", "joules", "volts", "amperes", "kelvin")
"""The units of the Prometheus naming guide; `ratio` is a number from 0 to 1.
Source: https://prometheus.io/docs/practices/naming/#base-units"""

NON_BASE_UNITS = {
    **dict.fromkeys(("milliseconds", "microseconds", "nanoseconds", "minutes", "hours", "days", "weeks"), "seconds"),
    **dict.fromkeys(("ms", "us", "ns", "sec", "secs", "mins", "hrs"), "seconds"),
    **dict.fromkeys(("bits", "kilobytes", "megabytes", "gigabytes", "terabytes"), "bytes"),
    **dict.fromkeys(("kibibytes", "mebibytes", "gibibytes", "kb", "mb", "gb", "kib", "mib", "gib"), "bytes"),
    **dict.fromkeys(("percent", "percents", "percentage", "pct"), "ratio"),
    **dict.fromkeys(("kilometers", "centimeters", "millimeters", "miles", "inches", "feet", "yards"), "meters"),
    **dict.fromkeys(("kilograms", "milligrams", "pounds", "ounces"), "grams"),
    **dict.fromkeys(("fahrenheit", "rankine"), "celsius"),
    **dict.fromkeys(("kilojoules", "calories", "kilowatthours"), "joules"),
    **dict.fromkeys(("millivolts", "kilovolts"), "volts"),
    **dict.fromkeys(("milliamperes", "kiloamperes"), "amperes"),
}
"""A unit found in a metric's name -> the base unit to use instead. The list of promlint, and what it misses."""


def milliseconds(text: str) -> int:
    """The length of a Prometheus duration such as `1h30m`; `0` and `0s` are zero.

    Raises `ValueError` with what to write instead.

    >>> milliseconds("1h30m")
    5400000
    """
    cleaned = text.strip()
    if cleaned == "0":
        return 0
    found = _DURATION.fullmatch(cleaned)
    if not cleaned or found is None:
        raise ValueError(f"{text!r} is not a duration: write it as Prometheus does, such as 30s, 5m, 1h30m or 30d")
    return sum(int(part) * unit for part, unit in zip(found.groups(), _MILLISECONDS, strict=True) if part)


def seconds(text: str) -> Decimal:
    """The length of a Prometheus duration in seconds, exact."""
    return Decimal(milliseconds(text)) / 1000


def duration(length_ms: int) -> str:
    """Milliseconds as the shortest single- or multi-unit Prometheus duration: 5400000 is `1h30m`."""
    if length_ms == 0:
        return "0s"
    for suffix, unit in _SUFFIXES[:4]:
        if length_ms % unit == 0 and length_ms >= unit:
            return f"{length_ms // unit}{suffix}" if suffix != "m" or length_ms < 3_600_000 else _mixed(length_ms)
    return _mixed(length_ms)


def _mixed(length_ms: int) -> str:
    parts = []
    for suffix, unit in _SUFFIXES:
        count, length_ms = divmod(length_ms, unit)
        if count:
            parts.append(f"{count}{suffix}")
    return "".join(parts)


def spoken(text: str) -> str:
    """A duration in words for people: `1h30m` is `1 hour 30 minutes`."""
    names = {"d": "day", "h": "hour", "m": "minute", "s": "second", "ms": "millisecond"}
    rest, words = milliseconds(text), []
    for suffix, unit in _SUFFIXES:
        count, rest = divmod(rest, unit)
        if count:
            words.append(f"{count} {names[suffix]}{'s' if count != 1 else ''}")
    return " ".join(words) or "0 seconds"


def decimal(value: float | int | str | Decimal) -> Decimal:
    """The number as the person wrote it: 0.1 is 0.1, not 0.1000000000000000055."""
    return value if isinstance(value, Decimal) else Decimal(str(value))


def number(value: float | int | Decimal) -> str:
    """A number for an expression or a table, without float noise or exponent: `0.001`, `5`.

    >>> number(Decimal("14.4") * Decimal("0.005"))
    '0.072'
    """
    text = format(decimal(value).normalize(), "f")
    return "0" if text in ("-0", "0") else text


def bound(value: float | int | Decimal) -> str:
    """A bucket's upper bound as prometheus_client prints it in `le`: `2.0`, `0.005`, `1.048576e+06`, `+Inf`."""
    as_float = float(value)
    if as_float == float("inf"):
        return "+Inf"
    text = repr(as_float)
    whole, _, fraction = text.partition(".")
    # From a million on as Go does it. Source: prometheus_client.utils.floatToGoString
    if as_float > 0 and fraction and len(whole) > 6:
        return f"{f'{whole[0]}.{whole[1:]}{fraction}'.rstrip('0.')}e+{len(whole) - 1:02d}"
    return text


def bound_spellings(value: float | int | Decimal) -> tuple[str, ...]:
    """How the clients of all languages print a bucket's bound in `le`, Python's first: `5.0` and Go's `5`.

    >>> bound_spellings(0.5)
    ('0.5',)
    """
    return tuple(dict.fromkeys((bound(value), number(value), repr(float(value)))))


def percent(ratio: Decimal) -> str:
    """A ratio as a percentage for people: `Decimal("0.995")` is `99.5%`."""
    return f"{number(ratio * 100)}%"


def plain(value: float) -> str:
    """A number without an exponent; the shortest that reads back as the same."""
    if value in (float("inf"), float("-inf")) or value != value:
        return {"inf": "+Inf", "-inf": "-Inf"}.get(str(value), "NaN")
    written = format(Decimal(repr(value)).normalize(), "f")
    return "0" if written == "-0" else written
