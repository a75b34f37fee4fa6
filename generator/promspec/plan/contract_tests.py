"""contract_tests: what the exposition of an instrumented process must hold, family by family."""

from __future__ import annotations

from dataclasses import dataclass

from promspec.plan.instrumentation import InstrumentationPlan, MetricPlan
from promspec.vocabulary.metrics import PID


@dataclass(frozen=True, slots=True)
class ContractLabel:
    """A label: the values it may have; none are listed for an open one."""

    name: str
    closed: bool
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ContractFamily:
    """A family as the text format shows it: facts are gauges there. `laid_out`: every series exists from the start."""

    name: str
    type: str
    help: str
    labels: tuple[ContractLabel, ...]
    buckets: tuple[str, ...]
    laid_out: bool


@dataclass(frozen=True, slots=True)
class ContractPlan:
    """The contract of one spec; `version` and `digest` are those of its heartbeat."""

    spec: str
    version: str
    digest: str
    families: tuple[ContractFamily, ...]


def plan_contract_tests(instrumentation: InstrumentationPlan) -> ContractPlan:
    """The contract that the generated instrumentation keeps."""
    return ContractPlan(
        spec=instrumentation.spec,
        version=instrumentation.version,
        digest=instrumentation.digest,
        families=tuple(_family(metric) for metric in instrumentation.metrics),
    )


def _family(metric: MetricPlan) -> ContractFamily:
    labels = [ContractLabel(label.name, label.closed, label.values) for label in metric.labels]
    by_process = metric.aggregation == "process"
    if by_process:
        labels.append(ContractLabel(PID, False, ()))
    return ContractFamily(
        name=metric.name,
        type=_type(metric),
        help=metric.help,
        labels=tuple(labels),
        buckets=(*metric.buckets, "+Inf") if metric.kind == "histogram" else (),
        laid_out=metric.laid_out and not by_process,
    )


def _type(metric: MetricPlan) -> str:
    if metric.kind == "counter" and not metric.name.endswith("_total"):
        return "unknown"  # prometheus_client would add the suffix; the runtime keeps the name and gives up the type.
    return "gauge" if metric.kind == "info" else metric.kind
