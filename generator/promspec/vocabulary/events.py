"""`Event`: a structured event with measurements and metadata; and `HealthCheck`: a criterion of health."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import KW_ONLY
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from promspec.vocabulary.base import Declaration
from promspec.vocabulary.metrics import Counter, Gauge, Histogram
from promspec.vocabulary.texts import DurationText, wrong


def _dotted(text: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*", text):
        raise wrong("event/name", f"{text!r} is not an event's name", 'write words joined by dots: "worker.started"')
    return text


class Event(Declaration):
    """Something that happened: numbers that were measured, facts that tell it apart, and the metrics it updates.

    `sampling` is the share that is kept, 0-1. `rate_limit` is a bound such as `100` per second. `sensitive` names the
    metadata that must never leave the process.
    """

    name: Annotated[str, AfterValidator(_dotted)]
    help: str = ""
    _: KW_ONLY
    measurements: Sequence[str] = ()
    metadata: Sequence[str] = ()
    sampling: Annotated[float, Field(ge=0, le=1)] = 1.0
    rate_limit: Annotated[float, Field(gt=0)] | None = None
    sensitive: Sequence[str] = ()
    updates: Sequence[Counter | Gauge | Histogram] = ()


class HealthCheck(Declaration):
    """A criterion of health: `warning` and `failing` are thresholds on a measured value.

    `worse` says on which side of a threshold it is bad. `probes` are those that fail when the check does.
    """

    name: str
    help: str = ""
    _: KW_ONLY
    warning: float | None = None
    failing: float | None = None
    worse: Literal["above", "below"] = "above"
    probes: Sequence[Literal["live", "ready", "startup"]] = ("ready",)
    timeout: DurationText = "1s"

    @model_validator(mode="after")
    def _in_order(self) -> HealthCheck:
        if self.warning is not None and self.failing is not None:
            ordered = self.warning <= self.failing if self.worse == "above" else self.warning >= self.failing
            if not ordered:
                raise wrong("health-check/thresholds", "it fails before it warns", "exchange warning and failing")
        return self
