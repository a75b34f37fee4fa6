"""The table of both our specs: for every code and every match what it takes, and what it leaves to others."""

from __future__ import annotations

import errno
import json
import subprocess
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import httpx
import pytest

from output.cad_ml_platform import instrumentation as cad
from output.cad_ml_platform.instrumentation.error_codes import exception_map as cad_map
from output.snakepit import instrumentation as snakepit
from output.snakepit.instrumentation.error_codes import exception_map as snakepit_map
from service.cad_ml_platform import errors as cad_errors
from service.snakepit import errors as pit_errors

SYSTEMS: dict[str, tuple[ModuleType, Any]] = {"cad": (cad, cad_map), "snakepit": (snakepit, snakepit_map)}


def _raised(function: Callable[[], object]) -> Exception:
    try:
        function()
    except Exception as error:
        return error
    raise AssertionError("it did not raise")


def _answered(status: int) -> Exception:
    """What httpx raises for an answer of a provider: its own words, not ours."""
    return _raised(httpx.Response(status, request=httpx.Request("GET", "http://provider/")).raise_for_status)


def _from(error: Exception, cause: BaseException) -> Exception:
    error.__cause__ = cause
    return error


def _during(error: Exception, handled: BaseException) -> Exception:
    error.__context__ = handled
    return error


class Subclassed(pit_errors.WorkerKilled, MemoryError):
    """Nearer to the first of its bases."""


class Ours(httpx.ReadTimeout):
    """A subclass of a subclass."""


CAD = [
    ("a class", "resource_exhausted", MemoryError(), None),
    ("an attribute", "resource_exhausted", OSError(errno.ENOSPC, "No space left on device"), None),
    ("an attribute of a subclass", "resource_exhausted", BlockingIOError(errno.ENOSPC, "full"), None),
    ("another value of the attribute", "internal_error", OSError(errno.EIO, "Input/output error"), None),
    ("a message", "resource_exhausted", RuntimeError("CUDA error: Out of Memory"), None),
    ("another message", "internal_error", RuntimeError("CUDA error: device lost"), None),
    ("a class of the service", "resource_exhausted", cad_errors.OutOfService("full"), None),
    ("a class", "provider_timeout", TimeoutError(), None),
    ("a subclass of a library's class", "provider_timeout", httpx.ConnectTimeout("x"), None),
    ("a subclass of that", "provider_timeout", Ours("x"), None),
    ("a subclass", "network_error", ConnectionResetError(), None),
    ("a library's class", "network_error", httpx.ConnectError("x"), None),
    *(("a message", "network_error", _answered(status), None) for status in (502, 503, 504)),
    ("another message", "internal_error", _answered(500), None),
    ("a subclass is nearer than its base", "parse_failed", json.JSONDecodeError("x", "", 0), None),
    ("a subclass is nearer than its base", "parse_failed", _raised(b"\xff".decode), None),
    ("a message wins over the class alone", "parse_failed", ValueError("error while parsing"), None),
    ("a message is a word", "input_error", ValueError("sparsely populated"), None),
    ("a class of the service", "parse_failed", cad_errors.AnswerNotUnderstood("what?"), None),
    ("a class", "auth_failed", PermissionError(errno.EACCES, "x"), None),
    *(("a message", "auth_failed", _answered(status), None) for status in (401, 403)),
    ("a subclass", "model_load_error", _raised(lambda: __import__("no_such_module")), None),
    ("a class in a stage", "model_load_error", FileNotFoundError(), "load"),
    ("a class in another stage", "model_load_error", FileNotFoundError(), "init"),
    ("a class in no such stage", "internal_error", FileNotFoundError(), "infer"),
    ("a class in no stage", "internal_error", FileNotFoundError(), None),
    ("a message", "quota_exceeded", _answered(429), None),
    ("a class of the service", "quota_exceeded", cad_errors.QuotaExceeded("enough"), None),
    ("a class", "input_error", ValueError("empty"), None),
    ("the nearest base of a subclass", "input_error", cad_errors.OcrRejected("invalid_mime", "parsing"), None),
    ("two bases", "network_error", cad_errors.CircuitOpen("paddle", 1), None),
    ("a group", "provider_timeout", ExceptionGroup("g", [KeyError(), TimeoutError(), ValueError()]), None),
    ("a group in a group", "auth_failed", ExceptionGroup("g", [ExceptionGroup("h", [PermissionError()])]), None),
    ("a cause", "provider_timeout", _from(KeyError("x"), httpx.ReadTimeout("x")), None),
    ("a cause of a cause", "quota_exceeded", _from(KeyError(), _from(LookupError(), _answered(429))), None),
    ("the exception before its cause", "input_error", _from(ValueError("x"), TimeoutError()), None),
    ("a cause of a member", "network_error", ExceptionGroup("g", [_from(KeyError(), ConnectionError())]), None),
    ("what was handled meanwhile is no cause", "internal_error", _during(KeyError(), TimeoutError()), None),
    ("nothing", "internal_error", KeyError("x"), None),
]  # fmt: skip
SNAKEPIT = [
    ("a class", "resource_exhausted", MemoryError(), None),
    ("a class", "resource_exhausted", BlockingIOError(), None),
    ("a base of it is not mapped", "internal_error", OSError(), None),
    ("a class", "pool_closed", pit_errors.PoolClosed(), None),
    ("a class", "worker_exited", pit_errors.WorkerExited("w", 3), None),
    ("a class", "worker_killed", pit_errors.WorkerKilled("w", -9), None),
    ("the nearer of two", "worker_killed", Subclassed("w", -9), None),
    ("a class", "worker_out_of_memory", pit_errors.WorkerOutOfMemory("w", 1), None),
    ("a class", "worker_hung", pit_errors.WorkerHung("w", -9), None),
    ("a class", "worker_unresponsive", pit_errors.WorkerUnresponsive("w", -9), None),
    ("a class", "worker_start_failed", pit_errors.WorkerStartFailed("w", None), None),
    ("a base that is not mapped", "internal_error", pit_errors.WorkerLost("w", 1), None),
    ("a class", "request_timeout", pit_errors.RequestTimeout("echo", 1, "queue"), None),
    ("a base of it", "request_timeout", TimeoutError(), None),
    ("a class", "pool_saturated", pit_errors.PoolSaturated("default", 9), None),
    ("a class", "command_failed", pit_errors.CommandFailed("KeyError", "x", ""), None),
    ("a class", "invalid_request", pit_errors.InvalidRequest("x"), None),
    ("a class", "configuration_error", pit_errors.ConfigurationError("x"), None),
    ("a base that is not mapped", "internal_error", ValueError("x"), None),
    ("a group", "worker_hung", ExceptionGroup("g", [KeyError(), pit_errors.WorkerHung("w", -9)]), None),
    ("a cause", "pool_saturated", _from(KeyError(), pit_errors.PoolSaturated("default", 9)), None),
    ("what was handled meanwhile is no cause", "internal_error", _during(KeyError(), MemoryError()), None),
    ("nothing", "internal_error", KeyError("x"), None),
]
TABLE = [("cad", *row) for row in CAD] + [("snakepit", *row) for row in SNAKEPIT]


@pytest.mark.parametrize(("system", "why", "code", "error", "stage"), TABLE)
def test_an_exception_has_its_code(system: str, why: str, code: str, error: Exception, stage: str | None) -> None:
    assert str(SYSTEMS[system][0].code_of(error, stage=stage)) == code, why


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_code_and_every_match_has_a_row(system: str) -> None:
    package, mapping = SYSTEMS[system]
    rows = [(code, error, stage) for name, _, code, error, stage in TABLE if name == system]
    assert {code for code, _, _ in rows} == {str(code) for code in package.ErrorCode}
    for match in mapping._matches:
        alone = type(mapping)([match], "fallback", lambda error: None)
        hit = any(code == str(match.code) and alone.find(error, stage) is match.code for code, error, stage in rows)
        assert hit, f"no row for {match}"


@pytest.mark.parametrize("system", SYSTEMS)
def test_what_nothing_maps_is_counted_by_type_under_a_bound(system: str) -> None:
    package = SYSTEMS[system][0]
    error = type(f"NobodyKnows{system.title()}", (Exception,), {"__module__": "nowhere"})("x")
    with package.deltas() as moved:
        assert str(package.code_of(error)) == "internal_error"
        assert str(package.code_of(error)) == "internal_error"
    assert sum(change for series, change in moved.all().items() if "promspec_unmapped" in str(series)) == 1


ALONE = """
import sys
from output.cad_ml_platform.instrumentation import code_of as cad
from output.snakepit.instrumentation import code_of as pit
known = set(sys.modules)
for error in (MemoryError(), KeyError(), ValueError("parsing"), ExceptionGroup("g", [OSError()]), TimeoutError()):
    print(cad(error, stage="load"), pit(error))
assert set(sys.modules) == known, set(sys.modules) - known
assert not {"httpx", "service"} & known
"""


def test_nothing_is_imported_to_find_a_code(root: Any) -> None:
    done = subprocess.run([sys.executable, "-c", ALONE], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split("\n")[:-1] == [
        "resource_exhausted resource_exhausted",
        "internal_error internal_error",
        "parse_failed internal_error",
        "internal_error internal_error",
        "provider_timeout request_timeout",
    ]
