"""What a Prometheus answered to the queries of dashboards: series of samples over a range of time, plain values."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

Labels = tuple[tuple[str, str], ...]
Key = tuple[str, int, str]
"""A query's dashboard (its uid), panel (its id) and letter."""


@dataclass(frozen=True, slots=True)
class Sampled:
    """A series: its labels without the name, sorted, and its samples `(seconds, value)` in order of time."""

    name: str
    labels: Labels
    points: tuple[tuple[float, float], ...]

    @property
    def finite(self) -> tuple[tuple[float, float], ...]:
        """The samples that are numbers."""
        return tuple(point for point in self.points if math.isfinite(point[1]))

    @property
    def last(self) -> float | None:
        """The last value that is a number."""
        return self.finite[-1][1] if self.finite else None


@dataclass(frozen=True, slots=True)
class Answer:
    """The series of one query, or why there are none."""

    expr: str
    series: tuple[Sampled, ...] = ()
    error: str = ""


@dataclass(frozen=True, slots=True)
class Range:
    """A range of time in Unix seconds, with the distance of samples."""

    start: float
    end: float
    step: float


@dataclass(frozen=True, slots=True)
class Data:
    """All that a Prometheus answered; `server` is its address as people may see it. Without a server all is empty."""

    server: str = ""
    ranges: Mapping[str, Range] = field(default_factory=dict)
    answers: Mapping[Key, Answer] = field(default_factory=dict)

    @property
    def errors(self) -> tuple[str, ...]:
        """What the server said of the queries that it did not answer."""
        return tuple(dict.fromkeys(answer.error for answer in self.answers.values() if answer.error))


NONE = Data()
