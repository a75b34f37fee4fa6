"""promtool run on an SLO's scenes, on as many cores as it may have."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from promspec import promtool
from promspec.plan.rules import Group
from promspec.simulating.model import Simulation
from promspec.simulating.scenes import Scene, document, rule_document, rule_groups, scenes, seen, told
from promspec.vocabulary.spec import Spec

CORES = 2
LONGEST = 7 * 3_600_000
"""Milliseconds until the first alert, beyond which a fault is left to arithmetic: it would take promtool minutes."""


def measured(
    spec: Spec, simulations: Sequence[Simulation], recording: Sequence[Group], alerting: Sequence[Group], longest: int
) -> tuple[Simulation, ...]:
    """The simulations with what promtool saw of each row whose alert comes within `longest` milliseconds.

    Raises `promtool.ToolMissing` without promtool, `promtool.ToolFailed` where it does not answer.
    """
    with tempfile.TemporaryDirectory(prefix="promspec-") as folder, ThreadPoolExecutor(CORES) as pool:
        jobs = []
        for number, simulation in enumerate(simulations):
            groups = rule_groups(simulation, recording, alerting)
            for share in _shares(scenes(simulation, longest)):
                home = Path(folder, f"{number}-{share[0].index}")
                job = pool.submit(_run, home, simulation, groups, share, spec)
                jobs.append((number, job))
        answers: list[dict[int, dict[str, dict[str, float]]]] = [{} for _ in simulations]
        for number, job in jobs:
            answers[number].update(job.result())
    pairs = zip(simulations, answers, strict=True)
    return tuple(_with(simulation, found, longest) for simulation, found in pairs)


def _shares(every: Sequence[Scene]) -> Iterator[list[Scene]]:
    """The scenes in a few files of about the same length, the longest first."""
    total = sum(scene.over for scene in every)
    share: list[Scene] = []
    for scene in sorted(every, key=lambda item: -item.over):
        share.append(scene)
        if sum(item.over for item in share) * 2 * CORES >= total:
            yield share
            share = []
    if share:
        yield share


def _run(
    home: Path, simulation: Simulation, groups: Sequence[Group], share: Sequence[Scene], spec: Spec
) -> dict[int, dict[str, dict[str, float]]]:
    home.mkdir()
    for name, content in (("rules", rule_document(groups)), ("test", document(simulation, groups, share, spec))):
        # JSON is YAML, and quickly written
        (home / f"{name}.yml").write_text(json.dumps(content), encoding="utf-8")
    result = promtool.test_rules(home / "test.yml", spec.deployment.features if spec.deployment is not None else ())
    found = told(result.messages)
    if len(found) < len(share):
        raise promtool.ToolFailed("; ".join(result.messages[:3]) or "promtool test rules told nothing")
    return found


def _with(simulation: Simulation, found: dict[int, dict[str, dict[str, float]]], longest: int) -> Simulation:
    chosen = {scene.index: scene for scene in scenes(simulation, longest)}
    rows = [
        replace(row, seen=seen(chosen[index], simulation, found[index])) if index in found else row
        for index, row in enumerate(simulation.rows)
    ]
    return replace(simulation, rows=tuple(rows))
