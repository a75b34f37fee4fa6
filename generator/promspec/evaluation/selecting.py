"""Which series a selector selects, and at which moments it reads them."""

from __future__ import annotations

from collections.abc import Sequence

from promspec.evaluation.errors import NotEvaluated
from promspec.evaluation.samples import LOOKBACK, Samples
from promspec.evaluation.vectors import NAME, Column, Labels
from promspec.promql import Call, Duration, Expr, Matcher, Selector, Subquery, accepts, seconds_in_a_rule, walk

_OF_QUERY = ("start", "end")


def milliseconds(duration: Duration | None) -> int:
    """A duration of an expression in milliseconds, as in a rule, where there is no step and no range."""
    seconds = None if duration is None else seconds_in_a_rule(duration)
    if duration is None or seconds is None:
        raise NotEvaluated("a duration that only the query tells")
    return int((seconds if duration.seconds is None else duration.seconds) * 1000)


def length_of(node: Selector | Subquery) -> int:
    """The milliseconds of a range."""
    found = milliseconds(node.range)
    if found <= 0:
        raise NotEvaluated("a range that has no length in a rule")
    return found


def moments(node: Selector | Subquery, times: Sequence[int], query: int | None) -> Sequence[int]:
    """For each time the moment at which a selector is read: moved by its offset, or fixed by its `@`.

    `query` is the time of the whole query, if it is not each of the times itself.
    """
    offset = 0 if node.offset is None else milliseconds(node.offset)
    if node.at is not None:
        fixed = query if node.at.bound else _seconds(node.at.seconds)
        if fixed is not None:
            return [fixed - offset] * len(times)
    if not offset:
        return times
    if isinstance(times, range):
        return range(times.start - offset, times.stop - offset, times.step)
    return [time - offset for time in times]


def _seconds(given: float | None) -> int:
    if given is None:
        raise NotEvaluated("a time that only a dashboard tells")
    return round(given * 1000)


def asks_for_the_query(expr: Expr) -> bool:
    """Whether a subquery asks when the query around it is evaluated: `@ end()`, `start()`."""
    return any(
        (isinstance(part, Call) and part.func in _OF_QUERY)
        or (isinstance(part, (Selector, Subquery)) and part.at is not None and part.at.bound)
        for node in walk(expr)
        if isinstance(node, Subquery)
        for part in walk(node.expr)
    )


def ahead(expr: Expr) -> str:
    """What in a rule asks for samples that come after its evaluation, or that no test has; empty if nothing does."""
    for node in walk(expr):
        if not isinstance(node, (Selector, Subquery)):
            continue
        if node.at is not None and not node.at.bound:
            return f"the fixed time @ {node.at.text or node.at.seconds}, and tests begin at the time 0"
        offset = 0 if node.offset is None else milliseconds(node.offset)
        after = LOOKBACK if isinstance(node, Selector) and node.extended and node.extended.word == "smoothed" else 0
        if offset < after:
            what = "smoothed" if after else f"offset {node.offset.text if node.offset else ''}"
            return f"{what}, which asks for samples that come after the evaluation"
    return ""


def passes(matcher: Matcher, labels: Labels) -> bool:
    """Whether a matcher lets a series pass."""
    value = next((value for name, value in labels if name == matcher.label), "")
    passed: bool | None = accepts(matcher, value)
    if passed is None:
        raise NotEvaluated(f'the regular expression "{matcher.value}"')
    return passed


def present(samples: Samples, ends: Sequence[int], length: int) -> Column:
    """1 at the times at which a range has a sample."""
    found: Column = []
    for end in ends:
        first, last = samples.within(end - length, end)
        found.append(1.0 if last > first else None)
    return found


def absent_labels(inner: Expr) -> Labels:
    """The labels of `absent`: those of equality matchers, each only if nothing else is asked of it."""
    if not isinstance(inner, Selector):
        return ()
    labels: dict[str, str] = {}
    seen: set[str] = {NAME}
    for matcher in inner.matchers:
        if matcher.op == "=" and matcher.label not in seen:
            labels[matcher.label] = matcher.value
            seen.add(matcher.label)
        else:
            labels.pop(matcher.label, None)
    return tuple(sorted((name, value) for name, value in labels.items() if value))
