"""Stands where Alertmanager stands, and remembers the alerts that Prometheus sends."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class AlertListener:
    """What came in; `address` is host:port."""

    def __init__(self, server: ThreadingHTTPServer, received: list[dict[str, Any]]) -> None:
        self.address = f"127.0.0.1:{server.server_address[1]}"
        self._received = received

    def received(self) -> list[dict[str, Any]]:
        """Every alert so far, with `labels` and `annotations`."""
        return list(self._received)


@contextmanager
def listening_for_alerts() -> Iterator[AlertListener]:
    """Listen on a free loopback port."""
    received: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            known = self.path == "/api/v2/alerts"
            if known:
                received.extend(json.loads(body))
            self.send_response(200 if known else 404)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield AlertListener(server, received)
        finally:
            server.shutdown()
            thread.join()
