"""Rules are instant queries: they have no step and no range, and no samples that are still to come."""

from __future__ import annotations

from collections.abc import Iterator

from promspec.judging.model import Asked, Facts, judgement
from promspec.problems import Level
from promspec.promql import Duration, Finding, Selector, Subquery, seconds_in_a_rule, walk


@judgement("promql/step-in-rule", Level.ERROR, "alert", "record", "slo")
def step_in_rule(asked: Asked, facts: Facts) -> Iterator[Finding]:
    """A range in a rule is longer than zero: step() and range() are 0 there."""
    for node in walk(asked.expr):
        for duration in _lengths(node) if isinstance(node, (Selector, Subquery)) else ():
            seconds = seconds_in_a_rule(duration)
            if duration.seconds is None and seconds is not None and not seconds > 0:
                message = f"a rule has no step and no range: {duration.text} is {seconds:g} seconds there"
                remedy = f"write a duration such as 5m, or max_of(5m, {duration.text})"
                yield Finding("promql/step-in-rule", message, remedy, duration.start, duration.end)


def _lengths(node: Selector | Subquery) -> tuple[Duration, ...]:
    step = node.step if isinstance(node, Subquery) else None
    return tuple(duration for duration in (node.range, step) if duration is not None)


@judgement("promql/smoothed-in-rule", Level.WARNING, "alert", "record", "slo")
def smoothed_in_rule(asked: Asked, facts: Facts) -> Iterator[Finding]:
    """A rule does not ask for samples that come after its evaluation."""
    for node in walk(asked.expr):
        if not isinstance(node, Selector) or node.extended is None or node.extended.word != "smoothed":
            continue
        if node.offset is None or (node.offset.seconds is not None and node.offset.seconds <= 0):
            message = "smoothed reads the sample after the range, which is still to come: the result is too low"
            remedy = "write anchored, or look back by a scrape interval: offset 1m"
            place = node.extended
            yield Finding("promql/smoothed-in-rule", message, remedy, place.start, place.end)


@judgement("promql/future-offset", Level.WARNING, "alert", "record", "slo")
def future_offset(asked: Asked, facts: Facts) -> Iterator[Finding]:
    """A rule looks back, not ahead: at its evaluation there are no samples of later."""
    for node in walk(asked.expr):
        offset = node.offset if isinstance(node, (Selector, Subquery)) and node.at is None else None
        if offset is not None and offset.seconds is not None and offset.seconds < 0:
            message = f"offset {offset.text} asks for samples that are still to come: there is no result"
            remedy = f"write offset {offset.text.lstrip('-')}, or swap what is compared"
            yield Finding("promql/future-offset", message, remedy, offset.start, offset.end)


@judgement("promql/fixed-time", Level.WARNING, "alert", "record", "slo")
def fixed_time(asked: Asked, facts: Facts) -> Iterator[Finding]:
    """A rule asks for now: what is read at one fixed time never changes."""
    for node in walk(asked.expr):
        at = node.at if isinstance(node, (Selector, Subquery)) else None
        if at is not None and at.seconds is not None:
            message = f"@ {at.text} reads the same moment at every evaluation"
            yield Finding("promql/fixed-time", message, "leave it out, or look back with offset", at.start, at.end)
