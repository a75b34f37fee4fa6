"""The HTTP surface: commands for clients, criteria and sampling for administrators, the generated pages for probes."""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from typing import Any, get_args

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp

from output.snakepit.instrumentation import ErrorCode, code_of, correlation, events, health
from service.snakepit.errors import InvalidRequest, SnakepitError
from service.snakepit.pool import Pool

MOST_BYTES = 16 * 1024 * 1024
"""How large a request's body may be."""
_STATUSES: Mapping[ErrorCode, int] = {
    ErrorCode.INVALID_REQUEST: 400,
    ErrorCode.COMMAND_FAILED: 500,
    ErrorCode.INTERNAL_ERROR: 500,
    ErrorCode.POOL_SATURATED: 503,
    ErrorCode.POOL_CLOSED: 503,
    ErrorCode.REQUEST_TIMEOUT: 504,
}
_WORKER_LOST = 502
_CLIENT_LEFT = 499
"""What nginx calls it; nobody reads it."""
_CRITERIA = {
    check.name: check
    for check in (health.worker_availability, health.error_rate, health.queue_depth, health.response_time)
}
_ENDPOINTS = ("live", "ready", "startup", "detailed", "metrics")

Answer = Callable[[Request], Awaitable[Response]]
log = logging.getLogger("snakepit.web")


def application(pools: Sequence[Pool], admin_token: str = "") -> ASGIApp:
    """The ASGI application around these pools; without a token nobody is an administrator."""
    by_name = {pool.name: pool for pool in pools}

    async def execute(request: Request) -> Response:
        """`{"arguments": {…}, "session": …, "timeout": …}`, all of them optional; answers `{"result": …}`."""
        pool, command = by_name.get(request.path_params["pool"]), request.path_params["command"]
        if pool is None:
            return _refused(404, f"there is no such pool; there are {', '.join(by_name)}")
        try:
            given = await _read(request, "arguments", "session", "timeout")
            work = pool.execute_async(
                command, given.get("arguments"), session=given.get("session"), timeout=given.get("timeout")
            )
            return _json(200, {"result": await _while_wanted(request, work)})
        except SnakepitError as error:
            return _failed(error)
        except ClientDisconnect:
            return _refused(_CLIENT_LEFT, "the client went away")

    def administrators(answer: Answer) -> Answer:
        async def checked(request: Request) -> Response:
            given = request.headers.get("x-admin-token", "")
            if not admin_token or not secrets.compare_digest(admin_token.encode(), given.encode()):
                return _refused(403, "X-Admin-Token is not that of SNAKEPIT_ADMIN_TOKEN")
            try:
                return await answer(request)
            except (SnakepitError, ValueError) as error:
                return _refused(400, str(error))

        return checked

    routes = [
        Route("/pools/{pool}/commands/{command}", execute, methods=["POST"]),
        Route("/admin/health/{check}", administrators(_set_criteria), methods=["PUT"]),
        Route("/admin/sampling/{event}", administrators(_set_sampling), methods=["PUT"]),
        Route("/admin/endpoints/{endpoint}", administrators(_set_endpoint), methods=["PUT"]),
        Mount("/", health.observability),
    ]
    # Around everything: what goes wrong in the application itself has an id as well.
    return correlation.Middleware(Starlette(routes=routes))


async def _set_criteria(request: Request) -> Response:
    """`{"warning": 2, "failing": 1}`; null takes a threshold away, one that is left out stays."""
    check = _CRITERIA.get(request.path_params["check"])
    if check is None:
        raise ValueError(f"there is no such check; there are {', '.join(_CRITERIA)}")
    given = await _read(request, "warning", "failing")
    if any(isinstance(each, bool) or not isinstance(each, (int, float, type(None))) for each in given.values()):
        raise ValueError("a threshold is a number or null")
    check.set_criteria(**given)
    log.warning("criteria changed", extra={"check": check.name, **given})
    return _json(200, {"warning": check.criteria.warning, "failing": check.criteria.failing})


async def _set_sampling(request: Request) -> Response:
    """`{"rate": 0.5}`; errors are never sampled out."""
    event, rate = request.path_params["event"], (await _read(request, "rate")).get("rate")
    if event not in get_args(events.EventName):
        raise ValueError(f"there is no such event; there are {', '.join(get_args(events.EventName))}")
    if isinstance(rate, bool) or not isinstance(rate, (int, float)):
        raise ValueError("rate: give a number from 0 to 1")
    events.set_sampling_rate(event, rate)
    log.warning("sampling changed", extra={"sampled": event, "rate": rate})
    return _json(200, {"rate": rate})


async def _set_endpoint(request: Request) -> Response:
    """`{"enabled": false}`: it answers 404."""
    endpoint, enabled = request.path_params["endpoint"], (await _read(request, "enabled")).get("enabled")
    if endpoint not in _ENDPOINTS or not isinstance(enabled, bool):
        raise ValueError(f"give true or false for one of {', '.join(_ENDPOINTS)}")
    (health.enable if enabled else health.disable)(endpoint)
    return _json(200, {"enabled": enabled})


async def _while_wanted(request: Request, work: Coroutine[Any, Any, Any]) -> Any:
    """The result; a request whose client went away is cancelled, so that nobody waits behind it in vain."""
    working, leaving = asyncio.ensure_future(work), asyncio.ensure_future(request.receive())
    try:
        await asyncio.wait((working, leaving), return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        raise ClientDisconnect
    finally:
        working.cancel()
        leaving.cancel()
        await asyncio.gather(working, leaving, return_exceptions=True)


async def _read(request: Request, *known: str) -> dict[str, Any]:
    """The JSON object of the body, an empty one if there is no body. Raises `InvalidRequest`."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MOST_BYTES:
            raise InvalidRequest(f"the body has more than {MOST_BYTES} bytes")
    try:
        given = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        raise InvalidRequest("the body is no JSON") from None
    if not isinstance(given, dict) or not set(given) <= set(known):
        raise InvalidRequest(f"the body is a JSON object with {', '.join(known)}")
    return given


def _failed(error: SnakepitError) -> Response:
    code = code_of(error)
    status = _STATUSES.get(code, _WORKER_LOST)
    return _json(status, {"error": {"code": code.value, "message": str(error)}})


def _refused(status: int, message: str) -> Response:
    return _json(status, {"error": {"code": ErrorCode.INVALID_REQUEST.value, "message": message}})


def _json(status: int, body: Mapping[str, object]) -> Response:
    try:
        text = json.dumps(body, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        return _refused(422, f"the result is no JSON: {error}")
    retry = {"retry-after": "1"} if status == 503 else {}
    return Response(text + "\n", status, retry, "application/json")
