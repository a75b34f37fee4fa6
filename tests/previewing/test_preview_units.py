"""Values are written as Grafana writes them: the table is that of its own tests.

Source: grafana/packages/grafana-data/src/valueFormats/valueFormats.test.ts
"""

from __future__ import annotations

import math

import pytest

from promspec.grafana_units import UNITS
from promspec.previewing.units import fixed, shown

GRAFANA = [
    ("currencyUSD", 2, 1532.82, "$1.53K"),
    ("currencyKRW", 2, 1532.82, "₩1.53K"),
    ("currencyIDR", 2, 1532.82, "Rp1.53K"),
    ("none", None, 3.23, "3.23"),
    ("none", None, 0.0245, "0.0245"),
    ("none", None, 1 / 3, "0.333"),
    ("ms", 4, 0.0024, "0.0024 ms"),
    ("ms", 0, 100, "100 ms"),
    ("ms", 2, 1250, "1.25 s"),
    ("ms", 1, 10000086.123, "2.8 hour"),
    ("ms", None, 1000, "1 s"),
    ("ms", 0, 1200, "1 s"),
    ("short", None, 1000, "1 K"),
    ("short", None, 1200, "1.20 K"),
    ("short", None, 1250, "1.25 K"),
    ("short", None, 1000000, "1 Mil"),
    ("short", None, 1500000, "1.50 Mil"),
    ("short", None, 1000120, "1.00 Mil"),
    ("short", None, 98765, "98.8 K"),
    ("short", None, 9876543, "9.88 Mil"),
    ("kbytes", None, 10000000, "9.54 GiB"),
    ("deckbytes", None, 10000000, "10 GB"),
    ("megwatt", 3, 1000, "1.000 GW"),
    ("kohm", 3, 1000, "1.000 MΩ"),
    ("Mohm", 3, 1000, "1.000 GΩ"),
    ("farad", 3, 1000, "1.000 kF"),
    ("µfarad", 3, 1000, "1.000 mF"),
    ("nfarad", 3, 1000, "1.000 µF"),
    ("pfarad", 3, 1000, "1.000 nF"),
    ("ffarad", 3, 1000, "1.000 pF"),
    ("henry", 3, 1000, "1.000 kH"),
    ("mhenry", 3, 1000, "1.000 H"),
    ("µhenry", 3, 1000, "1.000 mH"),
    ("a", 0, 1532.82, "1533 a"),
    ("b", 0, 1532.82, "1533 b"),
    ("prefix:b", None, 1532.82, "b1533"),
    ("suffix:d", None, 1532.82, "1533 d"),
    ("si:µF", 2, 0, "0.00 µF"),
    ("si:µF", 2, 1234, "1.23 mF"),
    ("si:µF", 2, 1234000000, "1.23 kF"),
    ("si:µF", 2, 1234000000000000, "1.23 GF"),
    ("count:xpm", 2, 1234567, "1.23M xpm"),
    ("count:x/min", 2, 1234, "1.23K x/min"),
    ("currency:@", 2, 1234567, "@1.23M"),
    ("currency:@", 2, 1234, "@1.23K"),
    ("dtdurationms", None, 100000, "1 minute"),
]


@pytest.mark.parametrize(("unit", "decimals", "value", "expected"), GRAFANA)
def test_a_value_is_written_as_grafanas_own_tests_say(
    unit: str, decimals: int | None, value: float, expected: str
) -> None:
    assert shown(value, unit, decimals) == expected


@pytest.mark.parametrize(
    ("value", "decimals", "expected"),
    [
        *[(100, None, "100"), (100.4, None, "100"), (100.5, None, "101"), (27.4, None, "27.4"), (27.5, None, "27.5")],
        *[(-100, None, "-100"), (-100.5, None, "-100"), (-100.6, None, "-101"), (-27.5, None, "-27.5")],
        *[(100, 1, "100.0"), (100.37, 1, "100.4"), (100.63, 1, "100.6"), (100.4, 2, "100.40"), (0, 1, "0.0")],
        *[(0, 2, "0.00"), (186.123, -2, "186")],
    ],
)
def test_numbers_are_rounded_as_grafanas_own_tests_say(value: float, decimals: int | None, expected: str) -> None:
    assert fixed(value, decimals) == expected


@pytest.mark.parametrize(
    ("unit", "value", "expected"),
    [
        ("percentunit", 0.995, "99.5%"),
        ("percent", 12.5, "12.5%"),
        ("s", 0.00025, "250 µs"),
        ("s", 0.25, "250 ms"),
        ("s", 90, "1.50 min"),
        ("s", 0, "0 s"),
        ("bytes", 1536, "1.50 KiB"),
        ("bytes", -1536, "-1.50 KiB"),
        ("Bps", 1500, "1.50 kB/s"),
        ("reqps", 0.5, "0.500 req/s"),
        ("cps", 1500, "1.50K c/s"),
        ("currencyUSD", -1500, "-$1.50K"),
        ("currencySEK", 20, "20kr"),
        ("bool", 0, "False"),
        ("bool:up/down", 1, "up"),
        ("dthms", 3725, "01:02:05"),
        ("dateTimeAsIso", 1_769_868_000_000, "2026-01-31 14:00:00"),
        ("celsius", 21.5, "21.5 °C"),
    ],
)
def test_units_have_their_scale_and_word(unit: str, value: float, expected: str) -> None:
    assert shown(value, unit) == expected


@pytest.mark.parametrize("unit", [*UNITS, "suffix:x", "si:mF", "count:x", "currency:x", "bool:a/b", "time:YYYY", "odd"])
def test_every_unit_of_grafana_shows_every_number(unit: str) -> None:
    for value in (0.0, 1e-320, -1e-9, 0.1, 1.0, 1e15, -1e30, 1e308, math.inf, -math.inf, math.nan):
        assert shown(value, unit), value
