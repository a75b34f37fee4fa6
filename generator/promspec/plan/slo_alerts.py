"""The alerts of an SLO: burn-rate tiers, budget exhausted, budget forecast; with texts for a person just woken."""

from __future__ import annotations

from collections.abc import Iterator

from promspec import naming, objectives
from promspec.objectives import BurnTier, Forecast
from promspec.plan.rules import AlertRule, plain
from promspec.plan.slos import SloQueries
from promspec.quantities import number, percent, seconds, spoken
from promspec.vocabulary.severity import Severity
from promspec.vocabulary.slos import SLO

Pairs = tuple[tuple[str, str], ...]

EXHAUSTED = "budget-exhausted"
FORECAST = "budget-forecast"
"""What these alerts carry in the label `tier`, beside the names of the burn-rate tiers."""
_EXHAUSTED_FOR = "15m"
_DAY = 86_400


def slo_alerts(queries: SloQueries, labels: Pairs, links: Pairs) -> Iterator[tuple[AlertRule, bool]]:
    """Every alert of an SLO, and whether it follows the slow group: what it reads changes no more often."""
    slo, clock = queries.slo, queries.clock
    for tier in objectives.tiers(slo, clock):
        yield tier_alert(queries, tier, labels, links), objectives.is_slow(tier.long)
    given = (*labels, *slo.labels.items()), (*links, *slo.annotations.items())
    if slo.budget_exhausted is not None:
        yield _exhausted(queries, slo.budget_exhausted, *given), True
    forecast = objectives.forecast(slo, clock)
    if forecast is not None and slo.budget_forecast is not None:
        yield _foreseen(queries, forecast, slo.budget_forecast, *given), True


def tier_alert(queries: SloQueries, tier: BurnTier, labels: Pairs, links: Pairs) -> AlertRule:
    """The alert of one tier, with a text that says what, how fast, and what remains of the budget."""
    slo = queries.slo
    speed = "too fast" if tier.factor == 1 else f"more than {number(tier.factor)} times too fast"
    summary = f"{slo.name} spends its error budget {speed} ({tier.name})."
    texts = (("summary", summary), ("description", _burning(queries, tier)), *links)
    own = _own(queries, tier.name, tier.severity)
    name = naming.slo_alert(slo.name, tier.name)
    given = (*own, *labels, *tier.labels)
    return AlertRule(name, queries.burning(tier), tier.for_, None, given, (*texts, *tier.annotations))


def _own(queries: SloQueries, tier: str, severity: Severity) -> Pairs:
    return ("severity", str(severity)), ("slo", queries.slo.name), ("tier", tier)


def _burning(queries: SloQueries, tier: BurnTier) -> str:
    slo = queries.slo
    budget, period = number(slo.error_budget), seconds(slo.window)
    lasts = _value(f'printf "{number(period * slo.error_budget)} / %g" $value', "humanizeDuration")
    speed = _value(f'printf "%g / {budget}" $value', "humanize")
    return (
        f"{_what(queries)}{{{{ $value | humanizePercentage }}}} of the {_events(queries)}{_group(queries)} failed "
        f"within {spoken(tier.long)}, and more than {percent(tier.threshold)} within {spoken(tier.short)}. "
        f"That is {speed} times what the objective of {number(slo.objective)}% over {spoken(slo.window)} allows: "
        f"at this speed a whole budget lasts {lasts}. Budget remaining: {_remaining(queries)}."
    )


def _exhausted(queries: SloQueries, severity: Severity, labels: Pairs, links: Pairs) -> AlertRule:
    slo, period = queries.slo, queries.slo.window
    failed = f"{naming.SLO_BAD_SLOW}{period}{queries.where}"
    minimum = objectives.minimum_events(slo, period, slo.error_budget)
    expr = "\nand\n".join((f"{queries.remaining} <= 0", *queries.enough(failed, minimum)))
    text = (
        f"{_what(queries)}More of the {_events(queries)}{_group(queries)} failed {_span(queries)} than the "
        f"objective of {number(slo.objective)}% allows. Budget remaining: {{{{ $value | humanizePercentage }}}}. "
        "Until it has recovered, put reliability before changes."
    )
    summary = f"{slo.name} has spent its whole error budget."
    texts = (("summary", summary), ("description", text), *links)
    for_ = objectives.shrunk(slo, _EXHAUSTED_FOR, queries.clock)
    name = naming.slo_budget_alert(slo.name, EXHAUSTED)
    return AlertRule(name, expr, for_, None, (*_own(queries, EXHAUSTED, severity), *labels), texts)


def _foreseen(queries: SloQueries, forecast: Forecast, severity: Severity, labels: Pairs, links: Pairs) -> AlertRule:
    slo = queries.slo
    in_time = [f"{queries.remaining} > 0", *(_gone_in_time(queries, w) for w in (forecast.long, forecast.short))]
    expr = "\nand\n".join((*in_time, *queries.enough(queries.failed(forecast.long), forecast.minimum)))
    text = (
        f"{_what(queries)}{{{{ $value | humanizePercentage }}}} of the error budget of {slo.name}{_group(queries)} "
        f"remains. At the speed of the last {spoken(forecast.long)}, which still lasts, {_end(queries, forecast)}."
    )
    summary = f"{slo.name} will have spent its error budget before the {budget_span(slo)} ends."
    texts = (("summary", summary), ("description", text), *links)
    name = naming.slo_budget_alert(slo.name, FORECAST)
    return AlertRule(name, expr, forecast.for_, None, (*_own(queries, FORECAST, severity), *labels), texts)


def _gone_in_time(queries: SloQueries, window: str) -> str:
    """Whether the speed within a window spends what remains.

    A period that rolls on loses its oldest failures while new ones come, so it ends at the ratio of that speed: the
    budget is gone when that is more than the objective allows. A calendar month only adds to what it has: what remains
    must last for its seconds that are left, at so many budgets for each period.
    """
    forecast = objectives.forecast(queries.slo, queries.clock)
    ratio = queries.whole(window) if forecast and window == forecast.long else queries.ratio(window)
    budget = number(queries.slo.error_budget)
    if queries.slo.calendar is None:
        return f"{ratio} > {budget}"
    left = f"scalar((days_in_month() - day_of_month() + 1) * {_DAY}) - time() % {_DAY}"
    scale = number(seconds(queries.slo.window) * queries.slo.error_budget)
    return f"{ratio} * ({left}) / {scale} > {queries.remaining}"


def _end(queries: SloQueries, forecast: Forecast) -> str:
    """When the budget is gone, in words, by a query that the text makes."""
    slo, period = queries.slo, number(seconds(queries.slo.window))
    where, names = _matched(queries)
    remaining, ratio = f"{naming.SLO_BUDGET_REMAINING}{where}", f"{naming.SLO_RATIO}{forecast.long}{where}"
    speed = f"{ratio} / {number(slo.error_budget)}"
    # Of a rolling period, what was spent already leaves it again, evenly: that much of the speed is no loss.
    loss = speed if slo.calendar else f"({speed} - 1 + {remaining})"
    query = f'printf "{remaining} * {period} / {loss}"{names * (2 if slo.calendar else 3)}'
    return f"nothing will remain in {_value(query, 'humanizeDuration')}"


def _remaining(queries: SloQueries) -> str:
    where, names = _matched(queries)
    return _value(f'printf "{naming.SLO_BUDGET_REMAINING}{where}"{names}', "humanizePercentage")


def _matched(queries: SloQueries) -> tuple[str, str]:
    """Matchers for a query inside a text, as printf's format and its arguments: `%q` quotes whatever a value holds."""
    groups = queries.slo.group_labels
    matchers = [f"slo='{queries.slo.name}'", f"spec='{queries.spec}'", *(f"{name}=%q" for name in groups)]
    return "{" + ",".join(matchers) + "}", "".join(f" $labels.{name}" for name in groups)


def _value(query: str, shown: str) -> str:
    """The one value of a query, as part of a text."""
    return "{{ with " + query + " | query }}{{ . | first | value | " + shown + " }}{{ else }}unknown{{ end }}"


def _what(queries: SloQueries) -> str:
    """What was promised, in the author's words; braces in them are no template."""
    text = queries.slo.description.strip()
    if not text:
        return ""
    text = plain(text)
    return f"{text} " if text[-1:] in ".!?" else f"{text}. "


def _events(queries: SloQueries) -> str:
    return f"{'evaluations' if objectives.is_state(queries.slo) else 'events'} of {queries.slo.name}"


def _group(queries: SloQueries) -> str:
    return "".join(f" {name}={{{{ $labels.{name} }}}}" for name in queries.slo.group_labels)


def budget_span(slo: SLO) -> str:
    """What the budget is for, in words: the month, or a period."""
    return "month" if slo.calendar else f"period of {spoken(slo.window)}"


def _span(queries: SloQueries) -> str:
    return "since the first of the month" if queries.slo.calendar else f"within {spoken(queries.slo.window)}"
