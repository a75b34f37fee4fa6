"""`Package`: what the modules of one generated package have in common."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from prometheus_client import REGISTRY
from prometheus_client.core import Metric
from prometheus_client.registry import CollectorRegistry

from . import backends
from .deltas import Deltas
from .exposition import MetricsApp, collectors_of, joined, negotiated, slices
from .sharing import shared
from .storage import Storage
from .telemetry import Telemetry

S = TypeVar("S", bound=Storage[Any])


class Package:
    """The families of one spec, registered with prometheus_client's default registry when they are made."""

    def __init__(self, *, spec: str, version: str, digest: str) -> None:
        self._registry = REGISTRY
        self._storages: list[Storage[Any]] = []
        self.telemetry = Telemetry(REGISTRY)
        self.telemetry.alive(spec, version, digest)
        self.metrics_app = MetricsApp(self.scrape)

    def add(self, storage: S) -> S:
        """Register a family; the result is what to use: see `sharing`."""
        used, exposed = shared(self._registry, storage)
        if not exposed:
            self.telemetry.lost("registration")
        self._storages.append(used)
        return used

    def register(self, registry: CollectorRegistry) -> None:
        """Expose all families, with the same series, in one more registry.

        >>> from prometheus_client import CollectorRegistry
        >>> package = Package(spec="doc", version="1", digest="0")
        >>> registry = CollectorRegistry()
        >>> package.register(registry)
        >>> registry.get_sample_value("promspec_info", {"spec": "doc", "version": "1", "digest": "0"})
        1.0
        """
        for storage in self._families():
            _, exposed = shared(registry, storage)
            if not exposed:
                self.telemetry.lost("registration")

    def exposition(self, openmetrics: bool = False, *, others: bool = False, gentle: bool = False) -> bytes:
        """The families of this package as text, or as OpenMetrics; `others`: all that the registry has.

        A `gentle` rendering sleeps a moment between slices: in a thread, it holds up nobody.
        """
        return self._page(openmetrics, self._others() if others else self._families(), gentle)

    def scrape(self, accept: str = "") -> tuple[bytes, str]:
        """The whole registry for a header `Accept`, and the content type. To be called in a thread."""
        openmetrics, content_type = negotiated(accept)
        return self.exposition(openmetrics, others=True, gentle=True), content_type

    def deltas(self) -> Deltas:
        """What a block moves: `with deltas() as moved: ...`, then `moved("requests_total", status="success")`."""
        return Deltas(self._collect)

    def _page(self, openmetrics: bool, collectors: Iterable[Any], gentle: bool) -> bytes:
        parts = slices(collectors, openmetrics, lambda: self.telemetry.lost("collector"))
        return joined(parts, openmetrics, gentle)

    def _others(self) -> list[Any]:
        found = collectors_of(self._registry)
        meeting = backends.directory()
        if meeting is None:
            return found
        from .foreign import over_processes

        meeting.refresh()
        return over_processes(found, meeting.client_folder, [pid for pid, _ in meeting.processes()])

    def _families(self) -> list[Storage[Any]]:
        return [*self.telemetry.storages, *self._storages]

    def _collect(self) -> Iterable[Metric]:
        return [family for storage in self._families() for family in storage.collect()]
