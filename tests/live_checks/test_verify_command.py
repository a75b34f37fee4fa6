"""`promspec verify` as a person and a pipeline use it: endpoints, files, durations, coverage, forms, exit codes."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from promspec.cli.app import app
from tests.live_checks.servers import Reply, certificate, raw, site
from tests.support.generated import Generated, generated

SPEC = """from promspec import *
colour = Label("colour", values=["red", "green"])
spec = Spec("paint", owner="x", metrics=[
    Counter("sold_total", "Sold.", labels=[colour]),
    Gauge("stock", "Stock.", initialise="never"),
])
"""


@pytest.fixture(scope="module")
def paint(tmp_path_factory: pytest.TempPathFactory) -> Generated:
    """The generated package at work, and its spec beside it: paint.py."""
    folder = tmp_path_factory.mktemp("verify")
    (folder / "paint.py").write_text(SPEC, encoding="utf-8")
    package = generated(SPEC.partition("\n")[2], folder / "paint")
    package.metrics.sold_total.inc(colour="red")
    package.metrics.stock.set(3)
    return package


@pytest.fixture(autouse=True)
def here(paint: Generated, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(paint.folder.parent)
    for name in ("PROMSPEC_BEARER_TOKEN", "PROMSPEC_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    return paint.folder.parent


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["verify", "paint.py", *arguments], catch_exceptions=False)


def test_an_endpoint_that_keeps_its_contract_is_0_and_tells_its_coverage(paint: Generated) -> None:
    with site({"/metrics": lambda: Reply(paint.text().encode())}) as held:
        result = run("--url", f"{held.url}/metrics", "--strict")
    assert (result.exit_code, result.stdout) == (
        0,
        "The contract is kept: 12 samples in 1 scrape.\n"
        "Coverage 66.6 %: 2 of 3 declared values were seen.\n"
        "Not seen:\n"
        '  sold_total{colour="green"}\n',
    )
    assert held.asked[0][2]["accept"].startswith("application/openmetrics-text;version=1.0.0")


def test_a_violation_is_1_and_stands_at_its_line_in_the_spec(paint: Generated) -> None:
    text = paint.text().replace('colour="red"', 'colour="rad"')
    with site({"/metrics": Reply(text.encode())}) as held:
        result = run("--url", f"{held.url}/metrics")
    assert result.exit_code == 1
    assert result.stdout.startswith(
        "paint.py:2: error: sold_total has colour = 'rad', which colour does not declare [verify/value]\n"
        ' 2 | colour = Label("colour", values=["red", "green"])\n'
        "   = did you mean red?\n"
    )
    assert "2 violations: 12 samples in 1 scrape.\n" in result.stdout


def test_scrapes_over_a_duration_are_compared(paint: Generated) -> None:
    falling = iter([9, 9, 5, 7, 7, 7])

    def reply() -> Reply:
        return Reply(paint.text().replace('{colour="green"} 0.0', f'{{colour="green"}} {next(falling)}.0').encode())

    started = time.monotonic()
    with site({"/metrics": reply}) as held:
        result = run("--url", f"{held.url}/metrics", "--duration", "600ms", "--interval", "200ms")
    assert len(held.asked) == 4
    assert 0.5 < time.monotonic() - started < 10
    assert result.exit_code == 1
    assert 'sold_total{colour="green"} falls from 9 to 5 [verify/not-monotonic]' in result.stdout
    assert "1 violation: 48 samples in 4 scrapes.\nCoverage 100 %: 3 of 3" in result.stdout


def test_a_violation_of_every_scrape_is_told_once_and_several_endpoints_are_named(paint: Generated) -> None:
    good, bad = Reply(paint.text().encode()), Reply(paint.text().replace("Stock.", "Stocks.").encode())
    with site({"/good": good, "/bad": bad}) as held:
        urls = ["--url", f"{held.url}/good", "--url", f"{held.url}/bad"]
        result = run(*urls, "--duration", "300ms", "--interval", "100ms")
    said = f'the help text of stock says "Stocks.", at {held.url}/bad [verify/help]'
    assert (result.exit_code, result.stdout.count("[verify/help]"), said in result.stdout) == (1, 1, True)
    assert "96 samples in 8 scrapes" in result.stdout


def test_files_are_scrapes_of_one_process_in_order(paint: Generated, tmp_path: Path) -> None:
    first, second = tmp_path / "1.prom", tmp_path / "2.prom"
    first.write_text(paint.text().replace('{colour="red"} 1.0', '{colour="red"} 4.0'))
    second.write_text(paint.text())
    assert run("--file", str(second), "--file", str(first)).exit_code == 0
    fallen = run("--file", str(first), "--file", str(second))
    assert (fallen.exit_code, "falls from 4 to 1" in fallen.stdout) == (1, True)
    assert run("--file", str(second)).exit_code == 0


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Reply(b""), "the exposition holds no sample [verify/empty]"),
        (Reply(b"# TYPE a counter\n"), "the exposition holds no sample [verify/empty]"),
        (Reply(b"", 404), "answers 404 Not Found [verify/unanswered]"),
        (Reply(b"<html>", type="text/html"), "answers with text/html, and Prometheus reads text/plain"),
        (Reply(b"sold_total 1\n<html>"), "URL:2: error: this is no line of an exposition"),
        (Reply(b"a 1\n", type="application/openmetrics-text"), "ends without # EOF: a part of it is missing"),
        (Reply(b"\xff\xfe", type=""), "URL:1: error: this is no UTF-8 text: byte 0 is 0xff [verify/exposition]"),
    ],
)
def test_what_shows_no_sample_keeps_no_contract(reply: Reply, said: str) -> None:
    with site({"/metrics": reply}) as held:
        result = run("--url", f"{held.url}/metrics", "--retries", "0")
        told = result.stdout.replace(f"{held.url}/metrics", "URL")
    assert result.exit_code == 1
    assert said in told
    assert "Nothing was scraped: no contract is kept by silence: 0 samples" in told


def test_one_endpoint_of_two_that_does_not_answer_is_a_violation(paint: Generated) -> None:
    with site({"/metrics": Reply(paint.text().encode())}) as held:
        result = run("--url", f"{held.url}/metrics", "--url", "http://127.0.0.1:1/metrics", "--retries", "0")
    assert result.exit_code == 1
    assert "http://127.0.0.1:1/metrics: error: cannot reach" in result.stdout
    assert "1 violation: 12 samples in 1 scrape." in result.stdout


def test_a_slow_endpoint_ends_at_the_deadline() -> None:
    started = time.monotonic()

    def silent(connection: socket.socket, over: threading.Event) -> None:
        over.wait()

    with raw(silent) as url:
        result = run("--url", url, "--deadline", "0.3", "--retries", "0")
    assert time.monotonic() - started < 3
    assert (result.exit_code, "verify/unanswered" in result.stdout) == (1, True)


def test_undeclared_families_fail_only_in_strict_mode(paint: Generated, tmp_path: Path) -> None:
    file = tmp_path / "a.prom"
    file.write_text(paint.text() + "extra 1\n")
    loose = run("--file", str(file))
    assert (loose.exit_code, "1 warning: 13 samples" in loose.stdout) == (0, True)
    assert run("--file", str(file), "--strict").exit_code == 1
    assert run("--file", str(file), "--strict", "--ignore", "extr").exit_code == 0


def test_the_coverage_can_be_demanded_saved_and_merged(paint: Generated, tmp_path: Path) -> None:
    red, green, saved = tmp_path / "red.prom", tmp_path / "green.prom", str(tmp_path / "run.json")
    red.write_text(paint.text())
    swapped = paint.text().replace('"red"', '"RED"').replace('"green"', '"red"').replace('"RED"', '"green"')
    green.write_text(swapped)
    low = run("--file", str(red), "--fail-under", "80", "--save", saved)
    assert (low.exit_code, "That is under the 80 % of --fail-under." in low.stdout) == (1, True)
    merged = run("--file", str(green), "--fail-under", "80", "--merge", saved)
    assert (merged.exit_code, "Coverage 100 %: 3 of 3" in merged.stdout) == (0, True)
    changed = json.loads(Path(saved).read_text())
    Path(saved).write_text(json.dumps({**changed, "digest": "0"}))
    refused = run("--file", str(green), "--merge", saved)
    assert (refused.exit_code, "of another version of paint" in refused.output.replace("\n", "")) == (2, True)


def test_json_is_one_document(paint: Generated, tmp_path: Path) -> None:
    file = tmp_path / "a.prom"
    file.write_text(paint.text().replace("Sold.", "Ünsold."))
    result = run("--file", str(file), "--format", "json")
    document = json.loads(result.stdout)
    assert result.exit_code == 1
    assert list(document) == ["ok", "spec", "digest", "targets", "samples", "problems", "coverage"]
    assert (document["ok"], document["spec"], document["digest"]) == (False, "paint", paint.plan.digest)
    assert document["targets"] == [str(file)]
    (problem,) = document["problems"]
    assert (problem["id"], problem["file"], problem["line"]) == ("verify/help", "paint.py", 4)
    unseen = document["coverage"].pop("unseen")
    assert document["coverage"] == {"percent": 66.6, "declared": 3, "seen": 2, "scrapes": 1}
    assert unseen == [{"metric": "sold_total", "label": "colour", "value": "green"}]


def test_html_is_one_page(paint: Generated, tmp_path: Path) -> None:
    file = tmp_path / "a.prom"
    file.write_text(paint.text())
    result = run("--file", str(file), "--format", "html")
    assert result.exit_code == 0
    assert result.stdout.startswith("<!doctype html>")
    assert result.stdout.endswith("</html>\n")
    assert "The contract is kept." in result.stdout


def test_credentials_come_from_files_or_the_environment_and_are_never_shown(
    paint: Generated, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "token").write_text("hunter2\n")
    (tmp_path / "password").write_text("hunter3\n")
    with site({"/metrics": Reply(paint.text().encode())}) as held:
        url = f"{held.url}/metrics"
        run("--url", url, "--bearer-token-file", str(tmp_path / "token"), "--header", "X-Tenant: a")
        run("--url", url, "--user", "me", "--password-file", str(tmp_path / "password"))
        monkeypatch.setenv("PROMSPEC_BEARER_TOKEN", "hunter4")
        run("--url", url)
        shown = run("--url", url.replace("//", "//me:hunter5@") + "x?token=hunter6", "--format", "json").output
    sent = [headers.get("authorization") for _, _, headers, _ in held.asked]
    assert sent[:3] == ["Bearer hunter2", "Basic bWU6aHVudGVyMw==", "Bearer hunter4"]
    assert held.asked[0][2]["x-tenant"] == "a"
    assert "answers 404 Not Found" in shown
    assert "hunter" not in shown


def test_tls_options_say_whom_to_trust(paint: Generated, tmp_path: Path) -> None:
    import ssl

    cert, key = certificate(tmp_path, "server")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    with site({"/metrics": Reply(paint.text().encode())}, context) as held:
        url = f"{held.url}/metrics"
        refused = run("--url", url)
        assert (refused.exit_code, "a certificate that is not trusted" in refused.stdout) == (1, True)
        assert run("--url", url, "--ca-file", str(cert)).exit_code == 0
        assert run("--url", url, "--insecure").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "name what runs: --url"),
        (["--file", "x", "--duration", "soon"], "--duration"),
        (["--file", "x", "--interval", "0s"], "write at least 0.1 seconds"),
        (["--file", "x", "--fail-under", "120"], "--fail-under"),
        (["--file", "x", "--format", "xml"], "--format"),
        (["--file", "x", "--merge", "missing.json"], "cannot read missing.json"),
        (["--file", "x", "--key", "a.key"], "a key alone proves nothing"),
        (["--file", "x", "--header", "nocolon"], "a header is written as Name: value"),
        (["--file", "x", "--password-file", "a"], "a password needs its --user"),
    ],
)
def test_wrong_usage_is_2(arguments: list[str], said: str) -> None:
    result = run(*arguments)
    assert (result.exit_code, said in " ".join(result.output.replace("│", " ").split())) == (2, True), result.output


def test_a_broken_spec_promises_nothing(tmp_path: Path) -> None:
    spec = tmp_path / "bad.py"
    spec.write_text(SPEC.replace("sold_total", "sold"))
    result = CliRunner().invoke(app, ["verify", str(spec), "--file", os.devnull], catch_exceptions=False)
    assert (result.exit_code, "metric/counter-suffix" in result.stdout) == (1, True)
    assert result.stdout.endswith("The spec has errors: nothing was verified.\n")
    as_json = CliRunner().invoke(app, ["verify", str(spec), "--file", os.devnull, "--format", "json"])
    document = json.loads(as_json.stdout)
    assert (document["ok"], document["problems"][0]["id"]) == (False, "metric/counter-suffix")


def test_a_file_that_is_not_there_is_told_with_what_to_name() -> None:
    result = run("--file", "gone.prom")
    assert result.exit_code == 1
    assert "gone.prom: error: cannot read gone.prom: No such file or directory [verify/unanswered]" in result.stdout
    assert "  = name a file that holds an exposition, as curl saves it" in result.stdout
    assert "  = name what serves the metrics, such as" in run("--url", "localhost:9/metrics").stdout


def test_a_coverage_that_cannot_be_kept_is_told_with_its_file(paint: Generated) -> None:
    Path("kept.prom").write_text(paint.text(), encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "promspec",
        "verify",
        "paint.py",
        "--file",
        "kept.prom",
        "--save",
        "no/such/folder",
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (1, "promspec: no/such/folder: No such file or directory\n")
