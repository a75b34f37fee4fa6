"""A fleet's samples: every metric of a spec, as one instance would expose it for hours, then for all instances."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import pi, prod, sin
from pathlib import Path

from promspec import naming, objectives
from promspec.promql import quote
from promspec.quantities import bound, milliseconds
from promspec.vocabulary.labels import Label
from promspec.vocabulary.metrics import Histogram, Metric
from promspec.vocabulary.operations import Operation
from promspec.vocabulary.spec import Spec
from tests.support.backfilled import backfill
from tools.query_cost.blocks import Database

END = 1_767_744_000
"""When the samples end unless told otherwise: a fixed moment, so that two runs have the same samples."""
COMBINATIONS = 24
"""So many label combinations of a family an instance has at most; who declares more rarely sees all of them."""
OPEN_VALUES = 5
"""So many values an open label has."""
REQUESTS, FAILED = 4.0, 0.004
"""Events a second of a family at one instance, of successes and of failures."""
_DAY = 86_400


@dataclass(frozen=True)
class Fleet:
    """How many instances of a spec's system there are, and for how many hours they were scraped, until `end`."""

    spec: Spec
    instances: int
    hours: int
    end: int = END

    @cached_property
    def scrape(self) -> int:
        """Seconds between two scrapes."""
        return max(1, milliseconds(objectives.clock(self.spec.deployment).scrape) // 1000)

    @property
    def begin(self) -> int:
        """The first scrape, in Unix seconds."""
        return self.end - self.hours * 3600

    @property
    def names(self) -> tuple[str, ...]:
        """What the instances are called."""
        return tuple(f"host-{number:03}:8000" for number in range(self.instances))

    @property
    def job(self) -> str:
        """The job of every instance."""
        return self.spec.deployment.job if self.spec.deployment is not None else naming.kebab(self.spec.name)

    @cached_property
    def curves(self) -> tuple[tuple[str, Callable[[int], str]], ...]:
        """Each series of one instance, without `instance`, and its value at a second since the first scrape."""
        return (*(curve for metric in self.spec.all_metrics for curve in self._metric(metric)), *self._client())

    @property
    def samples(self) -> int:
        """How many samples the whole fleet has."""
        return len(self.curves) * self.instances * len(range(self.begin, self.end + 1, self.scrape))

    def write(self, folder: Path) -> Database:
        """Write the database below `folder`."""
        one, database = folder / "one", Database(folder / "tsdb")
        backfill(one, self._lines(range(0, self.end - self.begin + 1, self.scrape)))
        database.take((one / "tsdb").iterdir(), "instance", self.names)
        shutil.rmtree(one)
        return database

    def _lines(self, times: Sequence[int]) -> Iterator[str]:
        for series, value in self.curves:
            yield from (f"{series} {value(second)} {self.begin + second}" for second in times)

    def _metric(self, metric: Metric) -> Iterator[tuple[str, Callable[[int], str]]]:
        combinations = list(_some(metric.labels))
        speed = (FAILED if metric in self._failures else REQUESTS) / len(combinations)
        for number, labels in enumerate(combinations):
            pairs = {"job": self.job, **labels}
            if isinstance(metric, Histogram):
                yield from _histogram(metric, pairs, speed)
            elif metric.kind == "counter":
                yield _written(metric.series[-1], pairs), _counter(speed)
            elif metric.kind == "info":
                yield _written(metric.series[-1], pairs), _constant(1)
            else:
                yield _written(metric.series[-1], pairs), _gauge(number)

    @cached_property
    def _failures(self) -> tuple[Metric, ...]:
        return tuple(each.errors for each in self.spec.each(Operation) if each.errors is not None)

    def _client(self) -> Iterator[tuple[str, Callable[[int], str]]]:
        """What every instance exposes of itself."""
        declared = {name for metric in self.spec.all_metrics for name in metric.series}
        own = [
            (naming.HEARTBEAT, {"spec": self.spec.name, "version": "1", "digest": "0"}, _constant(1)),
            ("up", {}, _constant(1)),
            (naming.TELEMETRY_ERRORS, {"kind": "other"}, _constant(0)),
            ("process_cpu_seconds_total", {}, _counter(0.2)),
            ("process_max_fds", {}, _constant(1024)),
            *((f"process_{what}", {}, _gauge(0)) for what in ("resident_memory_bytes", "open_fds")),
            *(("python_gc_collections_total", {"generation": number}, _counter(0.1)) for number in "012"),
        ]
        for name, labels, curve in own:
            if name not in declared:
                yield _written(name, {"job": self.job, **labels}), curve


def _some(labels: Sequence[Label]) -> Iterator[dict[str, str]]:
    """Combinations of the labels' values: all, or `COMBINATIONS` of them, evenly spread."""
    values = [_values(label) for label in labels]
    count = prod(len(each) for each in values)
    every = max(1.0, count / COMBINATIONS)
    chosen = {int(number * every) for number in range(min(count, COMBINATIONS))}
    for number, combination in enumerate(product(*values)):
        if number in chosen:
            yield {label.name: value for label, value in zip(labels, combination, strict=True)}


def _values(label: Label) -> Sequence[str]:
    return label.known_values if label.closed else [f"{label.name}-{number}" for number in range(OPEN_VALUES)]


def _histogram(metric: Histogram, labels: dict[str, str], speed: float) -> Iterator[tuple[str, Callable[[int], str]]]:
    """Ever more observations in ever higher buckets, the last of them full."""
    bounds = metric.bounds
    for number, value in enumerate(bounds, 1):
        yield _written(f"{metric.name}_bucket", {**labels, "le": bound(value)}), _counter(speed * number / len(bounds))
    yield _written(f"{metric.name}_bucket", {**labels, "le": "+Inf"}), _counter(speed)
    yield _written(f"{metric.name}_count", labels), _counter(speed)
    if bounds[0] >= 0:
        yield _written(f"{metric.name}_sum", labels), _counter(speed * float(bounds[len(bounds) // 2]))


def _written(name: str, labels: dict[str, str]) -> str:
    return f"{name}{{{','.join(f'{label}={quote(value)}' for label, value in labels.items())}}}"


def _counter(speed: float) -> Callable[[int], str]:
    """What `speed` a second adds up to, a third more or less by the time of day: slow enough to compare at any time."""
    swing = _DAY / (2 * pi) / 3

    def value(second: int) -> str:
        return f"{speed * (second + swing * sin(second / _DAY * 2 * pi)):.10g}" if speed else "0"

    return value


def _gauge(number: int) -> Callable[[int], str]:
    return lambda second: f"{1 + number + 0.3 * sin(second / _DAY * 2 * pi):.6g}"


def _constant(value: float) -> Callable[[int], str]:
    return lambda second: f"{value:g}"
