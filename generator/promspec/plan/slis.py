"""What an SLO counts, as PromQL: the bad and all events of its indicator over a window, by the labels it groups by."""

from __future__ import annotations

from decimal import Decimal

from promspec.promql import Aggregate, Binary, Call, Expr, PromQLError, matcher, parse, unwrap, walk
from promspec.promql import Selector as QuerySelector
from promspec.quantities import number, seconds
from promspec.vocabulary.error_codes import ErrorCodes
from promspec.vocabulary.metrics import Counter, HistogramSeries, Selector
from promspec.vocabulary.selectors import escape, select
from promspec.vocabulary.slis import Availability, Events, Freshness, Holds, Latency, Ratio
from promspec.vocabulary.slos import SLO

PLACEHOLDERS = ("${window}", "$window", "{{.window}}", "{{ .window }}")
_RATES = ("rate", "irate")
_COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")


class Counting:
    """The events of one SLO. `codes` tells which errors spend no budget."""

    def __init__(self, slo: SLO, codes: type[ErrorCodes] | None) -> None:
        self._slo, self._codes = slo, codes

    def total(self, window: str) -> str:
        """All events of the window; of a gauge, one for each series now."""
        sli = self._slo.sli
        if isinstance(sli, (Freshness, Holds)):
            return f"count{self._by()} ({condition(sli)})"
        if isinstance(sli, Latency):
            return self._count(_histogram(sli, "_count"), window)
        if isinstance(sli, Ratio):
            return self._part(sli.total, window)
        requests = sli.requests or (sli.operation.requests if sli.operation else None)
        return self._count(str(requests), window)

    def bad(self, window: str) -> str:
        """The bad events, for every group that has events: where no series of errors exists yet there were none."""
        sli, total = self._slo.sli, operand(self.total(window))
        if isinstance(sli, (Freshness, Holds)):
            return f"{total} - sum{self._by()} ({condition(sli)})"
        if isinstance(sli, Availability):
            bad = self._count(self._errors(sli), window)
        elif isinstance(sli, Ratio) and sli.bad is not None:
            bad = self._part(sli.bad, window)
        elif isinstance(sli, Ratio):
            # Nor does a series of good events have to exist: then every event is bad. What became good only after it
            # was counted in all, in another window, is taken back there: below zero, so that longer sums are right.
            good = operand(self._part(sli.good or "", window))
            return f"{total} - ({good} or 0 * {total})"
        else:
            good = operand(self._count(_histogram(sli, "_bucket", Decimal(sli.below)), window))
            return f"clamp_min({total} - ({good} or 0 * {total}), 0)"
        return f"{operand(bad)}\nor\n0 * {total}"

    def _by(self) -> str:
        return f" by ({', '.join(self._slo.group_labels)})" if self._slo.group_by else ""

    def _count(self, selector: str, window: str) -> str:
        return f"sum{self._by()}{' ' if self._by() else ''}(increase({selector}[{window}]))"

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
        return self._count(text, window) if bare else _counted(text, parsed)


def condition(sli: Freshness | Holds) -> str:
    """What is 1 for each series while all is well, and 0 while not: never nothing, or a failure would not count."""
    if isinstance(sli, Freshness):
        return f"time() - {operand(str(sli.timestamp))} <= bool {number(seconds(sli.within))}"
    text = str(sli.condition)
    try:
        top = unwrap(parse(text))
    except PromQLError:
        return text
    if not isinstance(top, Binary) or top.op not in _COMPARISONS:
        return f"{operand(text)} == bool 1"
    return text if top.return_bool else f"{text[: top.op_end]} bool{text[top.op_end :]}"


def _counted(text: str, expr: Expr) -> str:
    """A sum of rates as the sum of events that it stands for: a number of failures has to mean something."""
    nodes = list(walk(expr))
    calls = [node for node in nodes if isinstance(node, Call)]
    if any(node.op not in ("+", "-", "or") for node in nodes if isinstance(node, Binary)):
        return text
    if any(node.op != "sum" for node in nodes if isinstance(node, Aggregate)):
        return text
    if any(call.func not in ("increase", *_RATES, "vector") for call in calls):
        return text
    for call in sorted(calls, key=lambda call: -call.start):
        if call.func in _RATES:
            text = f"{text[: call.start]}increase{text[call.start + len(call.func) :]}"
    return text


def operand(text: str) -> str:
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


def _histogram(sli: Latency, suffix: str, le: Decimal | None = None) -> str:
    matchers = sli.histogram.matchers if isinstance(sli.histogram, Selector) else ()
    if le is not None:
        matchers = (*matchers, *select(sli.metric.name, (), {"le": number(le)}, (le,), external=sli.metric.external))
    return str(Selector(sli.metric, sli.metric.name + suffix, tuple(matchers)))
