"""The exposition of a registry, in slices: our families from templates, those of others as the client prints them."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, MutableMapping
from typing import Any

from prometheus_client import exposition as plain
from prometheus_client.core import Metric
from prometheus_client.openmetrics import exposition as strict
from prometheus_client.registry import CollectorRegistry

from .text import OPENMETRICS, TEXT, accepts_openmetrics

PAUSE = 0.0002
"""Seconds a gentle rendering sleeps after a slice; without, an event loop waits for the switch interval (5 ms)."""

_EOF = b"# EOF\n"

Lost = Callable[[], None]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Page = Callable[[str], tuple[bytes, str]]


class _These:
    """Stands for a registry that has only these families."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        """The families."""
        return self._families


def slices(collectors: Iterable[Any], openmetrics: bool, lost: Lost) -> Iterator[bytes]:
    """The exposition of collectors, without the end mark; one that raises is left out, and counted."""
    for collector in collectors:
        try:
            ours = getattr(collector, "slices", None)
            if ours is None:
                yield _foreign(list(collector.collect()), openmetrics)
            else:
                for text in ours(openmetrics):
                    yield text.encode("utf-8")
        except Exception:
            lost()


def _foreign(families: list[Metric], openmetrics: bool) -> bytes:
    shown = (strict if openmetrics else plain).generate_latest(_These(families))
    return bytes(shown).removesuffix(_EOF)


def collectors_of(registry: CollectorRegistry) -> list[Any]:
    """What is registered, in order; the information about the target first, as the client has it."""
    found: list[Any] = []
    target = registry.get_target_info()
    if target:
        family = Metric("target", "Target metadata", "info")
        family.add_sample("target_info", target, 1)
        found.append(_These([family]))
    known = getattr(registry, "_collector_to_names", None)
    return [registry] if known is None else [*found, *list(known)]


def joined(parts: Iterable[bytes], openmetrics: bool, gentle: bool) -> bytes:
    """The slices as one page. A gentle rendering lets other threads run after each."""
    page = []
    for part in parts:
        page.append(part)
        if gentle and len(part) > 10_000:
            time.sleep(PAUSE)
    return b"".join([*page, _EOF] if openmetrics else page)


def negotiated(accept: str) -> tuple[bool, str]:
    """Whether to answer in OpenMetrics, and the content type."""
    openmetrics = accepts_openmetrics(accept)
    return openmetrics, OPENMETRICS if openmetrics else TEXT


class MetricsApp:
    """An ASGI application that answers every request with the exposition, rendered in a thread."""

    def __init__(self, page: Page) -> None:
        self._page = page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; what is no request of HTTP (a lifespan, a web socket) is not served."""
        if scope["type"] != "http":
            raise RuntimeError(f"the exposition is served over http, not {scope['type']}")
        import asyncio  # Here: who serves this has it already; for a script it would double the time of the import.

        headers = {key.lower(): value for key, value in scope.get("headers", ())}
        page, content_type = await asyncio.to_thread(self._page, headers.get(b"accept", b"").decode("latin-1"))
        length = str(len(page)).encode("ascii")
        answer = [(b"content-type", content_type.encode("ascii")), (b"content-length", length)]
        await send({"type": "http.response.start", "status": 200, "headers": answer})
        body = b"" if scope.get("method") == "HEAD" else page
        await send({"type": "http.response.body", "body": body, "more_body": False})
