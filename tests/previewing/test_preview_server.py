"""A Prometheus that refuses, lies, drips or never ends is an error message, in bounded time, without any secret."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from promspec.pipeline import Compilation
from promspec.previewing import server as module
from promspec.previewing.asking import MOST_SERIES, Window, asked
from promspec.previewing.server import Refused, Server, Unreachable
from tests.previewing.conftest import END
from tests.support.processes import Running, free_port

Answer = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def answering(answer: Answer) -> Iterator[str]:
    """The address of a server that answers every GET in this way."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def saying(status: int, body: bytes) -> Answer:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    return answer


def endless(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.end_headers()
    try:
        while True:
            request.wfile.write(b"x" * 65_536)
    except OSError:
        pass


def dripping(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.end_headers()
    try:
        while True:
            request.wfile.write(b"x")
            request.wfile.flush()
            time.sleep(0.05)
    except OSError:
        pass


def silent(request: BaseHTTPRequestHandler) -> None:
    time.sleep(3)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SECONDS", 0.5)
    monkeypatch.setattr(module, "LARGEST", 200_000)


def _asks(url: str) -> object:
    return Server(url).get("/api/v1/query", [("query", "1")])


@pytest.mark.parametrize("url", ["", "localhost:9090", "ftp://x", "http://", "http://[", "http://x:port", "file:///x"])
def test_what_is_no_http_address_is_said_at_once(url: str) -> None:
    with pytest.raises(Unreachable, match="is no http URL"):
        Server(url)


def test_nobody_there_is_said_with_the_address() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(Unreachable, match=f"cannot reach {url}: .*refused"):
        _asks(url)


@pytest.mark.parametrize(
    "body",
    [b"", b"\xff\x00\x01", b"<html>", b"[]", b'{"status": "error"}', b"[" * 100_000, b'"x"', b"NaN"],
    ids=["empty", "binary", "html", "list", "error", "deep", "text", "number"],
)
def test_what_answers_but_is_no_prometheus_is_said(body: bytes) -> None:
    with answering(saying(200, body)) as url, pytest.raises(Unreachable, match="does not answer as a Prometheus does"):
        _asks(url)


def test_a_refused_query_is_shown_in_the_servers_words() -> None:
    body = b'{"status": "error", "errorType": "execution", "error": "found duplicate series"}'
    with answering(saying(422, body)) as url, pytest.raises(Refused, match="found duplicate series"):
        _asks(url)


def test_a_status_without_words_is_that_status() -> None:
    with answering(saying(503, b"upstream")) as url, pytest.raises(Unreachable, match="with 503 Service Unavailable"):
        _asks(url)


@pytest.mark.parametrize("answer", [endless, dripping, silent])
@pytest.mark.usefixtures("impatient")
def test_an_endless_or_slow_answer_ends(answer: Answer) -> None:
    began = time.monotonic()
    with answering(answer) as url, pytest.raises((Refused, Unreachable)):
        _asks(url)
    assert time.monotonic() - began < 5


def test_a_user_and_a_password_are_sent_and_shown_nowhere() -> None:
    seen: list[str | None] = []

    def note(request: BaseHTTPRequestHandler) -> None:
        seen.append(request.headers["Authorization"])
        saying(403, b"no")(request)

    with answering(note) as url:
        server = Server(url.replace("//", "//me:s%40cret@"))
        with pytest.raises(Unreachable) as error:
            server.get("/api/v1/query", [("query", "1")])
    assert seen == ["Basic bWU6c0BjcmV0"]
    assert server.shown == url
    assert "cret" not in str(error.value)


def test_a_redirection_is_not_followed_with_the_password() -> None:
    def elsewhere(request: BaseHTTPRequestHandler) -> None:
        assert request.path.startswith("/api")
        request.send_response(302)
        request.send_header("Location", "/elsewhere")
        request.end_headers()

    with answering(elsewhere) as url, pytest.raises(Unreachable, match="with 302 Found"):
        _asks(url)


def test_after_all_the_time_nothing_more_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TOGETHER", -1.0)
    with pytest.raises(Refused, match="not asked"):
        _asks("http://127.0.0.1:9")


@pytest.mark.slow
def test_prometheus_own_words_stand_on_the_panel_whose_query_it_refuses(prometheus: Running) -> None:
    with pytest.raises(Refused, match="parse error"):
        Server(prometheus.url).get("/api/v1/query", [("query", "sum(")])


class Told:
    """A server that gives the same answer to everything but the first question."""

    shown = "http://told"

    def __init__(self, answer: object) -> None:
        self._answer = answer

    def get(self, path: str, parameters: list[tuple[str, str]]) -> object:
        asks = dict(parameters)["query"] == "1"
        return {"resultType": "scalar", "result": [0, "1"]} if asks else self._answer


@pytest.mark.parametrize(
    "answer",
    [None, {}, {"result": None}, {"result": [1]}, {"result": [{"metric": {}, "values": [["x", "y"]]}]},
     {"result": [{"metric": [], "value": [0, "1"]}]}],
)  # fmt: skip
def test_an_answer_of_another_shape_is_said(shop: Compilation, answer: object) -> None:
    assert shop.plan is not None
    with pytest.raises(Unreachable, match="what answers is no Prometheus"):
        asked(shop.plan.dashboards, Told(answer), Window(float(END)))


def test_of_very_many_series_the_first_are_kept_in_an_order_of_their_own(shop: Compilation) -> None:
    assert shop.plan is not None
    many = [{"metric": {"place": f"{number:04d}"}, "value": [END, "1"]} for number in range(1000, 0, -1)]
    data = asked(shop.plan.dashboards, Told({"resultType": "vector", "result": many}), Window(float(END)))
    series = next(iter(data.answers.values())).series
    assert len(series) == MOST_SERIES
    assert series[0].labels == (("place", "0001"),)


def test_native_histograms_and_no_numbers_are_no_samples(shop: Compilation) -> None:
    assert shop.plan is not None
    found = [
        {"metric": {"a": "1"}, "histograms": [[0, {}]]},
        {"metric": {"a": "2"}, "values": [[END, "NaN"], [END, "+Inf"]]},
    ]
    data = asked(shop.plan.dashboards, Told({"resultType": "matrix", "result": found}), Window(float(END)))
    assert all(each.finite == () for answer in data.answers.values() for each in answer.series)
