"""Ask a server for text or JSON: bounded in time and size; what fails is one error with the address."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

LARGEST = 67_108_864
"""Bytes of the largest answer that is read."""
_TIMEOUT = 20
_ACCEPT = "application/openmetrics-text;version=1.0.0;q=0.9,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"


class Unanswered(ValueError):
    """A server that gave no useful answer."""


def text_of(url: str) -> str:
    """The body of a URL; raises Unanswered."""
    if urllib.parse.urlsplit(url).scheme not in ("http", "https"):
        raise Unanswered(f"{url} is no http URL")
    request = urllib.request.Request(url, headers={"Accept": _ACCEPT})
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT) as answer:  # nosec B310 - http alone, above
            body = answer.read(LARGEST + 1)
    except urllib.error.HTTPError as error:
        raise Unanswered(f"{url} answers {error.code} {error.reason}") from None
    except (OSError, ValueError) as error:  # HTTPException is neither, and comes as one of its parents below
        raise Unanswered(f"cannot reach {url}: {getattr(error, 'reason', error)}") from None
    except Exception as error:
        raise Unanswered(f"{url} does not speak HTTP: {type(error).__name__}") from None
    if len(body) > LARGEST:
        raise Unanswered(f"{url} answers more than {LARGEST:,} bytes")
    return bytes(body).decode("utf-8", "replace")


def json_of(base: str, path: str, parameters: list[tuple[str, str]]) -> Any:
    """The `data` of an answer of Prometheus' API; raises Unanswered."""
    url = f"{base.rstrip('/')}{path}?{urllib.parse.urlencode(parameters)}"
    try:
        document = json.loads(text_of(url))
    except (ValueError, RecursionError) as error:
        if isinstance(error, Unanswered):
            raise
        raise Unanswered(f"{base.rstrip('/')}{path} does not answer as a Prometheus does") from None
    if not isinstance(document, dict) or document.get("status") != "success":
        raise Unanswered(f"{base.rstrip('/')}{path} does not answer as a Prometheus does")
    return document.get("data")
