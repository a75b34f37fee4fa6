"""`Package`: what the modules of one generated package have in common."""

from __future__ import annotations

from typing import Any, TypeVar

from prometheus_client import REGISTRY
from prometheus_client.registry import CollectorRegistry

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
        for storage in (*self.telemetry.storages, *self._storages):
            _, exposed = shared(registry, storage)
            if not exposed:
                self.telemetry.lost("registration")
