"""What an expression depends on: the recording rules behind it, in the order of evaluation, and how far it reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from promspec.evaluation import Rule, reads
from promspec.promql import Matcher, Selector, accepts, selectors, walk

LONGEST = 4 * 86_400_000
"""A rule that reads a longer range itself, in milliseconds, is not unfolded: what it records is an input."""


class Closure:
    """The rules behind one expression, producers first; `inputs` are the names that none of them records.

    Rules that record a name in `given` are not unfolded: it is an input.
    """

    def __init__(self, expr: str, rules: Sequence[Rule], given: frozenset[str] = frozenset()) -> None:
        self.given = given
        self.rules: list[Rule] = []
        self._all = self.known = rules
        self._circles: dict[Rule, bool] = {}
        self._spans: dict[tuple[str, bool], int] = {}
        self.target = Rule("", expr)
        self._collect(self.target)

    def _collect(self, rule: Rule) -> None:
        for selector in selectors(rule.tree):
            for producer in self.producers(selector):
                if producer not in self.rules:
                    self._collect(producer)
        if rule is not self.target:
            self.rules.append(rule)

    def producers(self, selector: Selector) -> list[Rule]:
        """The unfolded rules whose results a selector can select."""
        found = [rule for rule in self._all if rule.record == selector.name and agree(selector.matchers, rule)]
        if selector.name in self.given or any(_range(rule) > LONGEST or self._circular(rule) for rule in found):
            return []
        return found

    def _circular(self, rule: Rule) -> bool:
        """Whether a rule reads what it records, itself or through others: its results are an input then."""
        if rule not in self._circles:
            reached, waiting = {rule}, [rule]
            found = False
            while waiting and not found:
                reading = waiting.pop()
                names = {name for _, _, name in reads(reading.expr)}
                behind = [other for other in self._all if other.record in names]
                found = rule in behind
                waiting += [other for other in behind if other not in reached]
                reached.update(behind)
            self._circles[rule] = found
        return self._circles[rule]

    @property
    def inputs(self) -> tuple[str, ...]:
        """The names of the series to be given, in the order of first mention."""
        found = [s.name or "" for rule in self.all for s in selectors(rule.tree) if not self.producers(s)]
        return tuple(dict.fromkeys(found))

    @property
    def all(self) -> tuple[Rule, ...]:
        """The rules and, as the last of them, the expression itself."""
        return (*self.rules, self.target)

    def sampled(self, step: int) -> frozenset[str]:
        """The recorded names that read inputs over ranges no longer than a step: no step would see all of them."""
        found = set()
        for rule in self.rules:
            for node in walk(rule.tree):
                if not isinstance(node, Selector) or node.range is None or self.producers(node):
                    continue
                if node.range.seconds is not None and node.range.seconds * 1000 <= step:
                    found.add(rule.record)
        return frozenset(found)

    @property
    def longest(self) -> frozenset[str]:
        """The recorded names that read the longest range of all; empty if no rule has a range."""
        most = max((_range(rule) for rule in self.rules), default=0)
        return frozenset(rule.record for rule in self.rules if most and _range(rule) == most)

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
            behind = {
                s.name: max((self.span(past, p) for p in self.producers(s)), default=0) for s in selectors(rule.tree)
            }
            lengths = [
                (offset if past else 0) + length + behind.get(name, 0)
                for offset, length, name in reads(rule.expr)
                if past or not offset
            ]
            self._spans[key] = max(lengths, default=0)
        return self._spans[key]


def _range(rule: Rule) -> int:
    return max((length for _, length, _ in reads(rule.expr)), default=0)


def agree(matchers: Sequence[Matcher], rule: Rule) -> bool:
    """Whether a rule's own labels pass the matchers."""
    own = dict(rule.labels)
    return all(accepts(m, own[m.label]) is not False for m in matchers if m.label in own)
