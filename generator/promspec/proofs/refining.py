"""Make a solution tell more: buckets next to the threshold, and a little of everything that counts towards it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from promspec.evaluation import NotEvaluated
from promspec.proofs.borders import Border, Way
from promspec.proofs.programs import Level, State, summable
from promspec.proofs.roles import COUNTED
from promspec.proofs.solving import Solution, Solver, Unsolved

NOISE = 0.1
"""What series beside those that are moved have of what leads to the condition, as a share of its border."""


def refined(solver: Solver, solution: Solution) -> tuple[Solution, Solution]:
    """The solution with its histograms tightened, and that with its surroundings no longer silent besides."""
    plain = _tried(_tightened, solver, solution)
    return plain, _tried(_seasoned, solver, plain)


def _tried(change: Callable[[Solver, Solution], Solution], solver: Solver, solution: Solution) -> Solution:
    try:
        return change(solver, solution)
    except (NotEvaluated, Unsolved):
        return solution


def _stays(solver: Solver, solution: Solution, rest: State, firing: State) -> Solution | None:
    if solver.situation.holds(rest, rest) or not solver.all_hold(rest, firing):
        return None
    return replace(solution, baseline=rest, firing=firing, labels=solver.situation.holds(rest, firing))


def _tightened(solver: Solver, solution: Solution) -> Solution:
    """What is too slow (or too fast) falls into the first bucket that counts as such, all else into the next to it."""
    sources = solver.situation.inputs.sources
    for index, source in enumerate(sources):
        if source.bucket < 0 or solution.firing[index] == solution.baseline[index]:
            continue
        own = {s.bucket: n for n, s in enumerate(sources) if (s.metric, s.labels) == (source.metric, source.labels)}
        moved = solution.firing[index]
        resting = [b for b, n in own.items() if (level := solution.baseline[n]) is not None and level.value > 0]
        step = -1 if not resting or resting[0] < source.bucket else 1
        for bucket in range(resting[0] if resting else 0, source.bucket, -step):
            target, beside = own.get(bucket - step), own.get(bucket)
            if target is None or beside is None:
                continue
            rest, firing = list(solution.baseline), list(solution.firing)
            for number in own.values():
                rest[number] = firing[number] = Level(0.0)
            total = sum(level.value for b in resting if (level := solution.baseline[own[b]]) is not None)
            rest[beside] = firing[beside] = Level(total)
            firing[target] = moved
            found = _stays(solver, solution, tuple(rest), tuple(firing))
            if found is not None:
                return found
    return solution


def _seasoned(solver: Solver, solution: Solution) -> Solution:
    """Some of what leads to the condition in every series beside those that are moved."""
    border = main_border(solver, solution)
    if border is None or border.share == 0:
        return solution
    sources = solver.situation.inputs.sources
    moved = [i for i in range(len(sources)) if solution.firing[i] != solution.baseline[i]]
    rest, firing = list(solution.baseline), list(solution.firing)
    for index, source in enumerate(sources):
        like = [m for m in moved if (sources[m].metric, sources[m].bucket) == (source.metric, source.bucket)]
        own = solution.baseline[index]
        if index in moved or not like or own is None or solver.parts[index] != solver.parts[like[0]]:
            continue
        at_border, at_rest = border.above[like[0]], solution.baseline[like[0]]
        if at_border is None or at_rest is None or (source.kind not in COUNTED and source.kind != "gauge"):
            continue
        # No two alike, so that neither their order nor their number can be mistaken.
        share = NOISE * (1 + 0.3 * (index % 4))
        per = solver.situation.timing.interval / 1000 if source.kind == "counter" else 1.0
        level = Level(summable(own.value + share * (at_border.value - at_rest.value), per), own.slope)
        rest[index] = firing[index] = level
    return _stays(solver, solution, tuple(rest), tuple(firing)) or solution


def main_border(solver: Solver, solution: Solution) -> Border | None:
    """Where the alternative begins to hold on the way from rest to the firing state."""
    way = Way(solver.situation, solution.baseline, solution.baseline, solution.firing)
    several = solution.alternative if len(solution.alternative) > 1 else ()
    shares = [found.share for condition in several if (found := way.border(condition)) is not None]
    if len(several) == 0:
        return way.border(solution.alternative[0]) or way.border(None)
    return way.border(None, sorted(shares, reverse=True))
