"""Whatever a server does, there is an answer or one sentence: in bounded time and memory, without a secret in it."""

from __future__ import annotations

import base64
import os
import resource
import socket
import ssl
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from promspec.fetching.access import Access, AccessError, basic, bearer, header, secret, tls
from promspec.fetching.addresses import Unanswered, address, joined
from promspec.fetching.fetch import answered, fetch, json_answer
from promspec.fetching.words import plain
from tests.live_checks.servers import Reply, Script, certificate, raw, site

QUICK = Access(timeout=1, deadline=1, retries=0, largest=100_000)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"


def _told(url: str, access: Access = QUICK) -> str:
    """What is said of a URL, with the word URL in its place."""
    with pytest.raises(Unanswered) as caught:
        answered(url, access)
    return str(caught.value).replace(url, "URL")


def _drip(before: bytes, each: bytes) -> Script:
    def script(connection: socket.socket, over: threading.Event) -> None:
        connection.sendall(before)
        while not over.wait(0.02):
            connection.sendall(each)

    return script


def _flood(before: bytes, each: bytes) -> Script:
    def script(connection: socket.socket, over: threading.Event) -> None:
        connection.sendall(before)
        while not over.is_set():
            connection.sendall(each)

    return script


def _say(text: bytes) -> Script:
    return lambda connection, over: connection.sendall(text)


LATE = "URL has not answered within 1 s"
HOSTILE = {
    "it says nothing": (lambda connection, over: over.wait() and None, "cannot reach URL: nothing for 1 s|" + LATE),
    "a header that drips": (_drip(HEAD + b"X-Long: ", b"a"), LATE),
    "headers without end": (_flood(HEAD, b"X-More: again\r\n"), "URL does not speak HTTP: HTTPException"),
    "a line without end": (_flood(HEAD + b"X-Long: ", b"a" * 4096), "URL does not speak HTTP: LineTooLong"),
    "continue for ever": (_drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), LATE),
    "a body that drips": (_drip(HEAD + b"\r\n", b"a"), LATE),
    "a body without end": (_flood(HEAD + b"\r\n", b"a 1\n" * 999), "URL answers more than 100,000 bytes"),
    "chunks without end": (
        _flood(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"400\r\n" + b"a" * 1024 + b"\r\n"),
        "URL answers more than 100,000 bytes",
    ),
    "a length of 1 GB": (_flood(HEAD + b"Content-Length: 1073741824\r\n\r\n", b"a" * 65536), "more than 100,000 bytes"),
    "half an answer": (_say(HEAD + b"Content-Length: 100\r\n\r\nup 1\n"), "URL breaks off in the middle of its answer"),
    "half a chunk": (_say(HEAD + b"Transfer-Encoding: chunked\r\n\r\n40\r\nup 1"), "breaks off in the middle"),
    "binary": (_say(os.urandom(100) + b"\r\n\r\n"), "URL does not speak HTTP: BadStatusLine|closes the connection"),
    "it hangs up": (_say(b""), "URL closes the connection without an answer"),
    "another protocol": (_say(b"SSH-2.0-OpenSSH_9.2\r\n"), "URL does not speak HTTP: BadStatusLine"),
    "compressed": (_say(HEAD + b"Content-Encoding: gzip\r\n\r\n\x1f\x8b"), "URL answers in gzip, though"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_server_is_one_sentence_in_bounded_time(name: str) -> None:
    script, expected = HOSTILE[name]
    started = time.monotonic()
    with raw(script) as url:
        said = _told(url)
    assert any(part in said for part in expected.split("|")), said
    assert time.monotonic() - started < 3
    assert "\n" not in said


def test_a_gigabyte_costs_no_more_memory_than_the_bound(root: Path) -> None:
    """In a process of its own, whose peak is told by the kernel."""
    program = """
import resource, sys
from promspec.fetching.access import Access
from promspec.fetching.fetch import Unanswered, answered
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    answered(sys.argv[1], Access(timeout=20, deadline=20, retries=0, largest=1_000_000))
except Unanswered as error:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, error)
"""
    with raw(_flood(HEAD + b"\r\n", b"a" * 1_048_576)) as url:
        done = subprocess.run([sys.executable, "-c", program, url], capture_output=True, text=True, timeout=60)
    grown, said = done.stdout.split(" ", 1)
    assert said.strip() == f"{url} answers more than 1,000,000 bytes"
    assert int(grown) < 30_000, "kilobytes"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss > 0


def test_the_thread_of_a_question_that_came_too_late_ends_as_well() -> None:
    with raw(_drip(HEAD + b"\r\n", b"a")) as url:
        _told(url)
        ends = time.monotonic() + 2
        while any(each.name == "promspec-fetch" for each in threading.enumerate()) and time.monotonic() < ends:
            time.sleep(0.01)
        assert not [each for each in threading.enumerate() if each.name == "promspec-fetch"]


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("file:///etc/hostname", "file:///etc/hostname is no http URL: write one such as"),
        ("localhost:8000", "localhost:8000 is no http URL"),
        ("http://", "http:// is no http URL"),
        ("http://a b/", "http://a b/ is no http URL"),
        ("http://a/\x1b[31m", "http://a/\\x1b[31m is no http URL"),
        ("ftp://me:hunter2@host/", "this is no http URL"),
        ("http://me:hunter2@[bad/", "this is no URL: its host or its port cannot be read"),
        ("http://host:99999/", "this is no URL: its host or its port cannot be read"),
        ("http://me:hunter2@127.0.0.1:1/x?token=hunter2", "cannot reach http://127.0.0.1:1/x?…: Connection refused"),
        ("http://nowhere.invalid/", "cannot reach http://nowhere.invalid/: "),
    ],
)
def test_what_cannot_be_asked_is_told_without_a_password(url: str, said: str) -> None:
    with pytest.raises(Unanswered) as caught:
        answered(url, QUICK)
    told = str(caught.value)
    assert said in told
    assert "hunter2" not in told


def test_an_address_is_shown_without_credentials_and_without_its_query() -> None:
    found = address("https://me:p%40ss@example.org/a b?token=1".replace(" ", "%20"))
    assert (found.host, found.port, found.tls) == ("example.org", 443, True)
    assert (found.user, found.password, found.target) == ("me", "p@ss", "/a%20b?token=1")
    assert "p@ss" not in repr(found)
    assert found.shown == "https://example.org/a%20b?…"
    assert address("http://[::1]:9/x").shown == "http://[::1]:9/x"
    assert joined("http://me:pw@h:1/app/?q=1", "health?a=b") == "http://me:pw@h:1/app/health?a=b"


def test_credentials_are_sent_and_a_redirect_is_not_followed() -> None:
    moved = Reply(b"", 301, headers={"Location": "http://me:hunter2@elsewhere.example/metrics?key=hunter2"})
    with site({"/": Reply(b"ok"), "/old": moved}) as held:
        answered(held.url.replace("//", "//me:hunter2@"), QUICK)
        answered(held.url, Access(headers=(bearer("t0ken\n"), header("X-Tenant: a"))))
        said = _told(f"{held.url}/old")
    assert [headers.get("authorization") for _, _, headers, _ in held.asked[:2]] == [
        "Basic " + base64.b64encode(b"me:hunter2").decode(),
        "Bearer t0ken",
    ]
    assert held.asked[1][2]["x-tenant"] == "a"
    assert held.asked[0][2]["accept-encoding"] == "identity"
    expected = "answers 301 Moved Permanently and points to http://elsewhere.example/metrics?…: name that address"
    assert said == f"URL {expected}"
    assert len(held.asked) == 3


def test_a_server_writes_nothing_of_its_own_into_a_message() -> None:
    evil = b"HTTP/1.1 503 \x1b[31mhunter2\r\nContent-Length: 0\r\n\r\n"
    with raw(_say(evil)) as url:
        assert _told(url) == "URL answers 503 Service Unavailable"
    with raw(_say(b"HTTP/1.1 302 x\r\nLocation: \x1b[2J\r\nContent-Length: 0\r\n\r\n")) as url:
        assert "\x1b" not in _told(url)


def test_a_get_is_asked_again_until_the_deadline_and_a_post_is_not() -> None:
    answers = iter([Reply(b"", 503), Reply(b"", 502), *[Reply(b"fine")] * 9])
    with site({"/": lambda: next(answers)}) as held:
        assert answered(held.url, Access(retries=2)).body == b"fine"
        assert len(held.asked) == 3
    with site({"/": Reply(b"", 503)}) as held:
        assert fetch(held.url, Access(retries=5), method="POST", body=b"{}").status == 503
        assert [(method, body) for method, _, _, body in held.asked] == [("POST", b"{}")]
        started = time.monotonic()
        assert fetch(held.url, Access(retries=100, deadline=1)).status == 503
        assert time.monotonic() - started < 2
    with site({"/": Reply(b"", 404)}) as held:
        assert fetch(held.url, Access(retries=5)).status == 404
        assert len(held.asked) == 1


def test_json_is_json() -> None:
    with site({"/a": Reply(b'{"a": 1}'), "/b": Reply(b"[" * 100_000), "/c": Reply(b"<html>")}) as held:
        assert json_answer(f"{held.url}/a") == {"a": 1}
        for path in "bc":
            with pytest.raises(Unanswered, match="does not answer with JSON"):
                json_answer(f"{held.url}/{path}")


def test_tls_is_verified_unless_told_otherwise(tmp_path: Path) -> None:
    cert, key = certificate(tmp_path, "server")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    with site({"/": Reply(b"safe")}, context) as held:
        assert "shows a certificate that is not trusted: self-signed certificate" in _told(held.url)
        assert answered(held.url, Access(tls=tls(ca_file=str(cert)))).body == b"safe"
        assert answered(held.url, Access(tls=tls(insecure=True))).body == b"safe"
        assert "closes the connection" in _told(held.url.replace("https", "http"))
    other, other_key = certificate(tmp_path, "other", "127.0.0.2")
    context.load_cert_chain(other, other_key)
    with site({"/": Reply(b"safe")}, context) as held:
        said = _told(held.url, Access(retries=0, tls=tls(ca_file=str(other))))
    assert "not trusted: IP address mismatch" in said
    with site({"/": Reply(b"plain")}) as held:
        said = _told(held.url.replace("http", "https"))
    assert "makes no TLS connection: " in said
    assert "wrong version number" in said or "record layer failure" in said


def test_a_client_shows_its_certificate(tmp_path: Path) -> None:
    cert, key = certificate(tmp_path, "server")
    mine, my_key = certificate(tmp_path, "client")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(mine)
    with site({"/": Reply(b"mutual")}, context) as held:
        assert answered(held.url, Access(tls=tls(str(cert), str(mine), str(my_key)))).body == b"mutual"
        assert "TLS" in _told(held.url, Access(retries=0, tls=tls(str(cert))))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda folder: bearer("two words"), "the bearer token is one word of printable ASCII"),
        (lambda folder: bearer(""), "the bearer token is one word"),
        (lambda folder: basic("a:b", "hunter2"), "a user's name has no colon"),
        (lambda folder: header("no colon"), "a header is written as Name: value"),
        (lambda folder: header("X-A: b\r\nEvil: hunter2"), "the header X-A has a value of printable ASCII"),
        (lambda folder: secret(folder / "missing"), "No such file or directory"),
        (lambda folder: secret(folder / "empty"), "holds no secret: it is empty"),
        (lambda folder: secret(folder / "binary"), "it is no UTF-8 text"),
        (lambda folder: tls(key="x.key"), "a key alone proves nothing"),
        (lambda folder: tls(ca_file=str(folder / "missing")), "No such file or directory"),
        (lambda folder: tls(cert=str(folder / "binary")), "are no pair in PEM"),
        (lambda folder: tls(ca_file=str(folder / "binary")), "holds no certificate in PEM"),
    ],
)
def test_what_cannot_be_used_to_ask_is_said_without_its_content(make, said: str, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "binary").write_bytes(b"\xff\xfehunter2")
    with pytest.raises(AccessError) as caught:
        make(tmp_path)
    assert said in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_strangers_words_are_printable_and_short() -> None:
    assert plain("a\x1b[2Jb\n\u202ec") == "a\\x1b[2Jb\\n\\u202ec"
    assert plain("x" * 100) == "x" * 79 + "…"
    assert plain("日本 ü") == "日本 ü"
