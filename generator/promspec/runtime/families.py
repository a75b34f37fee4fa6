"""`Counter`, `Gauge`, `Histogram`, `Info`: what the generated metric classes are made of. Nothing here raises."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any, Generic

import prometheus_client

from . import storage
from .labels import Closed, Open
from .package import Package
from .storage import C, Storage
from .timing import Timer

__all__ = ["Callback", "Closed", "Counter", "Family", "Gauge", "Histogram", "Info", "Open", "Timer"]

Callback = Callable[[], float]

MOST_SERIES = 10_000
"""A family of more series than this is not laid out at import."""


class Family(Generic[C]):
    """A metric family: it settles label values, finds the series, and counts what it has to drop.

    Wrong values never raise. A label that is misspelt or left out is a `TypeError` of the call itself, as of any Python
    function, and an error of the type checker before that.
    """

    def __init__(self, package: Package, made: Storage[C], labels: Sequence[Closed | Open], zero: bool) -> None:
        self.labels = tuple(labels)
        self.label_names = tuple(label.name for label in labels)
        self.defaults = {label.name: label.default for label in labels}
        self._storage: Storage[C] = package.add(made)
        self._cells: dict[tuple[str, ...], C] = self._storage.cells
        self._telemetry = package.telemetry
        for label in self.labels:
            if isinstance(label, Open):
                self._telemetry.expect_overflows(made.name, label.name)
        if zero:
            self._lay_out()

    def _lay_out(self) -> None:
        closed = [label.values for label in self.labels if isinstance(label, Closed)]
        if len(closed) == len(self.labels) and math.prod(map(len, closed)) <= MOST_SERIES:
            for values in itertools.product(*closed):
                self._storage.cell(values)

    def allows(self, label: str, value: object) -> bool:
        """Whether the label may have that value; False for a label the family does not have."""
        known = next((known for known in self.labels if known.name == label), None)
        return isinstance(known, Open) or (known is not None and value in known.values)

    def _cell(self, values: tuple[object, ...]) -> C | None:
        """The series of the values as the caller wrote them; None, and counted, if they are wrong."""
        try:
            found = self._cells.get(values)  # type: ignore[arg-type]
        except TypeError:  # Unhashable: no label value.
            found = None
        if found is not None:
            return found
        settled = self._settled(values)
        return None if settled is None else self._storage.cell(settled)

    def _settled(self, values: tuple[object, ...]) -> tuple[str, ...] | None:
        with self._storage.lock:
            # Closed labels first: a call that is dropped must not use up values of an open label.
            order = sorted(range(len(self.labels)), key=lambda index: isinstance(self.labels[index], Open))
            found: dict[int, str] = {}
            for index in order:
                value = self.labels[index].settle(values[index], self._storage.seen[index])
                if value is None:
                    self._telemetry.lost("label_value")
                    return None
                found[index] = value
                if isinstance(self.labels[index], Open) and value == self.labels[index].default != values[index]:
                    self._telemetry.overflowed(self._storage.name, self.labels[index].name)
            return tuple(found[index] for index in range(len(self.labels)))

    def _number(self, value: object, least: float) -> float | None:
        """The value as a finite number of at least `least`; None, and counted, if it is none."""
        try:
            number = float(value)  # type: ignore[arg-type]
        except Exception:
            number = math.nan
        if math.isfinite(number) and number >= least:
            return number
        self._telemetry.lost("value")
        return None


class Counter(Family[prometheus_client.Counter]):
    """A family of counters."""

    def __init__(
        self, package: Package, *, name: str, help: str, labels: Sequence[Closed | Open], zero: bool = True
    ) -> None:
        made = storage.counter(name, help, [label.name for label in labels])
        super().__init__(package, made, labels, zero)

    def _add(self, amount: object, *values: object) -> None:
        try:
            number = self._number(amount, 0)
            cell = None if number is None else self._cell(values)
            if cell is not None and number is not None:
                cell.inc(number)
        except Exception:
            self._telemetry.lost("internal")


class Gauge(Family[prometheus_client.Gauge]):
    """A family of gauges."""

    def __init__(
        self, package: Package, *, name: str, help: str, labels: Sequence[Closed | Open], zero: bool = True
    ) -> None:
        made = storage.gauge(name, help, [label.name for label in labels])
        super().__init__(package, made, labels, zero)

    def _change(self, sign: int, amount: object, *values: object) -> None:
        try:
            number = self._number(amount, -math.inf)
            cell = None if number is None else self._cell(values)
            if cell is not None and number is not None:
                cell.inc(sign * number)
        except Exception:
            self._telemetry.lost("internal")

    def _set(self, value: object, *values: object) -> None:
        try:
            number = self._number(value, -math.inf)
            cell = None if number is None else self._cell(values)
            if cell is not None and number is not None:
                cell.set(number)
        except Exception:
            self._telemetry.lost("internal")

    def _set_function(self, callback: Callback, *values: object) -> None:
        def guarded() -> float:
            try:
                number = float(callback())
            except Exception:
                number = math.nan
            if math.isfinite(number):
                return number
            self._telemetry.lost("callback")
            return math.nan

        try:
            cell = self._cell(values)
            if cell is not None:
                cell.set_function(guarded)
        except Exception:
            self._telemetry.lost("internal")


class Histogram(Family[prometheus_client.Histogram]):
    """A family of histograms; `least` is the smallest value that makes sense."""

    def __init__(
        self,
        package: Package,
        *,
        name: str,
        help: str,
        labels: Sequence[Closed | Open],
        buckets: Sequence[float],
        least: float = 0.0,
        zero: bool = True,
    ) -> None:
        made = storage.histogram(name, help, [label.name for label in labels], buckets)
        self._least = least
        super().__init__(package, made, labels, zero)

    def _observe(self, value: object, *values: object) -> None:
        try:
            number = self._number(value, self._least)
            cell = None if number is None else self._cell(values)
            if cell is not None and number is not None:
                cell.observe(number)
        except Exception:
            self._telemetry.lost("internal")

    def _time(self, *values: object) -> Timer:
        return Timer(lambda seconds: self._observe(seconds, *values))


class Info(Family[prometheus_client.Gauge]):
    """Facts about the process: one series that is 1, replaced when it is set again."""

    def __init__(self, package: Package, *, name: str, help: str, labels: Sequence[Closed | Open]) -> None:
        made = storage.info(name, help, [label.name for label in labels])
        super().__init__(package, made, labels, False)

    def _state(self, *values: Any) -> None:
        try:
            settled = self._settled(values)
            if settled is not None:
                self._storage.only(settled)
                self._storage.cell(settled).set(1)
        except Exception:
            self._telemetry.lost("internal")
