"""contract_tests: what the exposition of an instrumented process must hold, family by family."""

from __future__ import annotations

from dataclasses import dataclass

from promspec.plan.instrumentation import MOST_SERIES, InstrumentationPlan, MetricPlan
from promspec.vocabulary.metrics import PID, Metric
from promspec.vocabulary.operations import Operation
from promspec.vocabulary.spec import Spec


@dataclass(frozen=True, slots=True)
class ContractLabel:
    """A label: the values it may have; an open one lists none, and has at most `max_values` and its overflow value.

    `max_values` is 0 where nothing bounds them. `error_code`: the values are the spec's error codes.
    """

    name: str
    closed: bool
    values: tuple[str, ...]
    max_values: int = 0
    error_code: bool = False


@dataclass(frozen=True, slots=True)
class ContractTrigger:
    """A count above zero of this counter, with this label value (or any): then the family must be there."""

    counter: str
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class ContractFamily:
    """A family as the text format shows it: facts are gauges there. `laid_out`: every series exists from the start.

    `appears` says when it must be there: always, after its first event, or on an error; `after` is what tells of that.
    `series_budget` is how many series it may have.
    """

    name: str
    type: str
    help: str
    labels: tuple[ContractLabel, ...]
    buckets: tuple[str, ...]
    laid_out: bool
    unit: str
    appears: str
    after: ContractTrigger | None
    series_budget: int


@dataclass(frozen=True, slots=True)
class ContractPlan:
    """The contract of one spec; `version` and `digest` are those of its heartbeat. A `series_budget` of 0 is none."""

    spec: str
    version: str
    digest: str
    series_budget: int
    families: tuple[ContractFamily, ...]


def plan_contract_tests(spec: Spec, instrumentation: InstrumentationPlan) -> ContractPlan:
    """The contract that the generated instrumentation of a spec keeps."""
    declared = {metric.name: metric for metric in reversed(spec.all_metrics) if not metric.external}
    triggers = _triggers(spec)
    return ContractPlan(
        spec=instrumentation.spec,
        version=instrumentation.version,
        digest=instrumentation.digest,
        series_budget=spec.series_budget or 0,
        families=tuple(
            _family(metric, declared[metric.name], triggers.get(metric.name)) for metric in instrumentation.metrics
        ),
    )


def _family(metric: MetricPlan, declared: Metric, trigger: ContractTrigger | None) -> ContractFamily:
    labels = [
        ContractLabel(label.name, label.closed, label.values, label.max_values, label.type == "ErrorCode")
        for label in metric.labels
    ]
    by_process = metric.aggregation == "process"
    if by_process:
        labels.append(ContractLabel(PID, False, ()))
    laid_out = metric.laid_out and not by_process
    return ContractFamily(
        name=metric.name,
        type=_type(metric),
        help=metric.help,
        labels=tuple(labels),
        buckets=(*metric.buckets, "+Inf") if metric.kind == "histogram" else (),
        laid_out=laid_out,
        unit=declared.unit or "",
        appears=declared.appears or ("always" if laid_out else "first-event"),
        after=trigger,
        series_budget=declared.series_budget or MOST_SERIES,
    )


def _type(metric: MetricPlan) -> str:
    if metric.kind == "counter" and not metric.name.endswith("_total"):
        return "unknown"  # prometheus_client would add the suffix; the runtime keeps the name and gives up the type.
    return "gauge" if metric.kind == "info" else metric.kind


def _triggers(spec: Spec) -> dict[str, ContractTrigger]:
    """What tells that a metric of an operation must have been touched; stages are the service's own affair."""
    found: dict[str, ContractTrigger] = {}
    for operation in spec.each(Operation):
        requests, label = operation.requests, operation.outcome_label
        if requests.external:
            continue
        for metric, outcome in ((operation.duration, operation.success), (operation.errors, operation.failure)):
            value = operation.outcome_value(outcome)
            if metric is not None and label is not None and value is not None:
                found.setdefault(metric.name, ContractTrigger(requests.name, label.name, value))
            elif metric is operation.duration and metric is not None and label is None:
                found.setdefault(metric.name, ContractTrigger(requests.name, "", ""))
    return found
