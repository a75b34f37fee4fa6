"""`Deltas`: what a block of code moved in the metrics; for tests."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import TracebackType
from typing import TypeVar

from prometheus_client.core import Metric

T = TypeVar("T", bound="Deltas")

Series = tuple[str, tuple[tuple[str, str], ...]]


class Deltas:
    """`with deltas() as moved: ...`, then `moved("requests_total", status="success") == 1`.

    It may be asked within the block, too; after the block it keeps what it saw at the end.
    """

    def __init__(self, collect: Callable[[], Iterable[Metric]]) -> None:
        self._collect = collect
        self._before: dict[Series, float] = {}
        self._after: dict[Series, float] | None = None

    def __enter__(self: T) -> T:
        self._before, self._after = self._read(), None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._after = self._read()

    def __call__(self, series: str, /, **labels: str) -> float:
        """By how much a series moved; one that was not there before began at 0."""
        key = (series, tuple(sorted(labels.items())))
        after = self._read() if self._after is None else self._after
        if key not in after and key not in self._before:
            raise LookupError(f"{series} has no series with {labels}; it has {self._near(series, after)}")
        return after.get(key, 0.0) - self._before.get(key, 0.0)

    def all(self) -> dict[str, float]:
        """Every series that moved, as it is written in the exposition, with its difference."""
        after = self._read() if self._after is None else self._after
        moved = {key: after.get(key, 0.0) - self._before.get(key, 0.0) for key in {**self._before, **after}}
        return {_shown(key): difference for key, difference in moved.items() if difference}

    def _read(self) -> dict[Series, float]:
        return {
            (sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for family in self._collect()
            for sample in family.samples
        }

    def _near(self, series: str, found: dict[Series, float]) -> str:
        return ", ".join(_shown(key) for key in found if key[0] == series) or "none"


def _shown(key: Series) -> str:
    name, labels = key
    return f"{name}{{{','.join(f'{label}={value!r}' for label, value in labels)}}}" if labels else name
