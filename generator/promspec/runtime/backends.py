"""The storages of families: of this process alone, or shared if the service has several processes.

They meet in the directory that `PROMETHEUS_MULTIPROC_DIR` names, as those of prometheus_client do.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal

from . import storage

if TYPE_CHECKING:
    from .directory import Directory

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"

Aggregation = Literal["sum", "min", "max", "last", "process"]
"""How the values that several processes have of one gauge become one; `process`: not at all."""


class _Meeting:
    """The directory, entered when the first family asks."""

    asked = False
    directory: Directory | None = None
    failed = False


def directory() -> Directory | None:
    """Where this process meets the others; None if it is alone, or cannot get there."""
    if not _Meeting.asked:
        _Meeting.asked = True
        folder = os.environ.get(VARIABLE)
        if folder:
            try:
                from .directory import Directory  # Here: it needs a system with `fcntl`.

                _Meeting.directory = Directory(os.path.join(folder, f"promspec-{storage.PROTOCOL}"))
            except (OSError, ImportError, ValueError):
                _Meeting.failed = True
    return _Meeting.directory


def has_failed() -> bool:
    """Whether the process should share its families and cannot."""
    return _Meeting.failed


def counter(name: str, help: str, labels: Sequence[str]) -> storage.CounterStorage:
    """The storage of a counter; without `_total` in its name it is exposed under its own name, as of unknown type."""
    kind = "counter" if name.endswith("_total") else "unknown"
    shared = directory()
    if shared is None:
        return storage.CounterStorage(kind, name, help, labels)
    from .shared_storage import SharedCounterStorage

    return SharedCounterStorage(shared, kind, name, help, labels)


def gauge(name: str, help: str, labels: Sequence[str], aggregation: Aggregation = "sum") -> storage.GaugeStorage:
    """The storage of a gauge."""
    return _gauge("gauge", name, help, labels, aggregation, aggregation)


def info(name: str, help: str, labels: Sequence[str]) -> storage.GaugeStorage:
    """The storage of facts: one series that is 1."""
    return _gauge("info" if name.endswith("_info") else "gauge", name, help, labels, "info", "max")


def _gauge(
    kind: str, name: str, help: str, labels: Sequence[str], extra: str, merge: Aggregation
) -> storage.GaugeStorage:
    shared = directory()
    if shared is None:
        alone = storage.ProcessGaugeStorage if merge == "process" else storage.GaugeStorage
        return alone(kind, name, help, labels, extra)
    from .shared_storage import SharedGaugeStorage, SharedProcessGaugeStorage

    several = SharedProcessGaugeStorage if merge == "process" else SharedGaugeStorage
    return several(shared, kind, name, help, labels, extra, merge)


def histogram(
    name: str, help: str, labels: Sequence[str], buckets: Sequence[float], lost: Callable[[], None]
) -> storage.HistogramStorage:
    """The storage of a histogram; `buckets` are the finite upper bounds, `lost` is told of what is no number."""
    shared = directory()
    if shared is None:
        return storage.HistogramStorage(name, help, labels, buckets, lost)
    from .shared_storage import SharedHistogramStorage

    return SharedHistogramStorage(shared, name, help, labels, buckets, lost)
