"""The command `self-check`: run the checks, show them, and end with the code of the first that fails."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace

import typer

from promspec.cli.clock import today
from promspec.cli.self_check_settings import Given, SettingError, Settings, settings
from promspec.cli.show import anatomy, as_ascii, colourful
from promspec.fetching.access import Access
from promspec.fetching.addresses import Unanswered, address
from promspec.live.contract import Contract, read_contract
from promspec.live.hosting import DoesNotStart, NoSuchApp, hosted
from promspec.live.self_check import EXIT_CODES, Check, exit_code, self_check
from promspec.problems import Problem

_MARKS = {"passed": ("ok", typer.colors.GREEN), "failed": ("FAIL", typer.colors.RED), "not run": ("-", None)}


def self_check_all(given: Given, access: Access) -> None:
    """Check, show, and exit."""
    out, before = sys.stdout, set(threading.enumerate())
    with _quiet() if given.as_json else contextlib.nullcontext():
        document, code = _checked(given, access)
    if given.as_json:
        out.write(as_ascii(json.dumps(document, indent=2, ensure_ascii=False) + "\n", out))
    else:
        out.write(_text(document, colourful(out)))
    out.flush()
    if out is sys.__stdout__ and any(not thread.daemon for thread in set(threading.enumerate()) - before):
        sys.stderr.flush()
        os._exit(code)  # a thread that the application left behind would hold up the end, maybe for ever
    raise typer.Exit(code)


def _checked(given: Given, access: Access) -> tuple[dict[str, object], int]:
    """The document and the exit code."""
    try:
        chosen = settings(given, os.environ)
        contract, problems = read_contract(given.spec, today())
        if contract is None:
            return _failure("the spec has errors: nothing was checked", problems), 1
        chosen = replace(chosen, wanted=replace(chosen.wanted, today=today()))
        checks = _run(chosen, contract, access)
    except (SettingError, NoSuchApp) as error:
        return _failure(str(error)), 1
    code = exit_code(checks)
    target = chosen.app or _shown(chosen.base_url)
    head = {"ok": code == 0, "exit_code": code, "spec": contract.plan.spec, "target": target}
    return {**head, "strict": chosen.wanted.strict, "checks": [_row(check) for check in checks]}, code


def _run(chosen: Settings, contract: Contract, access: Access) -> Sequence[Check]:
    if chosen.base_url:
        _must_be_url(chosen.base_url)
        return self_check(contract, chosen.base_url, access, chosen.wanted)
    try:
        with hosted(chosen.app, access.deadline) as url:
            return self_check(contract, url, access, chosen.wanted)
    except DoesNotStart as error:
        rest = [Check(name, "not run", "the application does not run") for name in list(EXIT_CODES)[1:]]
        return [Check("api", "failed", str(error)), *rest]


def _must_be_url(url: str) -> None:
    try:
        address(url)
    except Unanswered as error:
        raise SettingError(str(error)) from None


def _shown(url: str) -> str:
    return address(url).shown


def _failure(message: str, problems: Sequence[Problem] = ()) -> dict[str, object]:
    rows = [_problem_row(problem) for problem in problems]
    return {"ok": False, "exit_code": 1, "error": message, "problems": rows}


def _row(check: Check) -> dict[str, object]:
    return {
        "name": check.name,
        "outcome": check.outcome,
        "exit_code": check.exit_code,
        "message": check.message,
        "seconds": check.seconds,
        "problems": [_problem_row(problem) for problem in check.problems],
    }


class _Shown(dict[str, object]):
    """A problem's row, with the problem itself for people."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.as_json())
        self.problem = problem


def _problem_row(problem: Problem) -> dict[str, object]:
    return _Shown(problem)


def _text(document: dict[str, object], colour: bool) -> str:
    parts: list[str] = []
    for row in _rows(document, "checks"):
        mark, paint = _MARKS[str(row["outcome"])]
        shown = typer.style(f"{mark:<4}", fg=paint, bold=True) if colour else f"{mark:<4}"
        parts.append(f"{shown}  {row['name']!s:<8}  {row['message']}\n")
        parts += [f"\n{anatomy(each.problem, colour)}" for each in _rows(row, "problems") if isinstance(each, _Shown)]
        parts += ["\n"] if row["problems"] else []
    parts += [f"{anatomy(each.problem, colour)}\n" for each in _rows(document, "problems") if isinstance(each, _Shown)]
    if "error" in document:
        return "".join(parts) + f"promspec self-check: {document['error']}\n"
    ended = "passed" if document["ok"] else f"failed, exit code {document['exit_code']}"
    return "".join(parts) + f"{document['spec']} at {document['target']}: {ended}.\n"


def _rows(document: dict[str, object], key: str) -> list[dict[str, object]]:
    found = document.get(key, [])
    return found if isinstance(found, list) else []


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Nothing else reaches the standard output: neither what an application prints, nor its subprocesses."""
    saved, error = _duplicate(1), sys.stderr
    with contextlib.redirect_stdout(error):
        if saved is not None:
            os.dup2(2, 1)
        try:
            yield
        finally:
            if saved is not None:
                os.dup2(saved, 1)
                os.close(saved)


def _duplicate(descriptor: int) -> int | None:
    try:
        os.fstat(2)
        return os.dup(descriptor)
    except OSError:  # it was closed before we began
        return None
