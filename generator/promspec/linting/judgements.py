"""Rules on what expressions mean: thresholds, units, raw counters, ranges, futile functions, ambiguous matches."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from promspec.judging import habits
from promspec.judging.matching import ambiguous_matches
from promspec.judging.measures import Measure, measure
from promspec.judging.thresholds import threshold_findings, unit_findings
from promspec.linting.expressions import said
from promspec.linting.model import Query
from promspec.linting.view import Complaint, View, rule
from promspec.problems import Level
from promspec.promql import Expr, Finding

_SHOWN = re.compile(r"\{\{-?[^{}]*(\$value|\.Value)[^{}]*-?\}\}(%?)")
_WRONG = {
    "humanizePercentage": ("percent", "seconds", "milliseconds", "bytes", "timestamp"),
    "humanizeDuration": ("milliseconds", "ratio", "percent", "bytes", "timestamp"),
    "humanizeTimestamp": ("seconds", "milliseconds", "ratio", "percent", "bytes"),
}


def _each(view: View, queries: Iterable[Query], found: Callable[[Expr], Iterable[Finding]]) -> Iterator[Complaint]:
    for query in queries:
        expr = view.parsed(query)
        for finding in found(expr) if expr is not None else ():
            yield said(query, finding)


def _recorded(view: View) -> Callable[[str], Sequence[Expr | None]]:
    return lambda name: [view.parsed(rule.query) for rule in view.registry.recorded(name)]


@rule("promql/threshold-range", Level.ERROR)
def threshold_range(view: View) -> Iterator[Complaint]:
    """A threshold lies where values can be: a ratio is 0 to 1, a quantile at most the largest bucket, a count not 0."""
    for alert in view.files.alerts():
        expr = view.parsed(alert.query)
        for finding, sure in threshold_findings(expr, view.registry, _recorded(view)) if expr is not None else ():
            yield said(alert.query, finding, level=Level.ERROR if sure else Level.WARNING)


@rule("promql/unit-mismatch", Level.WARNING)
def unit_mismatch(view: View) -> Iterator[Complaint]:
    """What is added or compared has the same unit."""
    yield from _each(view, view.files.queries(), lambda expr: unit_findings(expr, view.registry, _recorded(view)))


@rule("promql/raw-counter", Level.WARNING)
def raw_counter(view: View) -> Iterator[Complaint]:
    """An alert compares the rate of a counter, not the counter itself."""
    queries = [alert.query for alert in view.files.alerts()]
    yield from _each(view, queries, lambda expr: habits.raw_counters(expr, view.registry))


@rule("promql/quantile-of-raw-buckets", Level.WARNING)
def raw_quantile(view: View) -> Iterator[Complaint]:
    """A quantile is taken of rates of buckets."""
    yield from _each(view, view.files.queries(), lambda expr: habits.raw_quantiles(expr, view.registry))


@rule("promql/short-range", Level.WARNING)
def short_range(view: View) -> Iterator[Complaint]:
    """A rate is taken over at least two scrapes."""
    yield from _each(view, view.files.queries(), lambda expr: habits.short_range(expr, view.interval))


@rule("promql/absent-never", Level.ERROR)
def absent_never(view: View) -> Iterator[Complaint]:
    """absent() is asked of what can be absent."""
    yield from _each(view, view.files.queries(), habits.futile_absent)


@rule("promql/idle-matcher", Level.INFO)
def idle_matcher(view: View) -> Iterator[Complaint]:
    """A matcher leaves something out, and a regular expression is more than a text."""
    queries = [rule.query for rule in view.files.rules]
    yield from _each(view, queries, habits.idle_matchers)


@rule("promql/division-by-zero", Level.INFO)
def division_by_zero(view: View) -> Iterator[Complaint]:
    """A recording rule records no NaN while there are no events."""
    queries = [record.query for record in view.files.records()]
    yield from _each(view, queries, habits.unguarded_divisions)


@rule("promql/ambiguous-match", Level.WARNING)
def ambiguous_match(view: View) -> Iterator[Complaint]:
    """Each series of an operator's side matches one series of the other, or group_left says otherwise."""
    yield from _each(view, view.files.queries(), lambda expr: ambiguous_matches(expr, view.seen))


@rule("template/wrong-unit", Level.WARNING)
def wrong_unit(view: View) -> Iterator[Complaint]:
    """An annotation formats the value as what it is."""
    for alert in view.files.alerts():
        expr = view.parsed(alert.query)
        shown = [(name, value, m) for name, value in alert.annotations for m in _SHOWN.finditer(value.text)]
        found = measure(expr, view.registry, _recorded(view)) if expr is not None and shown else Measure()
        for name, value, match in shown if found.unit else ():
            wrong = _wrong(match, found)
            if wrong is not None:
                text = f"the {name.text} of {alert.subject.name} {wrong[0]}"
                yield Complaint(alert.subject, text, wrong[1], value.part(*match.span()))


def _wrong(match: re.Match[str], found: Measure) -> tuple[str, str] | None:
    text = match.group(0)
    for function, units in _WRONG.items():
        if function in text and found.unit in units:
            remedy = "write {{ $value | humanize }} and the unit" if found.unit != "percent" else "write {{ $value }}%"
            if found.unit in ("seconds", "milliseconds") and function != "humanizeDuration":
                remedy = "write {{ $value | humanizeDuration }} of a value in seconds"
            return f"shows {_noun(found.unit)} with {function}", remedy
    if match.group(2) == "%" and found.unit == "ratio" and "humanizePercentage" not in text:
        return "shows a ratio of 0 to 1 as percent", "write {{ $value | humanizePercentage }}"
    return None


def _noun(unit: str) -> str:
    return {"percent": "a percentage of 0 to 100", "ratio": "a ratio of 0 to 1", "timestamp": "a point in time"}.get(
        unit, unit
    )
