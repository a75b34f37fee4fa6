"""`Contract`: what a spec promises of an exposition, and where each promise was written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from promspec.check.rules import Owner, head
from promspec.fetching.words import plain
from promspec.live_rules import RULES
from promspec.pipeline import examine, shown_place
from promspec.plan.contract_tests import ContractFamily, ContractPlan, plan_contract_tests
from promspec.plan.instrumentation import plan_instrumentation
from promspec.problems import Level, Place, Problem, has_errors
from promspec.vocabulary.operations import Operation
from promspec.vocabulary.spec import Spec

Key = tuple[str, str]
"""What a violation is about: a metric and its label, or a part that is deployed; empty texts are the whole spec."""
WHOLE: Key = ("", "")
Owners = Mapping[Key, tuple[Owner, ...]]
"""The declarations that may allow what is wrong with something."""


@dataclass(frozen=True, slots=True)
class Violation:
    """One promise that is not kept. What is said of the same `aspect` of the same subject is said once.

    `keys` are what may allow it, innermost first.
    """

    id: str
    subject: str
    summary: str
    remedy: str
    place: Place
    aspect: str = ""
    keys: tuple[Key, ...] = ()

    def problem(self, strict: bool = False, at: str = "") -> Problem:
        """The violation as a problem; `at` names the endpoint where there are several."""
        level = Level.ERROR if strict else RULES[self.id].level
        summary = f"{self.summary}, at {at}" if at else self.summary
        return Problem(self.id, level, summary, self.place, self.remedy, self.subject)


@dataclass(frozen=True, slots=True)
class Contract:
    """The families by name, the metrics that something else exposes, and the places of all declarations."""

    plan: ContractPlan
    families: Mapping[str, ContractFamily]
    external: frozenset[str]
    places: Mapping[tuple[str, str], Place]
    whole: Place
    owners: Owners = field(default_factory=dict, repr=False)

    def violation(
        self, id: str, family: str, summary: str, remedy: str = "", *, label: str = "", aspect: str = ""
    ) -> Violation:
        """A violation at the place of the family's declaration, or of a label's."""
        place = self.places.get((family, label)) or self.places.get((family, "")) or self.whole
        keys = ((family, label), (family, ""))
        return Violation(id, family or self.plan.spec, summary, remedy, place, aspect or label, keys)

    @property
    def error_codes(self) -> frozenset[str]:
        """The values of the labels that hold error codes."""
        labels = (label for family in self.plan.families for label in family.labels if label.error_code)
        return frozenset(value for label in labels for value in label.values)


def read_contract(path: str | Path, today: str = "") -> tuple[Contract | None, tuple[Problem, ...]]:
    """The contract of a spec file, and the problems of the spec; with an error there is no contract."""
    loaded, problems = examine(path, today)
    if loaded.spec is None or has_errors(problems):
        return None, problems
    return contract_of(loaded.spec), problems


def contract_of(spec: Spec) -> Contract:
    """The contract of a sound spec."""
    plan = plan_contract_tests(spec, plan_instrumentation(spec))
    places: dict[tuple[str, str], Place] = {}
    for metric in spec.all_metrics:
        if metric.external:
            continue
        places.setdefault((metric.name, ""), shown_place(head(metric.place)))
        for label in metric.labels:
            codes = spec.error_codes is not None and label is spec.error_codes.label
            place = spec.error_codes.place if codes and spec.error_codes is not None else label.place
            places.setdefault((metric.name, label.name), shown_place(head(place)))
    external = frozenset(metric.name for metric in spec.all_metrics if metric.external)
    by_name = {family.name: family for family in plan.families}
    return Contract(plan, by_name, external, places, shown_place(head(spec.place)), _owners(spec))


def _owners(spec: Spec) -> Owners:
    """A label and the metrics that have it, a metric and the operations that hold it."""
    found: dict[Key, tuple[Owner, ...]] = {WHOLE: (spec,)}
    operations = spec.each(Operation)
    for metric in spec.all_metrics:
        holding = (each for each in operations if metric in (each.requests, each.errors, each.duration))
        found[metric.name, ""] = (metric, *holding)
        for label in metric.labels:
            codes = spec.error_codes is not None and label is spec.error_codes.label
            found[metric.name, label.name] = (label, *([spec.error_codes] if codes and spec.error_codes else []))
    return found


def selector(name: str, labels: Mapping[str, str] | tuple[tuple[str, str], ...]) -> str:
    """A series as a person reads it, such as `x_total{code="a"}`; what a stranger wrote in it is made printable."""
    pairs = dict(labels)
    inside = ",".join(f'{plain(key, 40)}="{plain(value, 60)}"' for key, value in pairs.items())
    return f"{plain(name)}{{{inside}}}" if pairs else plain(name)
