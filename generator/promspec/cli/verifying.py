"""The command `verify`: what is asked for, and how its result is shown."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import typer

from promspec.cli.clock import today
from promspec.cli.show import VerifyFormat, anatomy, as_ascii, colourful
from promspec.fetching.access import Access
from promspec.fetching.addresses import Unanswered, address
from promspec.fetching.words import plain
from promspec.live.contract import read_contract
from promspec.live.coverage import Coverage, CoverageError
from promspec.live.pages import page
from promspec.live.verification import Verification, verify
from promspec.problems import Problem, has_errors

_UNSEEN = 20


@dataclass(frozen=True)
class Request:
    """What the command line asks for; `duration` and `interval` in seconds."""

    spec: Path
    urls: tuple[str, ...]
    files: tuple[str, ...]
    duration: float
    interval: float
    strict: bool
    ignore: tuple[str, ...]
    fail_under: float
    save: Path | None
    merge: tuple[Path, ...]
    format: VerifyFormat


def verify_all(request: Request, access: Access) -> None:
    """Verify, show what was found, and end with 1 where the contract or the coverage is not kept."""
    if not request.urls and not request.files:
        raise typer.BadParameter("name what runs: --url http://localhost:8000/metrics, or --file", param_hint="--url")
    contract, problems = read_contract(request.spec, today())
    if contract is None:
        _broken(problems, request.format)
    assert contract is not None
    several = len(request.urls) + bool(request.files) > 1
    verification = Verification(contract, strict=request.strict, ignore=request.ignore, several=several, today=today())
    try:
        for file in request.merge:
            verification.coverage.merge(file)
    except CoverageError as error:
        raise typer.BadParameter(str(error), param_hint="--merge") from None
    verify(verification, request.urls, request.files, access, request.duration, request.interval)
    if request.save is not None:
        request.save.write_text(verification.coverage.document(), encoding="utf-8")
    low = verification.coverage.percent < request.fail_under
    _show(request, verification)
    raise typer.Exit(1 if verification.failed or low else 0)


def _broken(problems: Sequence[Problem], format: VerifyFormat) -> None:
    """A spec with errors promises nothing."""
    if format is VerifyFormat.JSON:
        document = {"ok": False, "problems": [problem.as_json() for problem in problems]}
        sys.stdout.write(as_ascii(json.dumps(document, indent=2, ensure_ascii=False) + "\n", sys.stdout))
    else:
        stream = sys.stderr if format is VerifyFormat.HTML else sys.stdout
        stream.write("".join(anatomy(problem, colourful(stream)) + "\n" for problem in problems))
        stream.write("The spec has errors: nothing was verified.\n")
    raise typer.Exit(1)


def _show(request: Request, verification: Verification) -> None:
    problems, coverage = verification.problems, verification.coverage
    if request.format is VerifyFormat.JSON:
        text = json.dumps(_document(request, verification), indent=2, ensure_ascii=False) + "\n"
    elif request.format is VerifyFormat.HTML:
        text = page(coverage, problems, verification.failed, [*map(_shown, request.urls), *request.files])
    else:
        colour = colourful(sys.stdout)
        text = "".join(anatomy(problem, colour) + "\n" for problem in problems) + _summary(request, verification)
    sys.stdout.write(as_ascii(text, sys.stdout) if request.format is VerifyFormat.JSON else text)


def _shown(url: str) -> str:
    try:
        return address(url).shown
    except Unanswered:
        return "(no URL)"


def _document(request: Request, verification: Verification) -> dict[str, object]:
    plan, problems = verification.contract.plan, verification.problems
    return {
        "ok": not verification.failed and verification.coverage.percent >= request.fail_under,
        "spec": plan.spec,
        "digest": plan.digest,
        "targets": [*map(_shown, request.urls), *request.files],
        "samples": verification.samples,
        "problems": [problem.as_json() for problem in problems],
        "coverage": coverage_row(verification.coverage),
    }


def coverage_row(coverage: Coverage) -> dict[str, object]:
    """The coverage for machines."""
    unseen = [{"metric": item.metric, "label": item.label, "value": item.value} for item in coverage.unseen]
    declared = len(coverage.declared)
    return {
        "percent": coverage.percent,
        "declared": declared,
        "seen": declared - len(unseen),
        "scrapes": coverage.scrapes,
        "unseen": unseen,
    }


def _summary(request: Request, verification: Verification) -> str:
    coverage, problems = verification.coverage, verification.problems
    errors = sum(has_errors([problem]) for problem in problems)
    allowed = sum(bool(problem.allowed) for problem in problems)
    counts = [_count(errors, "violation"), _count(len(problems) - errors - allowed, "warning"), f"{allowed} allowed"]
    found = ", ".join(count for count in counts if not count.startswith("0 ")) or "The contract is kept"
    if not verification.samples:
        found = "Nothing was scraped: no contract is kept by silence"
    seen = len(coverage.declared) - len(coverage.unseen)
    lines = [
        f"{found}: {_count(verification.samples, 'sample')} in {_count(coverage.scrapes, 'scrape')}.",
        f"Coverage {coverage.percent:g} %: {seen} of {len(coverage.declared)} declared values were seen.",
    ]
    if coverage.percent < request.fail_under:
        lines.append(f"That is under the {request.fail_under:g} % of --fail-under.")
    return "\n".join([*lines, *_unseen(coverage)]) + "\n"


def _unseen(coverage: Coverage) -> list[str]:
    items = [plain(str(item), 120) for item in coverage.unseen]
    if not items:
        return []
    more = [f"  and {len(items) - _UNSEEN} more: --format json lists all"] if len(items) > _UNSEEN else []
    return ["Not seen:", *(f"  {item}" for item in items[:_UNSEEN]), *more]


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}{'s' if number != 1 else ''}"
