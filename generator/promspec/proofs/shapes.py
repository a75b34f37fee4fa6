"""The labels of every input series: a metric's from the registry, a recorded one's from the rules that record it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from promspec.evaluation import NotEvaluated, Rule
from promspec.promql import Aggregate, Binary, Call, Registry, Series, Values, infer, selectors, walk
from promspec.proofs.closure import agree
from promspec.proofs.leaves import Leaf


@dataclass(frozen=True, slots=True)
class Shapes:
    """Answers what the series of a reading look like."""

    registry: Registry
    rules: Sequence[Rule] = ()

    def of(self, leaf: Leaf) -> list[Series]:
        """The series a reading can select: one for each rule that records it, else the registry's."""
        recorded = [rule for rule in self.rules if rule.record == leaf.name and agree(leaf.matchers, rule)]
        if recorded:
            return [self._recorded(rule) for rule in recorded]
        series = self.registry.series(leaf.name)
        if series is None:
            raise NotEvaluated(f"the series {leaf.name}, of which nothing is known")
        return [series]

    def _recorded(self, rule: Rule, behind: tuple[Rule, ...] = ()) -> Series:
        found = infer(rule.tree, self._read_by(rule, (*behind, rule)))
        own = {name: (value,) for name, value in rule.labels}
        labels = {name: values for name, values in found.labels.items() if name != "__name__"}
        return Series(rule.record, "recorded", {**labels, **own}, found.exact)

    def counts(self, leaf: Leaf, behind: tuple[str, ...] = ()) -> bool:
        """Whether a reading's series count events: sums of increases of counters, and sums of those."""
        producers = [rule for rule in self.rules if rule.record == leaf.name and agree(leaf.matchers, rule)]
        return bool(producers) and all(self._counts(rule, behind) for rule in producers)

    def _counts(self, rule: Rule, behind: tuple[str, ...]) -> bool:
        if rule.record in behind:
            return False
        for part in walk(rule.tree):
            divided = isinstance(part, Binary) and part.op not in ("or", "+", "-", "*")
            other = isinstance(part, Call) and part.func not in ("increase", "sum_over_time", "clamp_min")
            if divided or other or (isinstance(part, Aggregate) and part.op != "sum"):
                return False
        read = selectors(rule.tree)
        increases = {id(c.args[0]) for c in walk(rule.tree) if isinstance(c, Call) and c.func == "increase"}
        inner = [s for s in read if id(s) not in increases]
        return bool(read) and all(self.counts(Leaf(s.name or "", s.matchers, 0), (*behind, rule.record)) for s in inner)

    def result_labels(self, rule: Rule) -> frozenset[str]:
        """The labels that a rule's result keeps from its inputs."""
        return frozenset(infer(rule.tree, self._read_by(rule, (rule,))).labels)

    def _read_by(self, rule: Rule, behind: tuple[Rule, ...]) -> Registry:
        """The registry as one rule sees it: a recorded name has the labels that its matchers leave."""
        own: dict[str, Series] = {}
        for selector in selectors(rule.tree):
            for producer in self.rules:
                if producer.record == selector.name and agree(selector.matchers, producer):
                    # Of a rule that reads itself only its own labels are known; the rest follows from what it adds.
                    own_labels = {name: (value,) for name, value in producer.labels}
                    itself = Series(producer.record, "recorded", own_labels, exact=False)
                    found = itself if producer in behind else self._recorded(producer, behind)
                    earlier = own.get(found.name)
                    own[found.name] = found if earlier is None else _either(earlier, found)
        return _Narrowed(self.registry, own) if own else self.registry


def _either(one: Series, other: Series) -> Series:
    """What is known of a series that two rules record."""
    labels: dict[str, Values] = {}
    for name in dict.fromkeys((*one.labels, *other.labels)):
        first, second = one.labels.get(name, ("",)), other.labels.get(name, ("",))
        labels[name] = None if first is None or second is None else tuple(dict.fromkeys((*first, *second)))
    return Series(one.name, "recorded", labels, one.exact and other.exact)


@dataclass(frozen=True, slots=True)
class _Narrowed:
    """A registry of which some names are known better."""

    registry: Registry
    own: dict[str, Series]

    def series(self, name: str) -> Series | None:
        return self.own.get(name) or self.registry.series(name)

    def names(self) -> Sequence[str]:
        return self.registry.names()

    def histograms(self) -> Collection[str]:
        return self.registry.histograms()
