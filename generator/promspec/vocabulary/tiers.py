"""`Tier`: a burn-rate alert of an SLO, and the four standard ones of the Google SRE Workbook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from promspec.naming import SLUG
from promspec.quantities import milliseconds, number
from promspec.vocabulary.base import Declaration
from promspec.vocabulary.severity import Severity, Urgency
from promspec.vocabulary.slis import exact
from promspec.vocabulary.texts import DurationText, LabelTexts, wrong

Shrinking = Literal["windows", "for_"]
"""What of a tier can shrink with a short period."""
RESERVED = ("budget-exhausted", "budget-forecast")
"""What the alerts on the budget itself carry in the label `tier`."""


class Tier(Declaration):
    """A burn-rate alert: fires when both windows spend the budget `factor` times too fast.

    `budget` is the share of the whole period's budget that is spent within the `long` window at that speed, 0-1; the
    factor is budget x period / long. Source: Google SRE Workbook, "Alerting on SLOs", multiwindow multi-burn-rate.
    `labels` and `annotations` are added to its alert, before those of the SLO. What `shrinks` names becomes shorter
    with a period of less than 30 days, at the same factor: so do the standard tiers.
    """

    name: str
    _: KW_ONLY
    short: DurationText
    long: DurationText
    budget: Annotated[Decimal | float, BeforeValidator(exact)]
    severity: Urgency
    for_: DurationText = "0s"
    labels: LabelTexts = Field(default_factory=dict)
    annotations: LabelTexts = Field(default_factory=dict)
    shrinks: Annotated[Sequence[Shrinking], AfterValidator(tuple)] = ()

    @model_validator(mode="after")
    def _windows_in_order(self) -> Tier:
        if not SLUG.fullmatch(self.name):
            raise wrong(
                "tier/name", f"{self.name!r} is not a tier's name", 'write lower case words, such as "page-fast"'
            )
        if self.name in RESERVED:
            raise wrong("tier/name", f"{self.name!r} is what an alert on the budget is called", "choose another name")
        if not 0 < self.budget <= 1:
            raise wrong("tier/budget", f"a budget of {number(self.budget)} is no share", "write a number from 0 to 1")
        if milliseconds(self.short) >= milliseconds(self.long):
            raise wrong("tier/windows", "the short window is not shorter than the long one", "write short < long")
        return self

    def but(
        self,
        *,
        name: str | None = None,
        short: str | None = None,
        long: str | None = None,
        budget: Decimal | float | None = None,
        severity: Severity | None = None,
        for_: str | None = None,
        labels: Mapping[str, str] | None = None,
        annotations: Mapping[str, str] | None = None,
    ) -> Tier:
        """The tier with some things different: `PAGE_FAST.but(for_="2m")`. What is given no longer shrinks.

        >>> PAGE_FAST.but(name="now", for_="2m").shrinks
        ('windows',)
        """
        given = {"name": name, "short": short, "long": long, "budget": budget, "severity": severity, "for_": for_}
        changed: dict[str, Any] = {**given, "labels": labels, "annotations": annotations}
        changed = {field: value for field, value in changed.items() if value is not None}
        fixed = {"for_"} & changed.keys() | ({"windows"} if changed.keys() & {"short", "long"} else set())
        own = {field: getattr(self, field) for field in ("name", "short", "long", "budget", "severity", "for_")}
        own.update(labels=self.labels, annotations=self.annotations)
        return Tier(**{**own, **changed, "shrinks": tuple(part for part in self.shrinks if part not in fixed)})


def _standard(name: str, short: str, long: str, budget: str, severity: Severity, for_: str) -> Tier:
    share = Decimal(budget)
    shrinks: tuple[Shrinking, ...] = ("windows", "for_")
    return Tier(name, short=short, long=long, budget=share, severity=severity, for_=for_, shrinks=shrinks)


PAGE_FAST = _standard("page-fast", "5m", "1h", "0.02", Severity.CRITICAL, "0s")
PAGE_SLOW = _standard("page-slow", "30m", "6h", "0.05", Severity.CRITICAL, "2m")
TICKET_FAST = _standard("ticket-fast", "2h", "1d", "0.1", Severity.WARNING, "15m")
TICKET_SLOW = _standard("ticket-slow", "6h", "3d", "0.1", Severity.WARNING, "1h")

STANDARD_TIERS = (PAGE_FAST, PAGE_SLOW, TICKET_FAST, TICKET_SLOW)
"""What an SLO has that lists no tiers of its own. Source: SRE Workbook, table 5-8, for a period of 30 days."""
