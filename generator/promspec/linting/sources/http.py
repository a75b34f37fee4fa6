"""What sources of metrics ask a server: text, or the data of Prometheus' API."""

from __future__ import annotations

import json
import urllib.parse
from typing import Any

from promspec.fetching.access import Access
from promspec.fetching.addresses import Unanswered, address
from promspec.fetching.fetch import answered

_ACCESS = Access(timeout=20, deadline=60)
_ACCEPT = "application/openmetrics-text;version=1.0.0;q=0.9,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"


def text_of(url: str) -> str:
    """The body of a URL; raises Unanswered."""
    return answered(url, _ACCESS, [("Accept", _ACCEPT)]).body.decode("utf-8", "replace")


def json_of(base: str, path: str, parameters: list[tuple[str, str]]) -> Any:
    """The `data` of an answer of Prometheus' API; raises Unanswered."""
    url = f"{base.rstrip('/')}{path}"
    try:
        document = json.loads(text_of(f"{url}?{urllib.parse.urlencode(parameters)}"))
    except (ValueError, RecursionError) as error:
        if isinstance(error, Unanswered):
            raise
        document = None
    if not isinstance(document, dict) or document.get("status") != "success":
        raise Unanswered(f"{address(url).shown} does not answer as a Prometheus does")
    return document.get("data")
