"""A signal handler that counts loses nothing, at whatever step of a call it comes."""

from __future__ import annotations

import dis
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import pytest

from tests.runtime.conftest import in_processes
from tests.support.generated import Generated, written

SPEC = """
step = Label("step", max_values=100_000)
spec = Spec("steps", owner="x", metrics=[
    Counter("made_total", "Counted.", labels=[step]),
    Histogram("seconds", "Observed.", labels=[step], buckets=[1, 2]),
    Gauge("level", "Added to.", labels=[step]),
])
"""


@cache
def _after_which_handlers_run(code: CodeType) -> frozenset[int]:
    """The offsets of instructions before which CPython may run a handler: behind calls, at starts and in loops."""
    found, behind = set(), False
    for instruction in dis.get_instructions(code):
        if behind and instruction.opname != "CACHE":
            found.add(instruction.offset)
        behind = instruction.opname.startswith(("CALL", "RESUME", "JUMP_BACKWARD"))
    return frozenset(found)


class Interruption:
    """Calls a handler once, at the nth step at which one may run; `came` tells whether that step was reached."""

    def __init__(self, handler: Callable[[], object], at: int) -> None:
        self._handler, self._left, self.came = handler, at, False

    def during(self, work: Callable[[], object]) -> None:
        usual = sys.gettrace()
        sys.settrace(self._trace)
        try:
            work()
        finally:
            sys.settrace(usual)

    def _trace(self, frame: FrameType, event: str, arg: Any) -> Any:
        if "_runtime" not in frame.f_code.co_filename:
            return None
        frame.f_trace_opcodes = True
        if event == "opcode" and not self.came and frame.f_lasti in _after_which_handlers_run(frame.f_code):
            self._left -= 1
            if self._left < 0:
                self.came = True
                self._handler()  # The interpreter traces nothing meanwhile.
        return self._trace


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    folder = tmp_path_factory.mktemp("steps") / "steps"
    return folder, written(SPEC, folder)


@pytest.fixture(params=["alone", "several"])
def steps(
    package: tuple[Path, Any], request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Generated:
    return in_processes(request.param, package, tmp_path, monkeypatch)


Call = Callable[[Any, str], object]


def one(metrics: Any, step: str) -> None:
    metrics.made_total.inc(step=step)


def half(metrics: Any, step: str) -> None:
    metrics.made_total.inc(0.5, step=step)


def value(metrics: Any, step: str) -> None:
    metrics.seconds.observe(1.5, step=step)


def addition(metrics: Any, step: str) -> None:
    metrics.level.inc(0.5, step=step)


CALLS: dict[str, tuple[str, Call, int, Call, float]] = {
    "a first one": ("made_total", one, 0, one, 2),
    "a first amount": ("made_total", one, 0, half, 1),
    "an amount after a one": ("made_total", one, 1, half, 2),
    "amounts that are folded": ("made_total", half, 63, half, 32.5),
    "values that are folded": ("seconds_count", value, 63, value, 65),
    "additions that are folded": ("level", addition, 62, addition, 32),
}
"""What is asked, a call and how often it is made before, the call that is interrupted by itself, and their sum."""


@pytest.mark.slow
@pytest.mark.parametrize("name", CALLS)
def test_what_a_handler_counts_amid_a_call_is_counted_as_well(
    steps: Generated, name: str, request: pytest.FixtureRequest
) -> None:
    # To make a shared series takes hundreds of steps, and what is made amid it waits for the lock: some of them do.
    stride = 13 if "several-a first" in request.node.name else 1
    series, before, often, work, expected = CALLS[name]
    metrics, points, lost = steps.metrics, 0, []
    while True:
        step = str(points)
        for _ in range(often):
            before(metrics, step)
        interruption = Interruption(lambda step=step: work(metrics, step), points)  # type: ignore[misc]
        interruption.during(lambda step=step: work(metrics, step))  # type: ignore[misc]
        if not interruption.came:
            break
        found = steps.value(series, step=step)
        if found != expected:
            lost.append((points, found))
        points += stride
    assert lost == []
    assert points > 1
    assert steps.lost("internal") == 0
