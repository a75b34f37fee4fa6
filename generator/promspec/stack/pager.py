"""The pager: a webhook receiver that keeps every notification, one JSON document a line."""

from __future__ import annotations

import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

_LARGEST = 4_194_304


def serve(host: str, port: int, file: Path) -> None:
    """Listen until the process is ended; what arrives is appended to the file with the moment of its arrival."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            if not 0 < size <= _LARGEST:
                self._answer(413)
                return
            try:
                document = json.loads(self.rfile.read(size))
            except ValueError:
                self._answer(400)
                return
            with lock, file.open("a", encoding="utf-8") as lines:
                lines.write(json.dumps({"received_at": time.time(), "notification": document}) + "\n")
            self._answer(200)

        def do_GET(self) -> None:
            self._answer(200)

        def _answer(self, status: int) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """The file says it all."""

    with ThreadingHTTPServer((host, port), Handler) as server:
        server.serve_forever()


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
