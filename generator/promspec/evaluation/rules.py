"""Rules over time: each is evaluated in its turn, and what it records can be read by those behind it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from promspec.evaluation.evaluator import Evaluator, milliseconds
from promspec.evaluation.samples import Samples, Store
from promspec.evaluation.vectors import NAME, Labels, Vector, labelset
from promspec.promql import Expr, Selector, Subquery, parse, walk


@dataclass(frozen=True, slots=True)
class Rule:
    """An expression under a name; `labels` are added to every result."""

    record: str
    expr: str
    labels: tuple[tuple[str, str], ...] = ()

    @property
    def tree(self) -> Expr:
        """The expression, parsed."""
        return parsed(self.expr)


@lru_cache(maxsize=8192)
def parsed(text: str) -> Expr:
    """The syntax tree of a text; PromQLError if there is none."""
    return parse(text)


def run(rules: Sequence[Rule], store: Store, times: Sequence[int], wanted: Sequence[int] | None = None) -> Vector:
    """Evaluate rules in order at every time, record into the store, and give the last one's result.

    With `wanted`, only the times are evaluated that the last rule's results at these times depend on; the columns of
    the result are then those of `wanted`.
    """
    asked = _needed(rules, times, wanted) if wanted is not None else [list(times)] * len(rules)
    result: Vector = {}
    for rule, at in zip(rules, asked, strict=True):
        result = Evaluator(store, at).vector(rule.tree)
        if rule is not rules[-1]:
            record(rule, result, store, at)
    return result


def record(rule: Rule, result: Vector, store: Store, times: Sequence[int]) -> None:
    """Add a rule's result to the store, with the marker of Prometheus where a series ends."""
    for labels, column in result.items():
        kept: list[int] = []
        values: list[float] = []
        stale: list[int] = []
        before = False
        for time, value in zip(times, column, strict=True):
            if value is not None:
                kept.append(time)
                values.append(value)
            elif before:
                stale.append(time)
            before = value is not None
        store.add(rule.record, result_labels(labels, rule.labels), Samples(kept, values, stale))


def result_labels(labels: Labels, added: tuple[tuple[str, str], ...]) -> Labels:
    """The labels of a rule's result: the expression's without the name, and the rule's own over them."""
    return labelset({**{name: value for name, value in labels if name != NAME}, **dict(added)})


def _needed(rules: Sequence[Rule], times: Sequence[int], wanted: Sequence[int]) -> list[list[int]]:
    """For each rule the times at which somebody behind it reads it, or its last result is wanted."""
    found: list[set[int]] = [set() for _ in rules]
    found[-1] = set(wanted)
    for index in range(len(rules) - 1, -1, -1):
        for offset, length, name in reads(rules[index].expr):
            for earlier in range(index):
                if rules[earlier].record == name:
                    found[earlier].update(_times_read(found[index], times, offset, length))
    return [sorted(each) for each in found]


def _times_read(at: set[int], times: Sequence[int], offset: int, length: int) -> set[int]:
    found: set[int] = set()
    for time in at:
        last = bisect_right(times, time - offset)
        first = bisect_right(times, time - offset - length - 1) if length else last - 1
        found.update(times[max(0, first) : last])
    return found


@lru_cache(maxsize=8192)
def reads(text: str) -> tuple[tuple[int, int, str], ...]:
    """Offset, length of the range and name of everything an expression reads, in milliseconds."""
    return tuple(_reads(parsed(text), 0, 0))


def _reads(tree: Expr, offset: int, length: int) -> list[tuple[int, int, str]]:
    found: list[tuple[int, int, str]] = []
    inside: set[int] = set()
    for node in walk(tree):
        if id(node) in inside:
            continue
        if isinstance(node, Subquery):
            inside.update(id(part) for part in walk(node.expr))
            own = 0 if node.offset is None else milliseconds(node.offset.seconds)
            found += _reads(node.expr, offset + own, length + milliseconds(node.range.seconds))
        elif isinstance(node, Selector):
            own = 0 if node.offset is None else milliseconds(node.offset.seconds)
            own_length = 0 if node.range is None else milliseconds(node.range.seconds)
            found.append((offset + own, length + own_length, node.name or ""))
    return found
