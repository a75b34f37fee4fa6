"""Log lines: one JSON object each, in stable order, without secrets, whatever the caller gives."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from promspec.runtime.logs import JsonFormatter
from promspec.runtime.sanitising import Sanitiser
from tests.support.generated import Generated

ANYTHING = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary(), st.builds(object)),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(), inner), st.tuples(inner, inner)),
    max_leaves=10,
)


@pytest.fixture
def _usual_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers.clear()
    yield
    logging.captureWarnings(False)
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def out(pit: Generated, _usual_logging: None) -> io.StringIO:
    stream = io.StringIO()
    pit.module.logs.configure_logging(stream=stream)
    return stream


def _lines(out: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_a_line_has_its_fields_in_stable_order(pit: Generated, out: io.StringIO) -> None:
    with pit.module.correlation.scope("req-1"), pit.module.correlation.bind(request_id="r"):
        pit.module.logs.logger("pit.pool").info("worker started", zone="z", attempt=2)
        logging.getLogger("pit.pool").warning("%s is %d", "it", 3, extra={"seconds": 1.5})
    first, second = _lines(out)
    assert list(first) == [
        *("timestamp", "level", "event", "correlation_id", "logger", "service"),
        *("attempt", "request_id", "zone"),
    ]
    assert first["timestamp"].endswith("+00:00")
    assert (first["level"], first["event"], first["correlation_id"]) == ("info", "worker started", "req-1")
    assert (first["logger"], first["service"], first["attempt"], first["zone"]) == ("pit.pool", "pit", 2, "z")
    assert (second["event"], second["seconds"], second["request_id"]) == ("it is 3", 1.5, "r")


def test_secrets_are_taken_out_of_message_arguments_fields_and_exceptions(pit: Generated, out: io.StringIO) -> None:
    log = logging.getLogger("x")
    log.info("login of %(user)s with %(password)s", {"user": "ada", "password": "hunter2"})
    log.info("headers %s", {"Authorization": "Bearer hunter2"})
    log.info("GET https://u:hunter2@h/?token=hunter2", extra={"headers": [(b"Cookie", "hunter2")], "IBAN": "hunter2"})
    try:
        raise ValueError("api_key=hunter2")
    except ValueError:
        log.exception("failed", stack_info=True)
    pit.module.logs.logger("x").error("failed", exception=ValueError("secret: hunter2"), password="hunter2")
    assert "hunter2'" not in out.getvalue().replace("api_key=hunter2", "")
    lines = _lines(out)
    assert lines[0]["event"] == "login of ada with [SANITIZED]"
    assert lines[1]["event"] == "headers {'Authorization': '[SANITIZED]'}"
    assert lines[2]["event"] == "GET https://[SANITIZED]@h/?token=[SANITIZED]"
    assert (lines[2]["IBAN"], lines[2]["headers"]) == ("[SANITIZED]", [["<bytes of 6>", "[SANITIZED]"]])
    assert lines[3]["exception"]["message"] == "api_key=[SANITIZED]"
    assert "test_logs.py" in lines[3]["exception"]["traceback"]
    assert lines[4]["password"] == "[SANITIZED]"
    assert "hunter2" not in out.getvalue()


def test_no_text_begins_a_new_line(pit: Generated, out: io.StringIO) -> None:
    pit.module.logs.configure_logging(
        stream=out
    )  # Without the handler that pytest adds: xdist cannot send a surrogate.
    evil = 'a\n{"level": "critical"}\r\u2028\x85\x1b[31m\udc80'
    pit.module.logs.logger("x\ny").info(evil, **{"k\ney": evil})
    assert out.getvalue().count("\n") == 1
    assert out.getvalue().isascii()
    assert _lines(out)[0]["event"] == evil


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ANYTHING, ANYTHING, st.dictionaries(st.text(), ANYTHING))
def test_every_record_is_one_line_of_json(message: Any, arguments: Any, fields: dict[str, Any]) -> None:
    record = logging.makeLogRecord({**fields, "msg": message, "args": arguments, "promspec_fields": fields})
    line = JsonFormatter(Sanitiser()).format(record)
    assert "\n" not in line
    assert list(json.loads(line))[:3] == ["timestamp", "level", "event"]


class _Hostile:
    def __str__(self) -> str:
        raise RuntimeError

    __repr__ = __str__


def test_what_cannot_be_shown_makes_the_line_simpler_and_nothing_raises(pit: Generated, out: io.StringIO) -> None:
    pit.module.logs.configure_logging(stream=out)  # Without the handler that pytest adds for the test.
    log = logging.getLogger("x")
    log.info("%s", _Hostile(), extra={"it": _Hostile()})
    log.info(_Hostile())
    log.info("%d of %d", 1)
    record = logging.makeLogRecord({"msg": "password=x", "name": "n", "created": float("nan"), "levelname": None})
    line = json.loads(JsonFormatter(Sanitiser()).format(record))
    assert line["event"] == "password=[SANITIZED]"
    assert line["fallback"] == "AttributeError"
    lines = _lines(out)
    assert lines[0]["it"] == f"<{__name__}._Hostile>"
    assert lines[1]["event"].startswith(f"<{__name__}._Hostile>")
    assert lines[2]["event"] == "%d of %d [1]"


def test_fields_cannot_pose_as_the_lines_own(pit: Generated, out: io.StringIO) -> None:
    pit.module.logs.logger("x").info("real", timestamp="t", level="l", correlation_id="c", logger="z", exception=None)
    line = _lines(out)[0]
    assert (line["event"], line["level"], line["logger"], line["level_"]) == ("real", "info", "x", "l")


def test_events_are_lines_at_their_level(pit: Generated, out: io.StringIO) -> None:
    pit.module.logs.configure_logging(stream=out)  # Twice: each event is still one line.
    with pit.module.correlation.scope("req-1"):
        pit.module.events.worker_crashed(pool="small", class_="kill", exit_code=-9, exception=ValueError("no"))
    (line,) = _lines(out)
    assert {key: line[key] for key in ("level", "event", "correlation_id", "class", "exit_code", "pool")} == {
        "level": "error",
        "event": "worker.crashed",
        "correlation_id": "req-1",
        "class": "kill",
        "exit_code": -9,
        "pool": "small",
    }
    assert line["exception"]["type"] == "ValueError"


def test_a_broken_stream_is_counted_and_harms_nobody(pit: Generated, capsys: pytest.CaptureFixture[str]) -> None:
    stream = io.StringIO()
    pit.module.logs.configure_logging(stream=stream)
    before = pit.lost("internal") or 0
    stream.close()
    logging.getLogger("x").error("password=hunter2")
    assert (pit.lost("internal") or 0) == before + 1
    assert capsys.readouterr() == ("", "")


def test_the_level_is_the_declared_one_unless_given(pit: Generated, out: io.StringIO) -> None:
    pit.module.logs.logger("x").debug("seen")
    pit.module.logs.configure_logging("warning", out)
    pit.module.logs.logger("x").info("unseen")
    pit.module.logs.configure_logging("nonsense", out)
    pit.module.logs.logger("x").info("info again")
    assert [line["event"] for line in _lines(out)] == ["seen", "info again"]


def test_uvicorns_lines_are_json_too(pit: Generated, out: io.StringIO) -> None:
    logging.getLogger("uvicorn").addHandler(logging.NullHandler())
    pit.module.logs.configure_logging(stream=out)
    logging.getLogger("uvicorn.error").info("Started")
    assert [line["logger"] for line in _lines(out)] == ["uvicorn.error"]
