"""`Observability`: the pages as an ASGI application, as a WSGI one, and as a server in a thread."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from .board import Board
from .pages import Page, Pages, Scrape

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_REASONS = {200: "OK", 404: "Not Found", 405: "Method Not Allowed", 500: "Internal Server Error", 503: "Unavailable"}


class Observability:
    """An ASGI application: `/health`, `/health/ready`, `/health/startup`, `/health/detailed`, `/metrics`."""

    def __init__(self, board: Board, scrape: Scrape) -> None:
        self._pages = Pages(board, scrape)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; the event loop is not blocked by checks or by a scrape."""
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "http":
            page = await self._answered(scope)
            headers = [(name.encode("ascii"), value.encode("latin-1")) for name, value in page.headers]
            await send({"type": "http.response.start", "status": page.status, "headers": headers})
            body = b"" if scope["method"] == "HEAD" else page.body
            await send({"type": "http.response.body", "body": body})
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})

    async def _answered(self, scope: Scope) -> Page:
        import asyncio

        pages, path, root = self._pages, str(scope["path"]), str(scope.get("root_path", ""))
        method = str(scope["method"])
        endpoint = pages.endpoint(path.removeprefix(root) if root else path)
        accept = next((value.decode("latin-1") for name, value in scope.get("headers", ()) if name == b"accept"), "")
        if method in ("GET", "HEAD") and pages.needs_report(endpoint):
            return pages.page(method, endpoint, await pages.board.report_soon())
        if endpoint == "metrics":
            return await asyncio.to_thread(pages.page, method, endpoint, None, accept)
        return pages.page(method, endpoint, None)

    def wsgi(self, environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
        """The same as a WSGI application."""
        method = str(environ.get("REQUEST_METHOD", "GET"))
        page = self._pages.answer(method, str(environ.get("PATH_INFO", "/")), str(environ.get("HTTP_ACCEPT", "")))
        start_response(f"{page.status} {_REASONS.get(page.status, '')}", page.headers)
        return [b"" if method == "HEAD" else page.body]

    def serve(self, port: int, host: str = "127.0.0.1") -> Server:
        """Serve from a thread, for a service that is no web application; port 0 takes a free one.

        Raises `OSError` if the port is taken.
        """
        return Server(self._pages, port, host)


async def _live(receive: Receive, send: Send) -> None:
    while True:
        kind = (await receive())["type"]
        await send({"type": f"{kind}.complete"})
        if kind == "lifespan.shutdown":
            return


class Server:
    """A server in a thread of its own. Used in a `with` block, or closed by `close`."""

    def __init__(self, pages: Pages, port: int, host: str) -> None:
        class Handler(_Handler):
            pass

        Handler.pages = pages
        self._server = _Server((host, port), Handler)
        self.host = host
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, name="promspec-http", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is no news either."""


class _Handler(BaseHTTPRequestHandler):
    pages: Pages
    timeout = 10.0  # A client that sends nothing does not keep its thread.

    def do_GET(self) -> None:
        page = self.pages.answer(self.command, self.path.partition("?")[0], self.headers.get("accept", ""))
        self.send_response(page.status)
        for name, value in page.headers:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(page.body)

    do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_GET

    def log_message(self, format: str, *args: object) -> None:
        """A probe every second is no news."""
