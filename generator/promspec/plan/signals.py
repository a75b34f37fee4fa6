"""The plan of events, logs and health: functions and their parameters, the metrics they move, the checks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from promspec.naming import identifier
from promspec.plan.identifiers import Namespace
from promspec.quantities import bound, seconds
from promspec.vocabulary.events import SCALES, Add, Count, Event, Observe, SetTo
from promspec.vocabulary.health import HealthCheck
from promspec.vocabulary.labels import Label
from promspec.vocabulary.logging import Logging
from promspec.vocabulary.metrics import Metric
from promspec.vocabulary.spec import Spec

_FUNCTIONS_TAKEN = (
    *("annotations", "labels", "package", "sanitiser", "families", "register_consumer", "set_sampling_rate", "flush"),
    *("float", "str", "int", "bool", "scaled"),
)
DROPPED_HELP = "Events that somebody did not get, by the reason."
MOST_EVENTS = 1_000
"""How many events of a process `promspec_events_dropped_total` tells apart."""


@dataclass(frozen=True, slots=True)
class FieldPlan:
    """A measurement or a fact of an event: its parameter, and the parameter's type."""

    name: str
    parameter: str
    type: str


@dataclass(frozen=True, slots=True)
class UpdatePlan:
    """A call that moves a metric: `amount` is a parameter or a number, empty for 1; `scale` is empty for 1.

    `labels` are pairs of the metric's parameter and the expression of its value; `*` begins a text.
    """

    variable: str
    method: str
    amount: str
    scale: str
    labels: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class EventPlan:
    """An event and the function that emits it. Numbers are printed; `rate_limit` is 0 without one."""

    name: str
    function: str
    help: str
    level: str
    error: bool
    sampling: str
    rate_limit: str
    sensitive: tuple[str, ...]
    measurements: tuple[FieldPlan, ...]
    metadata: tuple[FieldPlan, ...]
    exception: str
    updates: tuple[UpdatePlan, ...]


@dataclass(frozen=True, slots=True)
class LoggingPlan:
    """How lines look."""

    level: str
    service: str
    quiet: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CheckPlan:
    """A health check; thresholds are printed, or empty; `timeout` is in seconds."""

    name: str
    help: str
    warning: str
    failing: str
    worse: str
    probes: tuple[str, ...]
    timeout: str
    reason: str


@dataclass(frozen=True, slots=True)
class HealthPlan:
    """The checks, and how they are served; `cache` is in seconds."""

    cache: str
    disabled: tuple[str, ...]
    checks: tuple[CheckPlan, ...]


@dataclass(frozen=True, slots=True)
class SignalsPlan:
    """Events, logs and health; `sensitive` and `max_length` hold for all of them."""

    sensitive: tuple[str, ...]
    max_length: int
    events: tuple[EventPlan, ...]
    logging: LoggingPlan | None
    health: HealthPlan | None

    @property
    def any(self) -> bool:
        """Whether there is anything of them."""
        return bool(self.events) or self.logging is not None or self.health is not None


@dataclass(frozen=True, slots=True)
class Names:
    """What the metrics are called: variable, label -> parameter, label -> type, value -> member of `ErrorCode`."""

    variables: Mapping[str, str]
    parameters: Callable[[Metric], Mapping[str, str]]
    type_of: Callable[[Label], str]
    members: Mapping[str, str]
    is_code: Callable[[Label], bool]

    def constant(self, label: Label, value: str) -> str:
        """A label's value as an expression; `*` marks a text that is still to be quoted."""
        return f"ErrorCode.{self.members.get(value, value)}" if self.is_code(label) else f"*{value}"


def plan_signals(spec: Spec, names: Names) -> SignalsPlan:
    """Everything but the metrics and operations."""
    events: dict[str, Event] = {}
    for event in spec.each(Event):
        events.setdefault(event.name, event)
    space = Namespace(_FUNCTIONS_TAKEN)
    logging = spec.logging
    return SignalsPlan(
        sensitive=tuple(logging.sensitive) if logging is not None else (),
        max_length=logging.max_length if logging is not None else 1000,
        events=tuple(_event(event, space.take(event.name.replace(".", "_")), names) for event in events.values()),
        logging=_logging(logging, spec) if logging is not None else None,
        health=_health(spec),
    )


def _logging(logging: Logging, spec: Spec) -> LoggingPlan:
    return LoggingPlan(logging.level, logging.service or spec.name, tuple(logging.quiet))


def _health(spec: Spec) -> HealthPlan | None:
    checks: dict[str, HealthCheck] = {}
    for check in spec.each(HealthCheck):
        checks.setdefault(check.name, check)
    if spec.health is None and not checks:
        return None
    return HealthPlan(
        cache=bound(seconds(spec.health.cache if spec.health is not None else "5s")),
        disabled=tuple(spec.health.disabled) if spec.health is not None else (),
        checks=tuple(_check(check) for check in checks.values()),
    )


def _check(check: HealthCheck) -> CheckPlan:
    return CheckPlan(
        name=check.name,
        help=check.help,
        warning="" if check.warning is None else bound(check.warning),
        failing="" if check.failing is None else bound(check.failing),
        worse=check.worse,
        probes=tuple(check.probes),
        timeout=bound(seconds(check.timeout)),
        reason=check.reason,
    )


def _event(event: Event, function: str, names: Names) -> EventPlan:
    space = Namespace([*event.units, *event.metadata_names])
    fields = {
        name: name if identifier(name) == name else space.take(f"{name}_")
        for name in (*event.units, *event.metadata_names)
    }
    updates = tuple(_update(update, event, fields, names) for update in event.updates)
    needed = {source for update in event.updates for source in _sources(update).values()}
    metadata = tuple(
        FieldPlan(name, fields[name], _type(event, name, name in needed, names)) for name in event.metadata_names
    )
    return EventPlan(
        name=event.name,
        function=function,
        help=event.help,
        level=event.log_level,
        error=event.error,
        sampling=bound(event.sampling),
        rate_limit=bound(event.rate_limit or 0),
        sensitive=tuple(event.sensitive),
        measurements=tuple(FieldPlan(name, fields[name], "float") for name in event.units),
        metadata=metadata,
        exception=space.take("exception") if event.error else "",
        updates=updates,
    )


def _type(event: Event, name: str, fills_a_label: bool, names: Names) -> str:
    label = event.metadata_label(name)
    if label is not None:
        return names.type_of(label)
    return "str" if fills_a_label else "Scalar"


def _sources(update: Count | Observe | SetTo | Add) -> dict[str, str]:
    """The metric's labels that metadata fills -> the metadata."""
    return {name: update.fields.get(name, name) for name in update.metric.label_names if name not in update.labels}


def _update(update: Count | Observe | SetTo | Add, event: Event, fields: Mapping[str, str], names: Names) -> UpdatePlan:
    metric, sources, parameters = update.metric, _sources(update), names.parameters(update.metric)
    amount = update.amount_of
    labels = tuple(
        (
            parameters[label.name],
            fields[sources[label.name]] if label.name in sources else names.constant(label, update.labels[label.name]),
        )
        for label in metric.labels
    )
    shown = fields[amount] if isinstance(amount, str) else "" if amount == 1 else bound(amount)
    scale = scale_of(update, event)
    return UpdatePlan(
        variable=names.variables[metric.name],
        method={Count: "inc", Observe: "observe", SetTo: "set", Add: "inc"}[type(update)],
        amount=shown,
        scale="" if scale == 1 or not isinstance(amount, str) else bound(scale),
        labels=labels,
    )


def scale_of(update: Count | Observe | SetTo | Add, event: Event) -> float:
    """What a measurement is multiplied by: as written, else from its unit to the unit in the metric's name."""
    if update.own_scale is not None:
        return float(update.own_scale)
    unit = event.units.get(str(update.amount_of), "")
    base, factor = SCALES.get(unit, ("", 1.0))
    return factor if base and base in (update.metric.unit, *update.metric.name.split("_")) else 1.0
