"""An SLO as PromQL: events recorded once over the base window, ratios of sums for every longer one, four tiers."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from promspec import naming, objectives
from promspec.objectives import BurnTier, Clock
from promspec.plan.rules import AlertRule, Record
from promspec.promql import Binary, PromQLError, matcher, parse
from promspec.promql import Selector as QuerySelector
from promspec.quantities import bound, duration, milliseconds, number, percent, seconds, spoken
from promspec.vocabulary.error_codes import ErrorCodes
from promspec.vocabulary.metrics import Counter, HistogramSeries, Selector
from promspec.vocabulary.selectors import escape
from promspec.vocabulary.slos import SLO, Availability, Events, Latency, Ratio

PLACEHOLDERS = ("${window}", "$window", "{{.window}}", "{{ .window }}")


class SloQueries:
    """The expressions of one SLO. `codes` tells which errors spend no budget, `clock` the base window."""

    def __init__(self, slo: SLO, spec: str, clock: Clock, codes: type[ErrorCodes] | None) -> None:
        self.slo, self.clock, self._spec, self._codes = slo, clock, spec, codes
        self._where = "{" + matcher("slo", "=", slo.name) + "," + matcher("spec", "=", spec) + "}"
        self._labels = (("slo", slo.name), ("spec", spec))

    def events(self) -> Iterator[Record]:
        """Bad and all events of the base window, and the objective: evaluated with every evaluation."""
        total, bad = self._total(self.clock.base), self._bad(self.clock.base)
        yield Record(naming.SLO_TOTAL + self.clock.base, total, self._labels)
        # Where no error series exists yet there were no errors: zero for every group that has events.
        yield Record(naming.SLO_BAD + self.clock.base, f"{_operand(bad)}\nor\n0 * {_operand(total)}", self._labels)
        yield Record(naming.SLO_OBJECTIVE, f"vector({number(self.slo.target)})", self._labels)

    def windows(self) -> Iterator[Record]:
        """The error ratio over every window of up to six hours."""
        for window in objectives.windows(self.slo, self.clock):
            if not objectives.is_slow(window):
                yield Record(naming.SLO_RATIO + window, self._ratio(window), self._labels)

    def slow(self) -> Iterator[Record]:
        """Sums for the long windows, their ratios, the ratio over the whole period, and what remains of the budget."""
        slow, base = self.clock.slow, self.clock.base
        for target, source in ((naming.SLO_TOTAL_SLOW, naming.SLO_TOTAL), (naming.SLO_BAD_SLOW, naming.SLO_BAD)):
            yield Record(target + slow, f"sum_over_time({source}{base}{self._where}[{slow}])", self._labels)
        long = [window for window in objectives.windows(self.slo, self.clock) if objectives.is_slow(window)]
        for window in dict.fromkeys([*long, self.slo.window]):
            yield Record(naming.SLO_RATIO + window, self._ratio(window, slow=True), self._labels)
        spent = f"{naming.SLO_RATIO}{self.slo.window}{self._where} / {number(self.slo.error_budget)}"
        yield Record(naming.SLO_BUDGET_REMAINING, f"1 - {spent}", self._labels)

    def burning(self, tier: BurnTier) -> str:
        """The condition of a tier: both windows burn too fast, and enough events failed to mean something."""
        threshold = number(tier.threshold)
        ratios = [f"{naming.SLO_RATIO}{window}{self._where} > {threshold}" for window in (tier.long, tier.short)]
        failed, weight = self._failed(tier.long)
        # A count of n events is estimated between n - 1/2 and n + 1/2, by where the scrapes fall.
        enough = f"{failed} * {number(weight)} > {number(Decimal(self.slo.minimum_events) - Decimal('0.5'))}"
        return "\nand\n".join((*ratios, enough) if self.slo.minimum_events > 1 else ratios)

    def _failed(self, window: str) -> tuple[str, Decimal]:
        if objectives.is_slow(window):
            return f"sum_over_time({naming.SLO_BAD_SLOW}{self.clock.slow}{self._where}[{window}])", self.clock.weight
        return f"sum_over_time({naming.SLO_BAD}{self.clock.base}{self._where}[{window}])", self.clock.weight

    def _ratio(self, window: str, slow: bool = False) -> str:
        if slow:
            bad, total = naming.SLO_BAD_SLOW + self.clock.slow, naming.SLO_TOTAL_SLOW + self.clock.slow
        else:
            bad, total = naming.SLO_BAD + self.clock.base, naming.SLO_TOTAL + self.clock.base
        all_events = f"sum_over_time({total}{self._where}[{window}])"
        failed = f"sum_over_time({bad}{self._where}[{window}])"
        # No traffic is no error: zero, never NaN, which would stay in a longer sum for its whole window.
        return f"{failed} / ({all_events} > 0)\nor\n0 * {all_events}"

    def _by(self) -> str:
        return f" by ({', '.join(self.slo.group_labels)})" if self.slo.group_by else ""

    def _count(self, selector: str, window: str) -> str:
        return (
            f"sum{self._by()} (increase({selector}[{window}]))"
            if self._by()
            else f"sum(increase({selector}[{window}]))"
        )

    def _total(self, window: str) -> str:
        sli = self.slo.sli
        if isinstance(sli, Latency):
            return self._count(_histogram(sli, "_count"), window)
        if isinstance(sli, Ratio):
            return self._part(sli.total, window)
        requests = sli.requests or (sli.operation.requests if sli.operation else None)
        return self._count(str(requests), window)

    def _bad(self, window: str) -> str:
        sli = self.slo.sli
        if isinstance(sli, Availability):
            return self._count(self._errors(sli), window)
        if isinstance(sli, Ratio) and sli.bad is not None:
            return self._part(sli.bad, window)
        if isinstance(sli, Ratio):
            good = self._part(sli.good or "", window)
        else:
            good = self._count(_histogram(sli, "_bucket", bound(Decimal(sli.below))), window)
        return f"clamp_min({_operand(self._total(window))} - {_operand(good)}, 0)"

    def _errors(self, sli: Availability) -> str:
        errors = sli.errors or (sli.operation.errors if sli.operation else None)
        assert errors is not None  # the vocabulary saw to it
        metric = errors.metric if isinstance(errors, Selector) else errors
        matchers = list(errors.matchers) if isinstance(errors, Selector) else []
        spared = [code.value for code in self._codes.codes.values() if not code.spends_budget] if self._codes else []
        if self._codes is not None and spared and metric.label(self._codes.label.name) is self._codes.label:
            name = self._codes.label.name
            one = len(spared) == 1
            matchers.append(matcher(name, "!=" if one else "!~", spared[0] if one else "|".join(map(escape, spared))))
        return str(Selector(metric, metric.name, tuple(matchers)))

    def _part(self, events: Events, window: str) -> str:
        if isinstance(events, (Counter, Selector, HistogramSeries)):
            return self._count(str(events), window)
        text = with_window(events, window)
        try:
            parsed = parse(text)
        except PromQLError:
            return text
        bare = isinstance(parsed, QuerySelector) and parsed.range is None
        return self._count(text, window) if bare else text


def _operand(text: str) -> str:
    """The expression as one side of an operator: in parentheses only if it needs them."""
    try:
        return f"({text})" if isinstance(parse(text), Binary) else text
    except PromQLError:
        return f"({text})"


def with_window(text: str, window: str) -> str:
    """The expression with the range for `$window` (or Sloth's `{{.window}}`)."""
    for placeholder in PLACEHOLDERS:
        text = text.replace(placeholder, window)
    return text


def _histogram(sli: Latency, suffix: str, le: str | None = None) -> str:
    matchers = sli.histogram.matchers if isinstance(sli.histogram, Selector) else ()
    if le is not None:
        matchers = (*matchers, matcher("le", "=", le))
    return str(Selector(sli.metric, sli.metric.name + suffix, tuple(matchers)))


def tier_alert(
    queries: SloQueries, tier: BurnTier, labels: tuple[tuple[str, str], ...], links: tuple[tuple[str, str], ...]
) -> AlertRule:
    """The alert of one tier, with a text that says what, how fast, and what remains of the budget."""
    slo = queries.slo
    own = (("severity", str(tier.severity)), ("slo", slo.name), ("tier", tier.name))
    texts = (("summary", _summary(slo, tier)), ("description", _description(queries, tier)), *links)
    name = naming.slo_alert(slo.name, tier.name)
    given = (*own, *labels, *tier.labels)
    return AlertRule(name, queries.burning(tier), tier.for_, None, given, (*texts, *tier.annotations))


def _summary(slo: SLO, tier: BurnTier) -> str:
    return f"{slo.name} spends its error budget more than {number(tier.factor)} times too fast ({tier.name})."


def _description(queries: SloQueries, tier: BurnTier) -> str:
    slo = queries.slo
    groups = "".join(f" {name}={{{{ $labels.{name} }}}}" for name in slo.group_labels)
    gone = spoken(duration(_rounded(int(milliseconds(slo.window) / tier.factor))))
    return (
        f"{{{{ $value | humanizePercentage }}}} of the events of {slo.name}{groups} failed within {tier.long}, and "
        f"more than {percent(tier.threshold)} within {tier.short}; the objective of {number(slo.objective)}% over "
        f"{slo.window} allows {percent(slo.error_budget)}. At {number(tier.factor)} times the allowed rate the whole "
        f"budget is spent in {gone}. Budget remaining: {_remaining(queries)}."
    )


def _remaining(queries: SloQueries) -> str:
    slo = queries.slo
    matchers = [f"slo='{slo.name}'", f"spec='{queries._spec}'", *(f"{name}='%s'" for name in slo.group_labels)]
    arguments = "".join(f" $labels.{name}" for name in slo.group_labels)
    query = f'printf "{naming.SLO_BUDGET_REMAINING}{{{",".join(matchers)}}}"{arguments} | query'
    return "{{ with " + query + " }}{{ . | first | value | humanizePercentage }}{{ else }}unknown{{ end }}"


def _rounded(length_ms: int) -> int:
    """To whole hours beyond two, to whole minutes below: nobody plans by the second."""
    unit = 3_600_000 if length_ms > 2 * 3_600_000 else 60_000
    return max(unit, round(length_ms / unit) * unit)


def budget_minutes(slo: SLO) -> str:
    """The budget as time of total outage within the window, in minutes."""
    return number((seconds(slo.window) * slo.error_budget / 60).quantize(Decimal("0.1")))
