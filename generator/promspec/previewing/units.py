"""Values as Grafana writes them: its units with their prefixes and scales, its number of decimals.

Source: grafana/packages/grafana-data/src/valueFormats, whose own table of tests is ours as well.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from promspec.previewing.unit_scales import CURRENCIES, DATES, FIXED, RATES, SCALED, SI_PREFIXES, TIMES, Scale

Format = Callable[[float, int | None], str]


def shown(value: float, unit: str, decimals: int | None = None) -> str:
    """A value in a unit, as Grafana shows it; without `decimals` as many as it would choose.

    >>> shown(0.0425, "percentunit"), shown(1536, "bytes"), shown(98765, "short")
    ('4.25%', '1.50 KiB', '98.8 K')
    """
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    return _format(unit)(value, decimals)


def _format(unit: str) -> Format:
    if unit in _OWN:
        return _OWN[unit]
    if unit in SCALED:
        return _scaler(SCALED[unit])
    if unit in TIMES:
        return lambda value, decimals: _time(value, decimals, unit)
    if unit in RATES:
        return _counter(RATES[unit])
    if unit in CURRENCIES:
        symbol, behind = CURRENCIES[unit]
        return _currency(symbol, behind)
    if unit in DATES:
        return lambda value, decimals: _date(value, DATES[unit])
    kind, colon, rest = unit.partition(":")
    if colon and kind in _PREFIXED and rest:
        return _PREFIXED[kind](rest)
    return _fixed(FIXED.get(unit, unit))


def fixed(value: float, decimals: int | None = None) -> str:
    """A number with so many decimals, rounded as JavaScript does; without `decimals` with three significant digits.

    >>> fixed(27.4), fixed(100.5), fixed(100.4, 2)
    ('27.4', '101', '100.40')
    """
    if math.isinf(value):  # a number near the largest, scaled
        return "∞" if value > 0 else "-∞"
    places = _places(value) if decimals is None else max(0, decimals)
    factor = 10.0**places
    rounded = math.floor(value * factor + 0.5) / factor if abs(value) * factor < 1e300 else value
    text = _plain(rounded)
    if "e" in text:
        return text
    whole, _, part = text.partition(".")
    return f"{whole}.{part.ljust(places, '0')}" if places else text


_MOST_PLACES = 300
"""Beyond, a power of ten is no number any more."""


def _places(value: float) -> int:
    if value == math.floor(value):
        return 0
    magnitude = math.floor(math.log10(abs(value)))
    places = 1 - magnitude
    if abs(places) > _MOST_PLACES:
        return max(0, min(places, _MOST_PLACES))
    return max(0, places + 1 if abs(value) * 10.0**places > 2.25 else places)


def _plain(value: float) -> str:
    """A number as JavaScript prints it: an exponent only where it must."""
    if value == 0:
        return "0"
    if 1e-6 <= abs(value) < 1e21:
        text = format(Decimal(repr(value)), "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    return repr(value).replace("e-0", "e-").replace("e+0", "e+")


def _fixed(suffix: str) -> Format:
    return lambda value, decimals: f"{fixed(value, decimals)} {suffix}" if suffix else fixed(value, decimals)


def _scaled(value: float, decimals: int | None, factor: float, words: Sequence[str], offset: int) -> str:
    """The value in the largest of the units `words` that gives a number from 1 on; `offset` is where it stands."""
    # Where rounding would give 1000 of a unit, Grafana leaves it so, and so do we.
    power = 0 if value == 0 else math.floor(math.log10(abs(value)) / math.log10(factor))
    power = max(-offset, min(power, len(words) - offset - 1))
    return fixed(value / factor**power, decimals) + words[offset + power]


def _scaler(scale: Scale) -> Format:
    return lambda value, decimals: _scaled(value, decimals, scale.factor, scale.words, scale.offset)


def _counter(symbol: str) -> Format:
    words = [f"{prefix} {symbol}" for prefix in ("", "K", "M", "B", "T")]
    return lambda value, decimals: _scaled(value, decimals, 1000, words, 0)


def _currency(symbol: str, behind: bool = False) -> Format:
    def format(value: float, decimals: int | None) -> str:
        number = _scaled(abs(value), decimals, 1000, ("", "K", "M", "B", "T"), 0)
        sign = "-" if value < 0 else ""
        return f"{sign}{number}{symbol}" if behind else f"{sign}{symbol}{number}"

    return format


def _si(rest: str) -> Format:
    """A unit that may begin with its prefix: `µF` is counted in millionths of `F`."""
    known = len(rest) > 1 and rest[0] in SI_PREFIXES
    offset = SI_PREFIXES.index(rest[0] if known else "")
    unit = rest[1:] if known else rest
    return _scaler(Scale(1000, tuple(f" {prefix}{unit}" for prefix in SI_PREFIXES), offset))


def _time(value: float, decimals: int | None, unit: str) -> str:
    steps = TIMES[unit]
    _, factor, word = next((step for step in steps if abs(value) < step[0]), steps[-1])
    return f"{fixed(value * factor, decimals)} {word}"


def _boolean(words: str) -> Format:
    true, slash, false = words.partition("/")
    return lambda value, decimals: true if value else false if slash else "-"


def _date(value: float, pattern: str) -> str:
    """Grafana's dates are milliseconds; shown in UTC."""
    try:
        return datetime.fromtimestamp(value / 1000, UTC).strftime(pattern)
    except (ValueError, OverflowError, OSError):
        return fixed(value)


def _clock(value: float, decimals: int | None) -> str:
    """Hours, minutes and seconds."""
    if value < 0:
        return f"{_clock(-value, decimals)} ago"
    hours, rest = divmod(math.floor(value), 3600)
    return f"{hours:02d}:{rest // 60:02d}:{rest % 60:02d}"


def _spans(milliseconds: float, decimals: int | None) -> str:
    """A duration in words: the largest unit, and `decimals` smaller ones."""
    if math.isinf(milliseconds):
        return fixed(milliseconds)
    if milliseconds < 0:
        return f"{_spans(-milliseconds, decimals)} ago"
    words: list[str] = []
    for name, length in _SPANS:
        count = math.floor(milliseconds / length)
        if (count or words) and len(words) <= (decimals or 0):
            words.append(f"{count} {name}{'' if count == 1 else 's'}")
            milliseconds -= count * length
    return ", ".join(words) or "0 milliseconds"


_SPANS = (
    *(("year", 31_536_000_000), ("month", 2_592_000_000), ("week", 604_800_000), ("day", 86_400_000)),
    *(("hour", 3_600_000), ("minute", 60_000), ("second", 1000), ("millisecond", 1)),
)
_PREFIXED: dict[str, Callable[[str], Format]] = {
    "prefix": lambda rest: lambda value, decimals: rest + fixed(value, decimals),
    "suffix": _fixed,
    "si": _si,
    "count": _counter,
    "currency": _currency,
    "bool": _boolean,
    "time": lambda rest: lambda value, decimals: _date(value, "%Y-%m-%d %H:%M:%S"),
}
_OWN: dict[str, Format] = {
    "percent": lambda value, decimals: f"{fixed(value, decimals)}%",
    "percentunit": lambda value, decimals: f"{fixed(100 * value, decimals)}%",
    "locale": lambda value, decimals: f"{value:,.{3 if decimals is None else decimals}f}".rstrip("0").rstrip("."),
    "sci": lambda value, decimals: f"{value:.{6 if decimals is None else decimals}e}",
    "hex": lambda value, decimals: f"{math.floor(value + 0.5):X}",
    "hex0x": lambda value, decimals: f"{'-' if value < 0 else ''}0x{abs(math.floor(value + 0.5)):X}",
    "bool": _boolean("True/False"),
    "bool_yes_no": _boolean("Yes/No"),
    "bool_on_off": _boolean("On/Off"),
    "dthms": _clock,
    "dtdurations": lambda value, decimals: _spans(value * 1000, decimals),
    "dtdurationms": _spans,
    "clocks": _clock,
    "clockms": lambda value, decimals: _clock(value / 1000, decimals),
    "timeticks": lambda value, decimals: _time(value / 100, decimals, "s"),
}
