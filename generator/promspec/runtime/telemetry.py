"""What the instrumentation says about itself: the heartbeat, and what it had to drop."""

from __future__ import annotations

from typing import Any, Literal

from prometheus_client.registry import CollectorRegistry

from . import storage
from .sharing import shared

Kind = Literal["label_value", "value", "callback", "registration", "internal"]
KINDS: tuple[Kind, ...] = ("label_value", "value", "callback", "registration", "internal")

MOST_TYPES = 50
"""How many exception types are told apart."""
OTHER = "__other__"


class Telemetry:
    """The `promspec_*` families of a registry. Every generated package of a process shares them."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._errors, _ = shared(
            registry,
            storage.counter(
                "promspec_telemetry_errors_total",
                "Calls of the instrumentation that were dropped because their arguments were wrong.",
                ["kind"],
            ),
        )
        self._overflows, _ = shared(
            registry,
            storage.counter(
                "promspec_label_overflows_total",
                "Events counted under a label's overflow value because the label has too many values.",
                ["metric", "label"],
            ),
        )
        self._unmapped, _ = shared(
            registry,
            storage.counter(
                "promspec_unmapped_exceptions_total",
                "Exceptions that no error code maps, by type: they were counted under the fallback code.",
                ["type"],
            ),
        )
        self._heartbeat, _ = shared(
            registry,
            storage.info("promspec_info", "The specs this process is instrumented by.", ["spec", "version", "digest"]),
        )
        for kind in KINDS:
            self._errors.cell((kind,))

    @property
    def storages(self) -> tuple[storage.Storage[Any], ...]:
        """Its families, to be registered elsewhere too."""
        return (self._heartbeat, self._errors, self._overflows, self._unmapped)

    def alive(self, spec: str, version: str, digest: str) -> None:
        """Expose the heartbeat of a spec."""
        self._heartbeat.cell((spec, version, digest)).set(1)

    def lost(self, kind: Kind) -> None:
        """Count a call that was dropped."""
        self._errors.cell((kind,)).inc()

    def expect_overflows(self, metric: str, label: str) -> None:
        """Let the series of an open label start at zero."""
        self._overflows.cell((metric, label))

    def overflowed(self, metric: str, label: str) -> None:
        """Count an event that went to a label's overflow value."""
        self._overflows.cell((metric, label)).inc()

    def unmapped(self, error: BaseException) -> None:
        """Count an exception that no code maps; the first types have a series of their own."""
        name = (f"{type(error).__module__}.{type(error).__qualname__}",)
        if name not in self._unmapped.cells and len(self._unmapped.cells) >= MOST_TYPES:
            name = (OTHER,)
        self._unmapped.cell(name).inc()
