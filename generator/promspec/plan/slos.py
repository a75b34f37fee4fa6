"""The recording rules of an SLO: events recorded once over the base window, ratios of sums for every longer one."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from promspec import naming, objectives
from promspec.objectives import BurnTier, Clock
from promspec.plan.rules import Record
from promspec.plan.slis import PLACEHOLDERS, Counting, with_window
from promspec.promql import matcher
from promspec.quantities import number, seconds
from promspec.vocabulary.error_codes import ErrorCodes
from promspec.vocabulary.slos import SLO, Ratio

__all__ = ["PLACEHOLDERS", "SloQueries", "budget_minutes", "with_window"]

_LONGEST_MONTH = "31d"
THIS_MONTH = 'count_values("month", month())'
"""One series with the number of the month as its label `month`. UTC, as everything in Prometheus."""


class SloQueries:
    """The expressions of one SLO. `codes` tells which errors spend no budget, `clock` the base window."""

    def __init__(self, slo: SLO, spec: str, clock: Clock, codes: type[ErrorCodes] | None) -> None:
        self.slo, self.clock, self.spec = slo, clock, spec
        self._counting = Counting(slo, codes)
        self.where = "{" + matcher("slo", "=", slo.name) + "," + matcher("spec", "=", spec) + "}"
        self._labels = (("slo", slo.name), ("spec", spec))
        self.weight = objectives.weight(slo, clock)

    def events(self) -> Iterator[Record]:
        """Bad and all events of the base window, and the objective: evaluated with every evaluation."""
        base = self.clock.base
        yield self._record(naming.SLO_TOTAL + base, self._counting.total(base))
        yield self._record(naming.SLO_BAD + base, self._counting.bad(base))
        yield self._record(naming.SLO_OBJECTIVE, f"vector({number(self.slo.target)})")

    def windows(self) -> Iterator[Record]:
        """The error ratio over every window of up to six hours."""
        base = self.clock.base
        for window in objectives.windows(self.slo, self.clock):
            if not objectives.is_slow(window):
                yield self._ratio(window, self.failed(window), self._sum(naming.SLO_TOTAL + base, window))

    def slow(self) -> Iterator[Record]:
        """Sums for the long windows, their ratios, the ratio over the whole period, and what remains of the budget."""
        slow, base = self.clock.slow, self.clock.base
        for target, source in ((naming.SLO_TOTAL_SLOW, naming.SLO_TOTAL), (naming.SLO_BAD_SLOW, naming.SLO_BAD)):
            yield self._record(target + slow, self._sum(source + base, slow))
        for window in objectives.windows(self.slo, self.clock):
            if objectives.is_slow(window) and window != self.slo.window:
                bad, total = naming.SLO_BAD_SLOW + slow, naming.SLO_TOTAL_SLOW + slow
                yield self._ratio(window, self._sum(bad, window), self._sum(total, window))
        yield from self._period()

    def _period(self) -> Iterator[Record]:
        """The sums of the period are kept: the ratio, the budget and its alerts read them."""
        slow, period = self.clock.slow, self.slo.window
        for name in (naming.SLO_TOTAL_SLOW, naming.SLO_BAD_SLOW):
            yield self._record(name + period, self._sum(name + slow, period))
        total, bad = (f"{name}{period}{self.where}" for name in (naming.SLO_TOTAL_SLOW, naming.SLO_BAD_SLOW))
        since = naming.slo_since(self.clock.base)
        oldest = f"min_over_time({since}{self.where}[{period}])"
        yield self._record(since, f"{oldest} and {total}\nor\n0 * {total} + time()")
        if objectives.is_slow(period) or period not in objectives.windows(self.slo, self.clock):
            yield self._ratio(period, bad, total)
        budget = number(self.slo.error_budget)
        if self.slo.calendar is None:
            yield self._record(naming.SLO_BUDGET_REMAINING, f"1 - {self.whole(period)} / {budget}")
            return
        # The label keeps the months apart: a month's number returns only after eleven others.
        of_month = naming.SLO_BAD_OF_MONTH + slow
        month = f"{naming.SLO_BAD_SLOW}{slow}{self.where} * on () group_left (month) {THIS_MONTH}"
        yield self._record(of_month, month)
        spent = f"sum without (month) ({self._sum(of_month, _LONGEST_MONTH)} and on (month) {THIS_MONTH})"
        spent = self._not_below_zero(spent)
        # Against the events of a whole period: one failure in the first minute of a month is not a month's budget.
        remaining = f"1 - {spent} / ({total} > 0) * {self._history(period)} / {budget}\nor\n1 + 0 * {total}"
        yield self._record(naming.SLO_BUDGET_REMAINING, remaining)

    def ratio(self, window: str) -> str:
        """The recorded error ratio over a window."""
        return f"{naming.SLO_RATIO}{window}{self.where}"

    def whole(self, window: str) -> str:
        """The error ratio over a window, as if all had been well before there was any data.

        So a blip is no share of a month because the rules are an hour old, and a page comes as late as it ever would.
        """
        return f"{self.ratio(window)} * {self._history(window)}"

    def _history(self, window: str) -> str:
        """How much of a window there can be data of, 0-1: by age, for what runs once a day is not young."""
        return f"clamp_max((time() - {naming.slo_since(self.clock.base)}{self.where}) / {number(seconds(window))}, 1)"

    @property
    def remaining(self) -> str:
        """The recorded share of the budget that remains."""
        return f"{naming.SLO_BUDGET_REMAINING}{self.where}"

    def burning(self, tier: BurnTier) -> str:
        """The condition of a tier: both windows burn too fast, and enough events failed to mean something."""
        threshold = number(tier.threshold)
        ratios = [f"{ratio} > {threshold}" for ratio in (self.whole(tier.long), self.ratio(tier.short))]
        return "\nand\n".join((*ratios, *self.enough(self.failed(tier.long), tier.minimum)))

    def failed(self, window: str) -> str:
        """The sum of the bad events recorded within a window, in units of `weight`."""
        return self._sum(naming.SLO_BAD + self.clock.base, window)

    def enough(self, failed: str, minimum: int) -> tuple[str, ...]:
        """The condition that a sum of bad events means something; none if one failure is enough."""
        # A count of n events is estimated between n - 1/2 and n + 1/2, by where the scrapes fall.
        count = failed if self.weight == 1 else f"{failed} * {number(self.weight)}"
        return (f"{count} > {number(Decimal(minimum) - Decimal('0.5'))}",) if minimum > 1 else ()

    def _sum(self, name: str, window: str) -> str:
        return f"sum_over_time({name}{self.where}[{window}])"

    def _ratio(self, window: str, failed: str, total: str) -> Record:
        # No traffic is no error: zero, never NaN, which would stay in a longer sum for its whole window. Failures
        # without traffic are a total outage: where only what succeeded is counted in all.
        share = f"{self._not_below_zero(failed)} / ({total} > 0)"
        return self._record(naming.SLO_RATIO + window, f"{share}\nor\n{failed} > bool {total}")

    def _not_below_zero(self, failed: str) -> str:
        """Of good events more may be counted than of all, where they are counted later."""
        return (
            f"clamp_min({failed}, 0)" if isinstance(self.slo.sli, Ratio) and self.slo.sli.good is not None else failed
        )

    def _record(self, name: str, expr: str) -> Record:
        return Record(name, expr, self._labels)


def budget_minutes(slo: SLO) -> str:
    """The budget as time of total outage within the window, in minutes."""
    return number((seconds(slo.window) * slo.error_budget / 60).quantize(Decimal("0.1")))
