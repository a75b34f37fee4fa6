"""When a proof scrapes and evaluates, and how long its phases last."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from promspec.promql import Call, Selector, children, walk
from promspec.proofs.calendar import round_of
from promspec.proofs.closure import Closure

_MINUTE = 60_000
STEPS = tuple(n * 1000 for n in (1, 5, 10, 15, 20, 30, 60, 90, 120, 150, 180, 240, 300, 360, 450)) + tuple(
    n * _MINUTE for n in (10, 12, 15, 20, 30, 60, 120, 180, 240, 360, 720, 1440)
)
_MOST_STEPS = 400
"""With more evaluations than these at the system's own pace, a proof takes longer steps, and about a third as many."""
_MOST_BEARABLE = 2_000
_LONGEST_SETTLING = 26 * 60 * _MINUTE
_MOST_PATIENT = 8 * 24 * 60 * _MINUTE


@dataclass(frozen=True, slots=True)
class Clock:
    """The system's own intervals in milliseconds, and how the target Prometheus reads a range."""

    scrape: int
    evaluation: int
    left_open: bool = False


@dataclass(frozen=True, slots=True)
class Timing:
    """`interval` between scrapes, `step` between evaluations; in steps, how long to settle and to see a change."""

    interval: int
    step: int
    settle: int
    reach: int
    for_: int
    keep: int
    past: bool
    """Whether something is read with an offset."""
    left_open: bool
    round: int = 0
    """After how many steps the parts of the time that it asks for come again; 0 if it asks for none."""
    lead: int = 0
    """How many of the steps to settle only wait for the time of day or week."""

    def after(self, lead: int) -> Timing:
        """The same, but everything begins so many steps later."""
        return replace(self, settle=self.settle + lead, lead=self.lead + lead)

    @property
    def bearable(self) -> bool:
        """Whether a program is over after a few thousand evaluations."""
        return self.settle + 3 * (self.reach + self.for_ // self.step) <= _MOST_BEARABLE

    @property
    def per_step(self) -> int:
        """Scrapes in one evaluation."""
        return self.step // self.interval

    def ends(self, steps: int) -> int:
        """The time after so many evaluations, in milliseconds."""
        return steps * self.step


def timing(closure: Closure, clock: Clock, for_: int = 0, keep: int = 0, patient: bool = False) -> Timing:
    """As fine as the system's own clock, unless that takes hundreds of evaluations; `patient`, it looks a week back."""
    settle, reach = min(closure.span(True), _MOST_PATIENT if patient else _LONGEST_SETTLING), closure.span(False)
    every = round_of(closure)
    whole = settle + 2 * reach + for_ + keep + every
    raw, recorded = _shortest_ranges(closure)
    step = clock.evaluation
    if whole / step > _MOST_STEPS:
        fitting = [
            c for c in STEPS if c >= step and (not for_ or c * 2 <= for_) and (not recorded or c * 4 <= recorded)
        ]
        step = next((c for c in fitting if whole / c <= _MOST_STEPS / 3), fitting[-1] if fitting else step)
    interval = _interval(clock, step, raw)
    return Timing(
        interval=interval,
        step=step,
        settle=max(2, math.ceil(settle / step) + 1),
        reach=max(1, math.ceil(reach / step)),
        for_=for_,
        keep=keep,
        past=closure.span(True) > closure.span(False),
        left_open=clock.left_open,
        round=every // step,
    )


def _interval(clock: Clock, step: int, raw: int) -> int:
    """The scrape interval: a longer one where only few evaluations look at the series."""
    finest = math.gcd(step, clock.scrape)
    if step == clock.evaluation:
        return finest
    fitting = [c for c in STEPS if c >= finest and not step % c and (not raw or c * 2 <= raw)]
    return fitting[-1] if fitting else finest


def _shortest_ranges(closure: Closure) -> tuple[int, int]:
    """The shortest range over inputs and over recorded series that needs several samples, in milliseconds; or 0.

    A sum over a range that is short beside the longest one may see a single sample: the ratio of two stays the same.
    """
    raw: list[tuple[int, bool]] = []
    recorded: list[tuple[int, bool]] = []
    for rule in closure.all:
        for node in walk(rule.tree):
            for selector in children(node):
                if isinstance(selector, Selector) and selector.range is not None and selector.range.seconds is not None:
                    length = int(selector.range.seconds * 1000)
                    function = node.func if isinstance(node, Call) else ""
                    many = not function.endswith("_over_time")
                    (recorded if closure.producers(selector) else raw).append((length, many))
    longest = max((length for length, _ in (*raw, *recorded)), default=0)
    shortest = [[length for length, many in found if many or length * 60 > longest] for found in (raw, recorded)]
    return min(shortest[0], default=0), min(shortest[1], default=0)
