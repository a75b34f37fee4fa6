"""Rule groups within the limits of a ruler: which rules stay together where a group is divided."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from promspec.promql import PromQLError, Selector, accepts, parse, selectors

MIMIR_RULES_PER_GROUP, MIMIR_GROUPS = 20, 70
"""Mimir's defaults: ruler_max_rules_per_rule_group, ruler_max_rule_groups_per_tenant.

Source: https://grafana.com/docs/mimir/latest/configure/configuration-parameters/#limits
"""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of a group, as far as its place matters: the series it records (an alert: none) and what it reads."""

    record: str
    expr: str


def parts(rules: Sequence[Rule], most: int) -> tuple[tuple[int, ...], ...]:
    """The rules of one group in parts of at most `most`, as indices; 0 is no limit.

    Rules that read each other stay in one part, in their order, where they fit. Of more than `most` that hang together
    each part reads what earlier ones recorded.

    >>> parts([Rule("a", "x"), Rule("b", "x"), Rule("c", "a + 1")], 2)
    ((0, 2), (1,))
    """
    if not most or len(rules) <= most:
        return (tuple(range(len(rules))),)
    made: list[list[int]] = [[]]
    for members in _together(rules):
        if len(members) <= most < len(made[-1]) + len(members):
            made.append([])
        for index in members:
            if len(made[-1]) == most:
                made.append([])
            made[-1].append(index)
    return tuple(tuple(sorted(part)) for part in made)


def torn(rules: Sequence[Rule], most: int) -> Iterator[tuple[int, int]]:
    """The pairs (reader, read) that stand in two parts, so that the reader sees an older value than in one group."""
    part = {index: number for number, members in enumerate(parts(rules, most)) for index in members}
    for reader, behind in enumerate(_reads(rules)):
        yield from ((reader, read) for read in behind if read < reader and part[read] != part[reader])


def _together(rules: Sequence[Rule]) -> list[list[int]]:
    """The indices of rules that hang together by what they read, those with the first rule first."""
    head = list(range(len(rules)))

    def of(index: int) -> int:
        while head[index] != index:
            index = head[index]
        return index

    for reader, behind in enumerate(_reads(rules)):
        for read in behind:
            low, high = sorted((of(reader), of(read)))
            head[high] = low
    found: dict[int, list[int]] = {}
    for index in range(len(rules)):
        found.setdefault(of(index), []).append(index)
    return list(found.values())


def _reads(rules: Sequence[Rule]) -> list[list[int]]:
    """For each rule the indices of the others in the group whose series it reads."""
    found = []
    for reader, rule in enumerate(rules):
        asked = _asked(rule.expr)
        found.append(
            [
                index
                for index, other in enumerate(rules)
                if index != reader and other.record and any(_selects(each, other.record) for each in asked)
            ]
        )
    return found


def _asked(expr: str) -> tuple[Selector, ...]:
    try:
        return selectors(parse(expr))
    except PromQLError:
        return ()


def _selects(selector: Selector, name: str) -> bool:
    if selector.name is not None:
        return selector.name == name
    return all(accepts(each, name) is not False for each in selector.matchers if each.label == "__name__")
