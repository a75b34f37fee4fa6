"""Counters as they are not meant: compared raw, subtracted, added up before the rate, over too short a range."""

from __future__ import annotations

from collections.abc import Iterator

from promspec.judging.model import Asked, Facts, judgement
from promspec.judging.parts import bare, constant
from promspec.judging.thresholds import COMPARISONS, comparisons
from promspec.problems import Level
from promspec.promql import Aggregate, Binary, Call, Expr, Finding, Paren, Selector, Subquery, selectors, unwrap, walk

_RATES = ("rate", "increase", "irate", "delta", "idelta", "deriv")
_OF_COUNTERS = ("rate", "increase", "irate", "resets")
_OF_GAUGES = {"delta": "increase", "idelta": "irate", "deriv": "rate"}
_EXTRAPOLATED = {"rate": "rate()", "increase": "increase()", "quantile": "a quantile"}


@judgement("promql/raw-counter", Level.WARNING, "alert")
def raw_counters(asked: Asked, facts: Facts) -> Iterator[Finding]:
    """An alert compares the rate of a counter, not the counter itself."""
    further = [node.rhs for node in walk(asked.expr) if isinstance(node, Binary) and node.op in ("and", "unless")]
    asides = {id(part) for aside in further for part in walk(aside)}
    table = facts.measures.table(asked.expr)
    compared = [side for node, side, _, _, value in comparisons(asked.expr) if value or id(node) not in asides]
    for node in walk(asked.expr):  # a counter in an aside is compared with 0: "and it ever happened" is meant
        if isinstance(node, Binary) and node.op in (*COMPARISONS, "+", "-"):
            sides = ((node.lhs, node.rhs), (node.rhs, node.lhs))
            compared += [side for side, other in sides if table[id(other)].quantity in ("rate", "increase")]
    for side in compared:
        selector = bare(_unscaled(side)) or _over_time(_unscaled(side))
        series = facts.registry.series(selector.name) if selector is not None and selector.name else None
        if selector is not None and series is not None and series.kind == "counter":
            message = f"{series.name} is a counter: its value only says how long its process has run"
            remedy = f"compare rate({series.name}[5m]) or increase({series.name}[1h])"
            yield Finding("promql/raw-counter", message, remedy, selector.start, selector.end)


def _over_time(expr: Expr) -> Selector | None:
    """What is asked for its largest, smallest, mean or last value over time."""
    expr = unwrap(expr)
    while isinstance(expr, Aggregate) and expr.op in ("sum", "max", "min", "avg"):
        expr = unwrap(expr.expr)
    over = isinstance(expr, Call) and expr.func in ("max_over_time", "min_over_time", "avg_over_time", "last_over_time")
    inner = unwrap(expr.args[0]) if over and isinstance(expr, Call) else None
    return inner if isinstance(inner, Selector) else None


def _unscaled(expr: Expr) -> Expr:
    """What is multiplied or divided by a number."""
    inner = unwrap(expr)
    return inner.lhs if isinstance(inner, Binary) and inner.op in ("*", "/") and constant(inner.rhs) else expr


@judgement("promql/short-range", Level.WARNING)
def short_range(asked: Asked, facts: Facts) -> Iterator[Finding]:
    """A rate is taken over at least two scrapes."""
    for node in walk(asked.expr):
        for part in node.args if isinstance(node, Call) and node.func in _RATES else ():
            length = part.range if isinstance(part, Selector) else None
            if length is not None and length.seconds is not None and length.seconds * 1000 < 2 * facts.scrape:
                message = f"{length.text} holds fewer than two scrapes of {facts.scrape / 1000:g}s: no result"
                remedy = f"take at least four scrapes: {4 * facts.scrape // 1000}s"
                yield Finding("promql/short-range", message, remedy, length.start, length.end)


@judgement("promql/long-step", Level.WARNING)
def long_step(asked: Asked, facts: Facts) -> Iterator[Finding]:
    """A subquery evaluates several times within its range."""
    for node in walk(asked.expr):
        if not isinstance(node, Subquery) or node.step is None:
            continue
        length, step = node.range.seconds, node.step.seconds
        if length is not None and step is not None and 0 < length < 2 * step:
            message = (
                f"[{node.range.text}:{node.step.text}] holds one value or two: there is nothing to compare in time"
            )
            remedy = f"write a step of at most a fourth of {node.range.text}"
            yield Finding("promql/long-step", message, remedy, node.step.start, node.step.end)


@judgement("promql/delta-of-counter", Level.WARNING)
def delta_of_counter(asked: Asked, facts: Facts) -> Iterator[Finding]:
    """delta(), idelta() and deriv() are for gauges: of a counter they are negative after a restart."""
    for node in walk(asked.expr):
        arg = unwrap(node.args[0]) if isinstance(node, Call) and node.func in _OF_GAUGES else None
        if isinstance(node, Call) and isinstance(arg, Selector) and arg.name:
            series = facts.registry.series(arg.name)
            if series is not None and series.kind in ("counter", "histogram_bucket", "histogram_count"):
                message = f"{node.func}() of the counter {arg.name} is negative when its process restarts"
                remedy = f"use {_OF_GAUGES[node.func]}()"
                yield Finding("promql/delta-of-counter", message, remedy, node.start, node.start + len(node.func))


@judgement("promql/rate-of-sum", Level.ERROR)
def rate_of_sum(asked: Asked, facts: Facts) -> Iterator[Finding]:
    """A rate is taken of counters, not of their sum nor of another rate: those fall without a counter being reset."""
    for node in walk(asked.expr):
        if isinstance(node, Call) and node.func in _OF_COUNTERS:
            inner = _made(unwrap(node.args[0]), facts)
            what = _no_counter(inner, facts) if inner is not None else ""
            if what:
                message = f"{node.func}() of {what}: each fall would count as a reset of a counter"
                remedy = "take the rate first and aggregate then: sum(rate(…[5m]))"
                if what != "a sum of counters":
                    remedy = "use deriv() or delta(), or take a longer range in the first place"
                yield Finding("promql/rate-of-sum", message, remedy, node.start, node.end)


def _made(arg: Expr, facts: Facts) -> Expr | None:
    """The expression behind a subquery or behind the name of a recording rule."""
    if isinstance(arg, Subquery):
        arg = unwrap(arg.expr)
        if not isinstance(arg, Selector):
            return arg
    rules = facts.recorded(arg.name) if isinstance(arg, Selector) and arg.name else ()
    return unwrap(rules[0]) if len(rules) == 1 and rules[0] is not None else None


def _no_counter(inner: Expr, facts: Facts) -> str:
    found = facts.measure(inner)
    if found.quantity == "counter":
        return "a sum of counters" if isinstance(inner, Aggregate) and inner.op == "sum" else ""
    return {"rate": "a rate", "increase": "an increase", "quantile": "a quantile", "count": "a count"}.get(
        found.quantity, ""
    )


@judgement("promql/irate", Level.WARNING, "alert")
def irate(asked: Asked, facts: Facts) -> Iterator[Finding]:
    """An alert looks at more than the last two samples: with irate() one of them decides, and `for` begins anew."""
    for node in walk(asked.expr):
        if isinstance(node, Call) and node.func in ("irate", "idelta"):
            message = f"{node.func}() sees the last two samples only: an alert on it comes and goes"
            remedy = "use rate()" if node.func == "irate" else "use delta()"
            yield Finding("promql/irate", message, remedy, node.start, node.start + len(node.func))


@judgement("promql/exact-comparison", Level.WARNING, "alert", "record")
def exact_comparison(asked: Asked, facts: Facts) -> Iterator[Finding]:
    """What is extrapolated or interpolated is not compared with `==`: it is hardly ever a round number."""
    table = facts.measures.table(asked.expr)
    for node, side, _, op, value in comparisons(asked.expr):
        what = _EXTRAPOLATED.get(table[id(side)].quantity) if op in ("==", "!=") and value else None
        if what:
            message = f"{what} is hardly ever exactly {value:g}"
            remedy = "write >= or <=" if op == "==" else "write > or <"
            yield Finding("promql/exact-comparison", message, remedy, node.op_start, node.op_end)


@judgement("promql/lifetime-mean", Level.WARNING)
def lifetime_mean(asked: Asked, facts: Facts) -> Iterator[Finding]:
    """A mean is a quotient of rates: of the sums themselves it covers the whole life of the process."""
    for node in walk(asked.expr):
        sides = [bare(side) for side in (node.lhs, node.rhs)] if isinstance(node, Binary) and node.op == "/" else []
        names = [side.name or "" if side is not None else "" for side in sides]
        if names and names[0].endswith("_sum") and names[1] == f"{names[0].removesuffix('_sum')}_count":
            message = f"{names[0]} / {names[1]} is the mean over the whole life of the process"
            remedy = f"write rate({names[0]}[5m]) / rate({names[1]}[5m])"
            assert isinstance(node, Binary)
            yield Finding("promql/lifetime-mean", message, remedy, node.op_start, node.op_end)
        elif isinstance(node, Binary) and node.op == "/" and all(_raw(side, facts) for side in (node.lhs, node.rhs)):
            message = "a quotient of counters is that of the whole life of their process: what happens now hardly shows"
            remedy = "divide rates: rate(part[5m]) / rate(whole[5m])"
            yield Finding("promql/lifetime-mean", message, remedy, node.op_start, node.op_end)


def _raw(expr: Expr, facts: Facts) -> bool:
    """Whether it is counters as they are, perhaps added up."""
    read = selectors(expr)
    kinds = [series.kind for each in read if each.name and (series := facts.registry.series(each.name)) is not None]
    plain = all(isinstance(part, (Selector, Paren, Aggregate, Binary)) for part in walk(expr))
    adds = all(part.op == "+" for part in walk(expr) if isinstance(part, Binary))
    sums = all(part.op == "sum" for part in walk(expr) if isinstance(part, Aggregate))
    every = bool(read) and len(kinds) == len(read) and set(kinds) == {"counter"}
    return every and plain and adds and sums and all(each.range is None and each.offset is None for each in read)


@judgement("promql/average-of-ratios", Level.INFO)
def average_of_ratios(asked: Asked, facts: Facts) -> Iterator[Finding]:
    """A ratio over all is a quotient of sums: in an average of ratios the quiet count as much as the busy."""
    for node in walk(asked.expr):
        inner = unwrap(node.expr) if isinstance(node, Aggregate) and node.op == "avg" else None
        inner = _made(inner, facts) if isinstance(inner, Selector) else inner
        if isinstance(inner, Binary) and inner.op == "/" and constant(inner.rhs) is None:
            found = facts.measure(inner.lhs), facts.measure(inner.rhs)
            if all(side.quantity in ("rate", "increase") for side in found):
                message = "an average of ratios weighs a quiet series like a busy one"
                remedy = "divide the sums: sum(rate(part)) / sum(rate(whole))"
                yield Finding("promql/average-of-ratios", message, remedy, node.start, node.start + 3)
