"""How an SLO is measured, from the queries of another generator: bad or good events over all, or what comes nearest."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from promspec.importing.measures import (
    Measure,
    Selection,
    counted,
    grouping,
    increases,
    measure,
    selection,
    summed,
    widened,
    without_fallback,
)
from promspec.importing.queries import WINDOW, Query, calls, query
from promspec.promql import Aggregate, Binary, Call, Expr, NumberLiteral, Paren, Selector, matcher, unwrap, walk
from promspec.quantities import bound, decimal, number

Counted = Query | Selection
STEP = "30s"
"""How often the value of an expression is taken, as often as rules are evaluated."""

_OPERATORS = {"lte": "<=", "lt": "<", "gte": ">=", "gt": ">"}
OPERATORS = tuple(_OPERATORS)
"""How OpenSLO compares a value with its threshold."""


@dataclass(frozen=True, slots=True)
class Indicator:
    """Bad (or with `good`, good) events over all events, by labels.

    With `below`, both are selections of one histogram, and requests faster than that bucket are the good ones. `events`
    is false where the parts are no numbers of events, so that a minimum of events means nothing.
    """

    part: Counted
    total: Counted
    good: bool = False
    by: tuple[str, ...] = ()
    events: bool = True
    below: str = ""

    @property
    def parts(self) -> tuple[Counted, ...]:
        """What it counts."""
        return self.part, self.total


@dataclass(frozen=True, slots=True)
class Condition:
    """A comparison that holds while all is well, for each series, by labels."""

    condition: Query
    by: tuple[str, ...] = ()

    @property
    def parts(self) -> tuple[Counted, ...]:
        """What it counts."""
        return (self.condition,)


def of_events(part: Query, total: Query, good: bool = False) -> Indicator:
    """The indicator of two queries that ask for the window: `rate` counts events as `increase` does."""
    found = {measure(part.expr), measure(total.expr)} - {Measure.ZERO}
    if found == {Measure.PER_SECOND}:
        part, total = counted(part), counted(total)
    by = grouping(total.expr) or ()
    events = found in ({Measure.PER_SECOND}, {Measure.EVENTS})
    latency = _latency(part.expr, total.expr, good)
    if latency is not None:
        return Indicator(*latency, good=True, by=by, below=_le(latency[0]))
    one, every = _selected(part, not good), _selected(total, False)
    if isinstance(one, Selection) and isinstance(every, Selection) and one.by == every.by:
        return Indicator(one, every, good, one.by)
    alone = by == ()  # a selection beside a query is summed by no label
    kept = one if alone and isinstance(one, Selection) and not one.by else part
    return Indicator(kept, every if alone and isinstance(every, Selection) else total, good, by, events)


def of_counters(part: Query, total: Query, good: bool) -> Indicator:
    """The indicator of two queries of bare counters, or of rates over a fixed range."""
    made = [widened(item) if is_rate(item) else item if item.windowed else increases(item) for item in (part, total)]
    return of_events(made[0], made[1], good)


def of_values(part: Query, total: Query, good: bool) -> Indicator:
    """The indicator of two numbers that go up and down, each a count of what is there now; rates count as rates."""
    if all(is_rate(item) or item.windowed for item in (part, total)):
        return of_counters(part, total, good)
    return of_events(summed(part, STEP), summed(total, STEP), good)


def is_rate(item: Query) -> bool:
    """Whether a query counts over a range of its own, and not over the window."""
    return bool(calls(item.expr, "rate", "irate", "increase")) and not item.windowed


def of_ratio(ratio: Query, success: bool = False) -> Indicator:
    """The indicator of a query that is a ratio already: of its two sides, or else of its value at each evaluation."""
    sides = _sides(ratio)
    if sides is not None:
        part, total, complement = sides
        found = of_events(part, total, complement != success)
        if found.events:
            return found
    error = f"1 - {_operand(ratio)}" if success else ratio.text
    known = f"{_operand(query(error))} >= 0"  # NaN, where nothing happened, is not counted
    by = grouping(ratio.expr) or ()
    return Indicator(query(f"clamp_max({error}, 1) >= 0"), query(f"0 * ({known}) + 1"), by=by, events=False)


def of_threshold(value: Query, op: str, threshold: Decimal) -> Condition:
    """The indicator of a value that is good while `value op threshold`: each series counts once in each evaluation."""
    plain = all(isinstance(node, (Selector, Aggregate, Paren)) or _keeps(node) for node in walk(value.expr))
    # NaN, such as the quantile of nothing, is no value: it is neither good nor bad.
    known = _operand(value) if plain else f"({_operand(value)} <= Inf)"
    return Condition(query(f"{known} {_OPERATORS[op]} {number(threshold)}"), grouping(value.expr) or ())


def _keeps(node: Expr) -> bool:
    """Whether a function makes no NaN of numbers."""
    return isinstance(node, Call) and node.func.endswith("_over_time") and not node.func.startswith("quantile")


def of_slices(found: Indicator, window: str, allowed: Decimal | None) -> Indicator:
    """The indicator of time slices: each is bad if more than `allowed` of it failed; without, as bad as its ratio."""
    part, total = (_text(item, found.by).replace(WINDOW, window) for item in found.parts)
    if found.below:
        part, total = _slow(found, window), total
    filled = f"({part} or 0 * {_side(total)})" if found.good and not found.below else _side(part)
    ratio = f"{filled} / ({total} > 0)"
    ratio = f"1 - {ratio}" if found.good and not found.below else ratio
    bad = ratio if allowed is None else f"({ratio}) > bool {number(allowed)}"
    return Indicator(query(bad), query(f"0 * {_side(total)} + 1"), by=found.by, events=False)


def _slow(found: Indicator, window: str) -> str:
    fast, every = (_text(item, found.by).replace(WINDOW, window) for item in found.parts)
    return f"{every} - {fast}"


def _latency(part: Expr, total: Expr, good: bool) -> tuple[Selection, Selection] | None:
    """Bucket and count, if that is what the queries compare: the bucket itself, or what lies beyond it."""
    every = selection(total)
    part = without_fallback(unwrap(part))
    fast = selection(part) if good else _beyond(part, every)
    if fast is None or every is None or fast.by != every.by or fast.conditions != every.conditions:
        return None
    same = fast.series.removesuffix("_bucket") == every.series.removesuffix("_count")
    ends = fast.series.endswith("_bucket") and every.series.endswith("_count")
    return (fast, every) if same and ends and _le(fast) else None


def _beyond(part: Expr, every: Selection | None) -> Selection | None:
    """The bucket in `count - bucket`."""
    if not (isinstance(part, Binary) and part.op == "-"):
        return None
    first = selection(part.lhs)
    if first is None or every is None or (first.series, first.conditions) != (every.series, every.conditions):
        return None
    return selection(part.rhs)


def _le(fast: Selection) -> str:
    """The bound of the one bucket selected, if it is written as prometheus_client prints it."""
    asked = [matcher for matcher in fast.matchers if matcher.label == "le"]
    if len(asked) != 1 or asked[0].op != "=" or not canonical(asked[0].value):
        return ""
    return number(decimal(asked[0].value))


def canonical(le: str) -> bool:
    """Whether a bound is finite and written as prometheus_client prints it: `0.5`, `5.0`, not `5`."""
    try:
        return bound(float(le)) == le and float(le) not in (float("inf"), float("-inf")) and le != "nan"
    except ValueError:
        return False


def _selected(item: Query, bad: bool) -> Counted:
    return selection(without_fallback(item.expr) if bad else item.expr) or item


def _sides(ratio: Query) -> tuple[Query, Query, bool] | None:
    """The two sides of `a / b` or of a mean, or of 1 minus these, and whether it was the latter."""
    expr, complement = unwrap(ratio.expr), False
    if isinstance(expr, Binary) and expr.op == "-" and isinstance(unwrap(expr.lhs), NumberLiteral):
        one = unwrap(expr.lhs)
        if not isinstance(one, NumberLiteral) or one.value != 1:
            return None
        expr, complement = unwrap(expr.rhs), True
    if isinstance(expr, Call) and expr.func == "avg_over_time":
        inner = ratio.text[expr.start + len(expr.func) : expr.end]  # a mean is a sum over a count
        return query(f"sum_over_time{inner}"), query(f"count_over_time{inner}"), complement
    if not (isinstance(expr, Binary) and expr.op == "/" and expr.matching is None):
        return None
    part, total = (query(ratio.text[side.start : side.end]) for side in (expr.lhs, expr.rhs))
    same = grouping(part.expr) is not None and grouping(part.expr) == grouping(total.expr)
    return (part, total, complement) if same else None


def _text(item: Counted, by: tuple[str, ...]) -> str:
    if isinstance(item, Query):
        return item.text
    return selection_text(item)


def selection_text(item: Selection) -> str:
    """A selection as the PromQL it stands for."""
    by = f" by ({', '.join(item.by)})" if item.by else ""
    matchers = ",".join(matcher(m.label, m.op, m.value) for m in item.matchers)
    where = "{" + matchers + "}" if matchers else ""
    space = " " if by else ""
    return f"sum{by}{space}(increase({item.series}{where}[{WINDOW}]))"


def _side(text: str) -> str:
    return _operand(query(text))


def _operand(item: Query) -> str:
    """The query as one side of an operator."""
    return item.text if isinstance(item.expr, (Aggregate, Call, Selector)) else f"({item.text})"
