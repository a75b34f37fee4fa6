"""Secrets: none survives, in any key, at any depth, in any text; and what is shown is plain, bounded JSON."""

from __future__ import annotations

import json
import math
import time
import traceback
from collections.abc import Iterator, Mapping
from enum import Enum
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promspec.runtime.sanitising import DEPTH, Sanitiser
from promspec.runtime.sensitive import WORDS

SECRET = "hunter2Zq"
WRAPPINGS = (
    lambda word: word,
    str.upper,
    str.title,
    lambda word: f"x-{word}",
    lambda word: f"user_{word}_2",
    lambda word: f"my{word.title()}",
)
KEYS = st.sampled_from([*WORDS, "key", "api_key", "apikey", "iban"]).flatmap(
    lambda word: st.sampled_from(WRAPPINGS).map(lambda wrap: wrap(word))
)
HARMLESS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary(max_size=9))
SECRETS = st.one_of(
    st.just(SECRET),
    st.just([SECRET, 1]),
    st.just({"a": SECRET}),
    st.just(SECRET.encode()),
    st.just({"a": [{"b": SECRET}]}),
)
BOUND = KEYS.flatmap(
    lambda key: SECRETS.flatmap(
        lambda secret: st.sampled_from(
            [{key: secret}, {key.encode(): secret}, [(key, secret)], ((key.encode(), secret),)]
        )
    )
)
QUOTES = st.sampled_from(["", '"', "'"])
TEXTS = st.one_of(
    st.builds(lambda key, quote, between: f"{key}{between}{quote}{SECRET}{quote}", KEYS, QUOTES, st.sampled_from("=:")),
    st.builds(lambda key: json.dumps({"x": 1, key: SECRET, "y": [2]}), KEYS),
    st.builds(lambda key: json.dumps(json.dumps({"x": 1, key: f'a"{SECRET}', "y": 2})), KEYS),
    st.builds(lambda key: repr({"x": 1, key: {"deep": SECRET}}), KEYS),
    st.builds(lambda key: f"GET https://host/path?a=1&{key}={SECRET}&b=2 200", KEYS),
    st.builds(lambda key: f"?next=https%3A%2F%2Fhost%3Fa%3D1%26{key}%3D{SECRET}%26b%3D2", KEYS),
    st.builds(lambda key: repr({key: SECRET, "a": 1}.items()), KEYS),
    st.builds(lambda key: repr([(key.encode(), SECRET.encode())]), KEYS),
    st.builds(lambda key: f"run --{key} {SECRET} --verbose", KEYS),
    st.builds(lambda key: f"<{key}>{SECRET}</{key}>", KEYS),
    st.sampled_from(
        [
            f"postgres://ada:{SECRET}@db/x",
            f"https://{SECRET}@host",
            f"Authorization: Bearer {SECRET}",
            f"bearer {SECRET}",
            f"Basic {SECRET}==",
            f"Cookie: a=b; session={SECRET}; c=d",
            f"ValueError: password={SECRET}",
            f"?pass%77ord={SECRET}",
            f"password => {SECRET}",
            f"the password: two words {SECRET}",
        ]
    ),
)
NESTED = st.recursive(
    st.one_of(BOUND, TEXTS, st.builds(lambda text: ValueError(text), TEXTS)),
    lambda inner: st.one_of(
        st.lists(st.one_of(inner, HARMLESS), max_size=3),
        st.dictionaries(st.text(max_size=5), st.one_of(inner, HARMLESS), max_size=3),
        st.tuples(inner, HARMLESS),
    ),
    max_leaves=8,
)


@settings(max_examples=400, deadline=None)
@given(NESTED)
def test_no_secret_survives_in_any_nesting(value: object) -> None:
    line = json.dumps(Sanitiser(["iban"]).clean(value), allow_nan=False)
    assert SECRET not in line
    json.loads(line)


@settings(max_examples=200, deadline=None)
@given(TEXTS, st.integers(0, 130), st.integers(20, 120))
def test_no_secret_survives_a_cut(text: str, before: int, most: int) -> None:
    shown = Sanitiser(["iban"], max_length=most).text("x" * before + " " + text + " " + "y" * 6000)
    assert SECRET not in shown
    assert "[cut, " in shown


@settings(max_examples=200, deadline=None)
@given(
    st.recursive(HARMLESS, lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(), inner)), max_leaves=20)
)
def test_everything_becomes_json(value: object) -> None:
    cleaned = Sanitiser().clean(value)
    assert json.loads(json.dumps(cleaned, allow_nan=False)) == cleaned


class _Login(NamedTuple):
    user: str
    password: str


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ({"PassWord": 1, "user": "ada"}, {"PassWord": "[SANITIZED]", "user": "ada"}),
        (
            [("Authorization", "x"), (b"cookie", b"y")],
            [["Authorization", "[SANITIZED]"], ["<bytes of 6>", "[SANITIZED]"]],
        ),
        (["run", "--password", "x", "-v"], ["run", "--password", "[SANITIZED]", "-v"]),
        ("https://a:b@h/?q=1&api_key=z#f", "https://[SANITIZED]@h/?q=1&api_key=[SANITIZED]"),
        ("KeyError: 'worker'", "KeyError: 'worker'"),
        ("at 12:30:10 on http://host:80/a=b", "at 12:30:10 on http://host:80/a=b"),
        ({"monkey": 1, "keyboard": 2, "tokens": 3}, {"monkey": 1, "keyboard": 2, "tokens": "[SANITIZED]"}),
        ((math.nan, math.inf, -math.inf, 1.5), ["NaN", "Infinity", "-Infinity", 1.5]),
        ({1: "a", None: "b", (1, 2): "c"}, {"1": "a", "None": "b", "<tuple>": "c"}),
        (b"abc", "<bytes of 3>"),
        (10**400, "<int>"),
        (Path("a/b"), "a/b"),
        (object(), "<object>"),
        (ValueError("no"), {"type": "ValueError", "message": "no"}),
        (_Login("ada", "hunter2"), {"user": "ada", "password": "[SANITIZED]"}),
        (("failed", "password", "hunter2"), ["failed", "password", "[SANITIZED]"]),
        (["id", "password", "email"], ["id", "password", "email"]),
        ([{"name": "api_key", "value": "x"}], [{"name": "api_key", "value": "[SANITIZED]"}]),
        ({(1, 2): "a", (3, 4): "b"}, {"<tuple>": "a", "<tuple>_1": "b"}),
        ({"a" * 300: 1}, {"a" * 100 + "… [cut, 300 characters]": "[SANITIZED]"}),
    ],
)
def test_what_is_shown(given: object, shown: object) -> None:
    assert Sanitiser().clean(given) == shown


def test_a_long_text_is_cut_and_says_so() -> None:
    assert Sanitiser().clean("a" * 1000) == "a" * 1000
    assert Sanitiser().clean("a" * 1001) == "a" * 1000 + "… [cut, 1001 characters]"


def test_cycles_depth_and_size_are_bounded() -> None:
    cycle: dict[str, Any] = {"a": 1}
    cycle["self"] = [cycle]
    assert Sanitiser().clean(cycle) == {"a": 1, "self": ["<cycle>"]}
    same = [1]
    assert Sanitiser().clean([same, same]) == [[1], [1]]
    deep: object = "end"
    for _ in range(5000):
        deep = [deep]
    shown = json.dumps(Sanitiser().clean(deep))
    assert shown.count("[") == DEPTH
    assert "<too deep>" in shown
    many = Sanitiser().clean(list(range(100_000)))
    assert isinstance(many, list)
    assert len(many) < 3000
    assert "more>" in str(many[-1])


class _Liar(Mapping[str, object]):
    def __getitem__(self, key: str) -> object:
        raise RuntimeError

    def __iter__(self) -> Iterator[str]:
        raise RuntimeError

    def __len__(self) -> int:
        raise RuntimeError


class _Mute(Exception):
    def __str__(self) -> str:
        raise RuntimeError


class _Colour(Enum):
    RED = "password=red"


def test_objects_that_misbehave_cost_their_own_value() -> None:
    shown = Sanitiser().clean({"a": _Liar(), "b": _Mute(), "c": _Colour.RED, "d": 1})
    here = __name__
    assert shown == {
        "a": f"<{here}._Liar>",
        "b": {"type": f"{here}._Mute", "message": f"<{here}._Mute>"},
        "c": "password=[SANITIZED]",
        "d": 1,
    }


def test_an_exception_has_its_traceback_and_causes_without_secrets() -> None:
    try:
        try:
            raise KeyError(f"token={SECRET}")
        except KeyError as error:
            raise ValueError(f"https://u:{SECRET}@h") from error
    except ValueError as error:
        shown = Sanitiser().exception(error)
    assert shown["type"] == "ValueError"
    assert shown["message"] == "https://[SANITIZED]@h"
    assert "test_sanitising.py" in str(shown["traceback"])
    assert shown["causes"] == [{"type": "KeyError", "message": "'token=[SANITIZED]"}] or SECRET not in str(
        shown["causes"]
    )
    assert SECRET not in json.dumps(shown)


def test_the_start_of_a_long_traceback_shows_no_secret_that_lost_its_key() -> None:
    for text in (
        "password=" + SECRET * 40_000,
        "\n".join(["password='", *[SECRET] * 40_000, "'"]),
        "x\n" * 40_000 + f"password={SECRET}",
    ):
        shown = Sanitiser().traceback(ValueError(text))
        assert SECRET not in shown
        assert f"[cut, {len('ValueError: ' + text) + 1} characters]" in shown
        assert len(shown) < 17_000
    usual = ValueError("a\nb")
    assert Sanitiser().traceback(usual) == "".join(traceback.format_exception(usual))


def test_members_causes_and_notes_of_exceptions_show_no_secret() -> None:
    error = ExceptionGroup("all failed", [ValueError({"password": SECRET}), ValueError("no", "token", SECRET)])
    error.__context__ = KeyError(("authorization", SECRET))
    error.add_note(f"api_key={SECRET}")
    shown = json.dumps(Sanitiser().exception(error))
    assert SECRET not in shown
    assert "all failed" in shown


@pytest.mark.parametrize("given", ["boom", None, 7, object()])
def test_what_is_no_exception_is_shown_all_the_same(given: Any) -> None:
    assert Sanitiser().exception(given)["message"] == str(given)


class _Endless(Mapping[str, object]):
    def __getitem__(self, key: str) -> object:
        return 1

    def __iter__(self) -> Iterator[str]:
        while True:
            yield "token"

    def __len__(self) -> int:
        return 10**9


class _EndlessList(list[int]):
    def __iter__(self) -> Iterator[int]:
        while True:
            yield 1


def test_large_and_endless_values_take_no_time() -> None:
    for value in (
        {f"token{number}": 1 for number in range(300_000)},
        {(number,): 1 for number in range(50_000)},
        _Endless(),
        _EndlessList(),
        [["x" * 10_000] * 10_000] * 10,
        {"x" * 100_000: "y" * 10_000_000},
        "password=" * 1_000_000,
    ):
        start = time.thread_time()
        shown = json.dumps(Sanitiser().clean(value))
        assert time.thread_time() - start < 1.5, repr(value)[:50]
        assert len(shown) < 3_000_000


def test_names_of_fields_are_cleaned_too() -> None:
    given: dict[Any, object] = {f"password={SECRET}": 1, "a" * 300: 1, 7: 2, b"x": 3, ("t",): 4, "plain": 5}
    shown = Sanitiser().fields(given)
    assert shown == {
        "password=[SANITIZED]": "[SANITIZED]",
        "a" * 100 + "… [cut, 300 characters]": "[SANITIZED]",
        "7": 2,
        "x": 3,
        "<tuple>": 4,
        "plain": 5,
    }
