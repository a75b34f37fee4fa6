"""What recording and alerting rules are once they are planned: groups of rules, as Prometheus loads them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from promspec import naming
from promspec.grouping import Rule, parts
from promspec.vocabulary.spec import Spec


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


def grouped(rules: Iterable[tuple[str, str, Record | AlertRule]], most: int = 0) -> tuple[Group, ...]:
    """Rules with their group's name and interval, as groups in the order of first mention, of at most `most` rules."""
    made: dict[str, tuple[str, list[Record | AlertRule]]] = {}
    for name, interval, rule in rules:
        made.setdefault(name, (interval, []))[1].append(rule)
    taken = set(made)
    return tuple(
        Group(name if number == 1 else _free(name, number, taken), interval, tuple(members[index] for index in part))
        for name, (interval, members) in made.items()
        for number, part in enumerate(parts([_placed(rule) for rule in members], most), 1)
    )


def in_one_file(groups: Sequence[Group]) -> tuple[Group, ...]:
    """The groups of several files for a single one, in which a name stands once: a later double gets another."""
    found: list[Group] = []
    taken = {group.name for group in groups}
    seen: set[str] = set()
    for group in groups:
        found.append(group if group.name not in seen else replace(group, name=_free(group.name, 2, taken)))
        seen.add(group.name)
    return tuple(found)


def rules_per_group(spec: Spec) -> int:
    """How many rules a group of the spec may have; 0 is no limit."""
    return spec.deployment.rules_per_group if spec.deployment is not None and not spec.deployment.broken else 0


def _placed(rule: Record | AlertRule) -> Rule:
    return Rule(rule.record if isinstance(rule, Record) else "", rule.expr)


def _free(name: str, number: int, taken: set[str]) -> str:
    """The name of a part that no group has; it is taken then."""
    while (found := naming.group_part(name, number)) in taken:
        number += 1
    taken.add(found)
    return found
