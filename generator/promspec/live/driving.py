"""Requests that are driven, and the counters that they must move; label values that must be there."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from promspec.fetching.access import Access
from promspec.fetching.addresses import Unanswered, joined
from promspec.fetching.fetch import fetch
from promspec.fetching.words import listed, plain
from promspec.live.contract import Contract, Violation
from promspec.live.exposition import Exposition, LabelSet
from promspec.live.succession import START, falls
from promspec.problems import near_miss, one_of

_LOOKS = 5
_PAUSE = 0.2
"""Seconds between two looks: some services count after they have answered."""


@dataclass(frozen=True, slots=True)
class Drive:
    """A request to make: its method, its path, and its body in JSON."""

    method: str
    path: str
    json: str = ""

    def __str__(self) -> str:
        return f"{self.method} {plain(self.path)}"


Scrape = Callable[[], Exposition]
Run = Callable[[Exposition, Scrape], tuple[Exposition | None, list[Violation], str]]


def driven(contract: Contract, base: str, access: Access, drives: Sequence[Drive], moves: Sequence[str]) -> Run:
    """A function that makes the requests, scrapes again, and gives that scrape, what is wrong, and what moved.

    Each metric of `moves` must move; without any, one declared counter or histogram.
    """

    def run(before: Exposition, scrape: Scrape) -> tuple[Exposition | None, list[Violation], str]:
        answers = []
        for drive in drives:
            body = drive.json.encode() if drive.json else None
            headers = [("Content-Type", "application/json")] if drive.json else []
            try:
                url = joined(base, drive.path)
                answer = fetch(url, access, method=drive.method, body=body, headers=headers)
            except Unanswered as error:
                return None, [_still(contract, f"{drive} got no answer: {error}", "drive")], ""
            answers.append(f"{drive} answers {answer.status_text}")
        after, moved = _looked(contract, before, scrape, moves)
        found = list(falls(contract, before, after))
        unmoved = [name for name in moves if name not in moved]
        if unmoved or not moved:
            what = f"{listed(unmoved)} did not move" if unmoved else "no declared counter moved"
            name = unmoved[0] if unmoved else ""
            found.append(_still(contract, f"{listed(answers)}, and {what}", "moves", name))
        return after, found, f"{listed(list(moved))} moved" if moved else ""

    return run


def _looked(
    contract: Contract, before: Exposition, scrape: Scrape, moves: Sequence[str]
) -> tuple[Exposition, dict[str, None]]:
    """The scrape in which enough has moved, or the last one; and the metrics that moved."""
    for number in range(_LOOKS):
        time.sleep(_PAUSE * bool(number))
        after = scrape()
        moved = dict.fromkeys(name for name in contract.families if _moved(name, before, after))
        if moved and all(name in moved for name in moves):
            break
    return after, moved


def _moved(name: str, before: Exposition, after: Exposition) -> bool:
    """Whether a counter or a histogram counted, also in a process that was started in between."""
    was = {} if before.value(START) != after.value(START) else _events(name, before)
    return any(value > was.get(labels, 0) for labels, value in _events(name, after).items())


def _events(name: str, exposition: Exposition) -> dict[LabelSet, float]:
    family = exposition.families.get(name)
    if family is None or family.type not in ("counter", "histogram", "unknown"):
        return {}
    wanted = f"{name}_count" if family.type == "histogram" else name
    return {sample.labels: sample.value for sample in family.samples if sample.name == wanted}


def _still(contract: Contract, text: str, aspect: str, name: str = "") -> Violation:
    remedy = near_miss(name, contract.families) if name and name not in contract.families else ""
    default = "call the generated instrumentation where the work is done"
    return contract.violation("verify/counter", name, text, remedy or default, aspect=aspect)


def required(contract: Contract, exposition: Exposition, wanted: Mapping[str, tuple[str, ...]]) -> Iterator[Violation]:
    """The label values that must be exposed, by any declared metric, and are not."""
    for label, values in wanted.items():
        shown: dict[str, None] = {}
        for name in contract.families:
            family = exposition.families.get(name)
            for labels in family.series() if family is not None else ():
                shown |= dict.fromkeys(value for key, value in labels if key == label)
        missing = [value for value in values if value not in shown]
        if missing:
            owners = [name for name, at in contract.places if at == label]
            text = f"nothing is exposed with {plain(label)} = {listed(missing)}"
            remedy = near_miss(missing[0], shown) or (f"exposed are {one_of(map(plain, shown))}" if shown else "")
            remedy = remedy or f"no declared metric has the label {plain(label)}"
            name = owners[0] if owners else ""
            yield contract.violation("verify/required", name, text, remedy, label=label, aspect=label)
