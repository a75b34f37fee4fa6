"""The states of an alert over time, from the results of its expression. Source: prometheus/rules/alerting.go, Eval"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from promspec.evaluation.errors import Refused
from promspec.evaluation.rules import result_labels
from promspec.evaluation.vectors import Labels, Vector

State = Literal["pending", "firing"] | None
AlertStates = dict[Labels, list[State]]
"""For each label set of the alert, its state at each time."""


def alert_states(
    result: Vector, labels: tuple[tuple[str, str], ...], times: Sequence[int], for_: int, keep_firing_for: int
) -> AlertStates:
    """What an alert with these labels is at each time; `for_` and `keep_firing_for` in milliseconds."""
    merged: dict[Labels, list[bool]] = {}
    for own, column in result.items():
        key = result_labels(own, labels)
        earlier = merged.get(key) or [False] * len(column)
        if any(a and b is not None for a, b in zip(earlier, column, strict=True)):
            raise Refused("two results of which the labels are the same with those of the alert")
        merged[key] = [a or b is not None for a, b in zip(earlier, column, strict=True)]
    return {key: _states(active, times, for_, keep_firing_for) for key, active in merged.items()}


def _states(active: list[bool], times: Sequence[int], for_: int, keep: int) -> list[State]:
    found: list[State] = []
    since: int | None = None
    state: State = None
    kept_since: int | None = None
    for time, true in zip(times, active, strict=True):
        if true:
            kept_since = None
            if state is None:
                state, since = "pending", time
        else:
            if state == "firing" and keep > 0:
                kept_since = time if kept_since is None else kept_since
            if kept_since is None or time - kept_since >= keep:
                state, kept_since = None, None
        if state == "pending" and since is not None and time - since >= for_:
            state = "firing"
        found.append(state)
    return found
