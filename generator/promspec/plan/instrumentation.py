"""instrumentation: the Python names, types and tables of the generated package."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import asdict, dataclass, replace

from promspec.naming import EVENTS_DROPPED, OVERFLOW, words
from promspec.plan.error_codes import ErrorCodesPlan, plan_error_codes
from promspec.plan.identifiers import Namespace, alias_wishes, parameters
from promspec.plan.signals import DROPPED_HELP, MOST_EVENTS, Names, SignalsPlan, plan_signals
from promspec.quantities import bound
from promspec.version import VERSION
from promspec.vocabulary.events import Event
from promspec.vocabulary.labels import Label
from promspec.vocabulary.metrics import Gauge, Histogram, Metric
from promspec.vocabulary.operations import Operation
from promspec.vocabulary.spec import Spec

MOST_SERIES = 10_000
"""A family of more series than this is not laid out at import; the runtime keeps the same bound."""

_METRICS_TAKEN = ("annotations", "Final", "labels", "package", "families", "ErrorCode", "float", "str")
_OPERATIONS_TAKEN = (
    *("annotations", "Final", "labels", "metrics", "package", "tracking", "ErrorCode", "exception_map", "str"),
)
_MODULES = (
    *("metrics", "labels", "operations", "error_codes", "register", "code_of", "ErrorCode"),
    *("deltas", "exposition", "metrics_app", "scrape", "events", "logs", "health", "correlation"),
)


@dataclass(frozen=True, slots=True)
class Alias:
    """The type of a closed label's values, such as `Provider`."""

    name: str
    label: str
    help: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LabelPlan:
    """A label of one metric: its parameter and its type; `max_values` is 0 for a closed one."""

    name: str
    parameter: str
    type: str
    closed: bool
    values: tuple[str, ...]
    max_values: int
    overflow: str


@dataclass(frozen=True, slots=True)
class MetricPlan:
    """A metric: its variable, its class, and what the runtime must know. `buckets` are printed bounds.

    `aggregation` is of gauges.
    """

    name: str
    variable: str
    class_name: str
    kind: str
    help: str
    labels: tuple[LabelPlan, ...]
    zero: bool
    laid_out: bool
    buckets: tuple[str, ...]
    negative: bool
    timed: bool
    aggregation: str = ""


@dataclass(frozen=True, slots=True)
class OperationPlan:
    """An operation: metrics by their variables; types are empty where there is no such method."""

    name: str
    variable: str
    class_name: str
    request_class: str
    help: str
    requests: str | None
    errors: str | None
    duration: str | None
    stages: str | None
    context: tuple[LabelPlan, ...]
    outcome_label: str | None
    outcome_type: str
    code_label: str | None
    stage_label: str | None
    stage_type: str
    success: str | None
    failure: str | None
    rejected: str | None
    cancelled: str | None


@dataclass(frozen=True, slots=True)
class InstrumentationPlan:
    """The whole package. `digest` is of everything else in it."""

    spec: str
    title: str
    version: str
    digest: str
    aliases: tuple[Alias, ...]
    metrics: tuple[MetricPlan, ...]
    error_codes: ErrorCodesPlan | None
    operations: tuple[OperationPlan, ...]
    signals: SignalsPlan
    dropped: MetricPlan | None


def plan_instrumentation(spec: Spec) -> InstrumentationPlan:
    """The generated package of a spec; external metrics are not part of it."""
    builder = _Builder(spec)
    plan = InstrumentationPlan(
        spec=spec.name,
        title=spec.display,
        version=VERSION,
        digest="",
        aliases=builder.aliases,
        metrics=builder.metrics,
        error_codes=plan_error_codes(spec.error_codes) if spec.error_codes is not None else None,
        operations=builder.operations(),
        signals=plan_signals(spec, builder.names()),
        dropped=_dropped() if spec.each(Event) else None,
    )
    plain = {key: value for key, value in asdict(plan).items() if key != "digest"}
    text = json.dumps(plain, sort_keys=True, ensure_ascii=False)
    return replace(plan, digest=hashlib.sha256(text.encode("utf-8")).hexdigest()[:12])


class _Builder:
    """Gives out names: metrics first, then the types of labels, then classes and operations."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        declared = {metric.name: metric for metric in reversed(spec.all_metrics) if not metric.external}
        self._declared: tuple[Metric, ...] = tuple(reversed(declared.values()))
        space = Namespace(_METRICS_TAKEN)
        self._variables = {metric.name: space.take(metric.name.replace(":", "_")) for metric in self._declared}
        self._types: dict[tuple[str, tuple[str, ...]], str] = {}
        self.aliases = self._aliases()
        self.metrics = tuple(self._metric(metric, space) for metric in self._declared)

    def _is_code(self, label: Label) -> bool:
        codes = self.spec.error_codes
        return codes is not None and label is codes.label

    def _aliases(self) -> tuple[Alias, ...]:
        users: dict[tuple[str, tuple[str, ...]], list[str]] = {}
        labels: dict[tuple[str, tuple[str, ...]], Label] = {}
        for name, own in [(metric.name, metric.labels) for metric in self._declared]:
            for label in own:
                if label.closed and not self._is_code(label):
                    users.setdefault(_key(label), []).append(name)
                    labels.setdefault(_key(label), label)
        for event in self.spec.each(Event):
            for label in event.metadata_labels:
                if label.closed and not self._is_code(label) and _key(label) not in users:
                    users[_key(label)], labels[_key(label)] = [event.name], label
        taken = {"Literal", "TypeAlias", "annotations"}
        made = []
        for key, label in labels.items():
            plain, longer = alias_wishes(label, users[key])
            space = Namespace(taken)
            self._types[key] = name = plain if plain not in taken else space.take(longer)
            taken.add(name)
            made.append(Alias(name, label.name, label.help, label.known_values))
        return tuple(made)

    def _type(self, label: Label) -> str:
        if self._is_code(label):
            return "ErrorCode"
        found = self._types.get(_key(label)) if label.closed else None
        return f"labels.{found}" if found is not None else "str"

    def _labels(self, labels: tuple[Label, ...]) -> tuple[LabelPlan, ...]:
        names = parameters(label.name for label in labels)
        return tuple(
            LabelPlan(
                name=label.name,
                parameter=names[label.name],
                type=self._type(label),
                closed=label.closed,
                values=label.known_values,
                max_values=label.max_values or 0,
                overflow=label.overflow,
            )
            for label in labels
        )

    def _metric(self, metric: Metric, space: Namespace) -> MetricPlan:
        labels = self._labels(tuple(metric.labels))
        zero = metric.initialise == "zero" and metric.kind != "info"
        all_closed = all(label.closed for label in labels)
        bounds = metric.bounds if isinstance(metric, Histogram) else ()
        return MetricPlan(
            name=metric.name,
            variable=self._variables[metric.name],
            class_name=space.take(_class_name(metric.name)),
            kind=metric.kind,
            help=metric.help,
            labels=labels,
            zero=zero,
            laid_out=zero and all_closed and math.prod(len(label.values) for label in labels) <= MOST_SERIES,
            buckets=tuple(bound(value) for value in bounds),
            negative=any(value < 0 for value in bounds) or "celsius" in (*words(metric.name), metric.unit),
            timed=metric.kind == "histogram" and (metric.unit == "seconds" or metric.name.endswith("_seconds")),
            aggregation=metric.aggregated_by if isinstance(metric, Gauge) else "",
        )

    def names(self) -> Names:
        """What other parts of the package call the metrics and their labels."""
        codes = self.spec.error_codes
        return Names(
            variables=self._variables,
            parameters=lambda metric: parameters(metric.label_names),
            type_of=self._type,
            members=plan_error_codes(codes).members if codes is not None else {},
            is_code=self._is_code,
        )

    def operations(self) -> tuple[OperationPlan, ...]:
        """The operations, in order of declaration."""
        space = Namespace((*_OPERATIONS_TAKEN, *_MODULES))
        named = [(operation, space.take(operation.name)) for operation in self.spec.each(Operation)]
        return tuple(self._operation(operation, variable, space) for operation, variable in named)

    def _operation(self, operation: Operation, variable: str, space: Namespace) -> OperationPlan:
        outcome, context = operation.outcome_label, operation.context_labels
        code = self.spec.error_codes.label.name if self.spec.error_codes is not None else None
        stage = _stage_label(operation, code)
        cancelled = "cancelled" if outcome is not None and "cancelled" in outcome.known_values else None
        return OperationPlan(
            name=operation.name,
            variable=variable,
            class_name=space.take(f"{_capitals(operation.name)}Operation"),
            request_class=space.take(f"{_capitals(operation.name)}Request"),
            help=operation.help,
            requests=self._variables.get(operation.requests.name),
            errors=self._variables.get(operation.errors.name) if operation.errors else None,
            duration=self._variables.get(operation.duration.name) if operation.duration else None,
            stages=self._variables.get(operation.stages.name) if operation.stages else None,
            context=self._labels(context),
            outcome_label=outcome.name if outcome is not None else None,
            outcome_type=self._type(outcome) if outcome is not None else "",
            code_label=code,
            stage_label=stage.name if stage is not None else None,
            stage_type=self._type(stage) if stage is not None else ("str" if _stages_matter(self.spec) else ""),
            success=operation.outcome_value(operation.success),
            failure=operation.outcome_value(operation.failure),
            rejected=operation.outcome_value(operation.rejected),
            cancelled=cancelled,
        )


def _dropped() -> MetricPlan:
    """The counter of dropped events. Its labels are open: several packages of one process share it."""
    labels = tuple(LabelPlan(name, name, "str", False, (), MOST_EVENTS, OVERFLOW) for name in ("event", "reason"))
    return MetricPlan(
        EVENTS_DROPPED, "_dropped", "_EventsDropped", "counter", DROPPED_HELP, labels, False, False, (), False, False
    )


def _class_name(metric: str) -> str:
    """`_OcrErrorsTotal`; a plain name where the line `metric: Final = _Metric(` would be too long."""
    name = f"_{_capitals(metric)}"
    return name if len(metric) + len(name) < 108 else "_Metric"


def _capitals(text: str) -> str:
    return "".join(word[:1].upper() + word[1:] for word in words(text))


def _key(label: Label) -> tuple[str, tuple[str, ...]]:
    return label.name, tuple(sorted(label.known_values))


def _stage_label(operation: Operation, code: str | None) -> Label | None:
    """The label of the stages: the one named stage, else the one of `stages` that is no context label."""
    known = {label.name for label in operation.context_labels}
    for metric in (operation.stages, operation.errors):
        found = metric.label("stage") if metric is not None else None
        if found is not None:
            return found
    extra = [label for label in (operation.stages.labels if operation.stages else ()) if label.name not in known]
    return extra[0] if extra and extra[0].name != code else None


def _stages_matter(spec: Spec) -> bool:
    codes = spec.error_codes.codes.values() if spec.error_codes is not None else ()
    return any(match.stage is not None for code in codes for match in code.matches)
