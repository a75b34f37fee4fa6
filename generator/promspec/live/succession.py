"""Two scrapes of one process: a counter never falls, and no series of one vanishes."""

from __future__ import annotations

from collections.abc import Iterator

from promspec.live.contract import Contract, Violation, selector
from promspec.live.exposition import Exposition, Family, LabelSet

START = "process_start_time_seconds"


def falls(contract: Contract, before: Exposition, after: Exposition) -> Iterator[Violation]:
    """What fell or vanished between two scrapes; after a restart nothing did."""
    if before.value(START) != after.value(START):
        return
    told = before.value(START) is not None
    remedy = "keep counters for as long as the process lives" if told else f"if it was a restart, expose {START}"
    for name in contract.families:
        first, second = before.families.get(name), after.families.get(name)
        if first is None or first.type not in ("counter", "histogram"):
            continue
        now = _counts(second) if second is not None else {}
        for (series, labels), value in _counts(first).items():
            shown = selector(series, labels)
            if (series, labels) not in now:
                yield contract.violation("verify/not-monotonic", name, f"{shown} is gone", remedy)
                break
            if now[series, labels] < value:
                text = f"{shown} falls from {value:g} to {now[series, labels]:g}"
                yield contract.violation("verify/not-monotonic", name, text, remedy)
                break


def _counts(family: Family) -> dict[tuple[str, LabelSet], float]:
    """The values that only rise; a histogram's sum may fall where observations may be negative."""
    return {
        (sample.name, sample.labels): sample.value
        for sample in family.samples
        if not sample.name.endswith(("_sum", "_created"))
    }
