"""Rules on every PromQL text: that it parses, and that every metric, label and value in it exists."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from promspec.judging.grades import of_finding
from promspec.judging.inferred import FINDINGS
from promspec.linting.model import Query
from promspec.linting.view import Complaint, View, rule
from promspec.problems import Level, near_miss
from promspec.promql import Binary, Finding, Inference, PromQLError, Selector, kind, selectors, unsupported, walk

INFERRED = tuple(id for id in FINDINGS if id not in ("promql/unknown-metric", "promql/version"))
"""The IDs of what inference finds, documented beside the rules on a spec."""
_LANGUAGE = "the language: https://prometheus.io/docs/prometheus/latest/querying/basics/"
_BY_EXAMPLE = ("promql/unknown-label-value", "promql/empty-selector", "promql/never-matches")
_NEGATIVE = ("!=", "!~")
_SEEN = (
    (" never has the value ", " was not seen with the value "),
    (" is never missing or empty", " was never seen missing or empty"),
    ("no value of label ", "no value seen of label "),
)


def said(query: Query, finding: Finding, id: str = "", level: Level | None = None) -> Complaint:
    """A finding of inference as a complaint about the query's owner, at its place."""
    place = query.place(finding.start, finding.end)
    return Complaint(query.subject, finding.message, finding.remedy, place, id or finding.id, level)


@rule("promql/syntax", Level.ERROR)
def syntax(view: View) -> Iterator[Complaint]:
    """Every expression is PromQL that Prometheus accepts."""
    for query in view.files.queries():
        error = view.registry.parse(query.text, query.templated)
        if isinstance(error, PromQLError):
            place = query.place(error.start, error.end)
            yield Complaint(query.subject, error.message, error.remedy or _LANGUAGE, place)


@rule("promql/not-a-query", Level.ERROR)
def not_a_query(view: View) -> Iterator[Complaint]:
    """A rule, an alert and a panel evaluate to an instant vector or a scalar, not to a range or a string."""
    for query in view.files.queries():
        expr = view.parsed(query)
        if expr is not None and kind(expr) not in ("instant", "scalar"):
            what = "a range vector" if kind(expr) == "range" else "a string"
            place = query.place(expr.start, expr.end)
            remedy = "aggregate it over time, such as rate(…[5m])"
            yield Complaint(query.subject, f"the expression is {what}", remedy, place)


@rule("promql/unknown-metric", Level.ERROR)
def unknown_metric(view: View) -> Iterator[Complaint]:
    """Every metric in a query is one of a source, recorded, or one of Prometheus' own; each is told of once."""
    if not view.registry.judges:
        return
    uses: dict[str, list[tuple[Query, Selector]]] = {}
    for query in view.files.queries():
        expr = view.parsed(query)
        for selector in selectors(expr) if expr is not None else ():
            for name in _names(selector):
                if not view.registry.knows(name):
                    uses.setdefault(name, []).append((query, selector))
    for name, places in uses.items():
        query, selector = places[0]
        yield _unknown(view, name, query, selector, len(places) - 1)


def _names(selector: Selector) -> list[str]:
    """The name that a selector asks for; none if it is a condition or holds a variable."""
    if selector.name is not None:
        return [] if "$" in selector.name else [selector.name]
    named = [matcher for matcher in selector.matchers if matcher.label == "__name__"]
    return [named[0].value] if len(named) == 1 and named[0].op == "=" and not named[0].variable else []


def _unknown(view: View, name: str, query: Query, selector: Selector, others: int) -> Complaint:
    if name in view.registry.histograms():
        summary = f"{name} is a histogram: no series has that name"
        remedy = f"use {name}_bucket, {name}_sum or {name}_count"
    else:
        summary = f"there is no series {name}"
        otherwise = "no rule records it: give its rule file as well" if ":" in name else "add a source that has it"
        remedy = near_miss(name, view.registry.names()) or f"check the name; {otherwise}"
    if others:
        remedy += f" ({others} more place{'s' if others > 1 else ''} use it)"
    start, end = selector.name_start, selector.name_end
    if selector.name is None:
        start, end = selector.start, selector.end
    return Complaint(query.subject, summary, remedy, query.place(start, end))


@rule("promql/version", Level.ERROR)
def version(view: View) -> Iterator[Complaint]:
    """A query uses only what the target version of Prometheus knows."""
    for query in view.files.queries() if view.prometheus is not None else ():
        expr = view.parsed(query)
        lacking = () if expr is None or view.prometheus is None else unsupported(expr, view.prometheus, view.features)
        yield from (said(query, finding) for finding in lacking)


@rule("promql/inference", Level.ERROR)
def inference(view: View) -> Iterator[Complaint]:
    """What inference finds. (The problems carry IDs of their own.)"""
    for query in view.files.queries():
        certain = _findings(view, query, view.registry.infer(query.text, query.templated))
        yield from (said(query, finding, level=of_finding(finding)) for finding in certain)
        if view.seen is not view.registry:
            yield from _by_example(view, query, {(finding.id, finding.start) for finding in certain})


def _findings(view: View, query: Query, inference: Inference | None) -> list[Finding]:
    """The findings but for unknown names, which have a rule of their own."""
    listed = inference.findings if inference is not None else ()
    named = {id for id in ("promql/unknown-metric",) if not view.registry.judges}
    return [finding for finding in listed if finding.id not in named]


def _by_example(view: View, query: Query, told: set[tuple[str, int]]) -> Iterator[Complaint]:
    """Values that were not seen: a warning, since an example does not show all there are."""
    found = view.seen.infer(query.text, query.templated)
    expr = view.parsed(query)
    if found is None or expr is None:
        return
    matchers = [matcher for selector in selectors(expr) for matcher in selector.matchers]
    denied = {matcher.value_start: matcher.value for matcher in matchers if matcher.op in _NEGATIVE}
    excluding = {node.op_start for node in walk(expr) if isinstance(node, Binary) and node.op == "unless"}
    lacking = {m.value_start: m.value.count("|") + 1 for m in matchers if m.op == "=~" and "|" in m.value}
    unseen = Counter(finding.start for finding in found.findings)
    for finding in found.findings:
        if (finding.id, finding.start) in told or not _misspelt(denied.get(finding.start), finding):
            continue
        if finding.start in excluding and "only the" not in finding.message:
            continue  # what `unless` leaves out is what hardly ever happens
        if finding.start in lacking and finding.message.endswith("is never missing or empty"):
            continue  # l=~"a|" is written for series that lack the label, and may come
        if finding.message.startswith("no value of ") and unseen[finding.start] < lacking.get(finding.start, 0):
            continue  # l=~"sd.+|nvme.+" is written for every machine, and some part of it was seen
        if finding.id in _BY_EXAMPLE:
            certain = finding.id == "promql/never-matches" and "only the" in finding.message  # labels are not examples
            yield said(query, _as_seen(finding), level=Level.ERROR if certain else Level.WARNING)


def _misspelt(denied: str | None, finding: Finding) -> bool:
    """Whether it is told of: a value that is excluded only where another differs from it in upper and lower case."""
    meant = finding.remedy.removeprefix("did you mean ").removesuffix("?")
    return denied is None or (meant != denied and meant.casefold() == denied.casefold())


def _as_seen(finding: Finding) -> Finding:
    """The finding in words that claim no more than an example shows."""
    message = finding.message
    for certain, seen in _SEEN:
        message = message.replace(certain, seen)
    return replace(finding, message=message, remedy=finding.remedy.replace("its values are", "those seen are"))


def result_of(view: View, query: Query) -> Inference | None:
    """What is known of a query's result if nothing in it is wrong and all labels are known."""
    found = view.inferred(query)
    return found if found is not None and found.exact and not found.findings else None
