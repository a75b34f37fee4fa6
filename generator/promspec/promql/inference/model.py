"""What inference knows (series, registry) and what it answers (labels with values, findings)."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Protocol

SeriesKind = Literal[
    "counter",
    "gauge",
    "histogram",
    "histogram_bucket",
    "histogram_sum",
    "histogram_count",
    "summary",
    "summary_sum",
    "summary_count",
    "info",
    "recorded",
    "unknown",
]
"""What a series is; a `histogram` is a native one, which has no label `le`."""
Values = tuple[str, ...] | None
"""The values a label can have; None when they are not known. `""` is a label that may be missing."""
Labels = Mapping[str, Values]


@dataclass(frozen=True, slots=True)
class Series:
    """The series of one name. With `exact` false there may be more labels than listed.

    With `moment` every value seen is a point in time, in seconds since 1970.
    `complete` is whether there is a series for every combination of labels from the start; None where nobody knows.
    """

    name: str
    kind: SeriesKind
    labels: Labels
    exact: bool = True
    complete: bool | None = None
    moment: bool = False


class Registry(Protocol):
    """Everything there is to query."""

    def series(self, name: str) -> Series | None:
        """The series of that name, or None."""

    def names(self) -> Sequence[str]:
        """Every series name, for near misses."""

    def histograms(self) -> Collection[str]:
        """The base names of the histograms, which have only _bucket, _sum and _count series."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong at `start:end`, and what to write."""

    id: str
    message: str
    remedy: str
    start: int
    end: int


class Shape(NamedTuple):
    """What is known of one expression's result; `series` only while it is still the bare series."""

    labels: Labels = {}  # noqa: RUF012  # never changed
    exact: bool = True
    series: Series | None = None


NOTHING = Shape()
"""The shape of what has no labels."""


@dataclass(frozen=True, slots=True)
class Inference:
    """The result's labels with their values, whether these are all, and every finding in source order."""

    labels: Labels
    exact: bool
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Context:
    """What the functions of inference share: the registry they ask, the findings they add to."""

    registry: Registry
    findings: list[Finding] = field(default_factory=list)

    def report(self, id: str, message: str, remedy: str, start: int, end: int) -> None:
        """Add a finding."""
        self.findings.append(Finding(f"promql/{id}", message, remedy, start, end))


def did_you_mean(word: str, known: Iterable[str], otherwise: str = "") -> str:
    """The near miss as a question, or the other text."""
    candidates = list(known)
    near = (
        difflib.get_close_matches(word, candidates, 1, 0.7)
        or [candidate for candidate in candidates if _folded(candidate) == _folded(word)]
        or [candidate for candidate in candidates if len(word) > 2 and word in candidate]
    )
    return f"did you mean {near[0]}?" if len(near) == 1 else otherwise


def _folded(word: str) -> str:
    return word.lower().replace("-", "_")


def listed(words: Iterable[str], most: int = 12) -> str:
    """The words with commas, cut after `most`."""
    every = list(words)
    shown = [word or '""' for word in every[:most]]
    return ", ".join(shown) + (f" and {len(every) - most} more" if len(every) > most else "")


def known_labels(shape: Shape, label: str) -> str:
    """The remedy for an unknown label: the near miss, or what there is."""
    otherwise = f"the labels are {listed(shape.labels)}" if shape.labels else "there are no labels"
    return did_you_mean(label, shape.labels, otherwise)


def lacks(shape: Shape, label: str) -> bool:
    """Whether the label certainly does not exist."""
    return shape.exact and label not in shape.labels and label != "__name__"


def union(left: Shape, right: Shape) -> Shape:
    """Either of two results; a label that only one of them has may be missing."""
    labels: dict[str, Values] = {}
    for name in dict.fromkeys((*left.labels, *right.labels)):
        one = _values_or_missing(left, name)
        other = _values_or_missing(right, name)
        labels[name] = None if one is None or other is None else tuple(dict.fromkeys((*one, *other)))
    return Shape(labels, left.exact and right.exact)


def _values_or_missing(shape: Shape, name: str) -> Values:
    if name in shape.labels:
        return shape.labels[name]
    return ("",) if shape.exact else None


def intersection(left: Values, right: Values) -> Values:
    """The values both can have."""
    if left is None or right is None:
        return right if left is None else left
    return tuple(value for value in left if value in right)
