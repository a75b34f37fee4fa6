"""What the instrumentation says about itself: the heartbeat, and what it had to drop."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Literal, get_args

from prometheus_client.registry import CollectorRegistry

from . import backends, storage
from .sharing import shared
from .text import clean

Kind = Literal["label_value", "value", "exemplar", "callback", "collector", "registration", "multiprocess", "internal"]
KINDS: tuple[Kind, ...] = get_args(Kind)

MOST_TYPES = 50
"""How many exception types are told apart."""
OTHER = "__other__"


class Telemetry:
    """The `promspec_*` families of a registry. Every generated package of a process shares them."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._errors, _ = shared(
            registry,
            backends.counter(
                "promspec_telemetry_errors_total",
                "Calls of the instrumentation that were dropped because their arguments were wrong.",
                ["kind"],
            ),
        )
        self._overflows, _ = shared(
            registry,
            backends.counter(
                "promspec_label_overflows_total",
                "Events counted under a label's overflow value because the label has too many values.",
                ["metric", "label"],
            ),
        )
        self._unmapped, _ = shared(
            registry,
            backends.counter(
                "promspec_unmapped_exceptions_total",
                "Exceptions that no error code maps, by type: they were counted under the fallback code.",
                ["type"],
            ),
        )
        self._heartbeat, _ = shared(
            registry,
            backends.info("promspec_info", "The specs this process is instrumented by.", ["spec", "version", "digest"]),
        )
        self._errors.lay_out([(kind,) for kind in KINDS])
        meeting = backends.directory()
        if meeting is not None:
            meeting.tell.append(lambda: self.lost("multiprocess"))
        elif backends.has_failed():
            self.lost("multiprocess")

    @property
    def storages(self) -> tuple[storage.Storage[Any], ...]:
        """Its families, to be registered elsewhere too."""
        return (self._errors, self._overflows, self._unmapped, self._heartbeat)

    def alive(self, spec: str, version: str, digest: str) -> None:
        """Expose the heartbeat of a spec."""
        self._heartbeat.cell((spec, version, digest)).log = [1.0]

    def lost(self, kind: Kind) -> None:
        """Count a call that was dropped. It is called where nothing may be raised."""
        with suppress(Exception):
            next(self._errors.cell((kind,)))

    def expect_overflows(self, metric: str, label: str) -> None:
        """Let the series of an open label start at zero."""
        self._overflows.cell((metric, label))

    def overflowed(self, metric: str, label: str) -> None:
        """Count an event that went to a label's overflow value."""
        next(self._overflows.cell((metric, label)))

    def unmapped(self, error: BaseException) -> None:
        """Count an exception that no code maps; the first types have a series of their own."""
        name = (clean(f"{type(error).__module__}.{type(error).__qualname__}"),)
        if name not in self._unmapped.cells and len(self._unmapped.cells) >= MOST_TYPES:
            name = (OTHER,)
        next(self._unmapped.cell(name))
