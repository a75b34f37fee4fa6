"""`Storage`: where the series of one family are kept, and how a registry collects them."""

from __future__ import annotations

import math
import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Generic, TypeVar

from prometheus_client.core import Metric
from prometheus_client.samples import Exemplar, Sample

from . import cells, locks
from .cells import Amounts, Level, Ones, Spread
from .templates import Templates
from .text import digits, exemplar_text, family_name, heading, label_set, number

PROTOCOL = 4
"""Storages of several generated packages meet in one registry; only those of one protocol are shared."""

C = TypeVar("C")
T = TypeVar("T")

Values = tuple[str, ...]


class Storage(ABC, Generic[C]):
    """The series of one family. A collector in the sense of prometheus_client.

    `kind` is the type in the exposition. A series exists once `cell` made it, so that a gauge nobody set is not 0.
    `cells` has a series by all its values; `table`, for the hot path, by one value after the other: looking up three
    texts takes 60 ns, making a tuple of them to look up takes 100.
    """

    def __init__(self, kind: str, name: str, help: str, labels: Sequence[str], extra: object = ()) -> None:
        self.name = name
        self.help = help
        self.kind = kind
        self.labels = tuple(labels)
        self.signature = (PROTOCOL, kind, name, self.labels, extra)
        self.seen: tuple[dict[str, str], ...] = tuple({} for _ in self.labels)
        """The values met so far of each open label; the bound is one for all who share the storage."""
        self.overflows: tuple[str | None, ...] = (None,) * len(self.labels)
        self.cells: dict[Values, C] = {}
        self.table: dict[Any, Any] = {}
        self._templates = Templates(self)

    def cell(self, values: Values) -> C:
        """The series of these label values, made at need."""
        found = self.cells.get(values)
        if found is None:
            with locks.creating:
                found = self.cells.get(values)
                if found is None:  # A signal handler that comes between makes it: `setdefault` is one step.
                    found = self.cells.setdefault(values, self._made())
                    self._place(values)
        return found

    def overflow_to(self, overflows: Sequence[str | None]) -> None:
        """What takes the place of further values of each open label; that does not count as a value."""
        self.overflows = tuple(overflows)
        for seen, overflow in zip(self.seen, overflows, strict=True):
            seen.pop(overflow or "", None)

    def lay_out(self, wanted: Sequence[Values]) -> None:
        """Make many series."""
        for values in wanted:
            self.cell(values)

    def settle(self, decide: Callable[[], T], new: bool) -> T:
        """Call what decides which series is meant; `new`: an open label would have one more value."""
        with locks.creating:
            return decide()

    def _place(self, values: Values) -> None:
        """Let the hot path find the cell; again, if a signal handler has put another in its place meanwhile."""
        table, hot = self.table, None
        for value in values[:-1]:
            table = table.setdefault(value, {})
        while hot is not (hot := self._hot(self.cells[values])):
            table[values[-1] if values else ()] = hot

    def only(self, values: Values) -> C:
        """Keep one series and drop the others; made for facts, which replace each other."""
        with locks.creating:
            found = self.cell(values)
            if len(self.cells) > 1:
                self.cells, self.table, self._templates = {values: found}, {}, Templates(self)
                self._place(values)
            return found

    def describe(self) -> Iterable[Metric]:
        """The family without its series: its name is taken from the moment it is registered."""
        return [Metric(family_name(self.name, self.kind), self.help, self.kind)]

    def collect(self) -> Iterable[Metric]:
        """The family with its series. `_created` is left out: no declared series, and it doubles the number."""
        family = Metric(family_name(self.name, self.kind), self.help, self.kind)
        for values, cell in list(self.cells.items()):
            family.samples.extend(self.samples(dict(zip(self.labels, values, strict=True)), values, cell))
        return [family]

    def slices(self, openmetrics: bool) -> Iterator[str]:
        """The exposition, a slice of about a thousand lines at a time."""
        return self._templates.filled(openmetrics)

    @abstractmethod
    def _made(self) -> C:
        """A series without events yet."""

    def _hot(self, cell: C) -> object:
        return cell

    @abstractmethod
    def samples(self, labels: dict[str, str], values: Values, cell: C) -> Iterable[Sample]:
        """The samples of one series."""

    def lines(self, values: Values) -> list[str]:
        """What stands before the values of one series, with their label sets."""
        return [f"{self.name}{label_set(self.labels, values)}"]

    @abstractmethod
    def texts(self, keys: Sequence[Values], found: Sequence[C], openmetrics: bool) -> list[str | None]:
        """The printed values of many series, one for each line; None leaves the line out."""


class CounterStorage(Storage["Ones | Amounts"]):
    """Counters, each with its newest exemplar."""

    def __init__(self, kind: str, name: str, help: str, labels: Sequence[str]) -> None:
        super().__init__(kind, name, help, labels)
        self.exemplars: dict[Values, Exemplar] = {}
        self._amounts: dict[Values, Amounts] = {}
        """The cells that took the place of others."""

    def _made(self) -> Ones | Amounts:
        return cells.counter_cell()

    def add(self, values: Values, amount: float) -> None:
        """Add a finite amount, 0 or more."""
        cell = self.cell(values)
        if amount == 1.0:
            next(cell)
            return
        if not isinstance(cell, Amounts):
            with locks.creating:
                now = self.cells[values]
                cell = now if isinstance(now, Amounts) else self._amounts.setdefault(values, Amounts(now))
                self.cells[values] = cell
                self._place(values)
        cell.add(amount)

    def mark(self, values: Values, value: float, exemplar: Exemplar) -> None:
        """Remember the exemplar of a call."""
        if self.kind == "counter":
            self.exemplars[values] = exemplar

    def samples(self, labels: dict[str, str], values: Values, cell: Ones | Amounts) -> Iterable[Sample]:
        value = cell.value() if isinstance(cell, Amounts) else float(cells.ones_of(cell))
        return [Sample(self.name, labels, value, None, self.exemplars.get(values))]

    def texts(self, keys: Sequence[Values], found: Sequence[Ones | Amounts], openmetrics: bool) -> list[str | None]:
        shown: list[str | None]
        if self._amounts:
            found = [self._amounts.get(values, cell) for values, cell in zip(keys, found, strict=True)]
        if Amounts in set(map(type, found)):
            shown = [number(c.value()) if isinstance(c, Amounts) else digits(repr(c)[6:-1]) for c in found]
        else:  # One call of C prints them all: [count(5), count(0), ...]
            shown = [f"{n}.0" if len(n) < 7 else digits(n) for n in repr(found)[7:-2].split("), count(")]
        return self.with_exemplars(keys, shown) if openmetrics and self.exemplars else shown

    def with_exemplars(self, keys: Sequence[Values], shown: Sequence[str | None]) -> list[str | None]:
        """The printed values, each followed by its exemplar."""
        found = [self.exemplars.get(values) for values in keys]
        return [
            text if exemplar is None else f"{text}{exemplar_text(exemplar)}"
            for text, exemplar in zip(shown, found, strict=True)
        ]


class GaugeStorage(Storage[Level]):
    """Gauges, and facts: gauges that are 1."""

    def _made(self) -> Level:
        return Level()

    def samples(self, labels: dict[str, str], values: Values, cell: Level) -> Iterable[Sample]:
        value = cell.value()
        return [] if value is None else [Sample(self.name, labels, value)]

    def texts(self, keys: Sequence[Values], found: Sequence[Level], openmetrics: bool) -> list[str | None]:
        read = [cell.value() for cell in found]
        return [None if value is None else number(value) for value in read]


class ProcessGaugeStorage(GaugeStorage):
    """Gauges that each process has for itself, told apart by the label `pid`."""

    def by_process(self, cell: Level) -> list[tuple[int, float]]:
        """The value of each process that has one."""
        value = cell.value()
        return [] if value is None else [(os.getpid(), value)]

    def samples(self, labels: dict[str, str], values: Values, cell: Level) -> Iterable[Sample]:
        return [Sample(self.name, {**labels, "pid": str(pid)}, value) for pid, value in self.by_process(cell)]

    def slices(self, openmetrics: bool) -> Iterator[str]:
        yield heading(self.name, self.kind, self.help, openmetrics)
        for values, cell in list(self.cells.items()):
            for pid, value in self.by_process(cell):
                yield f"{self.name}{label_set(self.labels, values, ('pid', str(pid)))} {number(value)}\n"


class HistogramStorage(Storage[Spread]):
    """Histograms, with the newest exemplar of each bucket; as in the client, without `_sum` if a bound is negative."""

    def __init__(
        self, name: str, help: str, labels: Sequence[str], buckets: Sequence[float], lost: Callable[[], None]
    ) -> None:
        self._bounds = tuple(float(bound) for bound in buckets)
        super().__init__("histogram", name, help, labels, self._bounds)
        self.exemplars: dict[Values, dict[int, Exemplar]] = {}
        self._lost = lost
        self._les = [number(bound) for bound in (*self._bounds, math.inf)]
        self._summed = self._bounds[0] >= 0 if self._bounds else True

    def _made(self) -> Spread:
        return Spread(self._bounds, self._lost)

    def _hot(self, cell: Spread) -> object:
        return cell.pending

    def mark(self, values: Values, value: float, exemplar: Exemplar) -> None:
        """Remember the exemplar of a call, for the bucket that its value is in."""
        at = next((index for index, bound in enumerate(self._bounds) if value <= bound), len(self._bounds))
        self.exemplars.setdefault(values, {})[at] = exemplar

    def samples(self, labels: dict[str, str], values: Values, cell: Spread) -> Iterable[Sample]:
        counts, total = cell.read()
        exemplars = self.exemplars.get(values, {})
        for index, (le, count) in enumerate(zip(self._les, counts, strict=True)):
            bucket = {**labels, "le": le}
            yield Sample(f"{self.name}_bucket", bucket, float(count), None, exemplars.get(index))
        yield Sample(f"{self.name}_count", labels, float(counts[-1]))
        if self._summed:
            yield Sample(f"{self.name}_sum", labels, total)

    def lines(self, values: Values) -> list[str]:
        buckets = [f"{self.name}_bucket{label_set(self.labels, values, ('le', le))}" for le in self._les]
        plain = label_set(self.labels, values)
        return [*buckets, f"{self.name}_count{plain}", *([f"{self.name}_sum{plain}"] if self._summed else [])]

    def texts(self, keys: Sequence[Values], found: Sequence[Spread], openmetrics: bool) -> list[str | None]:
        shown: list[str | None] = []
        for values, cell in zip(keys, found, strict=True):
            counts, total = cell.read()
            start = len(shown)
            shown += [f"{count}.0" if count < 1_000_000 else number(count) for count in counts]
            if openmetrics and self.exemplars:
                for index, exemplar in list(self.exemplars.get(values, {}).items()):
                    shown[start + index] = f"{shown[start + index]}{exemplar_text(exemplar)}"
            shown.append(f"{counts[-1]}.0" if counts[-1] < 1_000_000 else number(counts[-1]))
            if self._summed:
                shown.append(number(total))
        return shown
