"""`Alert`: a condition that a person must know of, and the `Scenario` that must make it fire."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from promspec.quantities import decimal
from promspec.vocabulary.base import Declaration
from promspec.vocabulary.runbooks import Runbook
from promspec.vocabulary.severity import Urgency
from promspec.vocabulary.texts import DurationText, ExprText, Filled, IntervalText, LabelTexts, wrong


def _name(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", text):
        better = re.sub(r"[^A-Za-z0-9]+", " ", text).title().replace(" ", "") or "HighErrorRate"
        raise wrong("alert/name", f"{text!r} is not an alert name", f"write words in CamelCase: {better!r}")
    return text


def _series(series: object) -> object:
    """Each series as text, each list of numbers as promtool writes it."""
    if not isinstance(series, Mapping):
        return series
    if not series:
        raise wrong("scenario/series", "there is no series in it", 'give some, such as up{job="api"} with its values')
    return {str(name): _values(name, values) for name, values in series.items()}


def _values(name: object, values: object) -> str:
    if isinstance(values, str):
        return values
    listed = list(values) if isinstance(values, (list, tuple)) else []
    numbers = [value for value in listed if isinstance(value, (int, float)) and not isinstance(value, bool)]
    if not listed or len(numbers) < len(listed):
        remedy = 'write promtool\'s notation, such as "0+5x40 _x5 stale", or a list of numbers'
        raise wrong("scenario/values", f"the values of {name} are neither a text nor numbers", remedy)
    return " ".join(format(decimal(value), "f") for value in numbers)


def _variants(variants: object) -> object:
    return {name: _series(series) for name, series in variants.items()} if isinstance(variants, Mapping) else variants


class Scenario(Declaration):
    """Series that make an alert fire, and others that do not: where promspec does not find them, or besides.

    `series` maps each to its values, one for each `interval`: in promtool's notation, or as a list of numbers. The
    alert fires at `fires_at` and not one evaluation earlier; with `resolves_at` it is over by then. `silent` gives
    variants: the series that are otherwise than in `series`, and with which it never fires.

    >>> blip = {'up{job="api"}': "1x10 0 1x19"}
    >>> Scenario({'up{job="api"}': "1x10 0x20"}, fires_at="16m", silent={"a blip": blip}).series
    {'up{job="api"}': '1x10 0x20'}
    """

    series: Annotated[Mapping[Any, str | Sequence[float]], BeforeValidator(_series)]
    _: KW_ONLY
    fires_at: DurationText
    resolves_at: DurationText | None = None
    silent: Annotated[Mapping[str, Mapping[Any, str | Sequence[float]]], BeforeValidator(_variants)] = Field(
        default_factory=dict
    )
    interval: IntervalText = "1m"


class Alert(Declaration):
    """An expression whose every result is a firing alert.

    `for_` is how long it must hold, `keep_firing_for` how long it stays after. `summary` is one static sentence;
    `description` is a template that may use the labels the expression keeps. `component` groups alerts for inhibition,
    `team` for routing. `dashboard` is the title of a dashboard of this spec. `runbook` is a `Runbook` or a URL.
    `scenario` gives series that make it fire.

    >>> down = Alert("TargetDown", "up == 0", for_="5m", severity=Severity.CRITICAL, summary="A target is down.")
    >>> down.for_
    '5m'
    """

    name: Annotated[str, AfterValidator(_name)]
    expr: ExprText
    _: KW_ONLY
    for_: DurationText = "0s"
    keep_firing_for: DurationText | None = None
    severity: Urgency
    summary: Filled
    description: str = ""
    runbook: Runbook | str | None = None
    component: str | None = None
    team: str | None = None
    dashboard: str | None = None
    labels: LabelTexts = Field(default_factory=dict)
    annotations: LabelTexts = Field(default_factory=dict)
    group: str | None = None
    scenario: Scenario | None = None
