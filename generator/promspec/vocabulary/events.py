"""`Event`: something that happened; and how it moves metrics: `Count`, `Observe`, `SetTo`, `Add`."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import KW_ONLY
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from promspec.naming import LABEL_NAME
from promspec.vocabulary.base import Declaration
from promspec.vocabulary.labels import Label
from promspec.vocabulary.metrics import Counter, Gauge, Histogram
from promspec.vocabulary.texts import LabelTexts, wrong

SCALES: Mapping[str, tuple[str, float]] = {
    **dict.fromkeys(("ms", "milliseconds"), ("seconds", 0.001)),
    **dict.fromkeys(("us", "microseconds"), ("seconds", 0.000001)),
    **dict.fromkeys(("ns", "nanoseconds"), ("seconds", 0.000000001)),
    **dict.fromkeys(("minutes",), ("seconds", 60.0)),
    **dict.fromkeys(("hours",), ("seconds", 3600.0)),
    **dict.fromkeys(("kb", "kilobytes"), ("bytes", 1000.0)),
    **dict.fromkeys(("mb", "megabytes"), ("bytes", 1_000_000.0)),
    **dict.fromkeys(("gb", "gigabytes"), ("bytes", 1_000_000_000.0)),
    **dict.fromkeys(("percent",), ("ratio", 0.01)),
}
"""A unit of measurements -> the base unit of metrics, and what to multiply by."""


Measurements = Mapping[str, str] | Sequence[str]


def _dotted(text: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*", text):
        raise wrong("event/name", f"{text!r} is not an event's name", 'write words joined by dots: "worker.started"')
    return text


def _field(name: str) -> str:
    if not LABEL_NAME.fullmatch(name) or name.startswith("_"):
        raise wrong("event/field", f"{name!r} cannot name a field", "write a word in snake_case: duration_ms")
    return name


def _once(names: Iterable[str], word: str) -> None:
    listed = list(names)
    doubled = next((name for index, name in enumerate(listed) if name in listed[:index]), None)
    if doubled is not None:
        raise wrong("event/field", f"the {word} {doubled} stands twice", "list each field once")


def _measured(given: object) -> object:
    """Names alone carry their unit at their end: `duration_ms`; a mapping says it: `{"duration": "ms"}`."""
    if isinstance(given, (list, tuple)) and all(isinstance(name, str) for name in given):
        _once(given, "measurement")
        return {name: _unit(name) for name in given}
    return given


def _unit(name: str) -> str:
    last = name.rsplit("_", 1)[-1]
    bases = {base for base, _ in SCALES.values()}
    return last if last in SCALES or last in bases else ""


def _fields(given: Measurements) -> Measurements:
    for name in given:
        _field(name)
    return given


def _metadata(given: Sequence[Label | str]) -> Sequence[Label | str]:
    for item in given:
        _field(str(item))
    _once((str(item) for item in given), "metadata")
    return tuple(given)


def _number(value: object) -> object:
    if isinstance(value, bool) or (isinstance(value, (int, float)) and not math.isfinite(value)):
        raise wrong("event/amount", f"{value!r} is no amount", "write a number, or the name of a measurement")
    return value


def _scale(value: object) -> object:
    if isinstance(value, (int, float)) and (isinstance(value, bool) or not math.isfinite(value) or value == 0):
        raise wrong("event/scale", f"a scale of {value!r} makes no sense", "write what to multiply by, such as 0.001")
    return value


Amount = Annotated[float | int | str, BeforeValidator(_number)]
"""A number, or the name of a measurement."""
Scale = Annotated[float | int | None, BeforeValidator(_scale)]
"""What a measurement is multiplied by; None takes it from the units: ms to seconds is 0.001."""


class Update(Declaration):
    """How an event moves one metric.

    Each label of the metric has the value of the event's metadata of the same name; `labels` gives a label a fixed
    value instead, `fields` the metadata of another name: `labels={"status": "error"}, fields={"command": "task"}`.
    """

    _: KW_ONLY
    labels: LabelTexts = Field(default_factory=dict)
    fields: LabelTexts = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_source(self) -> Update:
        both = next((name for name in self.labels if name in self.fields), None)
        if both is not None:
            raise wrong("event/label", f"the label {both} stands in labels and in fields", "keep one of them")
        return self

    @property
    def metric(self) -> Counter | Gauge | Histogram:
        """What it moves."""
        found: Any = next(iter(vars(self)[name] for name in ("counter", "histogram", "gauge") if name in vars(self)))
        return found  # type: ignore[no-any-return]

    @property
    def amount_of(self) -> float | int | str:
        """The number, or the measurement, it moves the metric by."""
        found: float | int | str = vars(self).get("measurement", vars(self).get("amount", 1))
        return found

    @property
    def own_scale(self) -> float | None:
        """The scale as written."""
        found: float | None = vars(self).get("scale")
        return found

    def __str__(self) -> str:
        return f"{type(self).__name__}({self.metric})"


class Count(Update):
    """The counter goes up by `amount`: a number, or the name of a measurement.

    >>> str(Count(Counter("workers_started_total", "Started workers.")))
    'Count(workers_started_total)'
    """

    counter: Counter
    _: KW_ONLY
    amount: Amount = 1
    scale: Scale = None


class Observe(Update):
    """The histogram observes a measurement, times `scale`.

    >>> Observe(Histogram("startup_seconds", "Time to start."), "duration_ms", scale=0.001).measurement
    'duration_ms'
    """

    histogram: Histogram
    measurement: str
    _: KW_ONLY
    scale: Scale = None


class SetTo(Update):
    """The gauge is set to a measurement, times `scale`."""

    gauge: Gauge
    measurement: str
    _: KW_ONLY
    scale: Scale = None


class Add(Update):
    """The gauge changes by `amount`: a number, perhaps negative, or the name of a measurement."""

    gauge: Gauge
    _: KW_ONLY
    amount: Amount = 1
    scale: Scale = None


class Event(Declaration):
    """Something that happened: numbers that were measured, facts that tell it apart, and the metrics it moves.

    `measurements` are names that end in their unit, or a mapping to units. `metadata` are names, or labels where the
    values matter. `sampling` is the share that consumers get, 0-1, decided by correlation id, so that a request is
    kept or dropped as a whole; an `error` is always kept. `rate_limit` is a bound per second, with as much at once.
    `sensitive` names metadata that never leaves the process. `updates` says how metrics move; they count every event.

    >>> Event("worker.started", "A worker runs.", measurements=["duration_ms"], metadata=["worker_id"]).units
    {'duration_ms': 'ms'}
    """

    name: Annotated[str, AfterValidator(_dotted)]
    help: str = ""
    _: KW_ONLY
    measurements: Annotated[Measurements, BeforeValidator(_measured), AfterValidator(_fields)] = Field(
        default_factory=dict
    )
    metadata: Annotated[Sequence[Label | str], AfterValidator(_metadata)] = ()
    sampling: Annotated[float, Field(ge=0, le=1)] = 1.0
    rate_limit: Annotated[float, Field(gt=0)] | None = None
    sensitive: Annotated[Sequence[str], AfterValidator(tuple)] = ()
    error: bool = False
    level: Literal["debug", "info", "warning", "error"] | None = None
    updates: Annotated[Sequence[Count | Observe | SetTo | Add], AfterValidator(tuple)] = ()

    @model_validator(mode="after")
    def _fits_together(self) -> Event:
        _once([*self.units, *self.metadata_names], "field")
        unknown = next((name for name in self.sensitive if name not in self.metadata_names), None)
        if unknown is not None:
            raise wrong("event/sensitive", f"{unknown} is sensitive, but no metadata", "name one of the metadata")
        if self.error and self.sampling != 1.0:
            raise wrong("event/sampling", "errors are never sampled out", "leave sampling out, or error=True")
        return self

    @property
    def units(self) -> Mapping[str, str]:
        """The measurements and their units, which may be empty."""
        return self.measurements if isinstance(self.measurements, Mapping) else {}

    @property
    def metadata_names(self) -> tuple[str, ...]:
        """The names of the metadata, in order."""
        return tuple(str(item) for item in self.metadata)

    @property
    def metadata_labels(self) -> tuple[Label, ...]:
        """The metadata that are labels."""
        return tuple(item for item in self.metadata if isinstance(item, Label))

    def metadata_label(self, name: str) -> Label | None:
        """The label that metadata of that name was declared with, if it was."""
        return next((item for item in self.metadata if isinstance(item, Label) and item.name == name), None)

    @property
    def log_level(self) -> str:
        """The level of its log line."""
        return self.level or ("error" if self.error else "info")
