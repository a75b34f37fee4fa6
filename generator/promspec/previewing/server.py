"""One Prometheus over HTTP: each answer bounded in time and size; its own words where it refuses a query."""

from __future__ import annotations

import base64
import json
import time
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import SplitResult, unquote, urlencode, urlsplit

LARGEST = 33_554_432
"""Bytes of the largest answer that is read."""
SECONDS = 30.0
"""How long one answer may take."""
TOGETHER = 600.0
"""How long all answers may take; what is asked later is refused."""
_CHUNK = 1 << 20


class Unreachable(Exception):
    """No Prometheus answers there; the next query would fare no better."""


class Refused(Exception):
    """Prometheus answered, but not with data: the message is its own."""


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follows no redirection: it would take the password along."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


class Server:
    """A Prometheus by its address, which may hold a user and a password; these are in no message and on no page."""

    def __init__(self, base: str) -> None:
        try:
            parts = urlsplit(base)
            parts.port  # noqa: B018 -- it raises for what is no port
        except ValueError:
            raise Unreachable(f"{base} is no http URL") from None
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise Unreachable(f"{base} is no http URL")
        self.shown = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}".rstrip("/")
        self._headers = {"Accept": "application/json", **_authorisation(parts)}
        self._opener = urllib.request.build_opener(_Stay)
        self._began = time.monotonic()

    def get(self, path: str, parameters: list[tuple[str, str]]) -> Any:
        """The `data` of an answer. Raises Refused or Unreachable."""
        if time.monotonic() - self._began > TOGETHER:
            raise Refused(f"not asked: the queries before it took more than {TOGETHER:g} seconds")
        url = f"{self.shown}{path}?{urlencode([*parameters, ('timeout', f'{SECONDS:g}s')])}"
        try:
            request = urllib.request.Request(url, headers=self._headers)
            with self._opener.open(request, timeout=SECONDS) as answer:
                body = self._read(answer)
        except urllib.error.HTTPError as error:
            with error:
                said = _error_in(_bounded(error))
            if said:
                raise Refused(said) from None
            raise Unreachable(f"{self.shown} answers {path} with {error.code} {error.reason}") from None
        except (Unreachable, Refused):
            raise
        except (OSError, ValueError) as error:
            raise Unreachable(f"cannot reach {self.shown}: {getattr(error, 'reason', error)}") from None
        except Exception as error:  # http.client's own are parents of nothing else
            raise Unreachable(f"{self.shown} does not speak HTTP: {type(error).__name__}") from None
        return self._data(path, body)

    def _read(self, answer: Any) -> bytes:
        """The whole body, or an error: in time, however slowly it drips."""
        deadline, parts, size = time.monotonic() + SECONDS, [], 0
        while part := answer.read1(_CHUNK):
            parts.append(part)
            size += len(part)
            if size > LARGEST:
                raise Refused(f"the answer has more than {LARGEST:,} bytes: ask for a shorter time")
            if time.monotonic() > deadline:
                raise Refused(f"the answer takes more than {SECONDS:g} seconds")
        return b"".join(parts)

    def _data(self, path: str, body: bytes) -> Any:
        try:
            document = json.loads(body)
        except (ValueError, RecursionError):
            document = None
        if not isinstance(document, dict) or document.get("status") != "success":
            raise Unreachable(f"{self.shown}{path} does not answer as a Prometheus does")
        return document.get("data")


def _authorisation(parts: SplitResult) -> dict[str, str]:
    if "@" not in parts.netloc:
        return {}
    user, password = (unquote(part or "") for part in (parts.username, parts.password))
    return {"Authorization": f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"}


def _bounded(error: urllib.error.HTTPError) -> bytes:
    try:
        return bytes(error.read(65_536))
    except Exception:
        return b""


def _error_in(body: bytes) -> str:
    """Prometheus' own message in the body of an answer that is none."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    said = document.get("error") if isinstance(document, dict) else None
    return said[:500] if isinstance(said, str) else ""
