"""The generated contract tests: green against what keeps the contract, red for every aspect that is broken."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from prometheus_client.openmetrics.exposition import generate_latest as openmetrics_text

from tests.support.generated import Generated, generated, written
from tests.support.specs import NASTY, SHOP, SMALL


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Generated:
    """A package that did some work, so that every family has series."""
    package = generated(SHOP, tmp_path_factory.mktemp("contract") / "shop")
    package.metrics.visits_total.inc(tenant="anybody", provider="paddle")
    package.metrics.rare_total.inc(provider="paddle")
    package.metrics.age_seconds.set(1)
    package.metrics.build_info.set(version="1", class_="a")
    return package


class Outcome:
    """What pytest said: the exit code and the names of the failed and the passed tests."""

    def __init__(self, done: subprocess.CompletedProcess[str]) -> None:
        self.code = done.returncode
        self.text = done.stdout + done.stderr
        self.failed = set(re.findall(r"^FAILED \S*?::(\S+)", self.text, re.MULTILINE))
        self.failed |= set(re.findall(r"^ERROR \S*?::(\S+)", self.text, re.MULTILINE))
        self.passed = set(re.findall(r"^PASSED \S*?::(\S+)", self.text, re.MULTILINE))


def _run(folder: Path, *options: str, **environment: str) -> Outcome:
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-rA",
        "--tb=line",
        "-p",
        "no:cacheprovider",
        "-c",
        os.devnull,
        f"--rootdir={folder}",
    ]
    usual = {key: value for key, value in os.environ.items() if not key.startswith(("PROMSPEC_", "PYTEST_"))}
    done = subprocess.run(
        [*command, *options], cwd=folder, env={**usual, **environment}, capture_output=True, text=True, check=False
    )
    return Outcome(done)


def _check(shop: Generated, text: str, tmp_path: Path, **environment: str) -> Outcome:
    file = tmp_path / "exposition.txt"
    file.write_text(text, encoding="utf-8")
    return _run(shop.folder, "contract_tests", PROMSPEC_CONTRACT_FILE=str(file), **environment)


@pytest.mark.slow
def test_the_package_beside_the_folder_keeps_its_contract(shop: Generated) -> None:
    outcome = _run(shop.folder, "contract_tests", PROMSPEC_CONTRACT_STRICT="true")
    assert (outcome.code, outcome.failed) == (0, set()), outcome.text
    assert {
        "test_type[ocr_requests_total]",
        "test_label_values[ocr_errors_total-stage]",
        "test_bucket_bounds[ocr_duration_seconds]",
        "test_every_series_exists[ocr_errors_total]",
        "test_heartbeat",
        "test_nothing_undeclared",
    } <= outcome.passed


@pytest.mark.slow
def test_several_specs_can_be_checked_in_one_run_from_above(tmp_path: Path) -> None:
    written(SHOP, tmp_path / "output" / "shop")
    written(SMALL, tmp_path / "output" / "small")
    outcome = _run(tmp_path, "output/shop/contract_tests", "output/small/contract_tests", "--contract-strict=false")
    assert (outcome.code, outcome.failed) == (0, set()), outcome.text
    assert _run(tmp_path, "output").code == 0
    by_file = _run(tmp_path, "--import-mode=importlib", "output/shop/contract_tests")
    assert by_file.code == 0, by_file.text


@pytest.mark.slow
def test_a_nasty_spec_keeps_its_contract(tmp_path: Path) -> None:
    written(NASTY, tmp_path / "nasty")
    outcome = _run(tmp_path / "nasty", "contract_tests", PROMSPEC_CONTRACT_STRICT="1")
    assert (outcome.code, outcome.failed) == (0, set()), outcome.text


@pytest.mark.slow
def test_an_exposition_in_either_format_keeps_the_contract(shop: Generated, tmp_path: Path) -> None:
    plain = _check(shop, shop.text(), tmp_path, PROMSPEC_CONTRACT_STRICT="1")
    assert (plain.code, plain.failed) == (0, set()), plain.text
    no_negative = generated(SHOP.replace("[-5, 0, 5]", "[0, 5]"), tmp_path / "shop")
    strict = _check(no_negative, openmetrics_text(no_negative.registry).decode("utf-8"), tmp_path)
    assert (strict.code, strict.failed) == (0, set()), strict.text


BROKEN = [
    ("# TYPE queue_size gauge", "# TYPE queue_size untyped", {"test_type[queue_size]"}),
    ("Visits.", "Visitors.", {"test_help[visits_total]"}),
    ('rare_total{provider="paddle"}', 'rare_total{pod="x",provider="paddle"}', {"test_label_names[rare_total]"}),
    ('build_info{class="a"', 'build_info{class="z"', {"test_label_values[build_info-class]"}),
    ('queue_size{provider="paddle"} 0.0\n', "", {"test_every_series_exists[queue_size]"}),
    ('delta_bucket{le="5.0"', 'delta_bucket{le="6.0"', {"test_bucket_bounds[delta]"}),
    (
        'ocr_duration_seconds_bucket{le="0.1",provider="paddle"} 0.0',
        'ocr_duration_seconds_bucket{le="0.1",provider="paddle"} 9.0',
        {"test_bucket_bounds[ocr_duration_seconds]"},
    ),
    (
        'ocr_stage_seconds_bucket{le="+Inf",provider="paddle",stage="load"} 0.0\n',
        "",
        {"test_bucket_bounds[ocr_stage_seconds]"},
    ),
    (
        "# HELP age_seconds Age.\n# TYPE age_seconds gauge\nage_seconds 1.0\n",
        "",
        {f"test_{aspect}[age_seconds]" for aspect in ("family_is_exposed", "type", "help", "label_names")},
    ),
    ('promspec_info{digest="', 'promspec_info{digest="0', {"test_heartbeat"}),
]


@pytest.mark.slow
def test_every_broken_aspect_is_red_and_nothing_else_is(shop: Generated, tmp_path: Path) -> None:
    text = shop.text()
    for before, after, _ in BROKEN:
        assert before in text
        text = text.replace(before, after)
    outcome = _check(shop, text, tmp_path)
    assert (outcome.code, outcome.failed) == (1, set().union(*(tests for _, _, tests in BROKEN))), outcome.text


@pytest.mark.slow
def test_an_empty_exposition_is_red(shop: Generated, tmp_path: Path) -> None:
    outcome = _check(shop, "", tmp_path)
    assert outcome.code == 1
    assert "test_something_is_exposed" in outcome.failed


@pytest.mark.slow
def test_strict_mode_refuses_what_is_not_declared_and_knows_its_words(shop: Generated, tmp_path: Path) -> None:
    client = shop.text() + "# TYPE process_open_fds gauge\nprocess_open_fds 1.0\n"
    extra = client + "# TYPE extra_total counter\nextra_total 1.0\n"
    assert _check(shop, client, tmp_path, PROMSPEC_CONTRACT_STRICT="YES").failed == set()
    assert _check(shop, extra, tmp_path, PROMSPEC_CONTRACT_STRICT="true").failed == {"test_nothing_undeclared"}
    assert _check(shop, extra, tmp_path, PROMSPEC_CONTRACT_STRICT="0").failed == set()
    wrong = _check(shop, extra, tmp_path, PROMSPEC_CONTRACT_STRICT="maybe")
    assert "write true, false, 1, 0, yes or no" in wrong.text
    assert wrong.code != 0


@pytest.fixture
def address(shop: Generated) -> Iterator[str]:
    """A `/metrics` endpoint on loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = shop.text().encode("utf-8")
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/metrics"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.slow
def test_an_endpoint_is_checked_by_option_and_by_environment(shop: Generated, address: str) -> None:
    by_option = _run(shop.folder, "contract_tests", f"--contract-url={address}", "--contract-strict=yes")
    assert (by_option.code, by_option.failed) == (0, set()), by_option.text
    assert _run(shop.folder, "contract_tests", PROMSPEC_CONTRACT_URL=address).code == 0
    assert _run(shop.folder, "contract_tests", "--contract-url=http://127.0.0.1:1/metrics").code == 1
    refused = _run(shop.folder, "contract_tests", "--contract-url=file:///etc/hostname")
    assert (refused.code, "write an address such as" in refused.text) == (1, True)


def test_the_table_lists_every_family_that_is_generated(shop: Generated) -> None:
    table = json.loads((shop.folder / "contract_tests" / "contract.json").read_text("utf-8"))
    assert [family["name"] for family in table["families"]] == [metric.name for metric in shop.plan.metrics]
    assert (table["spec"], table["digest"]) == ("shop", shop.plan.digest)
    delta = next(family for family in table["families"] if family["name"] == "delta")
    assert delta == {
        "name": "delta",
        "type": "histogram",
        "help": "Change.",
        "labels": [],
        "buckets": ["-5.0", "0.0", "5.0", "+Inf"],
        "laid_out": True,
        "unit": "",
        "appears": "always",
        "after": None,
        "series_budget": 10_000,
    }
    duration = next(family for family in table["families"] if family["name"] == "ocr_duration_seconds")
    assert duration["after"] == {"counter": "ocr_requests_total", "label": "status", "value": "success"}
    tenant = next(family for family in table["families"] if family["name"] == "visits_total")["labels"][0]
    assert tenant == {"name": "tenant", "closed": False, "values": [], "max_values": 2, "error_code": False}


def test_it_imports_nothing_of_promspec(shop: Generated) -> None:
    for file in (shop.folder / "contract_tests").glob("*.py"):
        assert not re.search(r"^\s*(from|import) promspec", file.read_text("utf-8"), re.MULTILINE)
