"""`SLO`: an objective over a window, the indicator it is measured by, and the burn-rate tiers that alert on it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import KW_ONLY
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from promspec.naming import SLUG, kebab
from promspec.quantities import decimal, milliseconds, number
from promspec.vocabulary.base import Declaration
from promspec.vocabulary.labels import Label
from promspec.vocabulary.runbooks import Runbook
from promspec.vocabulary.severity import Severity, Urgency
from promspec.vocabulary.slis import Availability, Events, Freshness, Holds, Indicator, Latency, Ratio, exact
from promspec.vocabulary.texts import DurationText, LabelTexts, wrong
from promspec.vocabulary.tiers import STANDARD_TIERS, Tier

__all__ = [
    "SLO",
    "STANDARD_TIERS",
    "Availability",
    "Events",
    "Freshness",
    "Holds",
    "Indicator",
    "Latency",
    "Ratio",
    "Tier",
]


def _objective(value: object) -> object:
    percent = exact(value)
    if not isinstance(percent, Decimal):
        return value
    if percent == 100:
        raise wrong("slo/objective", "an objective of 100 % leaves no error budget", "write less, such as 99.99")
    if not 0 < percent < 100:
        raise wrong(
            "slo/objective", f"{number(percent)} is no percentage", "write a percentage below 100, such as 99.9"
        )
    if percent < 1:
        meant = number(percent * 100)
        raise wrong(
            "slo/objective", f"{number(percent)} % is hardly meant", f"objectives are percentages: write {meant}"
        )
    return percent


def _traffic(text: str | None) -> str | None:
    if text is not None and not re.fullmatch(r"\d+(\.\d+)?/(s|m|h|d)", text):
        raise wrong("slo/traffic", f"{text!r} is no rate", 'write a number per time, such as "10/s" or "300/m"')
    if text is not None and decimal(text.split("/")[0]) == 0:
        raise wrong("slo/traffic", f"{text!r} is no traffic at all", "leave traffic out where nobody knows it")
    return text


class SLO(Declaration):
    """A promise: `objective` percent of the events of `sli` are good, over each `window`.

    `group_by` lists labels that have a budget of their own each. `tiers` replaces the four tiers of the SRE Workbook,
    such as `[PAGE_FAST, TICKET_SLOW.but(severity=Severity.INFO)]`. `traffic` is the expected load (of each group), such
    as `"10/s"`, `"300/m"`. `minimum_events` is how many failed events a tier's long window must hold before it fires,
    so that one failed request pages nobody; where it is not given it follows from the traffic. `calendar="month"`
    counts what is spent of the budget since the first of the month (UTC); the windows of alerts roll on.
    `budget_exhausted` and `budget_forecast` are how urgent it is that nothing of the budget is left, or that nothing
    will be left by the period's end; None leaves the alert out. `labels` and `annotations` are added to every alert.

    >>> slo = SLO("api-availability", Ratio(bad="errors_total", total="requests_total"), objective=99.9)
    >>> slo.error_budget
    Decimal('0.001')
    """

    name: str
    sli: Indicator
    _: KW_ONLY
    objective: Annotated[Decimal | float | int, BeforeValidator(_objective)]
    window: DurationText = "30d"
    calendar: Literal["month"] | None = None
    group_by: Annotated[Sequence[Label | str], AfterValidator(tuple)] = ()
    tiers: Annotated[Sequence[Tier], AfterValidator(tuple)] | None = None
    minimum_events: int | None = None
    traffic: Annotated[str | None, AfterValidator(_traffic)] = None
    budget_exhausted: Urgency | None = Severity.WARNING
    budget_forecast: Urgency | None = Severity.WARNING
    description: str = ""
    runbook: Runbook | str | None = None
    dashboard: str | None = None
    team: str | None = None
    labels: LabelTexts = Field(default_factory=dict)
    annotations: LabelTexts = Field(default_factory=dict)

    @model_validator(mode="after")
    def _plausible(self) -> SLO:
        if not SLUG.fullmatch(self.name):
            better = kebab(self.name) or "my-availability"
            raise wrong("slo/name", f"{self.name!r} is not an SLO's name", f"write lower case words: {better!r}")
        if milliseconds(self.window) < 3_600_000:
            raise wrong(
                "slo/window", f"a window of {self.window} is too short to alert on", 'write "7d", "28d" or "30d"'
            )
        if self.calendar and not 28 <= milliseconds(self.window) / 86_400_000 <= 31:
            raise wrong("slo/calendar", f"a window of {self.window} is no month", 'write window="30d"')
        if self.minimum_events is not None and self.minimum_events < 1:
            raise wrong("slo/minimum-events", f"{self.minimum_events} failed events", "write 1 or more")
        return self

    @property
    def target(self) -> Decimal:
        """The objective as a ratio: 0.995."""
        return decimal(self.objective) / 100

    @property
    def error_budget(self) -> Decimal:
        """The ratio of events that may fail: 0.005."""
        return 1 - self.target

    @property
    def group_labels(self) -> tuple[str, ...]:
        """The names of the labels it is grouped by."""
        return tuple(str(label) for label in self.group_by)

    @property
    def rate(self) -> Decimal | None:
        """The declared traffic in events per second, if there is one."""
        return self.expected_events("1s")

    def expected_events(self, window: str) -> Decimal | None:
        """How many events a window holds at the declared traffic, if there is any."""
        if self.traffic is None:
            return None
        count, unit = self.traffic.split("/")
        return decimal(count) * milliseconds(window) / milliseconds(f"1{unit}")
