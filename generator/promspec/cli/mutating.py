"""The command `prove --mutate` for one spec: how many mutants were killed, and each survivor with its place."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from promspec.cli.show import Report
from promspec.pipeline import Compilation
from promspec.proving.foretelling import Mutant
from promspec.proving.mutants import mutate
from promspec.proving.places import place_of
from promspec.proving.proofs import flags_of, known_names, tests_for_tool


def mutate_one(
    compiled: Compilation, path: Path, report: Report, *, only: Sequence[str], jobs: int, verbose: bool
) -> None:
    """Mutate the rules of one spec and show what came of it."""
    assert compiled.spec is not None
    assert compiled.plan is not None
    started = time.monotonic()
    tests = tests_for_tool(compiled.spec, compiled.plan)
    for message in known_names(tests.subjects, only):
        report.fail()
        report.row("failures", {"message": message}, f"{message}\n")
        return
    found = mutate(tests, compiled.plan.source, jobs, only, flags_of(compiled.spec))

    def row(mutant: Mutant, reason: str = "") -> dict[str, object]:
        place = place_of(compiled.spec, mutant.rule) if compiled.spec else None
        return {
            "rule": mutant.subject,
            "file": place.file if place else "",
            "line": place.line if place else 0,
            "operator": mutant.operator,
            "mutation": mutant.shown,
            **({"reason": reason} if reason else {}),
        }

    for mutant, reason in found.equivalent:
        made = row(mutant, reason)
        text = f"{made['file']}:{made['line']}: {mutant.subject}: {mutant.shown}; the same, because {reason}\n"
        report.row("equivalent", made, text if verbose else "")
    for mutant in found.survived:
        made = row(mutant)
        report.fail()
        text = f"{made['file']}:{made['line']}: {mutant.subject}: survived: {mutant.shown}\n"
        report.row("survivors", made, text)
    counted = Counter(mutant.operator for mutant in found.killed)
    killed, same, alive = len(found.killed), len(found.equivalent), len(found.survived)
    taken = time.monotonic() - started
    totals = {
        "spec": str(path),
        "killed": killed,
        "equivalent": same,
        "survived": alive,
        "killed_by_operator": dict(sorted(counted.items())),
        "seconds": round(taken, 1),
    }
    text = f"{path}: {killed:,} of {killed + alive:,} mutants killed, {same} more mean the same; {taken:.0f} s.\n"
    report.row("mutation", totals, text)
