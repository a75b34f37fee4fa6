"""The series of one family: their labels, label values, buckets and numbers, and how many there are."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

from promspec.fetching.words import listed, plain
from promspec.live.contract import Contract, Violation, selector
from promspec.live.exposition import Exposition, Family, LabelSet, Sample
from promspec.plan.contract_tests import ContractFamily, ContractLabel
from promspec.problems import near_miss, one_of
from promspec.quantities import bound, decimal


def shape(contract: Contract, declared: ContractFamily, found: Family, exposition: Exposition) -> Iterator[Violation]:
    """What is wrong with the series of a family."""
    yield from _labels(contract, declared, found)
    for label in declared.labels:
        yield from _values(contract, declared, label, found)
    yield from _count(contract, declared, found)
    yield from _numbers(contract, declared, found)
    yield from _twice(contract, declared, found, exposition)
    if declared.buckets and found.type == "histogram":
        yield from _histograms(contract, declared, found)


def _labels(contract: Contract, declared: ContractFamily, found: Family) -> Iterator[Violation]:
    name, names = declared.name, {label.name for label in declared.labels}
    shown = {frozenset(label for label, _ in labels) for labels in found.series()}
    more = sorted(set().union(*shown) - names) if shown else []
    less = sorted(label for label in names if any(label not in each for each in shown))
    if more:
        remedy = near_miss(more[0], less) or f"its labels are {one_of(sorted(names))}" if names else "it has no labels"
        text = f"{name} has the label{'s' if len(more) > 1 else ''} {listed(more)}, which it does not declare"
        yield contract.violation("verify/label", name, text, remedy, aspect="more")
    if less:
        text = f"{name} has series without the label{'s' if len(less) > 1 else ''} {listed(less)}"
        yield contract.violation("verify/label", name, text, "give every series all declared labels", aspect="less")


def _values(contract: Contract, declared: ContractFamily, label: ContractLabel, found: Family) -> Iterator[Violation]:
    name = declared.name
    shown = sorted({value for labels in found.series() for key, value in labels if key == label.name})
    if label.closed:
        strange = [value for value in shown if value not in label.values]
        if strange:
            quoted = [f"'{plain(value)}'" for value in strange]
            text = f"{name} has {label.name} = {listed(quoted)}, which {label.name} does not declare"
            remedy = near_miss(strange[0], label.values) or f"its values are {one_of(label.values)}"
            yield contract.violation("verify/value", name, text, remedy, label=label.name)
    elif label.max_values and len(shown) > label.max_values + 1:
        text = f"{name} has {len(shown):,} values of {label.name}, which has max_values={label.max_values:,}"
        yield contract.violation("verify/cardinality", name, text, "count the rest as one value", label=label.name)


def _count(contract: Contract, declared: ContractFamily, found: Family) -> Iterator[Violation]:
    if len(found.samples) > declared.series_budget:
        text = f"{declared.name} has {len(found.samples):,} series, and its budget is {declared.series_budget:,}"
        yield contract.violation("verify/cardinality", declared.name, text, "bound its labels, or raise series_budget")


def _numbers(contract: Contract, declared: ContractFamily, found: Family) -> Iterator[Violation]:
    counts = declared.type in ("counter", "histogram")
    wrong = [sample for sample in found.samples if math.isnan(sample.value) or (counts and _is_no_count(sample))]
    if wrong:
        first = wrong[0]
        text = f"{selector(first.name, first.labels)} is {first.value:g}"
        more = f"; so are {len(wrong) - 1} more" if len(wrong) > 1 else ""
        yield contract.violation("verify/not-a-number", declared.name, text + more, "leave out what has no value yet")


def _is_no_count(sample: Sample) -> bool:
    return not sample.name.endswith(("_sum", "_created")) and (sample.value < 0 or math.isinf(sample.value))


def _twice(contract: Contract, declared: ContractFamily, found: Family, exposition: Exposition) -> Iterator[Violation]:
    name, seen = declared.name, set[tuple[str, LabelSet]]()
    if {name, name.removesuffix("_total")} & set(exposition.repeated):
        yield contract.violation("verify/twice", name, f"{name} has two headings", "expose a family in one piece")
        return
    for sample in found.samples:
        if (sample.name, sample.labels) in seen:
            text = f"{selector(sample.name, sample.labels)} is exposed twice"
            yield contract.violation("verify/twice", name, text, "register one collector for it")
            return
        seen.add((sample.name, sample.labels))


def _histograms(contract: Contract, declared: ContractFamily, found: Family) -> Iterator[Violation]:
    promised = [float(text) for text in declared.buckets]
    for labels, samples in found.series().items():
        name = selector(declared.name, labels)
        buckets = [sample for sample in samples if sample.name.endswith("_bucket")]
        bounds = [_bound(sample) for sample in buckets]
        if bounds != promised:
            text = f"{name} has the buckets {_shown(bounds)}"
            remedy = f"they are declared as {_shown(promised)}"
            yield contract.violation("verify/bucket", declared.name, text, remedy)
            return
        wrong = _does_not_add_up(buckets, samples, promised[0] >= 0)
        if wrong:
            yield contract.violation("verify/histogram", declared.name, f"{name} {wrong}", "expose cumulative counts")
            return


def _bound(sample: Sample) -> float:
    try:
        return float(sample.label("le") or "nan")
    except ValueError:
        return math.nan


def _shown(bounds: list[float]) -> str:
    return listed([_printed(value) for value in bounds], 20) if bounds else "(none)"


def _printed(value: float) -> str:
    if math.isfinite(value):
        return bound(decimal(value))
    return "+Inf" if value > 0 else "?"


def _does_not_add_up(buckets: list[Sample], samples: list[Sample], summed: bool) -> str:
    counts = [sample.value for sample in buckets]
    for before, after in itertools.pairwise(buckets):
        if after.value < before.value:
            return f"has fewer events up to {after.label('le')} than up to {before.label('le')}"
    count = next((sample.value for sample in samples if sample.name.endswith("_count")), None)
    if count is None:
        return "has no _count"
    if count != counts[-1]:
        return f"counts {count:g}, and has {counts[-1]:g} in its last bucket"
    if summed and not any(sample.name.endswith("_sum") for sample in samples):
        return "has no _sum"
    return ""
