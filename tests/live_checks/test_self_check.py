"""`promspec self-check`: each exit code, by a small foreign service that is broken in that very way."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from promspec.cli.app import app
from tests.conftest import ROOT
from tests.live_checks.servers import Reply, raw, site

SPEC = str(Path(__file__).parent / "foreign_spec.py")
HERE = "tests.live_checks.foreign"
QUICK = ["--timeout", "1", "--deadline", "1", "--retries", "0"]
ORDER = ["--drive", "POST /orders", "--drive-json", '{"by": "bike"}']


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith(("SELF_CHECK_", "PROMSPEC_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(ROOT)


def run(*arguments: str, spec: str = SPEC) -> Result:
    return CliRunner().invoke(app, ["self-check", spec, *arguments], catch_exceptions=False)


def document(*arguments: str, spec: str = SPEC) -> dict[str, Any]:
    result = run(*arguments, "--json", spec=spec)
    found: dict[str, Any] = json.loads(result.stdout)
    assert found["exit_code"] == result.exit_code
    assert found["ok"] == (result.exit_code == 0)
    return found


def outcomes(found: dict[str, Any]) -> dict[str, str]:
    return {check["name"]: check["outcome"] for check in found["checks"]}


def said(found: dict[str, Any], name: str) -> str:
    check = next(check for check in found["checks"] if check["name"] == name)
    return "\n".join([check["message"], *(f"{each['id']}: {each['message']}" for each in check["problems"])])


@pytest.mark.parametrize("name", ["app", "asgi", "make_app", "Held.app"])
def test_a_service_that_is_right_is_0_as_wsgi_asgi_and_by_a_factory(name: str) -> None:
    result = run("--app", f"{HERE}:{name}", *ORDER)
    assert result.exit_code == 0, result.output
    lines = result.stdout.split("\n")
    assert [line[:14] for line in lines[:3]] == ["ok    api     ", "ok    health  ", "ok    metrics "]
    assert "ok    contract  4 families are as declared; orders_total, order_seconds moved" in lines
    assert "ok    mapping   2 of 2 error codes are exposed, every exception is mapped" in lines
    assert lines[-2] == f"orders at {HERE}:{name}: passed."
    assert "there is no promspec_info of the spec orders [verify/heartbeat]" in result.stdout


CONTRACT = ["--require", "provider=truck,bike"]
FAILURES: list[tuple[int, str, list[str], str, str]] = [
    (2, "failing", [], "api", f"{HERE}:failing fails: RuntimeError: no database"),
    (2, "fails_at_its_start", [], "api", f"{HERE}:fails_at_its_start ends before it serves"),
    (2, "never_starts", QUICK, "api", f"{HERE}:never_starts has not started within 1 s"),
    (2, "silent", QUICK, "api", "has not answered within 1 s|nothing for 1 s"),
    (2, "gateway", QUICK, "api", "answers 502 Bad Gateway"),
    (3, "sick", QUICK, "health", "/health answers 503 Service Unavailable"),
    (3, "says_sick", [], "health", "/health answers 200 OK, and its status is unhealthy"),
    (3, "no_health", [], "health", "/health answers 404 Not Found"),
    (4, "metrics_gone", [], "metrics", "/metrics answers 404 Not Found"),
    (4, "metrics_are_html", [], "metrics", "/metrics answers with text/html, and Prometheus reads text/plain"),
    (4, "metrics_are_empty", [], "metrics", "the exposition holds no sample: the instrumentation is not imported"),
    (4, "metrics_are_broken", [], "metrics", "the exposition cannot be read: line 2: this is no line"),
    (4, "metrics_are_binary", [], "metrics", "this is no UTF-8 text: byte 128 is 0x80"),
    (4, "metrics_are_half", [], "metrics", "this is OpenMetrics, and ends without # EOF"),
    (4, "metrics_are_moved", [], "metrics", "/metrics answers 302 Found"),
    (5, "wrong_type", [], "contract", "orders_waiting is exposed as a counter, and declared as a gauge"),
    (5, "family_missing", [], "contract", "verify/missing: orders_waiting is not exposed"),
    (5, "wrong_value", [], "contract", "verify/value: orders_total has status = 'ERROR', which status does not"),
    (5, "one_provider", [], "contract", "verify/missing: 2 of the 4 series of orders_total are not exposed"),
    (5, "app", ["--require", "provider=truck,doctr"], "contract", "verify/required: nothing is exposed with provider"),
    (5, "app", ["--require", "zone=a"], "contract", "verify/required: nothing is exposed with zone = a"),
    (5, "never_counts", ORDER, "contract", "POST /orders answers 201 Created, and no declared counter moved"),
    (5, "app", ["--drive", "GET /health"], "contract", "GET /health answers 200 OK, and no declared counter moved"),
    (5, "app", [*ORDER, "--moves", "order_errors_total"], "contract", "and order_errors_total did not move"),
    (5, "app", ["--strict"], "contract", "verify/heartbeat: there is no promspec_info of the spec orders"),
    (5, "extra", ["--strict"], "contract", "verify/undeclared: extra is exposed, and not declared"),
    (6, "undeclared_code", [], "mapping", "verify/value: order_errors_total has code = 'TIMEOUT', which code does not"),
    (6, "unmapped", [], "mapping", "verify/mapping: no error code maps builtins.KeyError (3)"),
    (
        6,
        "app",
        ["--min-error-codes", "3"],
        "mapping",
        "2 error codes are exposed (timeout, other), and 3 are asked",
    ),
    (6, "app", ["--min-errors", "order_errors_total=9"], "mapping", "order_errors_total has 4 series, and 9 are asked"),
    (
        6,
        "app",
        ["--min-errors", "orders_errors_total=1"],
        "mapping",
        "orders_errors_total has 0 series, and 1",
    ),
]


@pytest.mark.parametrize(
    ("code", "name", "options", "check", "words"),
    FAILURES,
    ids=[f"{each[0]}-{each[1]}" for each in FAILURES],
)
def test_a_service_that_is_broken_ends_with_the_code_of_its_breach(
    code: int, name: str, options: list[str], check: str, words: str
) -> None:
    started = time.monotonic()
    found = document("--app", f"{HERE}:{name}", *options)
    assert (found["exit_code"], outcomes(found)[check]) == (code, "failed"), found
    assert any(part in said(found, check) for part in words.split("|")), said(found, check)
    failed = [name for name, outcome in outcomes(found).items() if outcome == "failed"]
    assert failed == [check]
    assert time.monotonic() - started < 20


def test_everything_that_can_be_checked_is_and_the_first_failure_gives_the_code() -> None:
    found = document("--app", f"{HERE}:sick_and_broken", "--min-error-codes", "3", *QUICK)
    assert found["exit_code"] == 3
    assert outcomes(found) == {
        "api": "passed",
        "health": "failed",
        "metrics": "passed",
        "contract": "failed",
        "mapping": "failed",
    }
    assert [check["exit_code"] for check in found["checks"]] == [0, 3, 0, 5, 6]


def test_what_depends_on_a_failure_is_not_run() -> None:
    gone = document("--app", f"{HERE}:metrics_gone")
    assert outcomes(gone)["contract"] == outcomes(gone)["mapping"] == "not run"
    nobody = document("--base-url", "http://127.0.0.1:1", "--retries", "0")
    assert (nobody["exit_code"], list(outcomes(nobody).values())) == (2, ["failed", *["not run"] * 4])
    assert said(nobody, "api") == "cannot reach http://127.0.0.1:1/: Connection refused"


def test_violations_stand_at_their_lines_for_people_and_machines() -> None:
    line = next(number for number, text in enumerate(Path(SPEC).read_text().split("\n"), 1) if "waiting = " in text)
    place = f"tests/live_checks/foreign_spec.py:{line}"
    text = run("--app", f"{HERE}:family_missing").stdout
    assert f"{place}: error: orders_waiting is not exposed [verify/missing]\n {line} | waiting = Gauge(" in text
    assert "FAIL  contract  1 violation of the contract" in text
    assert text.endswith("failed, exit code 5.\n")
    found = document("--app", f"{HERE}:family_missing")
    problem = next(each for each in found["checks"][3]["problems"] if each["severity"] == "error")
    assert (f"{problem['file']}:{problem['line']}", problem["id"]) == (place, "verify/missing")


def test_a_url_is_checked_with_a_path_credentials_and_other_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    page = document_page()
    pages = {"/shop/": Reply(b"hi"), "/shop/up": Reply(b"fine"), "/shop/prom": Reply(page)}
    monkeypatch.setenv("PROMSPEC_PASSWORD", "hunter2")
    with site(pages) as held:
        options = ["--health-path", "/up", "--metrics-path", "/prom", "--user", "me"]
        found = document("--base-url", f"{held.url}/shop", *options)
        assert found["exit_code"] == 0, found
        assert found["target"] == f"{held.url}/shop"
    assert {headers["authorization"] for _, _, headers, _ in held.asked} == {"Basic bWU6aHVudGVyMg=="}
    assert "hunter2" not in json.dumps(found)


def document_page() -> bytes:
    from prometheus_client import generate_latest

    from tests.live_checks.foreign import Metrics

    return generate_latest(Metrics().registry)


def test_hostile_metrics_end_in_time_with_4() -> None:
    def flood(connection: Any, over: Any) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n")
        while not over.is_set():
            connection.sendall(b"a 1\n" * 20_000)

    with (
        raw(flood) as url,
        site({"/": Reply(b""), "/health": Reply(b""), "/metrics": Reply(b"", 307, headers={"Location": url})}) as held,
    ):
        redirected = document("--base-url", held.url)
        started = time.monotonic()
        flooded = document("--base-url", url.removesuffix("/metrics"), "--largest", "1000000", *QUICK)
    assert redirected["exit_code"] == 4
    assert said(redirected, "metrics").endswith(f"307 Temporary Redirect and points to {url}: name that address")
    assert flooded["exit_code"] == 2
    assert "answers more than 1,000,000 bytes|" in said(flooded, "api") + "|"
    assert time.monotonic() - started < 5


ENVIRONMENT: list[tuple[dict[str, str], int, str]] = [
    ({}, 0, ""),
    ({"STRICT_METRICS": "yes"}, 5, "verify/heartbeat"),
    ({"STRICT_METRICS": "NO"}, 0, ""),
    ({"STRICT_METRICS": ""}, 0, ""),
    ({"REQUIRED_PROVIDERS": "truck, bike"}, 0, ""),
    ({"REQUIRED_PROVIDERS": "truck,ship"}, 5, "nothing is exposed with provider = ship"),
    ({"VALIDATE_COUNTERS": "1", "DRIVE": "POST /orders"}, 0, ""),
    ({"VALIDATE_COUNTERS": "true", "DRIVE": "POST /orders", "DRIVE_JSON": '{"by": "bike"}'}, 0, ""),
    ({"VALIDATE_COUNTERS": "true", "DRIVE": "GET /health"}, 5, "no declared counter moved"),
    ({"VALIDATE_COUNTERS": "0", "DRIVE": "GET /health"}, 0, ""),
    ({"MIN_ERROR_CODES": "2"}, 0, ""),
    ({"MIN_ERROR_CODES": "3"}, 6, "2 error codes are exposed"),
    ({"MIN_OCR_ERRORS": "1"}, 6, "ocr_errors_total has 0 series"),
    ({"HEALTH_PATH": "/nowhere"}, 3, "/nowhere answers 404 Not Found"),
    ({"METRICS_PATH": "/nowhere"}, 4, "/nowhere answers 404 Not Found"),
    ({"STRICT_METRICS": "maybe"}, 1, "SELF_CHECK_STRICT_METRICS is 'maybe': write true, false, 1, 0, yes or no"),
    ({"VALIDATE_COUNTERS": "on"}, 1, "SELF_CHECK_VALIDATE_COUNTERS is 'on'"),
    ({"VALIDATE_COUNTERS": "true"}, 1, "a request must be driven: --drive 'POST /path', or SELF_CHECK_DRIVE"),
    ({"MIN_ERROR_CODES": "many"}, 1, "SELF_CHECK_MIN_ERROR_CODES is 'many': write a whole number"),
    ({"MIN_OCR_ERRORS": "-1"}, 1, "SELF_CHECK_MIN_OCR_ERRORS is '-1'"),
    ({"APP": ""}, 1, "name what to check: --base-url URL (SELF_CHECK_BASE_URL), or --app"),
    ({"BASE_URL": "localhost:8000"}, 1, "localhost:8000 is no http URL"),
]


@pytest.mark.parametrize(("variables", "code", "words"), ENVIRONMENT, ids=[str(row[0]) for row in ENVIRONMENT])
def test_variables_mean_what_they_say(
    variables: dict[str, str], code: int, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"APP": f"{HERE}:app", **variables}.items():
        monkeypatch.setenv(f"SELF_CHECK_{name}", value)
    found = document("--retries", "0")
    assert found["exit_code"] == code, found
    assert words in json.dumps(found, ensure_ascii=False)


def test_variables_of_others_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"BASE_URL": "http://127.0.0.1:1", "STRICT_METRICS": "x", "MIN_ERROR_CODES": "x"}.items():
        monkeypatch.setenv(name, value)
    found = document("--app", f"{HERE}:app")
    assert (found["exit_code"], found["ok"]) == (0, True)


def test_options_win_over_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SELF_CHECK_BASE_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("SELF_CHECK_STRICT_METRICS", "true")
    monkeypatch.setenv("SELF_CHECK_MIN_ERROR_CODES", "9")
    assert document("--app", f"{HERE}:app", "--no-strict", "--min-error-codes", "0")["exit_code"] == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--bogus"], "No such option: --bogus"),
        ([], "name what to check"),
        (["--base-url", "http://a", "--app", "b:c"], "give --base-url or --app, not both"),
        (["--app", "nonsense"], "nonsense names no application: write module:attribute"),
        (["--app", "no_such_module:app"], "there is no module no_such_module here"),
        (["--app", f"{HERE}:ap"], f"{HERE} has no ap; did you mean app?"),
        (["--app", f"{HERE}:not_an_app"], "is neither an ASGI nor a WSGI application"),
        (["--app", f"{HERE}:app", "--require", "provider"], "--require is 'provider': write label=value,value"),
        (["--app", f"{HERE}:app", "--min-errors", "a=b"], "--min-errors a is 'b': write a whole number"),
        (["--app", f"{HERE}:app", "--drive", "FETCH /x"], "--drive is 'FETCH /x': write a method and a path"),
        (["--app", f"{HERE}:app", "--drive", "POST orders"], "--drive is 'POST orders': write a method and a path"),
        (["--app", f"{HERE}:app", "--drive", "POST /x", "--drive-json", "{"], "the --drive-json of POST /x is no JSON"),
        (["--app", f"{HERE}:app", "--drive-json", "{}"], "there are more bodies (--drive-json) than requests"),
        (["--base-url", "http://a", "--key", "b"], "a key alone proves nothing"),
        (["--base-url", "http://a", "--timeout", "soon"], "--timeout"),
    ],
)
def test_wrong_usage_is_1_in_text_and_in_json(arguments: list[str], words: str) -> None:
    plain = run(*arguments)
    assert plain.exit_code == 1
    assert words in " ".join(plain.output.replace("│", " ").split())
    assert words in document(*arguments)["error"]


def test_without_uvicorn_an_asgi_application_is_1_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    found = document("--app", f"{HERE}:asgi")
    assert (found["exit_code"], "which uvicorn serves: pip install uvicorn" in found["error"]) == (1, True)


def test_no_spec_at_all_is_1_too() -> None:
    result = CliRunner().invoke(app, ["self-check"])
    assert (result.exit_code, "Missing argument" in result.output) == (1, True)


def test_a_broken_spec_is_1_with_its_problems(tmp_path: Path) -> None:
    spec = tmp_path / "bad.py"
    spec.write_text(Path(SPEC).read_text().replace('"orders_total"', '"orders"'))
    found = document("--app", f"{HERE}:app", spec=str(spec))
    assert (found["exit_code"], found["error"]) == (1, "the spec has errors: nothing was checked")
    assert found["problems"][0]["id"] == "metric/counter-suffix"
    assert "metric/counter-suffix" in run("--app", f"{HERE}:app", spec=str(spec)).stdout
    assert document("--app", f"{HERE}:app", spec=str(tmp_path / "missing.py"))["problems"][0]["id"] == "load/no-file"


LOUD = """
import os, subprocess, sys, threading, time
print("hello from an import")
os.write(1, b"bytes on descriptor 1\\n")
subprocess.run(["echo", "a child"])
from tests.live_checks.foreign import app as quiet
def app(environ, start):
    print("a request", flush=True)
    return quiet(environ, start)
"""
STUCK = """
import threading, time
from tests.live_checks.foreign import asgi
threading.Thread(target=time.sleep, args=(600,)).start()
async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        time.sleep(600)
    await asgi(scope, receive, send)
"""


def _in_a_process(folder: Path, source: str, *options: str) -> tuple[int, str, str]:
    (folder / "loud.py").write_text(source)
    command = [sys.executable, "-m", "promspec", "self-check", SPEC, "--app", "loud:app", *options]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.slow
def test_json_is_all_there_is_on_stdout_whatever_the_application_prints(tmp_path: Path) -> None:
    code, out, err = _in_a_process(tmp_path, LOUD, "--json")
    assert (code, json.loads(out)["exit_code"]) == (0, 0), err
    for words in ("hello from an import", "bytes on descriptor 1", "a child", "a request"):
        assert words in err


@pytest.mark.slow
def test_an_application_that_will_not_end_does_not_hold_up_the_command(tmp_path: Path) -> None:
    started = time.monotonic()
    code, out, err = _in_a_process(tmp_path, STUCK, "--json", *QUICK)
    assert (code, json.loads(out)["exit_code"]) == (2, 2), err
    assert time.monotonic() - started < 30
