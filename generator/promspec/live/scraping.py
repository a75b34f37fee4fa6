"""One scrape: of an endpoint, as Prometheus asks it, or of a file."""

from __future__ import annotations

from pathlib import Path

from promspec.fetching import LARGEST
from promspec.fetching.access import Access
from promspec.fetching.addresses import Unanswered
from promspec.fetching.fetch import Answer, answered
from promspec.fetching.words import plain
from promspec.live.exposition import Exposition, Unreadable, read

ACCEPT = "application/openmetrics-text;version=1.0.0;q=0.9,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
_OPENMETRICS = "application/openmetrics-text"


def scrape(url: str, access: Access) -> Exposition:
    """The exposition of an endpoint; raises Unanswered or Unreadable."""
    return exposed(answered(url, access, [("Accept", ACCEPT)]))


def exposed(answer: Answer) -> Exposition:
    """The exposition that an answer holds; raises Unanswered for another type, Unreadable for what is none."""
    type = answer.content_type
    if type not in ("text/plain", _OPENMETRICS, ""):
        wanted = "text/plain; version=0.0.4, or application/openmetrics-text"
        raise Unanswered(f"{answer.url} answers with {plain(type, 60)}, and Prometheus reads {wanted}", final=True)
    return read(answer.body, None if not type else type == _OPENMETRICS)


def read_file(file: str | Path) -> Exposition:
    """The exposition in a file; raises Unanswered or Unreadable."""
    try:
        with open(file, "rb") as opened:
            body = opened.read(LARGEST + 1)
    except OSError as error:
        raise Unanswered(f"cannot read {file}: {error.strerror}", final=True) from None
    if len(body) > LARGEST:
        raise Unreadable(0, f"the file is larger than {LARGEST:,} bytes")
    return read(body)
