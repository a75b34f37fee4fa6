"""What the SLOs' rules would have recorded before the start: how old they are, and the events of weeks."""

from __future__ import annotations

import shlex
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

from promspec import naming, promtool
from promspec.objectives import Clock
from promspec.promql import quote
from promspec.quantities import milliseconds, number
from promspec.stack.model import Past, StackError, Wanted

_SECONDS = 60.0
_UNTIL_FOUND = 5.0
"""Prometheus finds its targets five seconds after its start: until then nothing else could be recorded."""
_LONGEST_BLOCK = "744h"
_OF_BASE = milliseconds("6h")
"""As far back as windows read what is recorded over the base window; longer ones read sums."""


@dataclass(frozen=True, slots=True)
class Budgeted:
    """An SLO as its rules record it: their clock, its period, and the values of the labels it is grouped by."""

    slo: str
    clock: Clock
    window: str = "30d"
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def backfill(spec: str, slos: Sequence[Budgeted], wanted: Wanted, folder: Path) -> None:
    """Write blocks into `prometheus-data`: the age of the rules and, of the SLOs with a `Past`, what they counted."""
    now = int((time.time() + _UNTIL_FOUND) * 1000)
    text = "\n".join(lines(spec, slos, wanted, now))
    if not text:
        return
    history = folder / "history.txt"
    history.write_text(f"{text}\n# EOF\n", encoding="utf-8")
    data = folder / "prometheus-data"
    # promtool reads the whole file once for each block: few long ones.
    making = ("tsdb", "create-blocks-from", f"--max-block-duration={_LONGEST_BLOCK}", "openmetrics")
    command = [str(promtool.find()), *making, str(history), str(data)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_SECONDS)
    if done.returncode:
        raise StackError(f"the history cannot be made: {shlex.join(command)}: {done.stderr.strip()}")


def lines(spec: str, slos: Sequence[Budgeted], wanted: Wanted, now: int) -> Iterator[str]:
    """The samples, as OpenMetrics, up to `now`, in milliseconds since 1970."""
    past = {each.slo: each for each in wanted.past}
    age = milliseconds(wanted.history) // 1000 if wanted.history else 0
    for slo in slos:
        for values in product(*slo.labels.values()):
            own = "".join(f",{name}={quote(value)}" for name, value in zip(slo.labels, values, strict=True))
            where = f'{{slo="{slo.slo}",spec="{spec}"{own}}}'
            if age:
                told = now // 1000 - min(3600, milliseconds(slo.window) // wanted.speed // 2000)
                yield f"{naming.slo_since(slo.clock.base)}{where} {now // 1000 - age} {told}"
            if slo.slo in past:
                yield from _events(slo, where, past[slo.slo], wanted.speed, now)


def _events(slo: Budgeted, where: str, past: Past, speed: int, now: int) -> Iterator[str]:
    """What was counted: over the base window with every evaluation, and the slow group's sums of it."""
    clock = slo.clock
    evaluation, base, slow = (milliseconds(each) for each in (clock.evaluation, clock.base, clock.slow))
    counted = past.rate * base / speed / 1000
    kinds = (
        (naming.SLO_TOTAL + clock.base, naming.SLO_BAD + clock.base, counted, evaluation, _OF_BASE),
        (
            naming.SLO_TOTAL_SLOW + clock.slow,
            naming.SLO_BAD_SLOW + clock.slow,
            counted * slow / evaluation,
            slow,
            milliseconds(slo.window),
        ),
    )
    failing = milliseconds(past.lasting)
    for total, bad, each, step, reach in kinds:
        moments = [(ago, (now - ago // speed) / 1000) for ago in range(reach // step * step, 0, -step)]
        yield from (f"{total}{where} {number(each)} {at:.3f}" for _, at in moments)
        # Sums are all that reads them: what is not there is none.
        lost = number(each * past.failed)
        yield from (f"{bad}{where} {lost} {at:.3f}" for ago, at in moments if ago <= failing)
