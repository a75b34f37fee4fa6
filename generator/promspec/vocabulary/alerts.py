"""`Alert`: a condition that a person must know of, and the `Scenario` that must make it fire."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import KW_ONLY
from typing import Annotated

from pydantic import AfterValidator, Field

from promspec.vocabulary.base import Declaration
from promspec.vocabulary.runbooks import Runbook
from promspec.vocabulary.severity import Urgency
from promspec.vocabulary.texts import DurationText, ExprText, Filled, IntervalText, LabelTexts, wrong


def _name(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", text):
        better = re.sub(r"[^A-Za-z0-9]+", " ", text).title().replace(" ", "") or "HighErrorRate"
        raise wrong("alert/name", f"{text!r} is not an alert name", f"write words in CamelCase: {better!r}")
    return text


class Scenario(Declaration):
    """Series that must make an alert fire: `series` maps each to promtool's values, `fires_within` says how soon.

    >>> Scenario({'up{job="api"}': "1x10 0x20"}, fires_within="10m").fires_within
    '10m'
    """

    series: Mapping[str, str]
    _: KW_ONLY
    fires_within: DurationText = "10m"
    interval: IntervalText = "1m"


class Alert(Declaration):
    """An expression whose every result is a firing alert.

    `for_` is how long it must hold, `keep_firing_for` how long it stays after. `summary` is one static sentence;
    `description` is a template that may use the labels the expression keeps. `component` groups alerts for inhibition,
    `team` for routing. `dashboard` is the title of a dashboard of this spec. `runbook` is a `Runbook` or a URL.

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
