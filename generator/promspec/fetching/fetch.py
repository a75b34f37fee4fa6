"""`fetch`: ask a server once or a few times. Whatever it does, there is an `Answer` or one sentence by the deadline."""

from __future__ import annotations

import contextlib
import http.client
import itertools
import json
import socket
import ssl
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from promspec.fetching.access import Access, basic
from promspec.fetching.addresses import Address, Unanswered, address
from promspec.fetching.words import plain
from promspec.version import VERSION

_AGAIN = (502, 503, 504)
_PAUSE = 0.25
_SLICE = 65_536

Headers = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `headers` have lower-case names; `url` is as it may be shown."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float

    @property
    def content_type(self) -> str:
        """The media type, in lower case and without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def status_text(self) -> str:
        """The status with the standard's words, never the server's: `503 Service Unavailable`."""
        try:
            return f"{self.status} {HTTPStatus(self.status).phrase}"
        except ValueError:
            return str(self.status)


def fetch(
    url: str, access: Access | None = None, *, method: str = "GET", body: bytes | None = None, headers: Headers = ()
) -> Answer:
    """Ask, and ask again where that may help; raises Unanswered. A redirect is an answer: nobody follows it."""
    access, where = access or Access(), address(url)
    ends = time.monotonic() + access.deadline
    for attempt in itertools.count():
        pause = _PAUSE * 2**attempt
        last = method != "GET" or attempt >= access.retries or time.monotonic() + pause >= ends
        try:
            answer = _Exchange(where, access, method, body, headers).ended_by(ends)
            if last or answer.status not in _AGAIN:
                return answer
        except Unanswered as error:
            if last or error.final:
                raise
        time.sleep(pause)
    raise AssertionError("the loop has no end")


def answered(url: str, access: Access | None = None, headers: Headers = ()) -> Answer:
    """The answer of a URL that must answer 2xx; raises Unanswered."""
    return sound(fetch(url, access, headers=headers))


def sound(answer: Answer) -> Answer:
    """The same answer, if it is a 2xx; raises Unanswered, which says where a redirect points to."""
    if 300 <= answer.status < 400 and answer.headers.get("location"):
        to = _shown_target(answer.headers["location"])
        raise Unanswered(f"{answer.url} answers {answer.status_text} and points to {to}: name that address", final=True)
    if not 200 <= answer.status < 300:
        raise Unanswered(f"{answer.url} answers {answer.status_text}", final=True)
    return answer


def json_answer(url: str, access: Access | None = None) -> Any:
    """The document of a URL that must answer 2xx with JSON; raises Unanswered."""
    answer = answered(url, access, [("Accept", "application/json")])
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        raise Unanswered(f"{answer.url} does not answer with JSON", final=True) from None


def _shown_target(location: str) -> str:
    try:
        return address(location).shown
    except Unanswered:
        return plain(location.partition("?")[0], 200) if "@" not in location else "another address"


class _Exchange:
    """One question in a thread of its own: a server that drips bytes would hold its caller for ever."""

    def __init__(self, where: Address, access: Access, method: str, body: bytes | None, headers: Headers) -> None:
        self._where, self._access, self._method, self._body = where, access, method, body
        self._headers = self._all_headers(headers)
        self._answer: Answer | None = None
        self._error: BaseException | None = None
        self._stopped = False
        self._connection: http.client.HTTPConnection | None = None
        self._socket: socket.socket | None = None

    def ended_by(self, ends: float) -> Answer:
        """The answer; raises Unanswered, at the latest at this monotonic time."""
        thread = threading.Thread(target=self._run, daemon=True, name="promspec-fetch")
        thread.start()
        thread.join(max(0.01, ends - time.monotonic()))
        if thread.is_alive():
            self._stop()
            raise Unanswered(f"{self._where.shown} has not answered within {self._access.deadline:g} s", final=True)
        if self._error is not None:
            raise _told(self._error, self._where, self._access) from None
        assert self._answer is not None
        return self._answer

    def _run(self) -> None:
        """Ask; what goes wrong is kept for the one who waits."""
        try:
            self._answer = self._asked()
        except BaseException as error:
            self._error = error
        finally:
            if self._connection is not None:
                self._connection.close()

    def _stop(self) -> None:
        self._stopped = True
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits for more

    def _all_headers(self, headers: Headers) -> dict[str, str]:
        usual = {"User-Agent": f"promspec/{VERSION}", "Accept-Encoding": "identity", "Connection": "close"}
        given = dict([basic(self._where.user, self._where.password)]) if self._where.user else {}
        return {**usual, **given, **dict(self._access.headers), **dict(headers)}

    def _asked(self) -> Answer:
        started, where = time.monotonic(), self._where
        self._connection = self._made()
        self._connection.connect()
        self._socket = self._connection.sock  # the connection forgets it while the answer is being read
        self._connection.request(self._method, where.target, self._body, self._headers)
        with self._connection.getresponse() as response:
            headers = {name.lower(): value for name, value in response.getheaders()}
            encoding = headers.get("content-encoding", "identity").strip().lower()
            if encoding not in ("identity", ""):
                told = f"{where.shown} answers in {plain(encoding, 20)}, though it was asked not to"
                raise Unanswered(told, final=True)
            body = self._read(response, headers.get("content-length", ""))
        return Answer(where.shown, response.status, headers, body, time.monotonic() - started)

    def _made(self) -> http.client.HTTPConnection:
        where, timeout = self._where, min(self._access.timeout, self._access.deadline)
        if where.tls:
            context = self._access.tls or ssl.create_default_context()
            return http.client.HTTPSConnection(where.host, where.port, timeout=timeout, context=context)
        return http.client.HTTPConnection(where.host, where.port, timeout=timeout)

    def _read(self, response: http.client.HTTPResponse, announced: str) -> bytes:
        largest, body = self._access.largest, bytearray()
        length = int(announced) if announced.isascii() and announced.isdigit() and len(announced) < 20 else None
        if self._method == "HEAD" or response.status in (204, 304):
            return b""
        while length is None or length <= largest:
            part = response.read(min(_SLICE, largest + 1 - len(body)))
            if not part:
                if length is not None and len(body) < length and not response.chunked:
                    raise http.client.IncompleteRead(b"", length - len(body))
                return bytes(body)
            body += part
            if len(body) > largest or self._stopped:
                break
        raise Unanswered(f"{self._where.shown} answers more than {largest:,} bytes", final=True)


def _told(error: BaseException, where: Address, access: Access) -> Unanswered:
    """What went wrong as one sentence, with nothing in it that the server wrote."""
    if isinstance(error, Unanswered):
        return error
    if isinstance(error, ssl.SSLCertVerificationError):
        return Unanswered(f"{where.shown} shows a certificate that is not trusted: {error.verify_message}", final=True)
    if isinstance(error, ssl.SSLError):
        reason = (error.reason or "the connection broke").replace("_", " ").lower()
        return Unanswered(f"{where.shown} makes no TLS connection: {reason}", final=True)
    if isinstance(error, TimeoutError):
        return Unanswered(f"cannot reach {where.shown}: nothing for {min(access.timeout, access.deadline):g} s")
    if isinstance(error, http.client.RemoteDisconnected | ConnectionResetError | BrokenPipeError):
        return Unanswered(f"{where.shown} closes the connection without an answer")
    if isinstance(error, OSError | UnicodeError):
        return Unanswered(f"cannot reach {where.shown}: {getattr(error, 'strerror', None) or 'no such host'}")
    if isinstance(error, http.client.IncompleteRead):
        return Unanswered(f"{where.shown} breaks off in the middle of its answer")
    return Unanswered(f"{where.shown} does not speak HTTP: {type(error).__name__}")
