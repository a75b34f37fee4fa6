"""The error codes of what runs: every exception is mapped, every code is declared, and there are enough of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from promspec.fetching.words import listed, plain
from promspec.live.contract import Contract, Violation
from promspec.live.exposition import Exposition
from promspec.naming import UNMAPPED_EXCEPTIONS
from promspec.problems import near_miss

_ID = "verify/mapping"


def is_about_codes(contract: Contract, violation: Violation) -> bool:
    """Whether a violation is a gap of the taxonomy: a label of error codes that has a value which is no code."""
    family = contract.families.get(violation.subject)
    codes = {label.name for label in family.labels if label.error_code} if family is not None else set()
    return violation.id == "verify/value" and violation.aspect in codes


def gaps(contract: Contract, exposition: Exposition, codes: int, errors: Mapping[str, int]) -> Iterator[Violation]:
    """What is not mapped, and where fewer codes, or series of error counters, are exposed than are asked for."""
    yield from _unmapped(contract, exposition)
    shown = exposed_codes(contract, exposition)
    if len(shown) < codes:
        text = f"{len(shown)} error codes are exposed ({listed(shown, 20) or 'none'}), and {codes} are asked for"
        yield _gap(contract, "", text, "count errors by the declared codes, laid out at zero", "codes")
    for name, least in errors.items():
        family = exposition.families.get(name)
        count = len(family.samples) if family is not None else 0
        if count < least:
            text = f"{plain(name)} has {count} series, and {least} are asked for"
            remedy = near_miss(name, exposition.families) if not count else ""
            yield _gap(contract, name, text, remedy or "count errors by the declared codes, laid out at zero", name)


def exposed_codes(contract: Contract, exposition: Exposition) -> list[str]:
    """The declared error codes that any series has, in their order of appearance."""
    found: dict[str, None] = {}
    for name, label in _code_labels(contract):
        family = exposition.families.get(name)
        for labels in family.series() if family is not None else ():
            found |= dict.fromkeys(value for key, value in labels if key == label)
    return [code for code in found if code in contract.error_codes]


def _unmapped(contract: Contract, exposition: Exposition) -> Iterator[Violation]:
    family = exposition.families.get(UNMAPPED_EXCEPTIONS)
    counts = {sample.label("type") or "?": sample.value for sample in (family.samples if family else ())}
    found = [f"{type} ({count:g})" for type, count in counts.items() if count > 0]
    if found and contract.error_codes:
        text = f"no error code maps {listed(found)}"
        yield _gap(contract, "", text, "give the exceptions to a Code(exceptions=[…]) of the spec", "unmapped")


def _gap(contract: Contract, name: str, text: str, remedy: str, aspect: str) -> Violation:
    """The gap, at the place of the codes where there is one."""
    labels = _code_labels(contract)
    place = contract.places.get((name, "")) or (contract.places.get(labels[0]) if labels else None) or contract.whole
    keys = ((name, ""), *labels[:1])
    return Violation(_ID, name or contract.plan.spec, text, remedy, place, aspect, keys)


def _code_labels(contract: Contract) -> list[tuple[str, str]]:
    """The metrics that have a label of error codes, and the label."""
    return [(each.name, label.name) for each in contract.plan.families for label in each.labels if label.error_code]
