"""`HealthCheck`: a criterion of health; and `Health`: how often the checks run and what is served."""

from __future__ import annotations

import keyword
import math
from collections.abc import Sequence
from dataclasses import KW_ONLY
from typing import Annotated, Literal

from pydantic import AfterValidator, model_validator

from promspec.naming import SPEC_NAME
from promspec.vocabulary.base import Declaration
from promspec.vocabulary.texts import DurationText, IntervalText, wrong

Probe = Literal["live", "ready", "startup"]
"""What an orchestrator asks: does it live, may it get work, has it started."""
Endpoint = Literal["live", "ready", "startup", "detailed", "metrics"]
"""What is served: `/health`, `/health/ready`, `/health/startup`, `/health/detailed`, `/metrics`."""

_TAKEN = (
    *("started", "progress", "stopping", "report", "report_soon", "section", "on_change", "enable", "disable"),
    *("serve", "wsgi", "observability", "observability_app", "annotations", "sanitiser"),
)
"""What the generated module calls something else."""


def _name(text: str) -> str:
    if not SPEC_NAME.fullmatch(text) or keyword.iskeyword(text):
        raise wrong("health-check/name", f"{text!r} cannot name a Python object", 'write words such as "queue_depth"')
    if text in _TAKEN:
        raise wrong("health-check/name", f"the generated code uses {text} itself", f"call it {text}_check")
    return text


def _threshold(value: float | int | None) -> float | int | None:
    if value is not None and not math.isfinite(value):
        raise wrong("health-check/thresholds", f"{value} is no finite number", "write a number, or leave it out")
    return value


Threshold = Annotated[float | int | None, AfterValidator(_threshold)]


class HealthCheck(Declaration):
    """A criterion of health, judged on a value that the service's callback measures.

    A value worse than `warning` warns, one worse than `failing` is an error; a value equal to a threshold is still
    good. `worse` says which side is bad. Without thresholds the callback answers True or False. It may also answer
    for several components (pools) at once: then the check is an error only if it is for all of them. `probes` are those
    that fail when the check is an error, with `reason`; without probes it only indicates. `timeout` bounds the
    callback.

    >>> HealthCheck("workers", "Available workers.", warning=2, failing=1, worse="below").reason
    'workers'
    """

    name: Annotated[str, AfterValidator(_name)]
    help: str = ""
    _: KW_ONLY
    warning: Threshold = None
    failing: Threshold = None
    worse: Literal["above", "below"] = "above"
    probes: Annotated[Sequence[Probe], AfterValidator(tuple)] = ("ready",)
    timeout: IntervalText = "1s"
    reason: str = ""

    @model_validator(mode="after")
    def _in_order(self) -> HealthCheck:
        if self.warning is not None and self.failing is not None:
            ordered = self.warning <= self.failing if self.worse == "above" else self.warning >= self.failing
            if not ordered:
                raise wrong("health-check/thresholds", "it fails before it warns", "exchange warning and failing")
        if not self.reason:
            object.__setattr__(self, "reason", self.name)
        return self


class Health(Declaration):
    """How health is served: results are kept for `cache`; `disabled` endpoints answer 404 until they are enabled.

    >>> Health(cache="5s", disabled=["detailed"]).cache
    '5s'
    """

    _: KW_ONLY
    cache: DurationText = "5s"
    disabled: Annotated[Sequence[Endpoint], AfterValidator(tuple)] = ()
