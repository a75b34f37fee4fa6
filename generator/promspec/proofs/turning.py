"""Stories of series that rise or fall: they turn, stay where they are, step back, or are held back by a second one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from promspec.promql import Call, Selector, parse, unwrap, walk
from promspec.proofs.borders import Way
from promspec.proofs.cases import Stories, Story
from promspec.proofs.conditions import Condition, shown
from promspec.proofs.leaves import OF_SLOPE
from promspec.proofs.meeting import Meeter
from promspec.proofs.programs import Level, State
from promspec.proofs.silencing import changed
from promspec.proofs.solving import Solution, Solver


class Turner:
    """Writes the stories of a solution whose firing state has slopes."""

    def __init__(self, solver: Solver, solution: Solution, meeter: Meeter, prefix: str) -> None:
        self._solver, self._solution, self._meeter, self._prefix = solver, solution, meeter, prefix
        self._rest, self._firing = solution.baseline, solution.firing
        timing = solver.situation.timing
        self._steps, self._seconds = timing.reach, timing.reach * timing.step / 1000
        self._stories = Stories(solver.situation, solution.baseline)

    def stories(self) -> Iterator[Story]:
        """Every story; none where nothing rises or falls."""
        if any(level is not None and level.slope for level in self._firing):
            yield self._turned()
            yield from self._opposed()
            yield from self._stopped()
            yield from self._met()

    def _turned(self) -> Story:
        """What should rise jumps up and then falls, or the other way round: slope and change have two signs."""
        state = list(self._rest)
        for index, level in enumerate(self._firing):
            if level is not None and level.slope:
                sign = 1.0 if level.slope > 0 else -1.0
                height = 4 * max(abs(level.value), 1.0)
                state[index] = Level(level.value + sign * height, -sign * 0.75 * height / self._seconds)
        return self._stories.of(f"{self._prefix}a jump, then the other way", tuple(state))

    def _opposed(self) -> Iterator[Story]:
        """One series goes the way that should alarm, a second one goes back twice as fast."""
        metrics = [source.metric for source in self._solver.situation.inputs.sources]
        rising = [(index, level) for index, level in enumerate(self._firing) if level is not None and level.slope]
        for index, level in rising:
            for other, still in enumerate(self._firing):
                if metrics[other] == metrics[index] and still is not None and still == self._rest[other]:
                    state = changed(self._firing, [other], Level(level.value, -2 * level.slope))
                    yield self._stories.of(f"{self._prefix}a second series goes back", state)
                    return

    def _stopped(self) -> Iterator[Story]:
        """It fires, then all stays at what was reached; or goes back a little more than a window's worth."""
        there = self._at(self._seconds)
        first, name = (self._firing, self._steps), f"{self._prefix}it stops"
        yield self._stories.lasting(name, first, (there, self._stories.hold))
        for window in self._windows():
            back = tuple(
                replace(level, value=level.value - 1.05 * window * old.slope) if level and old else level
                for level, old in zip(there, self._firing, strict=True)
            )
            yield self._stories.lasting(f"{name} and steps back", first, (back, self._stories.hold))

    def _at(self, seconds: float) -> State:
        """What is reached after so many seconds of the firing state, without slopes."""
        return tuple(
            None if level is None else replace(level, value=level.value + level.slope * seconds, slope=0.0)
            for level in self._firing
        )

    def _windows(self) -> Sequence[float]:
        """The windows shorter than the longest over which slopes are looked at, in seconds."""
        found = []
        for condition in self._solution.alternative:
            for node in walk(parse(condition.expr)):
                if isinstance(node, Call) and node.func in OF_SLOPE:
                    read = unwrap(node.args[0])
                    if isinstance(read, Selector) and read.range is not None and read.range.seconds is not None:
                        found.append(float(read.range.seconds))
        return [seconds for seconds in dict.fromkeys(found) if seconds < self._seconds]

    def _met(self) -> Iterator[Story]:
        """It fires, then stays exactly where a condition not met otherwise begins to hold."""
        way = Way(self._solver.situation, self._rest, self._rest, self._at(self._seconds))
        for condition in self._meeter.unmet:
            border = way.border(condition)
            on = None if border is None else way.on(condition, border.share)
            stories = () if on is None else (self._onto(on, condition, 4.0**power) for power in range(5))
            told = next((story for story in stories if self._meeter.tells(story, condition)), None)
            if told is not None:
                yield told

    def _onto(self, there: State, condition: Condition, steeper: float) -> Story:
        """So many times as steep as the firing state up to another state, and that for as long."""
        pairs = [(level, steeper * old.slope if old else 0.0) for level, old in zip(there, self._firing, strict=True)]
        approach = tuple(
            None if level is None else replace(level, value=level.value - slope * self._seconds, slope=slope)
            for level, slope in pairs
        )
        name = f"{self._prefix}it stops on {shown(condition)}"
        return self._stories.lasting(name, (approach, self._steps), (there, self._stories.hold), exact=True)
