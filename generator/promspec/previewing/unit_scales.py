"""Grafana's units as data: their words, scales and symbols.

Source: grafana/packages/grafana-data/src/valueFormats/categories.ts
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """Words for a value, each `factor` times the one before; `offset` is the one in which values are counted."""

    factor: int
    words: tuple[str, ...]
    offset: int = 0


SI_PREFIXES = ("f", "p", "n", "µ", "m", "", "k", "M", "G", "T", "P", "E", "Z", "Y")
_BINARY = ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi")


def _si(unit: str, offset: int = 0) -> Scale:
    return Scale(1000, tuple(f" {prefix}{unit}" for prefix in SI_PREFIXES), SI_PREFIXES.index("") + offset)


def _binary(unit: str, offset: int = 0) -> Scale:
    return Scale(1024, tuple(f" {prefix}{unit}" for prefix in _BINARY), offset)


SCALED = {
    "short": Scale(1000, ("", " K", " Mil", " Bil", " Tri", " Quadr", " Quint", " Sext", " Sept")),
    "sishort": _si(""),
    **{name: _binary("B", offset) for offset, name in enumerate(("bytes", "kbytes", "mbytes", "gbytes", "tbytes"))},
    "pbytes": _binary("B", 5),
    "bits": _binary("b"),
    **{f"dec{name}": _si("B", place) for place, name in enumerate(("bytes", "kbytes", "mbytes", "gbytes", "tbytes"))},
    "decpbytes": _si("B", 5),
    "decbits": _si("b"),
    "pps": _si("p/s"),
    "Bps": _si("B/s"),
    "bps": _si("b/s"),
    "binBps": _binary("B/s"),
    "binbps": _binary("b/s"),
    **{f"{p}Bs": _si("B/s", place) for place, p in enumerate("KMGTP", 1)},
    **{f"{p}bits": _si("b/s", place) for place, p in enumerate("KMGTP", 1)},
    **{f"{p}iBs": _binary("B/s", place) for place, p in enumerate("KMGTP", 1)},
    **{f"{p}ibits": _binary("b/s", place) for place, p in enumerate("KMGTP", 1)},
    "flops": _si("FLOPS"),
    **{f"{p}flops": _si("FLOPS", place) for place, p in enumerate("mgtpezy", 2)},
    "Hs": _si("H/s"),
    **{f"{p}Hs": _si("H/s", place) for place, p in enumerate("KMGTPE", 1)},
    "hertz": _si("Hz"),
    "rothz": _si("Hz"),
    "rotkhz": _si("Hz", 1),
    "watt": _si("W"),
    "kwatt": _si("W", 1),
    "megwatt": _si("W", 2),
    "gwatt": _si("W", 3),
    "mwatt": _si("W", -1),
    "voltamp": _si("VA"),
    "kvoltamp": _si("VA", 1),
    "watth": _si("Wh"),
    "kwatth": _si("Wh", 1),
    "joule": _si("J"),
    "ev": _si("eV"),
    "amp": _si("A"),
    "kamp": _si("A", 1),
    "mamp": _si("A", -1),
    "volt": _si("V"),
    "kvolt": _si("V", 1),
    "mvolt": _si("V", -1),
    "mohm": _si("Ω", -1),
    "ohm": _si("Ω"),
    "kohm": _si("Ω", 1),
    "Mohm": _si("Ω", 2),
    "farad": _si("F"),
    "µfarad": _si("F", -2),
    "nfarad": _si("F", -3),
    "pfarad": _si("F", -4),
    "ffarad": _si("F", -5),
    "henry": _si("H"),
    "mhenry": _si("H", -1),
    "µhenry": _si("H", -2),
    "massmg": _si("g", -1),
    "massg": _si("g"),
    "masskg": _si("g", 1),
    "lengthmm": _si("m", -1),
    "lengthm": _si("m"),
    "lengthkm": _si("m", 1),
    "mlitre": _si("L", -1),
    "litre": _si("L"),
    "pressurembar": _si("bar", -1),
    "pressurebar": _si("bar"),
    "pressurekbar": _si("bar", 1),
    "pressurepa": _si("Pa"),
}
"""Units whose prefix follows the value."""

_YEAR = 31_536_000
_LARGER = ((60, 1, "s"), (3600, 1 / 60, "min"), (86_400, 1 / 3600, "hour"), (604_800, 1 / 86_400, "day"))
_LARGEST = ((_YEAR, 1 / 604_800, "week"), (float("inf"), 1 / 31_556_900, "year"))
TIMES = {
    "ns": ((1e3, 1, "ns"), (1e6, 1e-3, "µs"), (1e9, 1e-6, "ms"), (6e10, 1e-9, "s"), (float("inf"), 1 / 6e10, "min")),
    "µs": ((1e3, 1, "µs"), (1e6, 1e-3, "ms"), (float("inf"), 1e-6, "s")),
    "ms": (
        *((1e3, 1, "ms"), (6e4, 1e-3, "s"), (3.6e6, 1 / 6e4, "min"), (8.64e7, 1 / 3.6e6, "hour")),
        *((3.1536e10, 1 / 8.64e7, "day"), (float("inf"), 1 / 3.1536e10, "year")),
    ),
    "s": ((1e-300, 1, "s"), (1e-6, 1e9, "ns"), (1e-3, 1e6, "µs"), (1, 1e3, "ms"), *_LARGER, *_LARGEST),
    "m": (
        *((60, 1, "min"), (1440, 1 / 60, "hour"), (10_080, 1 / 1440, "day"), (604_800, 1 / 10_080, "week")),
        (float("inf"), 1 / 525_948, "year"),
    ),
    "h": ((24, 1, "hour"), (168, 1 / 24, "day"), (8760, 1 / 168, "week"), (float("inf"), 1 / 8760, "year")),
    "d": ((7, 1, "day"), (365, 1 / 7, "week"), (float("inf"), 1 / 365, "year")),
}
"""Units of time: below which value which factor gives which word."""

RATES = {
    "cps": "c/s",
    "ops": "ops/s",
    "reqps": "req/s",
    "rps": "rd/s",
    "wps": "wr/s",
    "iops": "io/s",
    "eps": "evt/s",
    "mps": "msg/s",
    "recps": "rec/s",
    "rowsps": "rows/s",
    "cpm": "c/m",
    "opm": "ops/m",
    "reqpm": "req/m",
    "rpm": "rd/m",
    "wpm": "wr/m",
    "epm": "evts/m",
    "mpm": "msgs/m",
    "recpm": "rec/m",
    "rowspm": "rows/m",
}

CURRENCIES = {
    **{f"currency{code}": (symbol, False) for code, symbol in (
        *(("USD", "$"), ("GBP", "£"), ("EUR", "€"), ("JPY", "¥"), ("RUB", "₽"), ("UAH", "₴"), ("BRL", "R$")),
        *(("CZK", "czk"), ("CHF", "CHF"), ("PLN", "PLN"), ("BTC", "฿"), ("mBTC", "mBTC"), ("μBTC", "μBTC")),
        *(("ZAR", "R"), ("INR", "₹"), ("KRW", "₩"), ("IDR", "Rp"), ("PHP", "PHP"), ("TRY", "₺"), ("MYR", "RM")),
    )},
    **{f"currency{code}": (symbol, True) for code, symbol in (
        *(("DKK", "kr"), ("ISK", "kr"), ("NOK", "kr"), ("SEK", "kr"), ("VND", "đ"), ("XPF", "XPF"), ("BGN", "BGN")),
        *(("PYG", "₲"), ("UYU", "UYU"), ("ILS", "₪")),
    )},
}  # fmt: skip

DATES = {
    "dateTimeAsIso": "%Y-%m-%d %H:%M:%S",
    "dateTimeAsIsoNoDateIfToday": "%Y-%m-%d %H:%M:%S",
    "dateTimeAsUS": "%m/%d/%Y %I:%M:%S %p",
    "dateTimeAsUSNoDateIfToday": "%m/%d/%Y %I:%M:%S %p",
    "dateTimeAsLocal": "%Y-%m-%d %H:%M:%S",
    "dateTimeAsLocalNoDateIfToday": "%Y-%m-%d %H:%M:%S",
    "dateTimeAsSystem": "%Y-%m-%d %H:%M:%S",
    "dateTimeFromNow": "%Y-%m-%d %H:%M:%S",
}
"""What is a date; those relative to now are shown as they are, for a page does not know when it is read."""

FIXED = {
    "none": "",
    "humidity": "%H",
    "pixel": "px",
    "celsius": "°C",
    "fahrenheit": "°F",
    "kelvin": "K",
    "degree": "°",
    "radian": "rad",
    "accMS2": "m/s²",
    "accFS2": "f/s²",
    "accG": "g",
    "areaM2": "m²",
    "areaF2": "ft²",
    "areaMI2": "mi²",
    "conppb": "ppb",
    "masst": "t",
    "lengthft": "ft",
    "lengthmi": "mi",
    "m3": "m³",
    "dm3": "dm³",
    "gallons": "gal",
    "rotrpm": "rpm",
    "rotrads": "rad/s",
    "rotdegs": "°/s",
    "velocityms": "m/s",
    "velocitykmh": "km/h",
    "velocitymph": "mph",
    "velocityknot": "kn",
    "candela": "cd",
    "ppm": "ppm",
    "dB": "dB",
}
"""Units that do not scale; any other is its own word."""
