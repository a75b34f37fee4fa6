"""States in which an alert is silent although all but one thing is as where it fires, or traffic is next to nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from promspec.proofs.conditions import Condition
from promspec.proofs.programs import Level, State
from promspec.proofs.roles import COUNTED, group_key
from promspec.proofs.solving import Solution, Solver

SCALES = (0.3, 0.1, 0.01, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7)


class Silencer:
    """Silences a solution; `mixed` is a state in which it fires with something of everything."""

    def __init__(self, solver: Solver, solution: Solution, mixed: State) -> None:
        self._solver, self._situation = solver, solver.situation
        self._alternative = solution.alternative
        self._rest, self._firing, self._mixed = solution.baseline, solution.firing, mixed

    def pairs(self) -> Iterator[tuple[State, State]]:
        """Silent states, each with one in which the alert fires."""
        sources = self._situation.inputs.sources
        groups: dict[tuple[str, str, str, int], list[int]] = {}
        for index, part in enumerate(self._solver.parts):
            if part.level != "none" or part.slope != "none":
                groups.setdefault(group_key(self._situation.inputs, index, part), []).append(index)
        for members in groups.values():
            yield from self._without(members)
        counted = [index for index, source in enumerate(sources) if source.kind in COUNTED]
        if counted:
            states = [scaled(self._mixed, counted, factor) for factor in (1.0, *SCALES)]
            found = list(self._first_silent(states, nearer=True))
            yield from found or self._first_silent([scaled(self._mixed, counted, 0.0)])

    def _without(self, members: Sequence[int]) -> Iterator[tuple[State, State]]:
        """One group of sources at other levels, at first with the slopes that they have."""
        kind, ladder = self._situation.inputs.sources[members[0]].kind, self._solver.ladder
        levels: list[Level | None] = [self._rest[members[0]], Level(0.0)]
        levels += ladder.down("gauge" if kind == "clock" else kind)
        levels += ladder.up(kind if kind in COUNTED else "gauge")
        slope = next((level.slope for n in members if (level := self._firing[n]) is not None), 0.0)
        if slope:
            value = next((level.value for n in members if (level := self._firing[n]) is not None), 0.0)
            keeping = [Level(level.value, slope) for level in levels if level is not None]
            if len(self._alternative) > 1:  # from further away it must go the faster
                steeper = [s for s in ladder.slopes("down" if slope < 0 else "up") if abs(s) > abs(slope)]
                far = ladder.near()[-1].value if slope < 0 else -ladder.near()[-1].value
                keeping += [Level(far, other) for other in steeper]
            yield from self._first_silent([changed(self._firing, members, level) for level in keeping])
            levels = [Level(value), *levels]
        states = [changed(self._firing, members, level) for level in levels]
        yield from self._first_silent(states, once=kind in COUNTED)  # more events and fewer: one border tells both

    def _first_silent(
        self, states: Sequence[State], nearer: bool = False, once: bool = False
    ) -> Iterator[tuple[State, State]]:
        """For each condition the first of the states that silences it alone, or else the first that silences any.

        With it the firing state, or if states come `nearer` and nearer to silence, the one before. With `once`
        the first will do.
        """
        several: State | None = None
        told: set[Condition] = set()
        before = self._firing
        for state in states:
            if state in (self._firing, self._rest) or self._situation.holds(self._rest, state):
                before = state if nearer and several is None else before
                continue
            failing = self._alternative if len(self._alternative) == 1 else self._solver.failing(self._rest, state)
            if len(failing) == 1 and failing[0] not in told:
                yield state, before
                told.add(failing[0])
            if told and (nearer or once or len(told) == len(self._alternative)):
                return
            several = several or state
        if told:
            return
        moved = sum(rest != firing for rest, firing in zip(self._rest, self._firing, strict=True))
        differs = several is not None and sum(a != b for a, b in zip(several, self._firing, strict=True))
        # With a single source moved this is the main border again.
        if several is not None and (moved > 1 or differs != 1):
            yield several, before


def changed(state: State, members: Sequence[int], level: Level | None) -> State:
    """The state with some sources at another level."""
    return tuple(level if index in members else old for index, old in enumerate(state))


def scaled(state: State, members: Sequence[int], factor: float) -> State:
    """The state with some sources at a share of their levels."""
    found = []
    for index, level in enumerate(state):
        inside = index in members and level is not None
        found.append(replace(level, value=level.value * factor) if inside and level is not None else level)
    return tuple(found)


def direction(state: State, firing: State) -> str:
    """Which sources differ, and whether by their slopes alone, as a key."""
    pairs = [(index, a, b) for index, (a, b) in enumerate(zip(state, firing, strict=True)) if a != b]
    return ",".join(f"{index}{'/' if a and b and a.value == b.value else ''}" for index, a, b in pairs)
