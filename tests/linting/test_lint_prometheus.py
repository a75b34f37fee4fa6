"""A running Prometheus as the source: rules are compared with what it scraped. And promtool beside lint's form."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from promspec import promtool
from promspec.fetching.addresses import Unanswered
from promspec.linting.lint import lint
from promspec.linting.sources.choosing import chosen_sources
from promspec.linting.sources.prometheus import PrometheusSource
from promspec.problems import Level
from tests.support.processes import listening, wait_until

CASES = Path(__file__).parent / "cases"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Prometheus that has scraped the metrics of the cases."""
    body = (CASES / "thresholds" / "metrics.prom").read_bytes()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    folder = tmp_path_factory.mktemp("prometheus")
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as target:
        threading.Thread(target=target.serve_forever, daemon=True).start()
        config = folder / "prometheus.yml"
        config.write_text(
            "global: {scrape_interval: 1s}\nscrape_configs:\n- job_name: shop\n"
            f"  static_configs: [{{targets: ['127.0.0.1:{target.server_address[1]}'], labels: {{env: test}}}}]\n"
        )
        with listening("Prometheus", _command(config, folder), "/-/ready", folder / "log") as prometheus:
            wait_until(lambda: _missing(prometheus.url), 30)
            yield prometheus.url
        target.shutdown()


def _command(config: Path, folder: Path) -> Callable[[int], list[str]]:
    def command(port: int) -> list[str]:
        return [
            *(str(promtool.find("prometheus")), f"--config.file={config}", f"--storage.tsdb.path={folder / 'tsdb'}"),
            *(f"--web.listen-address=127.0.0.1:{port}", "--web.console.templates=", "--web.console.libraries="),
        ]

    return command


def _missing(url: str) -> str:
    """What the server does not have yet: the series, and their metadata, which comes with a scrape too."""
    try:
        source = PrometheusSource(url)
    except Unanswered as error:
        return str(error)
    series = source.series("shop_queue")
    return "" if series is not None and series.kind == "gauge" else "no shop_queue with its type"


def test_kinds_labels_and_values_are_those_that_were_scraped(server: str) -> None:
    source = PrometheusSource(server)
    queue, buckets = source.seen("shop_queue"), source.series("shop_latency_seconds_bucket")
    assert queue is not None
    assert buckets is not None
    assert (queue.kind, queue.labels["name"], queue.labels["env"]) == ("gauge", ("billing", "mail"), ("test",))
    assert (buckets.kind, set(buckets.labels)) == ("histogram_bucket", {"le", "route", "env", "job", "instance"})
    assert {"0.1", "1", "5", "+Inf"} <= set(buckets.labels["le"] or ())
    assert source.series("shop_gone") is None


@pytest.mark.parametrize("name", ["counters_and_gauges", "quantiles", "thresholds", "unknown_metric", "conditions"])
def test_a_prometheus_teaches_what_the_exposition_does(name: str, server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(CASES / name)
    by_server = lint(["rules.yml"], chosen_sources([], False, [server])).problems
    by_file = lint(["rules.yml"], chosen_sources(["metrics.prom"], False)).problems
    errors = [[(p.id, p.place) for p in each if p.level is Level.ERROR] for each in (by_server, by_file)]
    assert errors[0] == errors[1] != []


def test_promtool_refuses_what_lint_calls_an_error_of_form(tmp_path: Path) -> None:
    """Every field, name and duration that is wrong for lint is so for promtool; the unwrong rest passes both."""
    wrong = (
        *(
            "exp: up",
            "for: five",
            "labels: {a-b: c}",
            "labels: {a: [b]}",
            "annotations: nothing",
            "expr: up\n    expr: up",
        ),
        *("record: a", "limits: 3"),
    )
    for number, line in enumerate(("for: 5m", "labels: {a: b}", *wrong)):
        rule = f"groups:\n- name: a\n  rules:\n  - alert: A\n    {line}\n"
        file = tmp_path / f"{number}.yml"
        file.write_text(rule if "expr" in line else rule + "    expr: up == 0\n", encoding="utf-8")
        errors = [problem.id for problem in lint([str(file)]).problems if problem.level is Level.ERROR]
        assert bool(errors) == (line in wrong), line
        assert promtool.check_rules(file).ok == (line not in wrong), line


def test_prometheus_reads_the_first_document_alone(tmp_path: Path) -> None:
    file = tmp_path / "rules.yml"
    file.write_text("groups: []\n---\ngroups: [{name: a, rules: [{record: b, expr: 'sum('}]}]\n", encoding="utf-8")
    assert promtool.check_rules(file).ok
    assert lint([str(file)]).problems[0].id == "file/second-document"
