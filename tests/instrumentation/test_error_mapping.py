"""Which code an exception has: the most specific class, conditions, aliases, causes, groups; nothing is imported."""

from __future__ import annotations

import asyncio
import concurrent.futures
import json
import socket
import sys
from pathlib import Path

import pytest

from promspec.runtime.exceptions import ExceptionMap, Match
from tests.support.generated import Generated, generated
from tests.support.specs import SHOP


@pytest.fixture
def shop(tmp_path: Path) -> Generated:
    return generated(SHOP, tmp_path / "shop")


def _code(error: BaseException, *matches: Match[str], stage: str | None = None) -> str:
    return ExceptionMap(matches, "fallback", lambda _: None).find(error, stage)


@pytest.mark.parametrize(
    ("dotted", "error"),
    [
        ("builtins.TimeoutError", TimeoutError()),
        ("asyncio.TimeoutError", TimeoutError()),
        ("asyncio.exceptions.CancelledError", asyncio.CancelledError()),
        ("socket.timeout", TimeoutError()),
        ("builtins.IOError", FileNotFoundError()),
        ("concurrent.futures.TimeoutError", concurrent.futures.TimeoutError()),
        ("json.JSONDecodeError", json.JSONDecodeError("x", "", 0)),
        ("json.decoder.JSONDecodeError", json.JSONDecodeError("x", "", 0)),
        ("socket.gaierror", socket.gaierror()),
        ("builtins.LookupError", KeyError()),
    ],
)
def test_a_dotted_name_means_the_class_its_subclasses_and_its_aliases(dotted: str, error: Exception) -> None:
    assert _code(error, Match(dotted, "code")) == "code"


def test_a_module_is_never_imported() -> None:
    name = "xml.dom.pulldom"
    sys.modules.pop(name, None)
    assert _code(ValueError(), Match(f"{name}.ValueError", "code"), Match("no.such.Thing", "code")) == "fallback"
    assert name not in sys.modules


def test_a_nested_class_is_found_by_its_qualified_name() -> None:
    class Outer:
        class Inner(Exception):
            pass

    dotted = f"{__name__}.{Outer.Inner.__qualname__}"
    assert _code(Outer.Inner(), Match(dotted, "code")) == "code"


def test_the_most_specific_class_wins_whatever_the_order() -> None:
    general, special = Match("builtins.Exception", "general"), Match("builtins.ConnectionError", "special")
    assert _code(ConnectionResetError(), general, special) == "special"
    assert _code(ConnectionResetError(), special, general) == "special"
    assert _code(KeyError(), special, general) == "general"


def test_on_one_class_a_match_with_conditions_comes_first() -> None:
    plain, parsing = Match("builtins.ValueError", "input"), Match("builtins.ValueError", "parse", message="pars(e|ing)")
    assert _code(ValueError("while parsing"), plain, parsing) == "parse"
    assert _code(ValueError("empty"), plain, parsing) == "input"
    base = Match("builtins.Exception", "any", message="pars")
    assert _code(ValueError("parsing"), base, plain) == "input"


def test_attributes_may_be_paths_and_stages_must_be_equal() -> None:
    class Response:
        status_code = 429

    class Failed(Exception):
        response = Response()
        code = 7

    dotted = f"{__name__}.{Failed.__qualname__}"
    quota = Match(dotted, "quota", attributes=[("response.status_code", 429)])
    assert _code(Failed(), quota) == "quota"
    assert _code(Failed(), Match(dotted, "no", attributes=[("response.status_code", 500)])) == "fallback"
    assert _code(Failed(), Match(dotted, "no", attributes=[("response.missing.more", 1)])) == "fallback"
    assert _code(Failed(), Match(dotted, "load", stage="load"), stage="load") == "load"
    assert _code(Failed(), Match(dotted, "load", stage="load"), stage="infer") == "fallback"


def test_the_exception_itself_decides_before_its_cause() -> None:
    try:
        try:
            raise TimeoutError
        except TimeoutError as cause:
            raise RuntimeError("wrapped") from cause
    except RuntimeError as caught:
        error = caught
    timeout = Match("builtins.TimeoutError", "timeout")
    assert _code(error, timeout) == "timeout"
    assert _code(error, timeout, Match("builtins.RuntimeError", "own")) == "own"


def test_members_of_a_group_are_asked_in_order_and_circles_end() -> None:
    timeout, value = Match("builtins.TimeoutError", "timeout"), Match("builtins.ValueError", "value")
    group = ExceptionGroup("g", [KeyError(), ExceptionGroup("h", [ValueError()]), TimeoutError()])
    assert _code(group, timeout, value) == "value"
    first, second = KeyError(), IndexError()
    first.__cause__, second.__cause__ = second, first
    assert _code(first, timeout) == "fallback"


def test_code_of_is_exported_and_counts_what_is_unmapped(shop: Generated) -> None:
    code_of, codes = shop.module.code_of, shop.module.ErrorCode
    assert code_of(json.JSONDecodeError("x", "", 0)) is codes.PARSE_FAILED
    assert code_of(ValueError("cannot parse")) is codes.PARSE_FAILED
    assert code_of(ValueError("other")) is codes.INPUT_ERROR
    assert code_of(OSError(), stage="load") is codes.LOADING
    assert code_of(KeyError()) is codes.INTERNAL_ERROR
    assert shop.value("promspec_unmapped_exceptions_total", type="builtins.KeyError") == 1


def test_an_unmapped_exception_is_counted_once_however_often_it_is_asked_about(shop: Generated) -> None:
    class Slotted(LookupError):
        __slots__ = ()

    code_of, codes = shop.module.code_of, shop.module.ErrorCode
    error, before = LookupError(), shop.value("promspec_unmapped_exceptions_total", type="builtins.LookupError") or 0
    for _ in range(3):
        assert code_of(error) is codes.INTERNAL_ERROR
        assert code_of(Slotted()) is codes.INTERNAL_ERROR
    code_of(LookupError())
    assert shop.value("promspec_unmapped_exceptions_total", type="builtins.LookupError") == before + 2


def test_unmapped_exceptions_are_told_apart_up_to_fifty_types(shop: Generated) -> None:
    for number in range(60):
        shop.module.code_of(type(f"E{number}", (Exception,), {})())
    samples = [s for f in shop.registry.collect() for s in f.samples if s.name == "promspec_unmapped_exceptions_total"]
    assert len(samples) == 51
    assert shop.value("promspec_unmapped_exceptions_total", type="__other__") == 10


def test_codes_know_their_severity_action_and_budget(shop: Generated) -> None:
    codes = shop.module.ErrorCode
    assert (codes.TIMEOUT.severity, codes.TIMEOUT.action) == ("critical", "Look at the provider.")
    assert (codes.TIMEOUT.spends_budget, codes.INPUT_ERROR.spends_budget) == (True, False)
    assert [str(code) for code in codes] == ["timeout", "parse_failed", "loading", "input_error", "internal_error"]
