"""What an expression depends on: the recording rules behind it, in the order of evaluation, and how far it reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from promspec.evaluation import Rule, reads
from promspec.promql import Matcher, Selector, accepts, selectors

LONGEST = 4 * 86_400_000
"""A rule that reads a longer range itself, in milliseconds, is not unfolded: what it records is an input."""


class Closure:
    """The rules behind one expression, producers first; `inputs` are the names that none of them records."""

    def __init__(self, expr: str, rules: Sequence[Rule]) -> None:
        self.rules: list[Rule] = []
        self._all = rules
        self._open: list[Rule] = []
        self._spans: dict[tuple[str, bool], int] = {}
        self.target = Rule("", expr)
        self._collect(self.target)

    def _collect(self, rule: Rule) -> None:
        self._open.append(rule)
        for selector in selectors(rule.tree):
            for producer in self.producers(selector):
                if producer not in self.rules:
                    self._collect(producer)
        self._open.pop()
        if rule is not self.target:
            self.rules.append(rule)

    def producers(self, selector: Selector) -> list[Rule]:
        """The unfolded rules whose results a selector can select."""
        found = [rule for rule in self._all if rule.record == selector.name and agree(selector.matchers, rule)]
        if any(rule in self._open or _range(rule) > LONGEST for rule in found):
            return []
        return found

    @property
    def inputs(self) -> tuple[str, ...]:
        """The names of the series to be given, in the order of first mention."""
        found = [s.name or "" for rule in self.all for s in selectors(rule.tree) if not self.producers(s)]
        return tuple(dict.fromkeys(found))

    @property
    def all(self) -> tuple[Rule, ...]:
        """The rules and, as the last of them, the expression itself."""
        return (*self.rules, self.target)

    def leaf_selectors(self) -> Iterator[Selector]:
        """Every selector of a series to be given."""
        for rule in self.all:
            for selector in selectors(rule.tree):
                if not self.producers(selector):
                    yield selector

    def span(self, past: bool, rule: Rule | None = None) -> int:
        """How far back it reads through all rules, in milliseconds; without `past`, what has an offset is left out."""
        rule = rule or self.target
        key = (f"{rule.record}{rule.labels}{rule.expr}", past)
        if key not in self._spans:
            self._spans[key] = 0
            behind = {s.name: max((self.span(past, p) for p in self.producers(s)), default=0) for s in _named(rule)}
            lengths = [
                (offset if past else 0) + length + behind.get(name, 0)
                for offset, length, name in reads(rule.expr)
                if past or not offset
            ]
            self._spans[key] = max(lengths, default=0)
        return self._spans[key]


def _named(rule: Rule) -> tuple[Selector, ...]:
    return selectors(rule.tree)


def _range(rule: Rule) -> int:
    return max((length for _, length, _ in reads(rule.expr)), default=0)


def agree(matchers: Sequence[Matcher], rule: Rule) -> bool:
    """Whether a rule's own labels pass the matchers."""
    own = dict(rule.labels)
    return all(accepts(m, own[m.label]) is not False for m in matchers if m.label in own)
