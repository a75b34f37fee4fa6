"""Every series a spec's queries may name, with its labels: the metrics', the rules', the SLOs', Prometheus' own."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from promspec import naming, objectives
from promspec.panel_records import PanelRecord, panel_records
from promspec.promql import Inference, PromQLError, Series, SeriesKind, infer, parse
from promspec.quantities import bound, bound_spellings
from promspec.vocabulary.metrics import Histogram, Metric
from promspec.vocabulary.rules import RecordingRule
from promspec.vocabulary.slos import SLO
from promspec.vocabulary.spec import Spec

Labels = dict[str, tuple[str, ...] | None]

_TARGET: Labels = {"job": None, "instance": None}

_SCRAPE = (
    "up",
    "scrape_duration_seconds",
    "scrape_samples_scraped",
    "scrape_samples_post_metric_relabeling",
    "scrape_series_added",
)
"""What Prometheus adds for each scrape. Source: https://prometheus.io/docs/concepts/jobs_instances/"""

_CLIENT: tuple[tuple[str, SeriesKind, tuple[str, ...]], ...] = (
    ("process_virtual_memory_bytes", "gauge", ()),
    ("process_resident_memory_bytes", "gauge", ()),
    ("process_start_time_seconds", "gauge", ()),
    ("process_cpu_seconds_total", "counter", ()),
    ("process_open_fds", "gauge", ()),
    ("process_max_fds", "gauge", ()),
    ("python_gc_objects_collected_total", "counter", ("generation",)),
    ("python_gc_objects_uncollectable_total", "counter", ("generation",)),
    ("python_gc_collections_total", "counter", ("generation",)),
    ("python_info", "info", ("implementation", "major", "minor", "patchlevel", "version")),
)
"""What prometheus_client exposes of itself: its process, GC and platform collectors."""

_OF_PROCESSES = frozenset((*(name for name, _, _ in _CLIENT), naming.TELEMETRY_ERRORS))
"""What every process of ours exposes, and those of other specs too."""

_ALERTS = ("ALERTS", "ALERTS_FOR_STATE")


STANDARD = frozenset((*_SCRAPE, *_ALERTS, *(name for name, _, _ in _CLIENT)))
"""Every name that Prometheus and prometheus_client take for themselves."""


class SpecSeries:
    """The registry of a spec for `promql.infer`: a name gives its labels and their possible values, or None."""

    def __init__(self, spec: Spec, more: Sequence[Metric] = ()) -> None:
        self._spec = spec
        self._known: dict[str, Series] = {}
        self._histograms = frozenset(m.name for m in spec.all_metrics if isinstance(m, Histogram))
        self._rules: dict[str, list[RecordingRule]] = {}
        self._inferred: dict[str, Inference | None] = {}
        self._add_standard()
        for metric in (*spec.all_metrics, *more):
            self._add_metric(metric)
        for slo in spec.slos:
            self._add_slo(slo)
        for rule in spec.recording_rules:
            self._rules.setdefault(rule.name, []).append(rule)
        self._names = (*self._known, *self._rules)
        self.of_processes = _OF_PROCESSES if any(not metric.external for metric in spec.all_metrics) else frozenset()
        self.panel_records: tuple[PanelRecord, ...] = panel_records(spec, self)
        for record in self.panel_records:
            known = self._known[record.series]
            self._put(record.name, "recorded", {label: known.labels[label] for label in record.labels})
        self._names = (*self._known, *self._rules)

    def names(self) -> Sequence[str]:
        """Every series' name, in the order of declaration after Prometheus' own."""
        return self._names

    def histograms(self) -> frozenset[str]:
        """The base names of the histograms, which are no series."""
        return self._histograms

    def series(self, name: str) -> Series | None:
        """The series of that name; a recording rule's labels are inferred from its expression."""
        if name in self._known:
            return self._known[name]
        return self._recorded(name) if name in self._rules else None

    def _put(
        self, name: str, kind: SeriesKind, labels: Labels, exact: bool = True, complete: bool | None = None
    ) -> None:
        self._known.setdefault(name, Series(name, kind, labels, exact, complete))

    def _add_standard(self) -> None:
        for name in _SCRAPE:
            self._put(name, "gauge", dict(_TARGET))
        for name in _ALERTS:
            self._put(name, "gauge", {"alertname": None, "alertstate": ("pending", "firing")}, exact=False)
        for name, kind, labels in _CLIENT:
            self._put(name, kind, {**dict.fromkeys(labels), **_TARGET})
        self._put(naming.HEARTBEAT, "info", {"spec": None, "version": None, "digest": None, **_TARGET})
        self._put(naming.TELEMETRY_ERRORS, "counter", {"kind": None, **_TARGET})
        self._put(naming.LABEL_OVERFLOWS, "counter", {"metric": None, "label": None, **_TARGET})
        self._put(naming.UNMAPPED_EXCEPTIONS, "counter", {"type": None, **_TARGET})
        if self._spec.events:
            names = tuple(event.name for event in self._spec.events)
            self._put(naming.EVENTS_DROPPED, "counter", {"event": names, "reason": None, **_TARGET})

    def _add_metric(self, metric: Metric) -> None:
        if metric.broken or any(label.broken for label in metric.labels):
            for name in (metric.name, *metric.series):
                self._put(name, "unknown", {}, exact=False)
            return
        labels: Labels = {}
        for label in metric.labels:
            labels[label.name] = label.known_values if label.closed else None
        labels.update(dict.fromkeys(metric.own_labels))
        labels.update(self._target(metric))
        complete = _complete(metric)
        if isinstance(metric, Histogram):
            bounds = tuple(bound(value) for value in (*metric.bounds, Decimal("Infinity")))
            if metric.external:  # another client may print 5 where Python's prints 5.0
                spelled = (text for value in metric.bounds for text in bound_spellings(value))
                bounds = tuple(dict.fromkeys((*bounds, *spelled)))
            self._put(
                f"{metric.name}_bucket", "histogram_bucket", {**labels, "le": bounds}, not metric.external, complete
            )
            self._put(f"{metric.name}_count", "histogram_count", labels, not metric.external, complete)
            if metric.bounds[0] >= 0:  # with negative observations a sum is no counter, and the client leaves it out
                self._put(f"{metric.name}_sum", "histogram_sum", labels, not metric.external, complete)
        else:
            if metric.external and metric.name in STANDARD:  # declared anew for the labels that relabelling adds
                self._known.pop(metric.name, None)
            exact = not metric.external and metric.kind != "info"
            self._put(metric.name, metric.kind, labels, exact, complete)  # type: ignore[arg-type]

    def _target(self, metric: Metric) -> Labels:
        if self._spec.deployment is None or metric.external:
            return dict(_TARGET)
        return {"job": (self._spec.deployment.job,), "instance": None}

    def _add_slo(self, slo: SLO) -> None:
        if slo.broken:
            return
        labels: Labels = {"slo": None, "spec": (self._spec.name,), **dict.fromkeys(slo.group_labels)}
        clock = objectives.clock(self._spec.deployment)
        names = [
            naming.SLO_BAD + clock.base,
            naming.SLO_TOTAL + clock.base,
            naming.SLO_BAD_SLOW + clock.slow,
            naming.SLO_TOTAL_SLOW + clock.slow,
            naming.SLO_BAD_SLOW + slo.window,
            naming.SLO_TOTAL_SLOW + slo.window,
            naming.SLO_OBJECTIVE,
            naming.SLO_BUDGET_REMAINING,
            naming.slo_since(clock.base),
            *(naming.SLO_RATIO + window for window in (*objectives.windows(slo, clock), slo.window)),
        ]
        if slo.calendar is not None:
            months = {**labels, "month": tuple(str(month) for month in range(1, 13))}
            self._put(naming.SLO_BAD_OF_MONTH + clock.slow, "recorded", months, exact=False)
        sure = not any(other.broken for other in self._spec.slos)
        for name in names:
            earlier = self._known.get(name)
            known = {**labels, **(dict(earlier.labels) if earlier else {})}
            slos = tuple(other.name for other in self._spec.slos if not other.broken)
            self._known[name] = Series(name, "recorded", {**known, "slo": slos}, sure)

    def _recorded(self, name: str) -> Series:
        labels: Labels = {}
        exact = True
        for rule in self._rules[name]:
            found = self._infer(rule)
            own = dict.fromkeys(rule.labels)
            exact = exact and found is not None and found.exact
            labels.update({**(dict(found.labels) if found else {}), **own})
            labels.update({label: (value,) for label, value in rule.labels.items() if len(self._rules[name]) == 1})
        return Series(name, "recorded", labels, exact)

    def _infer(self, rule: RecordingRule) -> Inference | None:
        if rule.expr not in self._inferred:
            self._inferred[rule.expr] = None  # a rule that reads itself, directly or not, ends here
            try:
                self._inferred[rule.expr] = infer(parse(rule.expr), self)
            except PromQLError:
                return None
        return self._inferred[rule.expr]


def _complete(metric: Metric) -> bool | None:
    """Whether every series is there from the start; of what something else exposes nobody knows."""
    if metric.external:
        return None
    return not metric.labels or (metric.initialise == "zero" and all(label.closed for label in metric.labels))
