"""The outermost layer: trace ids, the bound on requests in flight, and every error as one JSON document."""

from __future__ import annotations

import logging
import time

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from output.cad_ml_platform.instrumentation import code_of, correlation, events
from service.cad_ml_platform.errors import (
    DomainError,
    InputRejected,
    OutOfService,
    http_status,
    public_message,
    retry_after,
)

_ALWAYS = ("/health", "/ready", "/metrics", "/admin", "/observability")
log = logging.getLogger("cad_ml_platform.http")


def error_response(error: Exception) -> JSONResponse:
    """The JSON document that tells the client what went wrong; a stack trace is never in it."""
    body: dict[str, object] = {"code": code_of(error).value, "message": public_message(error)}
    if isinstance(error, InputRejected):
        body["reason"] = error.reason
    body["trace_id"] = correlation.current() or "-"
    wait = retry_after(error)
    headers = {} if wait is None else {"Retry-After": str(wait)}
    return JSONResponse({"error": body}, status_code=http_status(error), headers=headers)


class Edge:
    """ASGI middleware around the whole application."""

    def __init__(self, app: ASGIApp, max_requests: int, trace_requests: bool = False) -> None:
        self._app = app
        self._max = max_requests
        self._level = logging.INFO if trace_requests else logging.DEBUG
        self._in_flight = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        # The client's id if it is short and plain, else a new one: it goes into log lines and a header.
        request = correlation.scope(headers.get("x-trace-id") or headers.get(correlation.HEADER))
        started = time.perf_counter()
        answered: list[int] = []

        async def send_traced(message: Message) -> None:
            if message["type"] == "http.response.start":
                answered.append(message["status"])
                MutableHeaders(scope=message).update({"X-Trace-Id": request.id, correlation.HEADER: request.id})
            await send(message)

        self._in_flight += 1
        with request, correlation.bind(trace_id=request.id):
            try:
                await self._serve(scope, receive, send_traced, answered)
            finally:
                self._in_flight -= 1
                self._tell(scope, answered, time.perf_counter() - started)

    async def _serve(self, scope: Scope, receive: Receive, send: Send, answered: list[int]) -> None:
        try:
            if self._in_flight > self._max and not scope["path"].startswith(_ALWAYS):
                raise OutOfService(f"more than {self._max} requests are in flight; try again")
            await self._app(scope, receive, send)
        except ClientDisconnect:
            log.info("the client went away", extra={"path": scope["path"]})
        except Exception as error:
            level = logging.WARNING if isinstance(error, DomainError) else logging.ERROR
            extra = {"path": scope["path"], "code": code_of(error).value}
            log.log(level, "request failed: %r", error, extra=extra)
            if http_status(error) == 500:
                code, path = code_of(error), scope["path"]
                events.request_crashed(code=code, method=scope["method"], path=path, exception=error)
            if not answered:
                await error_response(error)(scope, receive, send)

    def _tell(self, scope: Scope, answered: list[int], seconds: float) -> None:
        extra = {
            "method": scope["method"],
            "path": scope["path"],
            "status": answered[0] if answered else None,
            "latency_ms": round(seconds * 1000, 2),
        }
        log.log(self._level, "request", extra=extra)
