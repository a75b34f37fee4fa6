"""Quantities are exact, and read and print as Prometheus does."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.utils import floatToGoString

from promspec import quantities


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *(("0", 0), ("0s", 0), ("250ms", 250), ("30s", 30_000), ("5m", 300_000), ("1h30m", 5_400_000)),
        *(("1d", 86_400_000), ("1w", 604_800_000), ("1y", 31_536_000_000), ("1h1ms", 3_600_001)),
    ],
)
def test_durations_are_read_as_prometheus_reads_them(text: str, expected: int) -> None:
    assert quantities.milliseconds(text) == expected


@pytest.mark.parametrize("text", ["", " ", "5", "5 minutes", "m", "-5m", "1.5h", "5M", "1m1h", "1h1h", "٣m"])
def test_anything_else_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        quantities.milliseconds(text)


@given(st.integers(min_value=0, max_value=10**12))
def test_a_printed_duration_is_read_back_as_the_same(length: int) -> None:
    assert quantities.milliseconds(quantities.duration(length)) == length


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (0, "0s"),
        (1, "1ms"),
        (90_000, "90s"),
        (120_000, "2m"),
        (5_400_000, "1h30m"),
        (86_400_000, "1d"),
        (259_200_000, "3d"),
    ],
)
def test_durations_print_short(length: int, text: str) -> None:
    assert quantities.duration(length) == text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("0s", "0 seconds"),
        ("1s", "1 second"),
        ("1h30m", "1 hour 30 minutes"),
        ("30d", "30 days"),
        ("1500ms", "1 second 500 milliseconds"),
    ],
)
def test_durations_in_words(text: str, words: str) -> None:
    assert quantities.spoken(text) == words


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.1, "0.1"),
        (1e-7, "0.0000001"),
        (5, "5"),
        (5.0, "5"),
        (Decimal("14.40"), "14.4"),
        (-0.0, "0"),
        (1e21, "1" + "0" * 21),
    ],
)
def test_numbers_print_without_noise_or_exponent(value: float, text: str) -> None:
    assert quantities.number(value) == text


def test_the_threshold_of_page_fast_has_no_float_noise() -> None:
    assert quantities.number(Decimal("14.4") * (1 - Decimal("99.9") / 100)) == "0.0144"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (2, "2.0"),
        (0.005, "0.005"),
        (Decimal("0.1"), "0.1"),
        (float("inf"), "+Inf"),
        (Decimal("Infinity"), "+Inf"),
        (1e6, "1e+06"),
    ],
)
def test_a_bound_prints_as_the_client_prints_it(value: float, text: str) -> None:
    assert quantities.bound(value) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_bound_prints_as_prometheus_client_prints_it(value: float) -> None:
    from prometheus_client.utils import floatToGoString

    printed = quantities.bound(value)
    assert float(printed) == float(floatToGoString(value)) == value


@pytest.mark.parametrize(("ratio", "text"), [("0.995", "99.5%"), ("0.99999", "99.999%"), ("1.44", "144%"), ("0", "0%")])
def test_percentages(ratio: str, text: str) -> None:
    assert quantities.percent(Decimal(ratio)) == text


@given(st.one_of(st.floats(min_value=1e-9, max_value=1e18), st.integers(0, 10**15).map(float)))
def test_a_bucket_is_printed_as_the_client_prints_it(value: float) -> None:
    assert quantities.bound(value) == floatToGoString(value)


@pytest.mark.parametrize(
    ("value", "spellings"),
    [(0.5, ("0.5",)), (5, ("5.0", "5")), (1_048_576, ("1.048576e+06", "1048576", "1048576.0"))],
)
def test_a_bucket_has_the_spellings_of_every_language(value: float, spellings: tuple[str, ...]) -> None:
    assert quantities.bound_spellings(value) == spellings
