"""Coverage: which declared metric, label and label value was seen at work, over several scrapes and several runs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from promspec.live.exposition import Exposition, Family
from promspec.plan.contract_tests import ContractFamily, ContractPlan

_FORM = "promspec-coverage"
_LARGEST = 67_108_864


class CoverageError(ValueError):
    """A saved coverage that cannot be merged: which file, and why."""


@dataclass(frozen=True, slots=True, order=True)
class Item:
    """What can be seen: a metric without labels, one value of a closed label, or any value of an open one."""

    metric: str
    label: str = ""
    value: str = ""

    def __str__(self) -> str:
        if not self.label:
            return self.metric
        return f'{self.metric}{{{self.label}="{self.value}"}}' if self.value else f"{self.metric}{{{self.label}}}"


@dataclass(slots=True)
class Coverage:
    """What is declared, and what of it was seen: counters and histograms above zero, gauges when present."""

    plan: ContractPlan
    scrapes: int = 0
    seen: set[Item] = field(default_factory=set)

    def add(self, exposition: Exposition) -> None:
        """Add one scrape."""
        self.scrapes += 1
        for declared in self.plan.families:
            found = exposition.families.get(declared.name)
            if found is not None:
                self.seen |= set(_seen(declared, found))

    @property
    def declared(self) -> tuple[Item, ...]:
        """Everything there is to see, in the order of declaration."""
        return tuple(item for family in self.plan.families for item in items(family))

    @property
    def unseen(self) -> tuple[Item, ...]:
        """What was not seen."""
        return tuple(item for item in self.declared if item not in self.seen)

    @property
    def percent(self) -> float:
        """The share that was seen, in percent; of nothing all is seen. Rounded down: 100 is all of it."""
        declared = len(self.declared)
        return int(1000 * (declared - len(self.unseen)) / declared) / 10 if declared else 100.0

    def document(self) -> str:
        """The coverage as JSON, to be merged by a later run."""
        seen = [[item.metric, item.label, item.value] for item in self.declared if item in self.seen]
        head = {"form": _FORM, "spec": self.plan.spec, "digest": self.plan.digest, "scrapes": self.scrapes}
        lines = ",\n".join("    " + json.dumps(row, ensure_ascii=False) for row in seen)
        return json.dumps(head, indent=2)[:-2] + ',\n  "seen": [' + (f"\n{lines}\n  ]" if seen else "]") + "\n}\n"

    def merge(self, file: str | Path) -> None:
        """Add what an earlier run saved; raises CoverageError."""
        document = _document(file)
        told = {key: str(document.get(key)) for key in ("spec", "digest")}
        own = {"spec": self.plan.spec, "digest": self.plan.digest}
        if told["spec"] != own["spec"]:
            raise CoverageError(f"{file} is the coverage of another spec, not of {own['spec']}")
        if told["digest"] != own["digest"]:
            raise CoverageError(f"{file} is the coverage of another version of {own['spec']}: run that one anew")
        self.scrapes += int(document["scrapes"])
        self.seen |= {Item(*row) for row in document["seen"]} & set(self.declared)


def items(family: ContractFamily) -> Iterator[Item]:
    """What there is to see of a family."""
    if not family.labels:
        yield Item(family.name)
    for label in family.labels:
        yield from (Item(family.name, label.name, value) for value in label.values or ("",))


def _seen(declared: ContractFamily, found: Family) -> Iterable[Item]:
    counts = declared.type in ("counter", "histogram", "unknown")
    for labels, samples in found.series().items():
        told = [sample for sample in samples if sample.name in (declared.name, f"{declared.name}_count")]
        if not told or (counts and not any(sample.value > 0 for sample in told)):
            continue
        values = dict(labels)
        if not declared.labels:
            yield Item(declared.name)
        for label in declared.labels:
            if values.get(label.name):
                yield Item(declared.name, label.name, values[label.name] if label.closed else "")


def _document(file: str | Path) -> dict[str, Any]:
    try:
        with open(file, "rb") as opened:
            document = json.loads(opened.read(_LARGEST))
    except OSError as error:
        raise CoverageError(f"cannot read {file}: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise CoverageError(f"{file} is no JSON") from None
    if not isinstance(document, dict) or document.get("form") != _FORM or not _is_sound(document):
        raise CoverageError(f"{file} is no coverage that `promspec verify --save` wrote")
    return document


def _is_sound(document: dict[str, Any]) -> bool:
    rows, scrapes = document.get("seen"), document.get("scrapes")
    sound = isinstance(rows, list) and isinstance(scrapes, int)
    return sound and all(isinstance(row, list) and len(row) == 3 and all(map(_is_text, row)) for row in rows or ())


def _is_text(value: object) -> bool:
    return isinstance(value, str)
