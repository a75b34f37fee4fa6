"""How an expression reads each input: with which matchers, in which direction, and what of the series it looks at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

from promspec.promql import (
    Aggregate,
    Binary,
    Call,
    Expr,
    Matcher,
    NumberLiteral,
    Selector,
    Subquery,
    Unary,
    kind,
    unwrap,
    walk,
)
from promspec.proofs.closure import Closure

_FLIPS = {"<": -1, "<=": -1, ">": 1, ">=": 1}
OF_SLOPE = frozenset(("deriv", "delta", "idelta", "stddev_over_time", "stdvar_over_time"))
"""Functions of how much a gauge rises or falls, or that tell how far it went."""
_OF_CHANGES = frozenset(("changes", "resets"))
_OF_SAMPLES = frozenset(("count_over_time", "present_over_time"))


@dataclass(frozen=True, slots=True)
class Leaf:
    """One reading of an input series.

    `sign` is the direction that leads to the condition: 1 up, -1 down, 0 towards or away from a value. `mode` is what
    is looked at: the level, the slope, the age (`time() - x`), how often it changes, its presence, or of how many
    series it is one.
    """

    name: str
    matchers: tuple[Matcher, ...]
    sign: int
    mode: str = "level"
    counts: bool = False
    """Whether a function of counters reads it."""
    past: bool = False
    """Whether it is read with an offset."""
    spread: bool = False
    """Whether a quantile is read from all its buckets."""
    part: Literal["", "over", "under"] = ""
    """On which side of a division it stands."""
    aggregated: bool = field(default=False, compare=False)
    """Whether several series of it become one."""
    counted: bool = field(default=False, compare=False)
    """Whether it is asked how many series there are, or of how many something holds."""
    apart: tuple[str, ...] = field(default=(), compare=False)
    """The labels that tell what is counted apart; empty: any."""
    joined: tuple[str, ...] | None = field(default=None, compare=False)
    """The labels by which many series of the other side match one of it; None: it is not such a side."""


@dataclass(frozen=True, slots=True)
class _Way:
    sign: int = 1
    mode: str = "level"
    counts: bool = False
    past: bool = False
    spread: bool = False
    part: Literal["", "over", "under"] = ""
    aggregated: bool = False
    counted: bool = False
    apart: tuple[str, ...] = ()
    joined: tuple[str, ...] | None = None
    inherited: tuple[Matcher, ...] = ()


def leaves(closure: Closure) -> tuple[Leaf, ...]:
    """Every reading of an input, in the order of the expression."""
    return tuple(dict.fromkeys(_condition(closure.target.tree, closure, _Way(), frozenset())))


def _condition(expr: Expr, closure: Closure, way: _Way, seen: frozenset[str]) -> Iterator[Leaf]:
    """An expression that shall have a result (or with a negative sign, none)."""
    inner = unwrap(expr)
    if isinstance(inner, Binary) and inner.op in ("and", "or", "unless"):
        yield from _condition(inner.lhs, closure, way, seen)
        sign = -way.sign if inner.op == "unless" else way.sign
        yield from _condition(inner.rhs, closure, replace(way, sign=sign), seen)
        if inner.op == "unless":
            yield from _condition(inner.rhs, closure, replace(way, sign=sign, mode="presence"), seen)
    elif isinstance(inner, Binary) and inner.op in _FLIPS:
        sign = way.sign * _FLIPS[inner.op]
        yield from _value(inner.lhs, closure, replace(way, sign=sign), seen)
        yield from _value(inner.rhs, closure, replace(way, sign=-sign), seen)
    elif isinstance(inner, Binary) and inner.op in ("==", "!="):
        for side in (inner.lhs, inner.rhs):
            yield from _value(side, closure, replace(way, sign=0), seen)
    elif isinstance(inner, Call) and inner.func.startswith("absent"):
        yield from _condition(inner.args[0], closure, replace(way, sign=-way.sign, mode="presence"), seen)
    else:
        yield from _value(inner, closure, way, seen)


def _value(expr: Expr, closure: Closure, way: _Way, seen: frozenset[str]) -> Iterator[Leaf]:
    """An expression whose value shall rise (or with a negative sign, fall)."""
    inner = unwrap(expr)
    if isinstance(inner, Selector):
        yield from _selector(inner, closure, way, seen)
    elif isinstance(inner, Binary):
        yield from _binary(inner, closure, way, seen)
    elif isinstance(inner, Call):
        yield from _call(inner, closure, way, seen)
    elif isinstance(inner, Aggregate):
        way = replace(way, aggregated=True, joined=None)
        if inner.op == "count":
            way = _counting(inner, way)
        function = _condition if inner.op == "group" or (way.mode != "number" and inner.op == "count") else _value
        yield from function(inner.expr, closure, way, seen)
    elif isinstance(inner, Unary):
        yield from _value(inner.expr, closure, replace(way, sign=way.sign * (-1 if inner.op == "-" else 1)), seen)
    elif isinstance(inner, Subquery):
        yield from _value(inner.expr, closure, way, seen)


def _chooses(expr: Expr) -> bool:
    """Whether it hangs on values which series an expression has."""
    choosing = (*_FLIPS, "==", "!=", "and", "or", "unless")
    return any(
        (isinstance(node, Binary) and node.op in choosing)
        or (isinstance(node, Aggregate) and node.op == "count_values")
        or (isinstance(node, Call) and node.func.startswith("absent"))
        for node in walk(expr)
    )


def _counting(node: Aggregate, way: _Way) -> _Way:
    """The way below a count: the more series there are, or hold, the more."""
    inner = unwrap(node.expr)
    apart = {label.name for label in inner.grouping} if isinstance(inner, Aggregate) and not inner.without else set()
    outer = {label.name for label in node.grouping} if not node.without else set()
    mode = way.mode if _chooses(inner) else "number"
    return replace(way, mode=mode, counted=True, apart=tuple(sorted(apart - outer)) or way.apart)


def _binary(node: Binary, closure: Closure, way: _Way, seen: frozenset[str]) -> Iterator[Leaf]:
    if node.return_bool:
        yield from _condition(node, closure, way, seen)
        return
    lhs, rhs = way, way
    if node.op in ("and", "unless"):
        yield from _value(node.lhs, closure, way, seen)
        yield from _condition(node.rhs, closure, replace(way, sign=1 if node.op == "and" else -1), seen)
        if node.op == "unless":
            yield from _condition(node.rhs, closure, replace(way, sign=-1, mode="presence"), seen)
        return
    if node.op in ("-", "/", "%"):
        rhs = replace(way, sign=-way.sign)
    if node.op == "/" and kind(unwrap(node.rhs)) != "scalar":
        lhs, rhs = replace(lhs, part="over"), replace(rhs, part="under")
    if node.op == "-" and any(isinstance(part, Call) and part.func == "time" for part in walk(node.lhs)):
        rhs = replace(way, mode="age")
    elif node.op == "-" and any(isinstance(part, Call) and part.func == "time" for part in walk(node.rhs)):
        lhs = replace(way, mode="age", sign=-way.sign)
    lhs, rhs = replace(lhs, joined=_one_side(node, "right")), replace(rhs, joined=_one_side(node, "left"))
    for side, other in ((node.lhs, node.rhs), (node.rhs, node.lhs)):
        factor = unwrap(other)
        chosen = lhs if side is node.lhs else rhs
        if node.op == "*" and isinstance(factor, NumberLiteral) and factor.value is not None:
            if factor.value == 0:
                chosen = replace(chosen, sign=2)
            elif factor.value < 0:
                chosen = replace(chosen, sign=-chosen.sign)
        yield from _value(side, closure, chosen, seen)


def _one_side(node: Binary, group: str) -> tuple[str, ...] | None:
    matching = node.matching
    if matching is None or not matching.on or matching.group != group:
        return None
    return tuple(label.name for label in matching.labels)


def _call(node: Call, closure: Closure, way: _Way, seen: frozenset[str]) -> Iterator[Leaf]:
    if node.func.startswith("absent"):
        yield from _condition(node, closure, way, seen)
        return
    if node.func in ("rate", "increase", "irate", "resets"):
        way = replace(way, counts=True)
    if node.func in OF_SLOPE:
        way = replace(way, mode="slope")
    if node.func in _OF_CHANGES:
        way = replace(way, mode="changes")
    if node.func in _OF_SAMPLES:
        way = replace(way, mode="presence")
    if node.func == "histogram_quantile":
        way = replace(way, spread=True)
    if node.func == "label_replace":
        way = replace(way, inherited=())
    if node.func == "predict_linear":
        yield from _value(node.args[0], closure, replace(way, mode="slope"), seen)
    for arg in node.args:
        yield from _value(arg, closure, way, seen)


def _selector(node: Selector, closure: Closure, way: _Way, seen: frozenset[str]) -> Iterator[Leaf]:
    producers = closure.producers(node) if node.name not in seen else []
    way = replace(way, past=way.past or node.offset is not None)
    if not producers:
        # What no operator's sign can tell, such as 0 * x, is read without a direction.
        sign = 0 if abs(way.sign) > 1 else way.sign
        mode = "nothing" if abs(way.sign) > 1 else way.mode
        matchers = tuple(_anywhere(matcher) for matcher in (*node.matchers, *way.inherited))
        marks = (way.counts, way.past, way.spread, way.part, way.aggregated, way.counted, way.apart, way.joined)
        yield Leaf(node.name or "", matchers, sign, mode, *marks)
        return
    for rule in producers:
        own = dict(rule.labels)
        passed = tuple(m for m in (*node.matchers, *way.inherited) if m.label not in own)
        yield from _value(rule.tree, closure, replace(way, inherited=passed), seen | {rule.record})


def _anywhere(matcher: Matcher) -> Matcher:
    """The matcher without its place, so that equal ones are equal."""
    return replace(matcher, start=0, end=0, label_end=0, value_start=0, value_end=0)
