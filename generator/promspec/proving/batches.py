"""Test files run through promtool: written to a folder of their own, in parallel processes, each file judged alone."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from promspec import promtool
from promspec.plan.rule_tests import RuleTestFile
from promspec.render.rule_tests import rules_text, tests_text


@dataclass(frozen=True, slots=True)
class Verdict:
    """What promtool says of one file: nothing, or what failed."""

    file: RuleTestFile
    failures: tuple[str, ...]


def default_jobs() -> int:
    """As many processes as this machine runs at once."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def judged(files: Sequence[RuleTestFile], source: str, jobs: int, features: Sequence[str] = ()) -> list[Verdict]:
    """The verdict on every file, in their order, with these feature flags. Raises ToolMissing or ToolFailed."""
    with tempfile.TemporaryDirectory(prefix="promspec-") as folder:
        paths = [_written(Path(folder), number, file, source) for number, file in enumerate(files)]
        batches = list(_batches(files, jobs))

        def run(batch: list[int]) -> dict[str, tuple[str, ...]]:
            return promtool.test_rule_files([paths[index] for index in batch], features)

        with ThreadPoolExecutor(max_workers=jobs) as pool:
            found = list(pool.map(run, batches))
    results: dict[int, tuple[str, ...]] = {}
    for batch, messages in zip(batches, found, strict=True):
        for index in batch:
            said = messages[paths[index].name]
            results[index] = tuple(message.replace(f"{folder}{os.sep}", "") for message in said)
    return [Verdict(file, results[index]) for index, file in enumerate(files)]


def _written(folder: Path, number: int, file: RuleTestFile, source: str) -> Path:
    rules = f"rules-{number}.yml"
    (folder / rules).write_text(rules_text(file.rules, file.step, source), encoding="utf-8")
    path = folder / f"tests-{number}.yml"
    path.write_text(tests_text(file, rules, source), encoding="utf-8")
    return path


def _batches(files: Sequence[RuleTestFile], jobs: int) -> Iterator[list[int]]:
    """Files in batches of about the same weight, several for each process so that none waits long for the last."""
    weights = [_weight(file) for file in files]
    most = max(sum(weights) / (4 * jobs), 1.0)
    batch: list[int] = []
    weight = 0.0
    for index in sorted(range(len(files)), key=lambda number: -weights[number]):
        batch.append(index)
        weight += weights[index]
        if weight >= most or len(batch) >= 200:
            yield batch
            batch, weight = [], 0.0
    if batch:
        yield batch


def _weight(file: RuleTestFile) -> float:
    """About how much work a file is: samples to load and evaluations to make."""
    found = 1.0
    for proof in file.proofs:
        for case in proof.cases:
            end = max((check.at for check in case.checks), default=0)
            found += len(case.series) * end / case.interval / 50 + len(file.rules) * end / file.step / 10 + 5
    return found
