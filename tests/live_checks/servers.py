"""Servers for tests, on loopback: one that answers what it is told, and one that writes any bytes at any pace."""

from __future__ import annotations

import contextlib
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

TEXT = "text/plain; version=0.0.4; charset=utf-8"


@dataclass
class Reply:
    """What a path answers."""

    body: bytes = b""
    status: int = 200
    type: str = TEXT
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Site:
    """A running server: its address, what it answers, and the requests it got."""

    url: str
    replies: Mapping[str, Reply | Callable[[], Reply]]
    asked: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)


@contextmanager
def site(replies: Mapping[str, Reply | Callable[[], Reply]], tls: ssl.SSLContext | None = None) -> Iterator[Site]:
    """Serve these paths; any other is 404."""
    held = Site("", replies)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("content-length", 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            held.asked.append((self.command, self.path, headers, self.rfile.read(length)))
            found = replies.get(self.path.partition("?")[0], Reply(b"no", 404))
            reply = found if isinstance(found, Reply) else found()
            self.send_response(reply.status)
            if reply.type:
                self.send_header("Content-Type", reply.type)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(reply.body)

        do_POST = do_GET

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda request, client_address: None  # type: ignore[method-assign]  # a client that is gone
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    held.url = f"http{'s' if tls else ''}://127.0.0.1:{server.server_port}"
    try:
        yield held
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


Script = Callable[[socket.socket, threading.Event], None]


@contextmanager
def raw(script: Script) -> Iterator[str]:
    """A server that lets the script write to each connection until it is done, or the test is (the event)."""
    over = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))

    def one(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            connection.recv(65_536)
            script(connection, over)

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                threading.Thread(target=one, args=(connection,), daemon=True).start()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/metrics"
    finally:
        over.set()
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


def certificate(folder: Path, name: str, address: str = "127.0.0.1") -> tuple[Path, Path]:
    """A self-signed certificate for an address, and its key."""
    cert, key = folder / f"{name}.pem", folder / f"{name}.key"
    command = [*("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")]
    command += ["-keyout", str(key), "-out", str(cert), "-days", "2", "-subj", f"/CN={name}"]
    command += ["-addext", f"subjectAltName=IP:{address}"]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    return cert, key
