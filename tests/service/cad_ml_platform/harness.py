"""Runs the service in the test's event loop, and reads its metrics."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import AsyncIterator
from typing import Any

import httpx
import prometheus_client

from service.cad_ml_platform.app import create_app
from service.cad_ml_platform.platform import Platform
from service.cad_ml_platform.settings import Settings
from service.cad_ml_platform.urls import Fetcher

TOKEN = "correct horse"
ADMIN = {"X-Admin-Token": TOKEN}
PLENTY = Settings(
    admin_token=TOKEN,
    ocr_engine="simulated",
    rate_limit_qps=1e6,
    rate_limit_burst=100_000,
    classifier_rate_limit_per_min=1e6,
    classifier_rate_limit_burst=100_000,
)


@contextlib.asynccontextmanager
async def serving(fetcher: Fetcher | None = None, **settings: Any) -> AsyncIterator[tuple[httpx.AsyncClient, Platform]]:
    """A client of a started service, and the platform behind it. No exception may escape it."""
    app = create_app(dataclasses.replace(PLENTY, **settings), fetcher)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=True)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://service") as client,
    ):
        yield client, app.state.platform


class Sample:
    """A series, remembered as it is now."""

    def __init__(self, name: str, **labels: str) -> None:
        self._name = name
        self._labels = labels
        self._before = self.value

    @property
    def value(self) -> float:
        """Its value; a series that is not exposed fails the test."""
        value = prometheus_client.REGISTRY.get_sample_value(self._name, self._labels)
        assert value is not None, f"{self._name}{self._labels} is not exposed"
        return value

    @property
    def moved(self) -> float:
        """How far it moved since."""
        return self.value - self._before
