"""`self_check`: a service from outside: it answers, is healthy, is measured, keeps its contract, maps its errors."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from promspec.fetching.access import Access
from promspec.fetching.addresses import Unanswered, joined
from promspec.fetching.fetch import fetch, sound
from promspec.fetching.words import listed, plain
from promspec.live.allowing import Judge
from promspec.live.contract import Contract, Violation
from promspec.live.driving import Drive, Driving, required
from promspec.live.exposition import Exposition, Unreadable
from promspec.live.judging import violations
from promspec.live.mapping import exposed_codes, gaps, is_about_codes
from promspec.live.scraping import scrape
from promspec.problems import Level, Problem

EXIT_CODES = {"api": 2, "health": 3, "metrics": 4, "contract": 5, "mapping": 6}
"""What each check fails with, in the order of the checks; 1 is what could not be checked at all."""
_SICK = ("unhealthy", "error", "fail", "failed", "failing", "failure", "down", "critical", "not_ready", "unavailable")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of the service. `require` is label -> values; `min_errors` metric -> series."""

    api_path: str = "/"
    health_path: str = "/health"
    metrics_path: str = "/metrics"
    strict: bool = False
    ignore: tuple[str, ...] = ()
    require: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    min_codes: int = 0
    min_errors: Mapping[str, int] = field(default_factory=dict)
    drives: tuple[Drive, ...] = ()
    moves: tuple[str, ...] = ()
    today: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """One check: passed, failed, or not run because of an earlier one."""

    name: str
    outcome: str
    message: str
    problems: tuple[Problem, ...] = ()
    seconds: float = 0.0

    @property
    def exit_code(self) -> int:
        """What it makes the command end with."""
        return EXIT_CODES[self.name] if self.outcome == "failed" else 0


def exit_code(checks: Sequence[Check]) -> int:
    """That of the first check that failed."""
    return next((check.exit_code for check in checks if check.exit_code), 0)


def self_check(contract: Contract, base: str, access: Access, wanted: Wanted) -> tuple[Check, ...]:
    """Every check that can be run, in order."""
    return tuple(_Checker(contract, base, access, wanted).run())


class _Failed(Exception):
    """A check failed: why, and with which violations."""

    def __init__(self, message: str, problems: Sequence[Problem] = ()) -> None:
        super().__init__(message)
        self.problems = tuple(problems)


class _Checker:
    """Runs the checks; what one finds, the next ones use."""

    def __init__(self, contract: Contract, base: str, access: Access, wanted: Wanted) -> None:
        self._contract, self._base, self._access, self._wanted = contract, base, access, wanted
        self._exposition: Exposition | None = None
        self._found: list[Violation] = []
        self._answers = False

    def run(self) -> list[Check]:
        """The checks; without an answer of the API, or without metrics, those that need them are not run."""
        checks = [self._check("api", self._api)]
        if checks[0].outcome == "failed" and not self._answers:
            return [*checks, *(_not_run(name, "the API is not reachable") for name in list(EXIT_CODES)[1:])]
        checks += [self._check("health", self._health), self._check("metrics", self._metrics)]
        if self._exposition is None:
            return [*checks, *(_not_run(name, "there are no metrics") for name in ("contract", "mapping"))]
        return [*checks, self._check("contract", self._promises), self._check("mapping", self._mapping)]

    def _check(self, name: str, body: Callable[[], tuple[str, Sequence[Problem]]]) -> Check:
        started = time.monotonic()
        try:
            message, problems = body()
            check = Check(name, "passed", message, tuple(problems))
        except _Failed as failed:
            check = Check(name, "failed", str(failed), failed.problems)
        except (Unanswered, Unreadable) as error:
            check = Check(name, "failed", str(error))
        return replace(check, seconds=round(time.monotonic() - started, 3))

    def _api(self) -> tuple[str, Sequence[Problem]]:
        answer = fetch(joined(self._base, self._wanted.api_path), self._access)
        self._answers = True
        if answer.status >= 500:
            raise _Failed(f"{answer.url} answers {answer.status_text}")
        return f"{answer.url} answers {answer.status_text}", ()

    def _health(self) -> tuple[str, Sequence[Problem]]:
        answer = sound(fetch(joined(self._base, self._wanted.health_path), self._access))
        status = _status(answer.body) if "json" in answer.content_type else ""
        if status.lower() in _SICK:
            raise _Failed(f"{answer.url} answers {answer.status_text}, and its status is {plain(status, 40)}")
        return f"{answer.url} answers {answer.status_text}{f': {plain(status, 40)}' if status else ''}", ()

    def _metrics(self) -> tuple[str, Sequence[Problem]]:
        url = joined(self._base, self._wanted.metrics_path)
        try:
            exposition = scrape(url, self._access)
        except Unreadable as error:
            raise _Failed(f"the exposition cannot be read: line {error.line}: {error}") from None
        if not exposition.samples:
            raise _Failed("the exposition holds no sample: the instrumentation is not imported, or not registered")
        self._exposition = exposition
        return f"{exposition.samples:,} samples in {len(exposition.families):,} families", ()

    def _promises(self) -> tuple[str, Sequence[Problem]]:
        assert self._exposition is not None
        self._found = [*violations(self._contract, self._exposition, self._wanted.ignore)]
        self._found += required(self._contract, self._exposition, self._wanted.require)
        moved = self._driven(self._exposition) if self._wanted.drives else ""
        problems = self._problems([each for each in self._found if not is_about_codes(self._contract, each)])
        kept = f"{len(self._contract.families)} families are as declared{moved}"
        return _judged(problems, "{} of the contract", kept)

    def _driven(self, before: Exposition) -> str:
        """Drive the requests; what is wrong after them is added to what is wrong, and what moved is told."""
        wanted, url = self._wanted, joined(self._base, self._wanted.metrics_path)
        driving = Driving(self._contract, self._base, self._access, wanted.drives, wanted.moves)
        driven = driving.run(before, lambda: scrape(url, self._access))
        later = [*driven.found]
        if driven.after is not None:
            self._exposition = driven.after
            later += violations(self._contract, driven.after, wanted.ignore)
        known = {(each.id, each.subject, each.aspect) for each in self._found}
        self._found += [each for each in later if (each.id, each.subject, each.aspect) not in known]
        return f"; {listed(list(driven.moved))} moved" if driven.moved else ""

    def _mapping(self) -> tuple[str, Sequence[Problem]]:
        assert self._exposition is not None
        found = [each for each in self._found if is_about_codes(self._contract, each)]
        found += gaps(self._contract, self._exposition, self._wanted.min_codes, self._wanted.min_errors)
        codes = exposed_codes(self._contract, self._exposition)
        told = f"{len(codes)} of {len(self._contract.error_codes)} error codes are exposed, every exception is mapped"
        if not self._contract.error_codes:
            told = "the spec declares no error codes"
        return _judged(self._problems(found), "{} in the mapping of errors", told)

    def _problems(self, found: Sequence[Violation]) -> list[Problem]:
        judge = Judge(self._contract.owners, "verify/", self._wanted.strict, self._wanted.today)
        return [judge.problem(each) for each in found]


def _judged(problems: Sequence[Problem], failure: str, kept: str) -> tuple[str, Sequence[Problem]]:
    errors = sum(problem.level is Level.ERROR for problem in problems)
    if errors:
        what = "violation" if "contract" in failure else "gap"
        raise _Failed(failure.format(f"{errors} {what}{'s' if errors > 1 else ''}"), problems)
    return kept, problems


def _not_run(name: str, why: str) -> Check:
    return Check(name, "not run", why)


def _status(body: bytes) -> str:
    """What a health page says of itself: its `status`, if that is a text."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    status = document.get("status") if isinstance(document, dict) else None
    return status if isinstance(status, str) else ""
