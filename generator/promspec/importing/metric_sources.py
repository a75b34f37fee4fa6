"""The SLI of an OpenSLO SLO: ratio, raw and threshold metrics of Prometheus, over events or over time slices."""

from __future__ import annotations

from decimal import Decimal

from promspec.importing.entries import Entry
from promspec.importing.indicators import (
    OPERATORS,
    Condition,
    Indicator,
    is_rate,
    of_counters,
    of_ratio,
    of_slices,
    of_threshold,
    of_values,
)
from promspec.importing.model import ImportedSlo
from promspec.importing.objects import Objects
from promspec.importing.periods import minutes_of
from promspec.importing.queries import Query, read_query
from promspec.problems import Level, near_miss, one_of
from promspec.quantities import duration

_SOURCES = ("prometheus", "thanos", "mimir", "cortex", "victoriametrics", "promql")
_METHODS = ("Occurrences", "Timeslices", "RatioTimeslices")
_QUERY = ("query", "promql", "expr")
_COUNTERS = ("_total", "_count", "_bucket", "_sum")

AnyIndicator = Indicator | Condition


def indicator_of(objects: Objects, spec: Entry, objective: Entry, slo: ImportedSlo) -> AnyIndicator | None:
    """The indicator of an objective; None, with a problem or a note, if there is none that Prometheus can give."""
    sli = _sli(objects, spec, objective, slo)
    method = _method(spec)
    if sli is None or method is None:
        return None
    sli.known("description", "ratioMetric", "thresholdMetric")
    ratio, threshold = sli.mapping("ratioMetric"), sli.mapping("thresholdMetric")
    if (ratio is None) == (threshold is None):
        sli.say("import/value", f"{slo.id}: an SLI has either ratioMetric or thresholdMetric", "write one of them")
        return None
    if threshold is not None:
        return _threshold(objects, threshold, objective, slo)  # it is judged at every evaluation: these are its slices
    found = _ratio(objects, ratio, slo) if ratio is not None else None
    return found if found is None or method == "Occurrences" else _slices(found, method, objective, slo)


def _sli(objects: Objects, spec: Entry, objective: Entry, slo: ImportedSlo) -> Entry | None:
    """The `spec` of the SLI that stands inline or is referred to, in the SLO or in its objective."""
    for holder in (objective, spec):
        inline, reference = holder.mapping("indicator"), holder.get("indicatorRef")
        if inline is not None and reference is not None:
            reference.say("import/value", f"{slo.id} has both indicator and indicatorRef", "keep one")
        if inline is not None:
            return inline.mapping("spec", required=True)
        if reference is not None:
            found = objects.refer("SLI", reference)
            return found.mapping("spec", required=True) if found is not None else None
    spec.say("import/missing", f"{slo.id} has no indicator", "write indicator: or indicatorRef:")
    return None


def _method(spec: Entry) -> str | None:
    entry = spec.get("budgetingMethod")
    if entry is None:
        return _METHODS[0]
    written = entry.as_text() or ""
    found = next((method for method in _METHODS if method.lower() == written.lower()), None)
    if found is None:
        remedy = near_miss(written, _METHODS) or f"there are {one_of(_METHODS)}"
        entry.say("import/value", f"there is no budgeting method {written!r}", remedy)
    return found


def _ratio(objects: Objects, ratio: Entry, slo: ImportedSlo) -> Indicator | None:
    ratio.known("counter", "good", "bad", "total", "raw", "rawType")
    if ratio.get("raw") is not None:
        return _raw(objects, ratio, slo)
    sides = [key for key in ("good", "bad") if ratio.get(key) is not None]
    if len(sides) != 1:
        text = f"{slo.id}: a ratio has either good or bad events"
        ratio.say("import/value" if sides else "import/missing", text, "write one of them, beside total")
        return None
    both = [ratio.mapping(sides[0]), ratio.mapping("total", required=True)]
    if any(_foreign(objects, metric, slo) for metric in both):
        return None
    part = _source(both[0], f"the {sides[0]} query of {slo.id}")
    total = _source(both[1], f"the total query of {slo.id}")
    if part is None or total is None:
        return None
    for item in dict.fromkeys(written for query in (part, total) if is_rate(query) for written in query.fixed):
        text, remedy = f"the range {item} becomes the window that each rule asks for", "there is nothing to do"
        slo.note(ratio, "import/changed", text, f"{remedy}: longer windows are sums of short ones", Level.INFO)
    counter = ratio.flag("counter")
    if counter is None and not (part.windowed or part.fixed):
        counter = any(suffix in total.text for suffix in _COUNTERS)
    made = of_counters(part, total, sides[0] == "good") if counter else of_values(part, total, sides[0] == "good")
    if not made.events:
        text = "its queries do not count events, so no minimum of events keeps a single failure from alerting"
        slo.note(ratio, "import/changed", text, "count with increase(…[$window]) if you can", Level.INFO)
    return made


def _raw(objects: Objects, ratio: Entry, slo: ImportedSlo) -> Indicator | None:
    kind = ratio.require("rawType")
    word = (kind.as_text() or "").lower() if kind is not None else ""
    if kind is not None and word not in ("success", "failure"):
        kind.say("import/value", f"{slo.id}: there is no rawType {word!r}", "write success or failure")
    metric = ratio.mapping("raw")
    if _foreign(objects, metric, slo):
        return None
    found = _source(metric, f"the ratio of {slo.id}")
    if found is None or word not in ("success", "failure"):
        return None
    made = of_ratio(found, word == "success")
    if not made.events:
        text = "a ratio has no events, so each evaluation weighs the same, busy or quiet"
        slo.note(ratio, "import/changed", text, "give bad and total events where there are such", Level.INFO)
    return made


def _threshold(objects: Objects, metric: Entry, objective: Entry, slo: ImportedSlo) -> Condition | None:
    if _foreign(objects, metric, slo):
        return None
    value = _source(metric, f"the query of {slo.id}")
    op, threshold = objective.require("op"), objective.require("value")
    word = (op.as_text() or "").lower() if op is not None else ""
    limit = threshold.as_number() if threshold is not None else None
    if op is not None and word not in OPERATORS:
        op.say("import/value", f"{slo.id}: there is no operator {word!r}", f"write one of {one_of(OPERATORS)}")
        return None
    if value is not None and value.windowed:
        value = None
        metric.say("import/query", f"the query of {slo.id} asks for a window, and a value has none", "write a range")
    if value is None or limit is None or op is None:
        return None
    return of_threshold(value, word, limit)


def _slices(found: Indicator, method: str, objective: Entry, slo: ImportedSlo) -> Indicator | None:
    written = objective.get("timeSliceWindow")
    minutes = minutes_of(written) if written is not None else 1
    allowed: Decimal | None = None
    if method == "Timeslices":
        target = objective.require("timeSliceTarget")
        share = target.as_number() if target is not None else None
        if target is None or share is None:
            return None
        if not 0 < share <= 1:
            target.say("import/value", f"{slo.id}: a timeSliceTarget of {share} is no share", "write such as 0.95")
            return None
        allowed = 1 - share
    if minutes is None:
        return None
    text = f"a slice of {duration(minutes * 60_000)} is judged at every evaluation, not once in each"
    slo.note(objective, "import/changed", text, "there is nothing to do: the share of bad time is the same", Level.INFO)
    return of_slices(found, duration(minutes * 60_000), allowed)


def _foreign(objects: Objects, metric: Entry | None, slo: ImportedSlo) -> bool:
    """Whether a metric comes from something else than Prometheus, which is then said."""
    source = metric.mapping("metricSource") if metric is not None else None
    kind = _kind(objects, source) if source is not None else ""
    if source is None or not kind or any(known in kind.lower() for known in _SOURCES):
        return False
    text = f"the metric source is {kind}, not Prometheus"
    slo.note(source, "import/not-carried", text, "write what it measures in PromQL")
    return True


def _source(metric: Entry | None, what: str) -> Query | None:
    """The query of a metric source."""
    source = metric.mapping("metricSource", required=True) if metric is not None else None
    if source is None:
        return None
    source.known("metricSourceRef", "type", "spec")
    spec = source.mapping("spec", required=True)
    return read_query(spec.require(*_QUERY), what) if spec is not None else None


def _kind(objects: Objects, source: Entry) -> str:
    written, reference = source.optional("type"), source.optional("metricSourceRef")
    declared = objects.find("DataSource", reference) if reference else None
    spec = declared.mapping("spec") if declared is not None else None
    return written or (spec.optional("type") if spec is not None else "")
