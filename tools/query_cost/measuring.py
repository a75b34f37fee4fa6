"""What queries cost a running Prometheus: how long they take, the samples they read, its CPU; and what they answer."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median
from typing import Any

import httpx

from tests.support.processes import Running

_TICKS = os.sysconf("SC_CLK_TCK")
LEAST_CPU = 1 / _TICKS
"""The least CPU time, in seconds, that can be told."""
_LONG = 3.0
"""What takes so many seconds is measured twice."""
_FEW, _ATTEMPTS = 10, 3
"""From so many steps more the cost of a step is told, where all would take too long."""
_ANSWER = 1800.0

Values = dict[tuple[tuple[str, str], ...], float]


@dataclass(frozen=True, slots=True)
class Asked:
    """A query over `start` to `end`, a sample every `step` seconds; at `end` alone where they are the same."""

    query: str
    start: float
    end: float
    step: float

    @property
    def steps(self) -> int:
        """How many moments it is evaluated at."""
        return 1 if self.start == self.end else int((self.end - self.start) // self.step) + 1


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds until the answers, samples read, and seconds of CPU, of one query or of several."""

    latency: float = 0.0
    samples: float = 0.0
    cpu: float = 0.0

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.latency + other.latency, self.samples + other.samples, self.cpu + other.cpu)

    def __sub__(self, other: Cost) -> Cost:
        """What this costs more; never less than nothing, as two measurements may say."""
        left = (self.latency - other.latency, self.samples - other.samples, self.cpu - other.cpu)
        return Cost(*(max(0.0, each) for each in left))

    def __mul__(self, times: float) -> Cost:
        return Cost(self.latency * times, self.samples * times, self.cpu * times)


@dataclass(slots=True)
class Meter:
    """Asks a Prometheus, and reads its CPU time from /proc."""

    server: Running
    client: httpx.Client = field(init=False)
    _known: dict[tuple[str, int], Cost] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.client = httpx.Client(base_url=self.server.url, timeout=_ANSWER, trust_env=False)

    def cost(self, asked: Asked, repeats: int = 3, limit: float = math.inf) -> Cost:
        """What a query costs: the median of its latencies, the mean of its CPU time.

        One that would take more than `limit` seconds is asked for its last steps alone, and their cost is extended to
        all of them: a start, and so much for each step.
        """
        few = replace(asked, start=max(asked.start, asked.end - _FEW * asked.step))
        if limit < math.inf and few.steps < asked.steps:
            one = self._few(replace(asked, start=asked.end))
            some = self._few(few)
            each = (some - one) * (1 / (few.steps - 1))
            whole = one + each * (asked.steps - 1)
            if whole.latency > limit:
                return whole
        runs = [self._once(asked)]
        runs += [self._once(asked) for _ in range(1 if runs[0].latency > _LONG else repeats - 1)]
        cpu = sum(run.cpu for run in runs) / len(runs)
        return Cost(median(run.latency for run in runs), runs[0].samples, cpu)

    def _few(self, asked: Asked) -> Cost:
        """The cost of a query of few steps: of the quickest of three, for what disturbs it is made many times more."""
        key = asked.query, asked.steps
        if key not in self._known:
            runs, until = [self._once(asked)], time.perf_counter() + _LONG
            while len(runs) < _ATTEMPTS and time.perf_counter() < until:
                runs.append(self._once(asked))
            self._known[key] = min(runs, key=lambda run: run.latency)
        return self._known[key]

    def _once(self, asked: Asked) -> Cost:
        cpu, began = cpu_seconds(self.server.pid), time.perf_counter()
        samples = self.ask(asked)["stats"]["samples"]["totalQueryableSamples"]
        return Cost(time.perf_counter() - began, samples, cpu_seconds(self.server.pid) - cpu)

    def ask(self, asked: Asked) -> Any:
        """The data of an answer, with its statistics."""
        if asked.start == asked.end:
            path, times = "/api/v1/query", {"time": asked.end}
        else:
            path, times = "/api/v1/query_range", {"start": asked.start, "end": asked.end, "step": asked.step}
        fields = {"query": asked.query, "stats": "all", **times}
        answer = self.client.post(path, data={key: str(value) for key, value in fields.items()}).json()
        assert answer["status"] == "success", f"{asked.query}: {answer}"
        return answer["data"]

    def values(self, query: str, at: float) -> Values:
        """What a query answers at a moment, by labels without the name."""
        data = self.ask(Asked(query, at, at, 0))
        if data["resultType"] == "scalar":
            return {(): float(data["result"][1])}
        return {
            tuple(sorted(pair for pair in each["metric"].items() if pair[0] != "__name__")): float(each["value"][1])
            for each in data["result"]
        }


def cpu_seconds(pid: int) -> float:
    """The CPU time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def differences(one: Values, other: Values, tolerance: float) -> Iterable[str]:
    """What tells two answers apart: series that one does not have, values further apart than the tolerance."""
    for labels in sorted(one.keys() | other.keys()):
        if labels not in one or labels not in other:
            yield f"{dict(labels)}: only {'the first' if labels in one else 'the second'} has it"
        elif not _close(one[labels], other[labels], tolerance):
            yield f"{dict(labels)}: {one[labels]} and {other[labels]}"


def _close(one: float, other: float, tolerance: float) -> bool:
    return math.isclose(one, other, rel_tol=tolerance, abs_tol=1e-9) or (math.isnan(one) and math.isnan(other))
