"""Durations the way Prometheus reads them: `1h30m`, units from large to small, no fractions."""

from __future__ import annotations

import re
from fractions import Fraction

_UNITS = ("y", "w", "d", "h", "m", "s", "ms")
_DAY = 86_400_000
_MILLISECONDS = (365 * _DAY, 7 * _DAY, _DAY, 3_600_000, 60_000, 1000, 1)
_DURATION = re.compile("".join(rf"(?:([0-9]+){unit})?" for unit in _UNITS))
_LONGEST_NANOSECONDS = 2**63 - 1


def duration_seconds(text: str) -> int | Fraction:
    """The seconds of a duration such as `1h30m` or `-5m`, exactly; ValueError if it is none.

    Source: github.com/prometheus/common, model/time.go, ParseDuration; a year has 365 days, a sign is allowed in front
    because offsets have one. A bare number is seconds, as in Prometheus 3.
    """
    sign, digits = (-1, text[1:]) if text[:1] == "-" else (1, text.removeprefix("+"))
    seconds: int | Fraction
    match = _DURATION.fullmatch(digits)
    if match is not None and digits:
        total = sum(int(n) * size for n, size in zip(match.groups(), _MILLISECONDS, strict=True) if n)
        seconds = Fraction(total, 1000) if total % 1000 else total // 1000
    elif re.fullmatch(r"[0-9]+(?:\.[0-9]*)?|\.[0-9]+", digits):
        exact = Fraction(digits)
        seconds = int(exact) if exact.denominator == 1 else exact
    else:
        raise ValueError(f"`{text}` is no duration: it has whole units from large to small, such as 1d12h")
    if seconds * 10**9 > _LONGEST_NANOSECONDS:
        raise ValueError(f"the duration `{text}` is longer than Prometheus can hold (292 years)")
    return sign * seconds
