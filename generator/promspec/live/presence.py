"""Whether what is declared to appear is there: always, once there was an event, or once there was an error."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from promspec.live.contract import Contract, Violation, selector
from promspec.live.exposition import Exposition
from promspec.plan.contract_tests import ContractFamily, ContractTrigger
from promspec.problems import near_miss

_LAID_OUT = "lay the series out at zero when the process starts, as the generated instrumentation does"


def presence(contract: Contract, declared: ContractFamily, exposition: Exposition) -> Iterator[Violation]:
    """What is missing of one family."""
    name, found = declared.name, exposition.families.get(declared.name)
    if found is None or not found.samples:
        why = _due(declared, exposition)
        if why:
            said = "is not exposed" if found is None else "is exposed without a series"
            unknown = [other for other in exposition.families if other not in contract.families]
            remedy = near_miss(name, unknown).replace("did you mean", "is it") or f"it appears {why}"
            yield contract.violation("verify/missing", name, f"{name} {said}", remedy)
    elif declared.laid_out and declared.appears == "always":
        columns = [[(label.name, value) for value in label.values] for label in declared.labels]
        wanted = [tuple(sorted(labels)) for labels in itertools.product(*columns)]
        there = found.series()
        missing = [labels for labels in wanted if labels not in there]
        if missing:
            are = "is" if len(missing) == 1 else "are"
            text = f"{len(missing)} of the {len(wanted)} series of {name} {are} not exposed, such as "
            yield contract.violation("verify/missing", name, text + selector(name, missing[0]), _LAID_OUT)


def _due(declared: ContractFamily, exposition: Exposition) -> str:
    """Why the family must be there by now; empty if it need not."""
    if declared.appears == "always":
        return "always"
    trigger = declared.after
    if trigger is None or not _happened(trigger, exposition):
        return ""
    told = selector(trigger.counter, {trigger.label: trigger.value} if trigger.label else {})
    return f"once {told} has counted, which it has"


def _happened(trigger: ContractTrigger, exposition: Exposition) -> bool:
    family = exposition.families.get(trigger.counter)
    samples = family.samples if family is not None else []
    return any(
        sample.value > 0
        for sample in samples
        if sample.name == trigger.counter and (not trigger.label or sample.label(trigger.label) == trigger.value)
    )
