"""What a source of metrics teaches: text formats beside prometheus_client's parsers, endpoints, a real Prometheus."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, Summary, generate_latest
from prometheus_client.openmetrics import exposition as openmetrics
from prometheus_client.parser import text_string_to_metric_families

from promspec.linting.lint import lint
from promspec.linting.sources.choosing import SourceError, chosen_sources
from promspec.linting.sources.examples import Examples
from promspec.linting.sources.exposition import read_exposition

TEXTS = ["plain", 'a "quote"', "back\\slash", "new\nline", "brace } and , comma", "Ünïcode", ""]


def _registry() -> CollectorRegistry:
    registry = CollectorRegistry()
    counter = Counter("jobs_total", "Jobs.", ["name"], registry=registry)
    for text in TEXTS:
        counter.labels(text).inc()
    Gauge("queue", "Queue.", registry=registry).set(float("nan"))
    Histogram("wait_seconds", "Wait.", ["pool"], buckets=(0.5, 5), registry=registry).labels("a").observe(1)
    Summary("size_bytes", "Size.", registry=registry).observe(3)
    Info("build", "Build.", registry=registry).info({"version": "1"})
    return registry


def _examples(text: str) -> Examples:
    examples = Examples(closed=True)
    assert read_exposition(text, examples) == []
    return examples


@pytest.mark.parametrize("write", [generate_latest, openmetrics.generate_latest], ids=["text", "openmetrics"])
def test_names_labels_and_values_are_those_that_the_client_wrote(write) -> None:  # type: ignore[no-untyped-def]
    examples = _examples(write(_registry()).decode())
    kinds = {name: examples.series(name).kind for name in examples.names()}  # type: ignore[union-attr]
    assert kinds["jobs_total"] == "counter"
    assert kinds["jobs_created"] == "gauge"
    assert kinds["queue"] == "gauge"
    assert kinds["wait_seconds_bucket"] == "histogram_bucket"
    assert kinds["wait_seconds_count"] == "histogram_count"
    assert kinds["size_bytes_sum"] == "summary_sum"
    assert list(examples.histograms()) == ["wait_seconds"]
    assert set(examples.series("jobs_total").labels["name"]) == set(TEXTS)  # type: ignore[union-attr,arg-type]
    assert set(examples.series("wait_seconds_bucket").labels) == {"le", "pool"}  # type: ignore[union-attr]


def test_prometheus_clients_own_parser_reads_the_same_samples() -> None:
    text = generate_latest(_registry()).decode()
    theirs = {sample.name for family in text_string_to_metric_families(text) for sample in family.samples}
    assert set(_examples(text).names()) == theirs


def test_a_bucket_may_be_written_with_and_without_its_fraction() -> None:
    examples = _examples('# TYPE h histogram\nh_bucket{le="5"} 1\nh_bucket{le="+Inf"} 1\n')
    assert examples.series("h_bucket").labels["le"] == ("5", "+Inf", "5.0")  # type: ignore[union-attr]


@pytest.mark.parametrize("line", ["a b", "{} 1", 'a{b="c} 1', "a{b=c} 1", "a 1 2 3", "1a 2", 'a{b="c" d="e"} 1'])
def test_a_line_that_is_no_sample_is_named(line: str) -> None:
    assert [number for number, _ in read_exposition(f"up 1\n{line}\n", Examples())] == [2]


@contextmanager
def _serving(body: bytes, status: int = 200) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def test_an_endpoint_is_read(tmp_path: Path) -> None:
    rules = tmp_path / "rules.yml"
    rules.write_text("groups: [{name: a, rules: [{record: 'a:b', expr: 'sum(job_total)'}]}]", encoding="utf-8")
    with _serving(generate_latest(_registry())) as url:
        linted = lint([str(rules)], chosen_sources([f"{url}/metrics"], False))
    found = [(p.id, p.kind, p.subject, p.remedy) for p in linted.problems]
    assert found == [("promql/unknown-metric", "record", "a:b", "did you mean jobs_total?")]


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [(b"", 200, "shows no metric"), (b"x", 503, "answers 503"), (b"<html>", 200, "this is no sample")],
)
def test_an_endpoint_that_shows_no_metrics_is_an_error(body: bytes, status: int, said: str) -> None:
    with _serving(body, status) as url, pytest.raises(SourceError, match=said):
        chosen_sources([url], False)


@pytest.mark.parametrize("source", ["missing.prom", "missing.py", "http://127.0.0.1:1/metrics"])
def test_a_source_that_is_not_there_is_an_error(source: str) -> None:
    with pytest.raises(SourceError):
        chosen_sources([source], False)


def test_a_server_that_is_no_prometheus_is_an_error() -> None:
    with _serving(b"{}") as url, pytest.raises(SourceError, match="does not answer as a Prometheus does"):
        chosen_sources([], False, [url])
