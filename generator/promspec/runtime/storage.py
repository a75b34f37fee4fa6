"""`Storage`: where the series of one family are kept, and how a registry collects them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from threading import RLock
from typing import Generic, TypeVar

from prometheus_client import Counter, Gauge, Histogram
from prometheus_client.core import Metric
from prometheus_client.samples import Sample

PROTOCOL = 1
"""Storages of several generated packages meet in one registry; only those of one protocol are shared."""

C = TypeVar("C", Counter, Gauge, Histogram)


class Storage(Generic[C]):
    """The series of one family. A collector in the sense of prometheus_client.

    `kind` is the type in the exposition. A series exists once `cell` made it, so that a gauge nobody set is not 0.
    """

    def __init__(self, metric: C, kind: str, name: str, help: str, labels: Sequence[str], extra: object = ()) -> None:
        self.name = name
        self.help = help
        self.labels = tuple(labels)
        self.signature = (PROTOCOL, kind, name, self.labels, extra)
        self.lock = RLock()
        self.seen: tuple[set[str], ...] = tuple(set() for _ in self.labels)
        """The values met so far of each open label; the bound is one for all who share the storage."""
        self.cells: dict[tuple[str, ...], C] = {}
        self._metric: C = metric
        self._kind = kind

    def cell(self, values: tuple[str, ...]) -> C:
        """The series of these label values, made at need."""
        found = self.cells.get(values)
        if found is None:
            with self.lock:
                found = self._metric.labels(*values) if self.labels else self._metric
                self.cells[values] = found
        return found

    def only(self, values: tuple[str, ...]) -> None:
        """Keep one series and drop the others; made for facts, which replace each other."""
        with self.lock:
            if self.labels:
                for old in [known for known in self.cells if known != values]:
                    self._metric.remove(*old)
                    del self.cells[old]
            self.cell(values)

    def describe(self) -> Iterable[Metric]:
        """The family without its series: its name is taken from the moment it is registered."""
        return [Metric(_family(self.name, self._kind), self.help, self._kind)]

    def collect(self) -> Iterable[Metric]:
        """The family with its series. `_created` is left out: no declared series, and it doubles the number."""
        family = Metric(_family(self.name, self._kind), self.help, self._kind)
        if self.cells:
            for metric in self._metric.collect():
                family.samples = [self._named(sample) for sample in metric.samples if self._kept(sample)]
        return [family]

    def _named(self, sample: Sample) -> Sample:
        exact = sample.name if self._kind == "histogram" else self.name
        return sample if sample.name == exact else sample._replace(name=exact)

    def _kept(self, sample: Sample) -> bool:
        if self._kind == "gauge":
            return sample.value == sample.value  # A callback that failed gives NaN: no sample is the honest answer.
        return sample.name == self.name or not sample.name.endswith("_created")


def _family(name: str, kind: str) -> str:
    """OpenMetrics names a family without the suffix of its samples."""
    return name.removesuffix({"counter": "_total", "info": "_info"}.get(kind, "\0"))


def counter(name: str, help: str, labels: Sequence[str]) -> Storage[Counter]:
    """The storage of a counter; without `_total` in its name it is exposed under its own name, as of unknown type."""
    kind = "counter" if name.endswith("_total") else "unknown"
    return Storage(Counter(name, help, labels, registry=None), kind, name, help, labels)


def gauge(name: str, help: str, labels: Sequence[str]) -> Storage[Gauge]:
    """The storage of a gauge."""
    return Storage(Gauge(name, help, labels, registry=None), "gauge", name, help, labels)


def info(name: str, help: str, labels: Sequence[str]) -> Storage[Gauge]:
    """The storage of facts: one series that is 1."""
    kind = "info" if name.endswith("_info") else "gauge"
    return Storage(Gauge(name, help, labels, registry=None), kind, name, help, labels, "info")


def histogram(name: str, help: str, labels: Sequence[str], buckets: Sequence[float]) -> Storage[Histogram]:
    """The storage of a histogram; `buckets` are the finite upper bounds."""
    made = Histogram(name, help, labels, registry=None, buckets=tuple(buckets))
    return Storage(made, "histogram", name, help, labels, tuple(buckets))
