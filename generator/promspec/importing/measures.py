"""What a query counts: events, events per second, or neither; and the same query as a count of events."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache

from promspec.importing.queries import Query, calls, edited, is_window
from promspec.promql import (
    Aggregate,
    Binary,
    Call,
    Expr,
    Matcher,
    NumberLiteral,
    Paren,
    Selector,
    Series,
    Subquery,
    Unary,
    infer,
    unwrap,
    walk,
)
from promspec.series import SpecSeries
from promspec.vocabulary.selectors import TARGET_LABELS
from promspec.vocabulary.spec import Spec

PER_SECOND = ("rate", "irate")
COUNTING = ("increase", "sum_over_time", "count_over_time")
_LINEAR = ("sum", "avg", "max", "min", "topk", "bottomk")
_SAME = ("sort", "sort_desc", "abs", "label_replace", "label_join", "scalar", "vector")
_CLAMPS = ("clamp_min", "clamp_max")


class Measure(Enum):
    """How the value of an expression grows with its window."""

    ZERO = "zero"
    NUMBER = "a number"
    PER_SECOND = "events per second"
    EVENTS = "events"
    OTHER = "something else"


def measure(expr: Expr) -> Measure:
    """What an expression measures: `sum(rate(x[$window]))` events per second, `2 * that` too, `that + 1` nothing."""
    expr = unwrap(expr)
    if isinstance(expr, NumberLiteral):
        return Measure.ZERO if expr.value == 0 else Measure.NUMBER
    if isinstance(expr, Call):
        return _call(expr)
    if isinstance(expr, Aggregate) and expr.op in _LINEAR:
        return measure(expr.expr)
    if isinstance(expr, Unary):
        return measure(expr.expr)
    return _binary(expr) if isinstance(expr, Binary) else Measure.OTHER


def _call(expr: Call) -> Measure:
    if expr.func in (*PER_SECOND, *COUNTING):
        part = expr.args[0]
        whole = isinstance(part, (Selector, Subquery)) and is_window(part.range)
        if not whole or (isinstance(part, Subquery) and expr.func in PER_SECOND):
            return Measure.OTHER
        return Measure.PER_SECOND if expr.func in PER_SECOND else Measure.EVENTS
    if expr.func in _SAME and expr.args:
        return measure(expr.args[0])
    if expr.func in _CLAMPS and measure(expr.args[1]) is Measure.ZERO:
        return measure(expr.args[0])
    return Measure.OTHER


def _binary(expr: Binary) -> Measure:
    left, right = measure(expr.lhs), measure(expr.rhs)
    if expr.op in ("+", "-", "or"):
        if left is right or right is Measure.ZERO:
            return left
        return right if left is Measure.ZERO else Measure.OTHER
    if expr.op in ("and", "unless"):
        return left
    if expr.op in ("*", "/") and right is Measure.NUMBER:
        return left
    if expr.op == "*" and left is Measure.NUMBER:
        return right
    compared = expr.op in ("==", "!=", "<", ">", "<=", ">=") and not expr.return_bool
    return left if compared and right is Measure.ZERO else Measure.OTHER


def counted(query: Query) -> Query:
    """The query with `increase` for every `rate`: the same events, counted instead of divided by the seconds."""
    edits = [(call.start, call.start + len(call.func), "increase") for call in calls(query.expr, *PER_SECOND)]
    return edited(query.text, edits)


def widened(query: Query) -> Query:
    """The query with the window for every range that is written as a number."""
    parts = [node.range for node in walk(query.expr) if isinstance(node, Selector) and node.range is not None]
    return edited(query.text, [(part.start, part.end, "$window") for part in parts if not is_window(part)])


def increases(query: Query) -> Query:
    """A query of bare counters as what they increased by within the window; summed, if it is not aggregated."""
    bare = [node for node in walk(query.expr) if isinstance(node, Selector) and node.range is None]
    made = edited(query.text, [edit for node in bare for edit in _ranged(node, "increase")])
    return made if aggregated(made.expr) else edited(f"sum({made.text})", [])


def summed(query: Query, step: str) -> Query:
    """A query of a gauge as the sum of its samples within the window; those of an expression every `step`."""
    bare = unwrap(query.expr)
    if isinstance(bare, Selector):
        return edited(f"sum({edited(query.text, _ranged(bare, 'sum_over_time')).text})", [])
    text = query.text
    inner = text if isinstance(query.expr, (Call, Aggregate, Paren)) else f"({text})"
    made = f"sum_over_time({inner}[$window:{step}])"
    return edited(made if aggregated(query.expr) else f"sum({made})", [])


def _ranged(node: Selector, function: str) -> list[tuple[int, int, str]]:
    """The edits that make `function(x[$window])` of a selector; the range comes before `offset` and `@`."""
    end = max(node.name_end, node.braces[1] if node.braces else 0)
    return [(node.start, node.start, f"{function}("), (end, end, "[$window]"), (node.end, node.end, ")")]


def aggregated(expr: Expr) -> bool:
    """Whether the result has the labels of an aggregation, and not those of each series."""
    return grouping(expr) is not None


def grouping(expr: Expr) -> tuple[str, ...] | None:
    """The labels by which the result is divided; None if each series stands for itself."""
    found = infer(expr, _Anything(set(_labels(expr)) <= set(TARGET_LABELS)))
    return tuple(found.labels) if found.exact else None


def _labels(expr: Expr) -> Iterator[str]:
    """The labels that an expression names."""
    for node in walk(expr):
        if isinstance(node, Selector):
            yield from (matcher.label for matcher in node.matchers if matcher.label != "__name__")
        elif isinstance(node, Aggregate):
            yield from (label.name for label in node.grouping)
        elif isinstance(node, Binary) and node.matching is not None:
            yield from (label.name for label in (*node.matching.labels, *node.matching.include))


@cache
def _own_series() -> SpecSeries:
    return SpecSeries(Spec("imported", owner="nobody"))


class _Anything:
    """A registry in which every series exists; nobody knows the labels but, if they are `usual`, of Prometheus' own."""

    def __init__(self, usual: bool) -> None:
        self._usual = usual

    def series(self, name: str) -> Series:
        """A series of that name."""
        own = _own_series().series(name) if self._usual else None
        return own or Series(name, "unknown", {}, exact=False)

    def names(self) -> Sequence[str]:
        """None."""
        return ()

    def histograms(self) -> Collection[str]:
        """None."""
        return ()


@dataclass(frozen=True, slots=True)
class Selection:
    """`sum by (…) (increase(series{matchers}[$window]))`, which a spec writes as the series alone."""

    series: str
    matchers: tuple[Matcher, ...]
    by: tuple[str, ...]

    @property
    def conditions(self) -> frozenset[tuple[str, str, str]]:
        """The matchers without their order, but for the bucket."""
        return frozenset((m.label, m.op, m.value) for m in self.matchers if m.label != "le")


def selection(expr: Expr) -> Selection | None:
    """The selection that an expression is, or None."""
    expr = unwrap(expr)
    if not (isinstance(expr, Aggregate) and expr.op == "sum" and not expr.without):
        return None
    call = unwrap(expr.expr)
    if not (isinstance(call, Call) and call.func == "increase"):
        return None
    part = call.args[0]
    if not (isinstance(part, Selector) and part.name and is_window(part.range) and not part.offset and not part.at):
        return None
    return Selection(part.name, part.matchers, tuple(label.name for label in expr.grouping))


def without_fallback(expr: Expr) -> Expr:
    """The expression without `or vector(0)`, which promspec's own rules make needless."""
    found = unwrap(expr)
    if isinstance(found, Binary) and found.op == "or" and grouping(found.lhs) == ():
        right = unwrap(found.rhs)
        if isinstance(right, Call) and right.func == "vector" and measure(right) is Measure.ZERO:
            return found.lhs
    return expr
