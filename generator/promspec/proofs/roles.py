"""What each source does for a condition: whether more of it helps or hinders, and which levels are worth a try."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from promspec.promql import NumberLiteral, walk
from promspec.proofs.closure import Closure
from promspec.proofs.inputs import Inputs, passes
from promspec.proofs.leaves import Leaf
from promspec.proofs.programs import Level

COUNTED = ("counter", "events")
_A_FEW = 30
Role = Literal["up", "down", "both", "towards", "none"]
"""More of a source helps the condition, hinders it, does both in different parts, must hit a value, or is nothing."""


@dataclass(frozen=True, slots=True)
class Part:
    """A source's role by its level and by its slope; `modes` are all ways in which it is looked at.

    What others are divided by, and is not divided itself, is there even at rest: `divides`.
    """

    level: Role
    slope: Role
    modes: frozenset[str]
    divides: bool = False

    @property
    def number(self) -> bool:
        """Whether only its being there is looked at, as one of several."""
        return self.modes == {"number"}


def parts(inputs: Inputs, conditions: Sequence[Sequence[Leaf]]) -> list[Part]:
    """The part of every source in conditions that must hold together, each given by its readings."""
    found = []
    for index in range(len(inputs.sources)):
        read = [[leaf for leaf in leaves if leaf in inputs.readers.get(index, [])] for leaves in conditions]
        modes = frozenset(leaf.mode for leaves in read for leaf in leaves)
        level = _role([_net(inputs, index, leaves, slope=False) for leaves in read])
        slope = _role([_net(inputs, index, leaves, slope=True) for leaves in read])
        every = [leaf for leaves in read for leaf in leaves]
        divides = any(leaf.part == "under" for leaf in every)
        divides = divides and not any(leaf.part == "over" and leaf.sign > 0 for leaf in every)
        found.append(Part(level, slope, modes - {"nothing"}, divides))
    return found


def _net(inputs: Inputs, index: int, leaves: Iterable[Leaf], slope: bool) -> int | None:
    """The sum of directions in one condition; None if it is not read there, 0 for a value to be hit."""
    wanted = [leaf for leaf in leaves if (leaf.mode == "slope") == slope and leaf.mode != "nothing"]
    wanted = [leaf for leaf in wanted if not leaf.past] or wanted
    wanted = [leaf for leaf in wanted if leaf.mode != "number"] or wanted
    signs = [_sign(inputs, index, leaf) for leaf in wanted]
    if not signs:
        return None
    total = sum(signs)
    # A series of a ratio stands above the line and below it as part of the whole: above it counts for more.
    above = sum(_sign(inputs, index, leaf) for leaf in wanted if leaf.part == "over")
    return total if total or not any(signs) else above or 1


def _sign(inputs: Inputs, index: int, leaf: Leaf) -> int:
    source = inputs.sources[index]
    spread = leaf.spread or leaf.name.endswith("_sum")
    if source.bucket < 0 or not spread or (leaf.name.endswith("_bucket") and not leaf.spread):
        return leaf.sign
    return -leaf.sign if source.bucket == 0 else leaf.sign


def _role(nets: Sequence[int | None]) -> Role:
    given = [net for net in nets if net is not None]
    if not given:
        return "none"
    up, down = any(net > 0 for net in given), any(net < 0 for net in given)
    if up and down:
        return "both"
    return "up" if up else "down" if down else "towards"


def constants(closure: Closure) -> list[float]:
    """Every number in the rules of a closure, without repetitions, smallest first."""
    found = {
        part.value
        for rule in closure.all
        for part in walk(rule.tree)
        if isinstance(part, NumberLiteral) and part.value is not None and math.isfinite(part.value)
    }
    return sorted(found)


def counted(numbers: Sequence[float]) -> int:
    """How many series there are of what is counted: more than any number asks for, but a hundred is no longer a few."""
    return max((math.ceil(number) for number in numbers if number < _A_FEW), default=1) + 2


@dataclass(frozen=True, slots=True)
class Ladder:
    """Levels to try for a source of each kind, the plausible ones first."""

    rate: float
    """Events per second."""
    per_step: float
    """Events in one evaluation."""
    numbers: Sequence[float]

    def usual(self, kind: str) -> Level:
        """Healthy traffic."""
        return Level(self.rate if kind == "counter" else self.per_step)

    def up(self, kind: str) -> list[Level]:
        """Higher and higher."""
        if kind in COUNTED:
            return [Level(self.usual(kind).value * factor) for factor in (1, 10, 1_000, 100_000)]
        near = [level.value for level in self.near()]
        further = [near[-1] * factor for factor in (10, 100, 1_000) if near[-1] * factor < 1e6]
        return [Level(number) for number in dict.fromkeys([*near, *further, 1e6, 1e9])]

    def near(self) -> list[Level]:
        """One, and gauges' levels about the numbers of the expression."""
        higher = [number for constant in self.numbers if constant > 0 for number in (constant + 1, 2 * constant + 1)]
        return [Level(number) for number in dict.fromkeys([1.0, *sorted(higher)])]

    def down(self, kind: str) -> list[Level]:
        """Lower and lower."""
        if kind in COUNTED:
            return [Level(0.0), Level(self.usual(kind).value / 100)]
        lower = [number for constant in self.numbers for number in (constant / 2, constant - 1)]
        return [Level(number) for number in dict.fromkeys([0.0, *sorted(lower, reverse=True), -1.0, -1e6])]

    def hit(self, kind: str) -> list[Level]:
        """The numbers of the expression themselves, and what lies beside them."""
        if kind in COUNTED:
            return [Level(0.0), self.usual(kind)]
        near = [n for c in self.numbers for n in (c, c + 1, c - 1, c / 2)]
        return [Level(number) for number in dict.fromkeys([0.0, 1.0, 2.0, *near])]

    def slopes(self, role: Role) -> list[float]:
        """Steeper and steeper, per second, up to the numbers of the expression themselves."""
        sign = -1.0 if role == "down" else 1.0
        most = max(9, math.ceil(math.log(max((1.0, *self.numbers)), 4)) + 1)
        return [sign * 4.0**power for power in range(-12, min(most, 25))]  # powers of two: their sums are exact

    @property
    def far(self) -> float:
        """Further than the expression asks for: its largest number, also as so many of another one."""
        large = sorted((abs(number) for number in self.numbers if abs(number) > 1), reverse=True)[:2]
        return min(2 * math.prod(large) + 3600, 1e11)


def group_key(inputs: Inputs, index: int, part: Part) -> tuple[str, str, str, int]:
    """Sources that are moved together while a solution is searched."""
    source = inputs.sources[index]
    return source.metric, part.level, part.slope, min(source.bucket, 1)


def matched(leaf: Leaf, inputs: Inputs, index: int) -> bool:
    """Whether a reading's matchers select a source's own labels."""
    return passes(leaf.matchers, inputs.sources[index].labels)
