"""Rules on indicators: that an SLO can be measured, and that its failures are part of its events."""

from __future__ import annotations

from collections.abc import Iterator

from promspec.check.expressions import Site, inferred, parsed, with_window
from promspec.check.rules import Complaint, View, rule
from promspec.problems import Level, near_miss, one_of
from promspec.promql import Binary, Call, Matcher, PromQLError, Subquery, parse, selectors, unwrap, walk
from promspec.promql import Selector as QuerySelector
from promspec.quantities import bound, number
from promspec.vocabulary.metrics import HistogramSeries, Metric, Selector
from promspec.vocabulary.operations import Operation
from promspec.vocabulary.selectors import TARGET_LABELS
from promspec.vocabulary.slis import Availability, Freshness, Holds, Latency, Ratio
from promspec.vocabulary.slos import SLO

_GROWING = ("counter", "histogram_bucket", "histogram_count", "histogram_sum")
_OWN_LABELS = ("alertname", "severity", "spec", "slo", "tier")
_COUNTING = ("increase", "rate", "irate", "vector")


@rule("slo/threshold-not-a-bucket", Level.ERROR)
def threshold_is_a_bucket(view: View) -> Iterator[Complaint]:
    """The threshold of a latency SLO is a bucket of its histogram: between two buckets nothing is known."""
    for slo in view.each(SLO):
        if isinstance(slo.sli, Latency) and slo.sli.below not in slo.sli.metric.bounds:
            bounds = [bound(value) for value in slo.sli.metric.bounds]
            nearest = min(slo.sli.metric.bounds, key=lambda value: abs(value - slo.sli.below))
            text = f"the SLO {slo.name} asks for {number(slo.sli.below)}, which is no bucket of {slo.sli.metric.name}"
            remedy = f"write below={bound(nearest)}, or add the bucket; there are {one_of(bounds, 20)}"
            yield slo, text, remedy


@rule("slo/group-label", Level.ERROR)
def group_labels(view: View) -> Iterator[Complaint]:
    """Every label an SLO is grouped by is a label of the metrics that measure it, and none that promspec sets."""
    for slo in view.each(SLO):
        yield from _set_elsewhere(slo)
        for name in slo.group_labels:
            lacking = [metric for metric in measured(slo) if not metric.external and name not in _labels(metric)]
            if lacking:
                known = _labels(lacking[0])
                remedy = near_miss(name, known) or f"its labels are {one_of(known)}"
                text = f"the SLO {slo.name} is grouped by {name}, which {lacking[0].name} does not have"
                yield slo, text, remedy, name


def _set_elsewhere(slo: SLO) -> Iterator[Complaint]:
    """Labels whose groups would become one, because its rules or alerts set them themselves."""
    tiers = [tier for tier in slo.tiers or () if not tier.broken]
    by_hand = {*slo.labels, *(name for tier in tiers for name in tier.labels)}
    for name in dict.fromkeys(slo.group_labels):
        if name in _OWN_LABELS or (name == "month" and slo.calendar is not None):
            text = f"the SLO {slo.name} is grouped by {name}, a label that promspec sets itself"
            yield slo, text, "give the metric's label another name"
        elif name in by_hand:
            yield (
                slo,
                f"the SLO {slo.name} is grouped by {name}, and its labels={{…}} set that",
                "leave out one of them",
            )
        elif slo.group_labels.count(name) > 1:
            yield slo, f"the SLO {slo.name} is grouped by {name} twice", "write it once"


def _labels(metric: Metric) -> tuple[str, ...]:
    return (*metric.label_names, *TARGET_LABELS)


def measured(slo: SLO) -> list[Metric]:
    """The metrics that an SLO is measured by."""
    sli = slo.sli
    parts: list[object]
    if sli.broken or (isinstance(sli, Availability) and sli.operation is not None and sli.operation.broken):
        return []
    if isinstance(sli, Latency):
        parts = [sli.metric]
    elif isinstance(sli, (Freshness, Holds)):
        parts = [sli.timestamp if isinstance(sli, Freshness) else sli.condition]
    elif isinstance(sli, Availability):
        operation = sli.operation
        own = [operation.requests, operation.errors] if operation else [None, None]
        parts = [sli.requests or own[0], sli.errors or own[1]]
    else:
        parts = [sli.bad or sli.good, sli.total]
    found = []
    for part in parts:
        metric = part.metric if isinstance(part, Selector) else part
        metric = metric.histogram if isinstance(metric, HistogramSeries) else metric
        if isinstance(metric, Metric):
            found.append(metric)
    return found


@rule("slo/counts-gauge", Level.ERROR)
def counts_gauge(view: View) -> Iterator[Complaint]:
    """What an SLO counts is a counter."""
    for slo in view.each(SLO):
        for metric in () if isinstance(slo.sli, (Freshness, Holds)) else measured(slo):
            if metric.kind not in ("counter", "histogram"):
                text = f"the SLO {slo.name} counts events by {metric.name}, a {metric.kind}"
                yield slo, text, "give a counter, or PromQL over a range written $window"


@rule("slo/condition", Level.ERROR)
def condition_is_a_comparison(view: View) -> Iterator[Complaint]:
    """A condition that an SLO watches has a value also while it does not hold."""
    for slo in view.each(SLO):
        given = slo.sli.condition if isinstance(slo.sli, Holds) and not slo.sli.broken else None
        expr = parsed(Site(given, "", (slo,))) if isinstance(given, str) else None
        top = unwrap(expr) if expr is not None else None
        if isinstance(top, Binary) and top.op in ("and", "or", "unless"):
            text = f"the SLO {slo.name} watches a condition with {top.op}, whose series vanish instead of being bad"
            yield slo, text, "write one comparison; two with bool can be multiplied: (a > bool 1) * (b < bool 2)"


@rule("slo/group-mismatch", Level.ERROR)
def group_mismatch(view: View) -> Iterator[Complaint]:
    """PromQL that an SLO counts by keeps the labels that the SLO is grouped by, and no others."""
    for slo in view.each(SLO):
        sli, grouped = slo.sli, sorted(slo.group_labels)
        if not isinstance(sli, Ratio) or sli.broken:
            continue
        for part in (sli.bad, sli.good, sli.total):
            site = Site(with_window(part), "", (sli, slo)) if isinstance(part, str) else None
            found = inferred(view, site) if site is not None and _aggregated(site) else None
            if found is None or found.findings or not found.exact or sorted(found.labels) == grouped:
                continue
            kept, by = ", ".join(found.labels) or "no label", ", ".join(grouped) or "no label"
            text = f"the SLO {slo.name} is grouped by {by}, but {part} keeps {kept}"
            own = f", or group_by=[{kept}]" if found.labels else ""
            remedy = f"write sum by ({', '.join(slo.group_labels)}) (…)" if grouped else f"write sum(…){own}"
            yield slo, text, remedy


@rule("slo/fixed-window", Level.WARNING)
def fixed_window(view: View) -> Iterator[Complaint]:
    """PromQL that an SLO counts by counts over the window it is asked for, which is written $window."""
    for slo in view.each(SLO):
        sli = slo.sli
        for part in () if not isinstance(sli, Ratio) or sli.broken else (sli.bad, sli.good, sli.total):
            if not isinstance(part, str) or with_window(part) != part:
                continue
            ranges = [read.range.text for read in _read(part, alone=True) if read.range is not None]
            if ranges:
                text = f"the SLO {slo.name} counts over {ranges[0]}, whatever window it is asked for"
                yield slo, text, f"write [$window] instead of [{ranges[0]}]"


@rule("slo/counts-value", Level.WARNING)
def counts_value(view: View) -> Iterator[Complaint]:
    """PromQL that an SLO counts by counts how much a counter grew, not what it shows since its process began."""
    for slo in view.each(SLO):
        sli = slo.sli
        for part in () if not isinstance(sli, Ratio) or sli.broken else (sli.bad, sli.good, sli.total):
            site = Site(with_window(part), "", (slo,)) if isinstance(part, str) else None
            expr = parsed(site) if site is not None and _aggregated(site) else None
            if expr is None or any(isinstance(node, Subquery) for node in walk(expr)):
                continue
            for read in _read(part, alone=True):
                series = view.series.series(read.name or "") if read.range is None else None
                if series is not None and series.kind in _GROWING:
                    text = f"the SLO {slo.name} counts by the value of {read.name}, which grows while its process runs"
                    yield slo, text, f"write increase({_said(read)}[$window]) instead of {_said(read)}"


def _aggregated(site: Site) -> bool:
    expr = parsed(site)
    return expr is not None and not (isinstance(expr, QuerySelector) and expr.range is None)


@rule("slo/not-a-part", Level.ERROR)
def not_a_part(view: View) -> Iterator[Complaint]:
    """The failed (or good) events of an SLO are some of all its events: their series are selected no wider."""
    for slo in view.each(SLO):
        counted, total = _numerator(slo), _denominator(slo)
        if counted is None or total is None:
            continue
        known = {metric.name: metric for metric in view.spec.all_metrics}
        wholes = _read(total, alone=False)
        for part in _read(counted, alone=True):
            wrong = _apart(part, wholes, known, view.spec.each(Operation))
            if wrong is not None:
                yield slo, f"the SLO {slo.name} {wrong[0]}", wrong[1]


def _numerator(slo: SLO) -> object:
    sli = slo.sli
    if sli.broken or isinstance(sli, (Latency, Freshness, Holds)):
        return None
    if isinstance(sli, Ratio):
        return sli.bad if sli.bad is not None else sli.good
    return sli.errors or (sli.operation.errors if sli.operation else None)


def _denominator(slo: SLO) -> object:
    sli = slo.sli
    if isinstance(sli, Ratio):
        return sli.total
    if not isinstance(sli, Availability):
        return None
    return sli.requests or (sli.operation.requests if sli.operation else None)


def _read(part: object, alone: bool) -> tuple[QuerySelector, ...]:
    """The selectors that are added up; with `alone` none where something else than events is, or taken away."""
    try:
        expr = parse(with_window(str(part)))
    except PromQLError:
        return ()
    sums = all(node.op in ("+", "or") for node in walk(expr) if isinstance(node, Binary))
    counts = all(node.func in _COUNTING for node in walk(expr) if isinstance(node, Call))
    return selectors(expr) if (sums and counts) or not alone else ()


def _apart(
    part: QuerySelector, wholes: tuple[QuerySelector, ...], known: dict[str, Metric], operations: tuple[Operation, ...]
) -> tuple[str, str] | None:
    """What is wrong with a part of the events, and the remedy; None where it is one, or nobody can tell."""
    same = [whole for whole in wholes if _family(whole, known) == _family(part, known)]
    if same and len(wholes) > 1:  # what is not in one of them is in another, as in sum(bad) + sum(good)
        return None
    if same:
        if any(_said(whole) == _said(part) for whole in same):
            return f"counts {_said(part)} over itself, which is always 1", "select the failed ones: …where(status=…)"
        lacking = [_lacking(part, whole) for whole in same]
        if all(lacking):
            return f"counts {_said(part)}, which is wider than {_said(same[0])}", f"select {lacking[0]} in both"
        return None
    theirs = [op for op in operations if op.errors is not None and op.errors.name == part.name]
    counters = {op.requests.name for op in operations}
    if theirs and wholes and all(whole.name in counters for whole in wholes):
        requests = [op.requests.name for op in theirs]
        if not any(whole.name in requests for whole in wholes):
            text = f"counts {part.name}, the failures of {theirs[0].name}, over {_said(wholes[0])}"
            return text, f"count them over {one_of(requests)}"
    return _wider(part, wholes, known)


def _wider(part: QuerySelector, wholes: tuple[QuerySelector, ...], known: dict[str, Metric]) -> tuple[str, str] | None:
    """A label that both metrics share and only the whole selects by."""
    metric = known.get(part.name or "")
    for whole in wholes[:1] if len(wholes) == 1 else ():
        other = known.get(whole.name or "")
        for condition in whole.matchers:
            if metric is None or other is None or metric.label(condition.label) is None:
                continue
            shared = metric.label(condition.label) is other.label(condition.label)
            if shared and not any(_implies(own, condition) for own in part.matchers):
                return f"counts {_said(part)}, which is wider than {_said(whole)}", f"select {_text(condition)} in both"
    return None


def _family(selector: QuerySelector, known: dict[str, Metric]) -> str:
    """The metric's name, without the suffix of a histogram's series."""
    name = selector.name or ""
    base = name.removesuffix("_bucket").removesuffix("_count")
    return base if base in known and known[base].kind == "histogram" else name


def _lacking(part: QuerySelector, whole: QuerySelector) -> str:
    """The first condition of the whole that the part does not meet."""
    missing = (c for c in whole.matchers if c.label != "le" and not any(_implies(own, c) for own in part.matchers))
    return next((_text(condition) for condition in missing), "")


def _implies(own: Matcher, condition: Matcher) -> bool:
    """Whether a matcher of the part grants the condition. Of a pattern that is no list of values nobody can tell."""
    if own.label != condition.label:
        return False
    here, there = _values(own), _values(condition)
    if here is None or there is None or (own.op, own.value) == (condition.op, condition.value):
        return True
    if own.op in ("!=", "!~"):
        return condition.op in ("!=", "!~") and there <= here
    return here.isdisjoint(there) if condition.op in ("!=", "!~") else here <= there


def _values(matcher: Matcher) -> set[str] | None:
    if matcher.op in ("=", "!="):
        return {matcher.value}
    return None if set(matcher.value) & set(".*+?()[]{}^$\\") else set(matcher.value.split("|"))


def _said(selector: QuerySelector) -> str:
    matchers = sorted(_text(matcher) for matcher in selector.matchers)
    return f"{selector.name or ''}{'{' + ','.join(matchers) + '}' if matchers else ''}"


def _text(condition: Matcher) -> str:
    return f'{condition.label}{condition.op}"{condition.value}"'
