"""Rules over time: each is evaluated in its turn, and what it records can be read by those behind it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from promspec.evaluation.errors import NotEvaluated
from promspec.evaluation.evaluator import Evaluator
from promspec.evaluation.samples import LOOKBACK, Samples, Store
from promspec.evaluation.selecting import ahead, milliseconds
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


def run(
    rules: Sequence[Rule],
    targets: Sequence[Rule],
    store: Store,
    times: Sequence[int],
    wanted: Sequence[int] | None = None,
) -> list[Vector]:
    """Evaluate rules in order at every time, record into the store, and give the results of the targets.

    With `wanted`, rules are evaluated only when the targets' results at these times depend on them; the columns of the
    results are then those of `wanted`.
    """
    _refuse_ahead(*rules, *targets)
    asked = [times] * len(rules) if wanted is None else _needed(rules, targets, times, wanted)
    for rule, at in zip(rules, asked, strict=True):
        record(rule, Evaluator(store, at).vector(rule.tree), store, at)
    evaluator = Evaluator(store, times if wanted is None else wanted)
    return [evaluator.vector(target.tree) for target in targets]


def run_alone(rule: Rule, store: Store, times: Sequence[int]) -> Vector:
    """The results of one rule at every time; one that reads what it recorded before is evaluated time by time."""
    _refuse_ahead(rule)
    if all(name != rule.record for _, _, name in reads(rule.expr)):
        return Evaluator(store, times).vector(rule.tree)
    found: Vector = {}
    for index, time in enumerate(times):
        result = Evaluator(store, [time]).vector(rule.tree)
        record(rule, result, store, [time])
        for labels, column in result.items():
            found.setdefault(labels, [None] * len(times))[index] = column[0]
    return found


def _refuse_ahead(*rules: Rule) -> None:
    """A rule sees no sample that comes after its evaluation; the store has them all."""
    for rule in rules:
        if what := ahead(rule.tree):
            raise NotEvaluated(what)


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


def _needed(
    rules: Sequence[Rule], targets: Sequence[Rule], times: Sequence[int], wanted: Sequence[int]
) -> list[Sequence[int]]:
    """For each rule the times at which somebody behind it reads it."""
    found: list[set[int]] = [set() for _ in rules]
    readers = [*((index, rule) for index, rule in enumerate(rules)), *((len(rules), target) for target in targets)]
    for index, rule in reversed(readers):
        at = set(wanted) if index == len(rules) else found[index]
        for offset, length, name in reads(rule.expr):
            for earlier in range(index):
                if rules[earlier].record == name:
                    found[earlier].update(_times_read(at, times, offset, length))
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
            own = 0 if node.offset is None else milliseconds(node.offset)
            found += _reads(node.expr, offset + own, length + milliseconds(node.range))
        elif isinstance(node, Selector):
            own = 0 if node.offset is None else milliseconds(node.offset)
            own_length = 0 if node.range is None else milliseconds(node.range)
            if node.extended is not None:
                own_length += LOOKBACK  # so long before a range may be the value that it begins with
            found.append((offset + own, length + own_length, node.name or ""))
    return found
