"""Requests that are driven, and the counters that they must move; label values that must be there."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from promspec.fetching.access import Access
from promspec.fetching.addresses import Unanswered, joined
from promspec.fetching.fetch import Answer, fetch
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


@dataclass(frozen=True, slots=True)
class Driven:
    """What came of the requests: the last scrape (None without an answer), what is wrong, and what moved."""

    after: Exposition | None
    found: tuple[Violation, ...]
    moved: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Driving:
    """Requests to a service. Each metric of `moves` must move; without any, one declared counter or histogram."""

    contract: Contract
    base: str
    access: Access
    drives: Sequence[Drive]
    moves: Sequence[str]

    def run(self, before: Exposition, scrape: Callable[[], Exposition]) -> Driven:
        """Make the requests, and scrape until enough has moved."""
        answers = []
        for drive in self.drives:
            try:
                answers.append(f"{drive} answers {self._asked(drive).status_text}")
            except Unanswered as error:
                return Driven(None, (self._still(f"{drive} got no answer: {error}", "drive"),))
        after, moved = _looked(self.contract, before, scrape, self.moves)
        found = list(falls(self.contract, before, after))
        unmoved = [name for name in self.moves if name not in moved]
        if unmoved or not moved:
            what = f"{listed(unmoved)} did not move" if unmoved else "no declared counter moved"
            found.append(self._still(f"{listed(answers)}, and {what}", "moves", *unmoved[:1]))
        return Driven(after, tuple(found), tuple(moved))

    def _asked(self, drive: Drive) -> Answer:
        body = drive.json.encode() if drive.json else None
        headers = [("Content-Type", "application/json")] if drive.json else []
        return fetch(joined(self.base, drive.path), self.access, method=drive.method, body=body, headers=headers)

    def _still(self, text: str, aspect: str, name: str = "") -> Violation:
        remedy = near_miss(name, self.contract.families) if name and name not in self.contract.families else ""
        remedy = remedy or "call the generated instrumentation where the work is done"
        return self.contract.violation("verify/counter", name, text, remedy, aspect=aspect)


def _looked(
    contract: Contract, before: Exposition, scrape: Callable[[], Exposition], moves: Sequence[str]
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
