"""`create_app`: the FastAPI application around one platform."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import AsyncIterator

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from output.cad_ml_platform.instrumentation import health as checks
from service.cad_ml_platform.api import administration, drawings, health, vectors
from service.cad_ml_platform.edge import Edge, error_response
from service.cad_ml_platform.errors import InputRejected
from service.cad_ml_platform.platform import Platform, build
from service.cad_ml_platform.settings import Settings
from service.cad_ml_platform.urls import Fetcher

log = logging.getLogger("cad_ml_platform")


@contextlib.asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    platform: Platform = app.state.platform
    platform.watch_ages()
    health.watch(platform)
    platform.ready = True
    checks.started()
    log.info("started", extra={"engines": {name: each.engine for name, each in platform.providers.items()}})
    try:
        yield
    finally:
        platform.ready = False
        checks.stopping()
        log.info("stopped")


async def _bad_parameters(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    faults = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()[:5])
    return error_response(InputRejected("invalid", faults))


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    response: JSONResponse = error_response(InputRejected("http", str(error.detail), error.status_code))
    response.headers.update(error.headers or {})
    return response


def create_app(settings: Settings | None = None, fetcher: Fetcher | None = None) -> FastAPI:
    """The application. `settings` are those of the environment unless given; `fetcher` fetches images by URL.

    >>> create_app(Settings()).title
    'CAD ML Platform'
    """
    settings = Settings.from_env() if settings is None else settings
    app = FastAPI(title="CAD ML Platform", version="1.0.0", lifespan=_lifespan)
    app.state.platform = build(settings, fetcher)
    for each in (drawings, vectors, health, administration):
        app.include_router(each.router)
    app.add_exception_handler(RequestValidationError, _bad_parameters)
    app.add_exception_handler(HTTPException, _http_error)
    # Beside the platform's own health pages: those of an orchestrator, in the shape that all our services share.
    app.mount("/observability", checks.observability)
    app.router.routes.append(Route("/metrics", checks.observability))
    app.add_middleware(Edge, max_requests=settings.max_concurrent_requests, trace_requests=settings.trace_requests)
    return app
