"""`Counter`, `Gauge`, `Histogram`, `Info`: what the generated metric classes are made of. Nothing here raises.

The hot path stands in the generated methods themselves: a look-up in `_table` and one atomic call. Whatever does not
fit (a new series, an amount, an exemplar, a wrong value) comes here.
"""

from __future__ import annotations

import itertools
import math
import re
import time
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from prometheus_client.samples import Exemplar

from . import backends, storage
from .cells import FOLD_AT
from .labels import Closed, Open
from .package import Package
from .storage import Storage
from .text import LONGEST_EXEMPLAR, Labels, clean
from .timing import Timer

__all__ = [
    "Callback",
    "Closed",
    "Counter",
    "Family",
    "Gauge",
    "Histogram",
    "Info",
    "Labels",
    "Open",
    "Timer",
]

Callback = Callable[[], float]
S = TypeVar("S", bound=Storage[Any])
N = TypeVar("N", storage.CounterStorage, storage.HistogramStorage)

MOST_SERIES = 10_000
"""A family of more series than this is not laid out at import."""

_NUMBERS = (float, int)
_NAME = re.compile(r"(?!__)[a-zA-Z_][a-zA-Z0-9_]*")


class Family(Generic[S]):
    """A metric family: it settles label values, finds the series, and counts what it has to drop.

    Wrong values never raise. A label that is misspelt or left out is a `TypeError` of the call itself, as of any Python
    function, and an error of the type checker before that.
    """

    def __init__(self, package: Package, made: S, labels: Sequence[Closed | Open], zero: bool) -> None:
        self.labels = tuple(labels)
        self.label_names = tuple(label.name for label in labels)
        self.defaults = {label.name: label.default for label in labels}
        self._storage: S = package.add(made)
        self._table: Any = self._storage.table
        self._telemetry = package.telemetry
        self._most = math.inf
        # Closed labels first: a call that is dropped must not use up values of an open label.
        self._storage.overflow_to([label.default if isinstance(label, Open) else None for label in self.labels])
        self._order = sorted(range(len(self.labels)), key=lambda index: isinstance(self.labels[index], Open))
        for label in self.labels:
            if isinstance(label, Open):
                self._telemetry.expect_overflows(made.name, label.name)
        if zero:
            self._lay_out()

    def _lay_out(self) -> None:
        closed = [label.values for label in self.labels if isinstance(label, Closed)]
        if len(closed) == len(self.labels) and math.prod(map(len, closed)) <= MOST_SERIES:
            self._storage.lay_out(list(itertools.product(*closed)))

    def allows(self, label: str, value: object) -> bool:
        """Whether the label may have that value; False for a label the family does not have."""
        known = next((known for known in self.labels if known.name == label), None)
        return isinstance(known, Open) or (known is not None and value in known.values)

    def _known(self, values: tuple[Any, ...]) -> Any:
        """The cell of a series that is there already, by the values as the caller wrote them."""
        try:
            return self._storage.cells.get(values)
        except TypeError:  # Unhashable: no label value.
            return None

    def _settled(self, values: tuple[Any, ...]) -> tuple[str, ...] | None:
        """The label values to use; None, and counted, if they are wrong."""
        if self._known(values) is not None:
            return tuple([str.__str__(value) for value in values])
        return self._storage.settle(lambda: self._decided(values), self._is_new(values))

    def _decided(self, values: tuple[Any, ...]) -> tuple[str, ...] | None:
        found: dict[int, str] = {}
        for index in self._order:
            label = self.labels[index]
            value = label.settle(values[index], self._storage.seen[index])
            if value is None:
                self._telemetry.lost("label_value")
                return None
            found[index] = value
            if isinstance(label, Open) and value == label.default != values[index]:
                self._telemetry.overflowed(self._storage.name, label.name)
        settled = tuple(found[index] for index in range(len(self.labels)))
        self._storage.cell(settled)  # Here: the next value of the label is the next process's to decide.
        return settled

    def _is_new(self, values: tuple[Any, ...]) -> bool:
        """Whether an open label would have one more value, which all processes must agree on."""
        return any(
            isinstance(label, Open) and label.is_new(value, seen)
            for label, value, seen in zip(self.labels, values, self._storage.seen, strict=True)
        )

    def _number(self, value: Any, least: float) -> float | None:
        """The value as a finite number of at least `least`; None, and counted, if it is none."""
        try:
            number = float(value)
        except Exception:
            number = math.nan
        if math.isfinite(number) and number >= least:
            return number
        self._telemetry.lost("value")
        return None

    def _exemplar(self, labels: object, value: float) -> Exemplar | None:
        """An exemplar that OpenMetrics allows; None, and counted, if it does not."""
        try:
            pairs = {name: clean(text) for name, text in labels.items()}  # type: ignore[attr-defined]
            if not pairs:
                return None
            if sum(len(name) + len(text) for name, text in pairs.items()) <= LONGEST_EXEMPLAR and all(
                _NAME.fullmatch(name) for name in pairs
            ):
                return Exemplar(pairs, value, time.time())
        except Exception:
            pass  # Counted as one that is too long.
        self._telemetry.lost("exemplar")
        return None

    def _mark(self: Family[N], labels: object, value: float, values: tuple[str, ...]) -> None:
        exemplar = self._exemplar(labels, value)
        if exemplar is not None:
            self._storage.mark(values, value, exemplar)


class Counter(Family[storage.CounterStorage]):
    """A family of counters."""

    def __init__(
        self, package: Package, *, name: str, help: str, labels: Sequence[Closed | Open], zero: bool = True
    ) -> None:
        super().__init__(package, backends.counter(name, help, [label.name for label in labels]), labels, zero)

    def _add(self, amount: Any, exemplar: Labels | None, *values: Any) -> None:
        try:
            cell = self._known(values) if exemplar is None and type(amount) in _NUMBERS else None
            add = getattr(cell, "add", None)
            if add is not None and amount != 1.0 and 0 <= amount < self._most:
                add(float(amount))
                return
            number = self._number(amount, 0)
            settled = None if number is None else self._settled(values)
            if settled is not None and number is not None:
                self._storage.add(settled, number)
                if exemplar is not None:
                    self._mark(exemplar, number, settled)
        except Exception:
            self._telemetry.lost("internal")

    def one(self, values: tuple[object, ...]) -> None:
        """Add one to the series of all these values; for the runtime itself."""
        try:
            next(self._storage.cells[values])  # type: ignore[index]
        except Exception:
            self._add(1.0, None, *values)


class Gauge(Family[storage.GaugeStorage]):
    """A family of gauges; `aggregation` makes one value of those that several processes have."""

    def __init__(
        self,
        package: Package,
        *,
        name: str,
        help: str,
        labels: Sequence[Closed | Open],
        zero: bool = True,
        aggregation: backends.Aggregation = "sum",
    ) -> None:
        made = backends.gauge(name, help, [label.name for label in labels], aggregation)
        super().__init__(package, made, labels, zero)

    def _change(self, sign: int, amount: object, *values: object) -> None:
        try:
            number = self._number(amount, -math.inf)
            settled = None if number is None else self._settled(values)
            if settled is not None and number is not None:
                self._storage.cell(settled).add(sign * number)
        except Exception:
            self._telemetry.lost("internal")

    def _set(self, value: object, *values: object) -> None:
        try:
            number = self._number(value, -math.inf)
            settled = None if number is None else self._settled(values)
            if settled is not None and number is not None:
                self._storage.cell(settled).log = [number]
        except Exception:
            self._telemetry.lost("internal")

    def _set_function(self, callback: Callback, *values: object) -> None:
        def guarded() -> float | None:
            try:
                number = float(callback())
            except Exception:
                number = math.nan
            if math.isfinite(number):
                return number
            self._telemetry.lost("callback")
            return None

        try:
            settled = self._settled(values)
            if settled is not None:
                self._storage.cell(settled).callback = guarded
        except Exception:
            self._telemetry.lost("internal")


class Histogram(Family[storage.HistogramStorage]):
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
        names, telemetry = [label.name for label in labels], package.telemetry
        made = backends.histogram(name, help, names, buckets, lambda: telemetry.lost("value"))
        # Not the least number itself: `least <= value` alone would let minus infinity pass.
        self._least = max(least, -1.7976931348623157e308)
        super().__init__(package, made, labels, zero)

    def _observe(self, value: object, exemplar: Labels | None, *values: object) -> None:
        try:
            number = self._number(value, self._least)
            settled = None if number is None else self._settled(values)
            if settled is not None and number is not None:
                self._storage.cell(settled).add(number)
                if exemplar is not None:
                    self._mark(exemplar, number, settled)
        except Exception:
            self._telemetry.lost("internal")

    def seconds(self, value: float, values: tuple[object, ...]) -> None:
        """Observe a value that is one, in the series of all these values; for the runtime itself."""
        try:
            pending = self._storage.cells[values].pending  # type: ignore[index]
        except Exception:
            self._observe(value, None, *values)
            return
        pending.append(value)
        if len(pending) >= FOLD_AT:
            self._fold(*values)

    def _fold(self, *values: Any) -> None:
        try:
            self._storage.cells[values].fold_soon()
        except Exception:
            self._telemetry.lost("internal")

    def _time(self, *values: object) -> Timer:
        return Timer(lambda seconds: self.seconds(seconds, values))


class Info(Family[storage.GaugeStorage]):
    """Facts about the process: one series that is 1, replaced when it is set again."""

    def __init__(self, package: Package, *, name: str, help: str, labels: Sequence[Closed | Open]) -> None:
        super().__init__(package, backends.info(name, help, [label.name for label in labels]), labels, False)

    def _state(self, *values: Any) -> None:
        try:
            settled = self._settled(values)
            if settled is not None:
                self._storage.only(settled).log = [1.0]
        except Exception:
            self._telemetry.lost("internal")
