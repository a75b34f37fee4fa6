"""The command `prove` for one spec: run its proofs, or mutate its rules, and say what came of it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from promspec.cli.remembering import compiled as compiled_spec
from promspec.cli.show import Report
from promspec.pipeline import Compilation
from promspec.promtool import ToolFailed, ToolMissing
from promspec.proving.proofs import Proven, flags_of, known_names, prove, tests_for_tool


def prove_one(path: Path, report: Report, *, only: Sequence[str], jobs: int, mutate: bool, verbose: bool) -> None:
    """Prove one spec's rules; with `mutate`, prove its proofs."""
    compiled = compiled_spec(path)
    report.problems(compiled.problems)
    if compiled.spec is None or compiled.plan is None:
        return
    try:
        if mutate:
            from promspec.cli.mutating import mutate_one

            mutate_one(compiled, path, report, only=only, jobs=jobs, verbose=verbose)
        else:
            _prove(compiled, path, report, only=only, jobs=jobs, verbose=verbose)
    except (ToolMissing, ToolFailed) as error:
        report.fail()
        report.row("failures", {"spec": str(path), "message": str(error)}, f"{error}\n")


def _prove(compiled: Compilation, path: Path, report: Report, *, only: Sequence[str], jobs: int, verbose: bool) -> None:
    assert compiled.spec is not None
    assert compiled.plan is not None
    started = time.monotonic()
    tests = tests_for_tool(compiled.spec, compiled.plan)
    for message in known_names(tests.subjects, only):
        report.fail()
        report.row("failures", {"message": message}, f"{message}\n")
        return
    found = prove(tests, compiled.plan.source, jobs, only, flags_of(compiled.spec))
    for item in found:
        _rule(item, report, verbose)
    taken = time.monotonic() - started
    good = [item for item in found if not item.failures]
    alerts, records = (sum(item.kind == kind for item in good) for kind in ("alert", "recording rule"))
    row = {
        "spec": str(path),
        "alerts": alerts,
        "recording_rules": records,
        "cases": sum(item.cases for item in found),
        "checks": sum(item.checks for item in found),
        "failed": len(found) - len(good),
        "seconds": round(taken, 1),
    }
    text = (
        f"{path}: {_count(alerts, 'alert')} and {_count(records, 'recording rule')} proven, {row['failed']} not; "
        f"{row['cases']:,} cases, {row['checks']:,} checks, {taken:.0f} s.\n"
    )
    report.row("proven", row, text)


def _rule(item: Proven, report: Report, verbose: bool) -> None:
    row = {
        "rule": item.subject,
        "kind": item.kind,
        "cases": item.cases,
        "checks": item.checks,
        "failures": list(item.failures),
        "notes": list(item.notes),
    }
    if item.failures:
        report.fail()
        lines = [f"{item.subject}: not proven", *(_indented(failure) for failure in item.failures)]
        report.row("rules", row, "\n".join(lines) + "\n")
        return
    text = f"{item.subject}: {_count(item.cases, 'case')}, {_count(item.checks, 'check')}\n"
    notes = "".join(f"  {note}\n" for note in item.notes)
    report.row("rules", row, text + notes if verbose else "")


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' if number != 1 else ''}"
