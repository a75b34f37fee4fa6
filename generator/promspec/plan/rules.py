"""What recording and alerting rules are once they are planned: groups of rules, as Prometheus loads them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Record:
    """A recording rule."""

    record: str
    expr: str
    labels: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class AlertRule:
    """An alerting rule; labels and annotations in the order they are written."""

    alert: str
    expr: str
    for_: str
    keep_firing_for: str | None
    labels: tuple[tuple[str, str], ...]
    annotations: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Group:
    """A rule group: rules that run one after the other, every `interval`."""

    name: str
    interval: str
    rules: tuple[Record | AlertRule, ...]


def plain(text: str) -> str:
    """A text for a label or an annotation, in which braces are no template."""
    return text.replace("{{", '{{ "{{" }}')


def grouped(rules: Iterable[tuple[str, str, Record | AlertRule]]) -> tuple[Group, ...]:
    """Rules with their group's name and interval, as groups in the order of first mention."""
    made: dict[str, tuple[str, list[Record | AlertRule]]] = {}
    for name, interval, rule in rules:
        made.setdefault(name, (interval, []))[1].append(rule)
    return tuple(Group(name, interval, tuple(members)) for name, (interval, members) in made.items())
