"""A small service that promspec did not generate: WSGI, counted with prometheus_client; and each way to break it."""

from __future__ import annotations

import asyncio
import io
import json
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

Start = Callable[[str, list[tuple[str, str]]], Any]
Wsgi = Callable[[dict[str, Any], Start], Iterable[bytes]]
PROVIDERS, CODES = ("truck", "bike"), ("timeout", "other")


class Metrics:
    """The metrics, laid out at zero; `codes` and `providers` are those it knows."""

    def __init__(self, codes: tuple[str, ...] = CODES, providers: tuple[str, ...] = PROVIDERS) -> None:
        self.registry = CollectorRegistry()
        self.orders = Counter("orders_total", "Finished orders.", ["provider", "status"], registry=self.registry)
        self.errors = Counter("order_errors_total", "Failed orders.", ["provider", "code"], registry=self.registry)
        self.seconds = Histogram(
            "order_seconds", "Time of an order.", ["provider"], buckets=(0.1, 1), registry=self.registry
        )
        Gauge("orders_waiting", "Orders that wait.", registry=self.registry)
        for provider in providers:
            self.seconds.labels(provider)
            for status in ("success", "error"):
                self.orders.labels(provider, status)
            for code in codes:
                self.errors.labels(provider, code)


Page = tuple[str, str, bytes]


def service(metrics: Metrics | None = None, *, counts: bool = True, replaced: Mapping[str, Page] | None = None) -> Wsgi:
    """The service; `replaced` is what a path answers instead: status, content type, body."""
    held = metrics or Metrics()

    def app(environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        path = environ["PATH_INFO"].strip("/").replace("/", "_") or "root"
        if path == "orders" and environ["REQUEST_METHOD"] == "POST":
            length = int(environ.get("CONTENT_LENGTH") or 0)
            order: Mapping[str, str] = json.loads(environ["wsgi.input"].read(length) or b"{}")
            if counts:
                held.orders.labels(order.get("by", "truck"), "success").inc()
                held.seconds.labels(order.get("by", "truck")).observe(0.2)
            usual = ("201 Created", "application/json", b"{}")
        else:
            usual = {
                "root": ("200 OK", "text/plain", b"orders"),
                "health": ("200 OK", "application/json", b'{"status": "ok"}'),
                "metrics": ("200 OK", "text/plain; version=0.0.4", generate_latest(held.registry)),
            }.get(path, ("404 Not Found", "text/plain", b"no"))
        status, type, body = (replaced or {}).get(path, usual)
        start(status, [("Content-Type", type), ("Content-Length", str(len(body)))])
        return [body]

    return app


app = service()
TEXT = "text/plain; version=0.0.4"


def silent(environ: dict[str, Any], start: Start) -> Iterable[bytes]:
    """Never answers in time."""
    time.sleep(3)
    return []


def failing() -> Wsgi:
    """A factory that fails."""
    raise RuntimeError("no database")


gateway = service(replaced={"root": ("502 Bad Gateway", "text/plain", b"")})
sick = service(replaced={"health": ("503 Service Unavailable", "application/json", b'{"status": "error"}')})
says_sick = service(replaced={"health": ("200 OK", "application/json", b'{"status": "unhealthy"}')})
no_health = service(replaced={"health": ("404 Not Found", "text/plain", b"")})
not_an_app = 42


def _metrics_page(status: str, type: str, body: bytes) -> Wsgi:
    """The service with another page at /metrics."""
    return service(replaced={"metrics": (status, type, body)})


def _edited(before: str, after: str, **more: Any) -> Wsgi:
    """The service with its exposition edited."""
    metrics = Metrics(**more)
    inner = service(metrics)

    def edited(environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        if environ["PATH_INFO"] != "/metrics":
            return inner(environ, start)
        body = generate_latest(metrics.registry).decode().replace(before, after).encode()
        start("200 OK", [("Content-Type", TEXT), ("Content-Length", str(len(body)))])
        return [body]

    return edited


metrics_gone = _metrics_page("404 Not Found", TEXT, b"")
metrics_are_html = _metrics_page("200 OK", "text/html", b"<html>")
metrics_are_empty = _metrics_page("200 OK", TEXT, b"")
metrics_are_broken = _metrics_page("200 OK", TEXT, b"orders_total 1\n<html>\n")
metrics_are_binary = _metrics_page("200 OK", TEXT, bytes(range(256)) * 9)
metrics_are_half = _metrics_page("200 OK", "application/openmetrics-text", b"orders_total 1\n")
metrics_are_moved = _metrics_page("302 Found", TEXT, b"")
wrong_type = _edited("# TYPE orders_waiting gauge", "# TYPE orders_waiting counter")
family_missing = _edited("orders_waiting", "orders_queued")
wrong_value = _edited('status="error"', 'status="ERROR"')
one_provider = service(Metrics(providers=("truck",)))
never_counts = service(counts=False)
extra = _edited("# HELP orders_waiting", "# TYPE extra gauge\nextra 1\n# HELP orders_waiting")
undeclared_code = service(Metrics(codes=(*CODES, "TIMEOUT")))
unmapped = _edited(
    "# HELP orders_waiting",
    "# TYPE promspec_unmapped_exceptions_total counter\n"
    'promspec_unmapped_exceptions_total{type="builtins.KeyError"} 3\n# HELP orders_waiting',
)
sick_and_broken = service(
    Metrics(providers=("truck",)), replaced={"health": ("503 Service Unavailable", "text/plain", b"")}
)


async def asgi(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """The same service for an ASGI server; it knows no lifespan."""
    assert scope["type"] == "http"
    body = b"".join([(await receive()).get("body", b"")])
    told: list[Any] = []
    environ = {
        "PATH_INFO": scope["path"],
        "REQUEST_METHOD": scope["method"],
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
    }
    parts = app(environ, lambda status, headers: told.extend([status, headers]))
    headers = [(name.lower().encode(), value.encode()) for name, value in told[1]]
    await send({"type": "http.response.start", "status": int(told[0].split()[0]), "headers": headers})
    await send({"type": "http.response.body", "body": b"".join(parts)})


def make_app(tenant: str = "a") -> Wsgi:
    """A factory that works."""
    return app


class Held:
    """Something with an application inside."""

    app = staticmethod(app)


async def fails_at_its_start(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """An ASGI application whose start fails."""
    await receive()
    await send({"type": "lifespan.startup.failed", "message": "no database"})


async def never_starts(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """An ASGI application whose start takes for ever."""
    await asyncio.sleep(30)
