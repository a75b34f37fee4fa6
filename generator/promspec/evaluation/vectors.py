"""Vectors over many times: one column of values for each label set, None where there is no value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from promspec.evaluation.errors import Refused

Labels = tuple[tuple[str, str], ...]
"""A label set, sorted by name; `__name__` is one of them while the result is still the bare series."""
Column = list[float | None]
Vector = dict[Labels, Column]

NAME = "__name__"


def labelset(labels: Mapping[str, str] | Iterable[tuple[str, str]]) -> Labels:
    """The labels in their one order, without empty values."""
    return tuple(sorted((name, value) for name, value in dict(labels).items() if value))


def without_name(labels: Labels) -> Labels:
    """The labels without the metric's name."""
    return tuple(pair for pair in labels if pair[0] != NAME)


def keep(labels: Labels, names: frozenset[str]) -> Labels:
    """The labels of these names."""
    return tuple(pair for pair in labels if pair[0] in names)


def drop(labels: Labels, names: frozenset[str]) -> Labels:
    """The labels of other names; the metric's name goes as well."""
    return tuple(pair for pair in labels if pair[0] not in names and pair[0] != NAME)


def merge(vector: Vector, labels: Labels, column: Column) -> None:
    """Add a column; where the label set is there already, its gaps are filled."""
    earlier = vector.get(labels)
    if earlier is None:
        vector[labels] = column
        return
    if any(old is not None and new is not None for old, new in zip(earlier, column, strict=True)):
        raise Refused("two results with the same labels")
    vector[labels] = [new if old is None else old for old, new in zip(earlier, column, strict=True)]


def is_empty(column: Column) -> bool:
    """Whether there is no value at any time."""
    return all(value is None for value in column)
