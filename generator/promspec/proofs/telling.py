"""The stories of one alternative: its border, each condition's own border, a fast start, a relapse, other ways in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from promspec.proofs.borders import Border, Way
from promspec.proofs.cases import Stories, Story
from promspec.proofs.closure import Closure
from promspec.proofs.conditions import Condition, shown
from promspec.proofs.jumping import Jumper
from promspec.proofs.leaves import Leaf
from promspec.proofs.lowering import Lowerer
from promspec.proofs.meeting import Meeter
from promspec.proofs.outages import Outage
from promspec.proofs.programs import Level, State
from promspec.proofs.refining import main_border
from promspec.proofs.roles import COUNTED
from promspec.proofs.silencing import SCALES, Silencer, changed, direction, scaled
from promspec.proofs.solving import Solution, Solver
from promspec.proofs.turning import Turner
from promspec.quantities import duration

_MOST_OF_A_ROUND = 5_000
_FAR = 1.7
"""How far above the border a fast start is; not twice, or a window half full of it would lie on the border."""


class Teller:
    """Writes the stories of a solution; `plain` is the same with silence beside the series that are moved.

    The border of a condition that is in `met` is not met to the last bit again; those that are come into it.
    """

    def __init__(self, solver: Solver, plain: Solution, solution: Solution, prefix: str, met: set[str]) -> None:
        self._solver, self._plain, self._solution, self._prefix = solver, plain, solution, prefix
        self._situation = solver.situation
        self._rest, self._firing = solution.baseline, solution.firing
        self._stories = Stories(solver.situation, solution.baseline)
        self._way = Way(self._situation, self._rest, self._rest, self._firing)
        self.notes: list[str] = []
        """What was noticed about the alert on the way."""
        self._meeter = Meeter(solver.situation, solution, plain, met)
        self._silences: list[State] = []
        """States in which one group of sources is silent, and so the alert."""

    def stories(self) -> Iterator[Story]:
        """Every story, the border first; none twice."""
        border = main_border(self._solver, self._solution)
        if border is None or not self._way.continuous:
            yield self._stories.of(f"{self._prefix}it holds", self._firing)
            yield from self._at_zero()
            yield from self._once_less()
        else:
            yield from self._bordering("just below, just above", self._way, border, self._stories)
            yield from self._fast(border)
            yield from self._relapses(border)
            yield from self._outage()
        yield from self._other_borders(border)
        yield from self._alternatives(border)
        yield from self._jumps()
        yield from Turner(self._solver, self._solution, self._meeter, self._prefix).stories()
        yield from Lowerer(self._solver, self._plain, self._meeter, self._prefix).stories()
        yield from self._births()
        yield from self._round()

    def _bordering(self, name: str, way: Way, border: Border, stories: Stories) -> Iterator[Story]:
        yield stories.of(f"{self._prefix}{name}", border.below, border.above)
        yield from self._meeter.stories(f"{self._prefix}{name}", way, border)

    def _at_zero(self) -> Iterator[Story]:
        """What is gone in the firing state, there but zero."""
        zero = tuple(Level(0.0) if level is None else level for level in self._firing)
        if zero != self._firing and zero != self._rest:
            yield self._stories.of(f"{self._prefix}there, but zero", zero)

    def _once_less(self) -> Iterator[Story]:
        """What changes often in the firing state changes once less."""
        less = tuple(
            replace(level, toggles=level.toggles - 1) if level and level.toggles else level for level in self._firing
        )
        if less != self._firing:
            yield self._stories.of(f"{self._prefix}once less", less)

    def _fast(self, border: Border) -> Iterator[Story]:
        """So far above the border that half of the longest window is enough; else simply far above it."""
        steps = self._situation.timing.reach // 2
        for condition in self._solution.alternative if steps > 4 else ():
            if self._reach(condition) > steps and border.share > 0:
                quiet = self._plain.baseline
                far = Way(self._situation, quiet, quiet, self._plain.firing).at(min(1.0, 4 * border.share))
                way = Way(self._situation, quiet, quiet, far, steps)
                half = way.border(condition)
                on = None if half is None else way.on(condition, half.share)
                if on is not None and on != quiet:
                    name = f"{self._prefix}fast start, {shown(condition)}"
                    stories = Stories(self._situation, quiet)
                    story = stories.lasting(name, (on, stories.hold), exact=True)
                    self._meeter.tells(story, condition)
                    yield story
        strong = self._way.at(min(1.0, _FAR * border.share)) if border.share > 0 else self._firing
        yield self._stories.lasting(f"{self._prefix}far above", (strong, self._stories.hold))

    def _reach(self, condition: Condition) -> int:
        """How many evaluations a condition looks back."""
        closure = self._situation.closure
        own = Closure(condition.expr, closure.known, closure.given)
        return -(-own.span(False) // self._situation.timing.step)

    def _relapses(self, border: Border) -> Iterator[Story]:
        """Far above, then about where a condition with a short memory ends, while the others still remember."""
        longest = self._situation.timing.reach
        strong = self._way.at(min(1.0, _FAR * border.share)) if border.share > 0 else self._firing
        for condition in self._solution.alternative if len(self._solution.alternative) > 1 else ():
            steps = self._reach(condition)
            own = self._way.border(condition, [border.share]) if steps * 2 <= longest else None
            if own is not None and 0 < own.share < 1:
                waits, name = steps + self._stories.hold - longest, f"{self._prefix}falling, {shown(condition)}"
                first = (strong, self._stories.hold)
                yield self._stories.lasting(name, first, (own.above, waits), (own.below, waits))
                if condition in self._meeter.unmet:
                    for rest, on in self._meeter.states_on(self._way, condition, own.share):
                        quiet = Stories(self._situation, rest)
                        story = quiet.lasting(f"{name}: on it", first, (on, waits), exact=True)
                        if self._meeter.tells(story, condition):
                            yield story
                            break

    def _other_borders(self, main: Border | None) -> Iterator[Story]:
        """Each group of sources brought to where the alert is silent, alone, and everything counted brought down.

        What noise beside the series that are moved would hide is looked at without it.
        """
        share = 1.25 * main.share if main is not None and main.share > 0 else 1.0
        mixed = self._way.at(min(1.0, share)) if self._way.continuous else self._firing
        told: dict[str, Condition] = {}
        for solution in dict.fromkeys((self._solution, self._plain)):
            for state, end in Silencer(self._solver, solution, mixed).pairs():
                failing = self._solver.failing(solution.baseline, state)
                again = solution is self._plain and any(condition in told.values() for condition in failing)
                key = direction(state, self._firing) + (f": {failing[0].expr}" if len(failing) == 1 else "")
                if failing and key not in told and (solution is self._solution or not again):
                    told[key] = failing[0] if len(failing) == 1 else Condition("")
                    self._silences.append(state)
                    yield from self._silence(solution, state, end, failing, len(told))

    def _silence(
        self, solution: Solution, state: State, end: State, failing: Sequence[Condition], number: int
    ) -> Iterator[Story]:
        stories = Stories(self._situation, solution.baseline)
        way = Way(self._situation, solution.baseline, state, end)
        border = way.border(failing[0] if len(failing) == 1 else None) if way.continuous else None
        place = f"{shown(failing[0])} ({number})"
        if border is not None and border.share > 0:
            yield from self._bordering(f"at the border of {place}", way, border, stories)
            return
        name = f"{self._prefix}without {place}"
        firing = border.above if border is not None else self._firing
        yield stories.of(name, state, firing, state)
        if border is not None:
            yield from self._meeter.stories(name, way, border)

    def _outage(self) -> Iterator[Story]:
        """Every event is a bad one: when it fires, and when by the formula it should."""
        outage = Outage(self._solver, self._plain)
        state = outage.state()
        if state is not None:
            stories = Stories(self._situation, self._plain.baseline)
            story = stories.lasting(f"{self._prefix}total outage", (state, stories.hold))
            delay = outage.delay(story)
            self.notes += [note for note in (outage.note(delay),) if note]
            said = f", fires after {duration(delay)}" if delay is not None else ""
            yield replace(story, name=f"{story.name}{said}, by the formula after {duration(outage.formula)}")

    def _jumps(self) -> Iterator[Story]:
        """Bursts, out of silence and out of ever less traffic."""
        sources = self._situation.inputs.sources
        counted = [index for index, source in enumerate(sources) if source.kind in COUNTED]
        silence = tuple(Level(0.0) if index in counted else level for index, level in enumerate(self._rest))
        states = [silence, *self._silences, *(scaled(self._plain.baseline, counted, f) for f in (1.0, *SCALES))]
        states += [changed(self._plain.firing, [index], Level(0.0)) for index in counted]
        jumper = Jumper(self._situation, self._plain, self._meeter, self._stories.hold, states)
        yield from jumper.stories(self._prefix)

    def _births(self) -> Iterator[Story]:
        """Counters that are new and have counted already, where an expression asks whether they were there before."""
        readers = self._situation.inputs.readers
        counters = [source.kind == "counter" for source in self._situation.inputs.sources]
        moved = [n for n, (a, b) in enumerate(zip(self._rest, self._firing, strict=True)) if a != b]
        if any(leaf.past and not leaf.counts for n in moved for leaf in readers.get(n, ()) if counters[n]):
            unborn, still = changed(self._rest, moved, None), changed(self._rest, moved, Level(0.0))
            yield self._stories.born(f"{self._prefix}new, with a count", unborn, still)

    def _round(self) -> Iterator[Story]:
        """It holds but for the time, for a day or a week and a little longer."""
        steps = self._situation.timing.round
        if 0 < steps <= _MOST_OF_A_ROUND:
            yield self._stories.lasting(f"{self._prefix}around the clock", (self._firing, steps + self._stories.hold))

    def _alternatives(self, border: Border | None) -> Iterator[Story]:
        """What the moved series do, done by each other series that is read by the same alternatives of a matcher."""
        sources, inputs = self._situation.inputs.sources, self._situation.inputs
        moved = [index for index in range(len(sources)) if self._firing[index] != self._rest[index]]
        above = border.above if border is not None else self._firing
        for index, source in enumerate(sources):
            like = [m for m in moved if (sources[m].metric, sources[m].bucket) == (source.metric, source.bucket)]
            if index in moved or not like or not _alternating(inputs.readers.get(index, ())):
                continue
            if inputs.readers.get(index) == inputs.readers.get(like[0]) and not _same(
                source.labels, sources[like[0]].labels
            ):
                state = list(above)
                state[index], state[like[0]] = above[like[0]], self._rest[like[0]]
                label = ", ".join(f"{n}={v}" for n, v in source.labels if (n, v) not in sources[like[0]].labels)
                yield self._stories.of(f"{self._prefix}above the border, {label}", tuple(state))


def _same(one: Sequence[tuple[str, str]], other: Sequence[tuple[str, str]]) -> bool:
    """Whether two label sets differ in the instance alone."""
    return [p for p in one if p[0] != "instance"] == [p for p in other if p[0] != "instance"]


def _alternating(readers: Sequence[Leaf]) -> bool:
    return any(m.op == "=~" and "|" in m.value for leaf in readers for m in leaf.matchers)
