"""What prometheus_client itself exposes, when the service has several processes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from prometheus_client import values
from prometheus_client.core import Metric
from prometheus_client.gc_collector import GCCollector
from prometheus_client.metrics import MetricWrapperBase
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.process_collector import ProcessCollector


class ProcessesCollector:
    """`process_*` of each worker, told apart by `pid`: a sum over them would fall when one ends, as if reset."""

    def __init__(self, processes: Iterable[int], namespace: str) -> None:
        self._processes = processes
        self._namespace = namespace

    def collect(self) -> Iterable[Metric]:
        """The families, each with a sample of each process."""
        families: dict[str, Metric] = {}
        for process in self._processes:
            collector = ProcessCollector(self._namespace, partial(int, process), registry=None)
            for found in collector.collect():
                family = families.setdefault(found.name, Metric(found.name, found.documentation, found.type))
                for sample in found.samples:
                    labels = {**sample.labels, "pid": str(process)}
                    family.add_sample(sample.name, labels, sample.value)
        return families.values()


def over_processes(collectors: Iterable[Any], folder: str, processes: Sequence[int]) -> list[Any]:
    """The collectors to ask instead, so that the answer does not depend on the worker that gives it.

    The client's own metrics are read from its files, if it keeps them there; garbage collection is not told of, since
    those counters are of one worker.
    """
    shared = bool(getattr(values.ValueClass, "_multiprocess", False)) and os.path.isdir(folder)
    found: list[Any] = []
    for collector in collectors:
        if isinstance(collector, ProcessCollector) and collector._pid() == "self":
            # Each once: two generated packages in one process keep a file each.
            found.append(ProcessesCollector(dict.fromkeys(processes), collector._namespace))
        elif not isinstance(collector, GCCollector) and not (shared and isinstance(collector, MetricWrapperBase)):
            found.append(collector)
    if shared:
        found.append(MultiProcessCollector(None, folder))  # type: ignore[no-untyped-call]
    return found
