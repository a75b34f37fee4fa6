"""`Verification`: scrapes of one or several endpoints over a while, held to one contract."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence

from promspec.fetching.access import Access
from promspec.fetching.addresses import Unanswered, address
from promspec.live.allowing import Judge
from promspec.live.contract import Contract, Violation
from promspec.live.coverage import Coverage
from promspec.live.exposition import Exposition, Unreadable
from promspec.live.judging import violations
from promspec.live.scraping import read_file, scrape
from promspec.live.succession import falls
from promspec.problems import Level, Place, Problem, in_order

_SERVES = "name what serves the metrics, such as http://host:8000/metrics"
_SAVED = "name a file that holds an exposition, as curl saves it"


class Verification:
    """Collects what all scrapes say. Each endpoint is a process of its own; files are scrapes of one, in order."""

    def __init__(
        self,
        contract: Contract,
        *,
        strict: bool = False,
        ignore: Collection[str] = (),
        several: bool = False,
        today: str = "",
    ) -> None:
        self.contract = contract
        self.coverage = Coverage(contract.plan)
        self.samples = 0
        self._ignore, self._several = tuple(ignore), several
        self._judge = Judge(contract.owners, "verify/", strict, today)
        self._before: dict[str, Exposition] = {}
        self._found: dict[tuple[str, ...], Problem] = {}

    def look(self, at: str, exposition: Exposition) -> tuple[Violation, ...]:
        """Judge one scrape of a process, also beside the one before; what is wrong is kept, and returned."""
        found = [*violations(self.contract, exposition, self._ignore)]
        if at in self._before:
            found += falls(self.contract, self._before[at], exposition)
        self._before[at] = exposition
        self.samples += exposition.samples
        self.coverage.add(exposition)
        for violation in found:
            key = (violation.id, violation.subject, violation.aspect, at)
            self._found.setdefault(key, self._judge.problem(violation, at if self._several else ""))
        return tuple(found)

    def fail(self, at: str, error: Unanswered | Unreadable) -> None:
        """Keep that a scrape failed; of each endpoint the same failure once."""
        line = error.line if isinstance(error, Unreadable) else 0
        id = "verify/exposition" if isinstance(error, Unreadable) else "verify/unanswered"
        remedy = "" if isinstance(error, Unreadable) else _SERVES if "://" in at or at == "--url" else _SAVED
        self._found.setdefault((id, at), Problem(id, Level.ERROR, str(error), Place(at, line), remedy))

    def last(self, at: str) -> Exposition | None:
        """The newest scrape of a process."""
        return self._before.get(at)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Everything that was found, each thing once, in the order of the spec; and allowances that nothing needed."""
        return in_order([*self._found.values(), *(self._judge.unused() if self.samples else ())])

    @property
    def failed(self) -> bool:
        """Whether a promise is not kept; nothing scraped at all keeps none."""
        return not self.samples or any(problem.level is Level.ERROR for problem in self._found.values())


def verify(
    verification: Verification,
    urls: Sequence[str],
    files: Sequence[str],
    access: Access,
    duration: float = 0.0,
    interval: float = 15.0,
) -> None:
    """Read the files, then scrape the endpoints at once and every `interval` seconds for `duration` seconds."""
    for file in files:
        try:
            verification.look("the files" if len(files) > 1 else file, read_file(file))
        except (Unanswered, Unreadable) as error:
            verification.fail(file, error)
    started = time.monotonic()
    for number in range(rounds(duration, interval) if urls else 0):
        time.sleep(max(0.0, started + number * interval - time.monotonic()))
        for url in urls:
            _scraped(verification, url, access)


def rounds(duration: float, interval: float) -> int:
    """How many scrapes there are in a while: one at its start, and one after each interval.

    >>> rounds(60, 15)
    5
    """
    return int(duration / interval + 1e-9) + 1


def _scraped(verification: Verification, url: str, access: Access) -> None:
    try:
        shown = address(url).shown
    except Unanswered as error:
        verification.fail("--url", error)
        return
    try:
        verification.look(shown, scrape(url, access))
    except (Unanswered, Unreadable) as error:
        verification.fail(shown, error)
