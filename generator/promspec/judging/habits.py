"""Expressions that Prometheus accepts and that hardly anybody means: raw counters, short ranges, futile absent()."""

from __future__ import annotations

from collections.abc import Iterator

from promspec.judging.parts import constant
from promspec.promql import Aggregate, Binary, Call, Expr, Finding, Matcher, Registry, Selector, unwrap, walk

_COMPARISONS = ("<", ">", "<=", ">=", "==", "!=")
_RATES = ("rate", "increase", "irate", "delta", "idelta", "deriv")
_PASSES = ("sum", "avg", "min", "max", "topk", "bottomk")
_META = frozenset("\\.+*?()[]{}^$|")


def raw_counters(expr: Expr, registry: Registry) -> Iterator[Finding]:
    """A counter itself, which only grows, that is compared with a number, or set against a rate."""
    for node in walk(expr):
        if isinstance(node, Binary) and node.op in (*_COMPARISONS, "+", "-") and not node.return_bool:
            for side, other in ((node.lhs, node.rhs), (node.rhs, node.lhs)):
                selector = _bare(side)
                series = registry.series(selector.name) if selector is not None and selector.name else None
                if selector is None or series is None or series.kind != "counter":
                    continue
                if not _rate(other) and not _judges(node, constant(other), alone=node is unwrap(expr)):
                    continue
                message = f"{series.name} is a counter: its value only says how long its process has run"
                remedy = f"compare rate({series.name}[5m]) or increase({series.name}[1h])"
                yield Finding("promql/raw-counter", message, remedy, selector.start, selector.end)


def _bare(expr: Expr) -> Selector | None:
    """The selector whose values reach the outside through aggregations only."""
    expr = unwrap(expr)
    while isinstance(expr, Aggregate) and expr.op in _PASSES:
        expr = unwrap(expr.expr)
    return expr if isinstance(expr, Selector) and expr.range is None else None


def _judges(node: Binary, value: float | None, *, alone: bool) -> bool:
    """Whether a number is a threshold; zero asks whether it has ever happened, which is no condition of its own."""
    if value is None or node.op in ("+", "-"):
        return False
    return value != 0 or (alone and node.op in (">", "!="))


def _rate(expr: Expr) -> bool:
    """Whether the values are those of a rate, also aggregated or multiplied by a number."""
    while True:
        expr = unwrap(expr)
        if isinstance(expr, Aggregate):
            expr = expr.expr
        elif isinstance(expr, Binary) and expr.op in ("*", "/") and constant(expr.rhs) is not None:
            expr = expr.lhs
        elif isinstance(expr, Binary) and expr.op == "*" and constant(expr.lhs) is not None:
            expr = expr.rhs
        else:
            return isinstance(expr, Call) and expr.func in ("rate", "irate", "increase")


def raw_quantiles(expr: Expr, registry: Registry) -> Iterator[Finding]:
    """Quantiles of buckets that no rate() was taken of: they are over the whole life of the process."""
    for node in walk(expr):
        selector = _bare(node.args[-1]) if isinstance(node, Call) and node.func == "histogram_quantile" else None
        series = registry.series(selector.name) if selector is not None and selector.name else None
        if selector is not None and series is not None and series.kind == "histogram_bucket":
            message = f"a quantile of {series.name} itself covers the whole life of its process"
            remedy = f"write rate({series.name}[5m])"
            yield Finding("promql/quantile-of-raw-buckets", message, remedy, selector.start, selector.end)


def short_range(expr: Expr, interval: int) -> Iterator[Finding]:
    """Rates over ranges in which there are fewer than two scrapes; `interval` is in milliseconds."""
    for node in walk(expr):
        for part in node.args if isinstance(node, Call) and node.func in _RATES else ():
            length = part.range if isinstance(part, Selector) else None
            if length is not None and length.seconds is not None and length.seconds * 1000 < 2 * interval:
                message = f"{length.text} holds fewer than two scrapes of {interval / 1000:g}s: no result"
                remedy = f"take at least four scrapes: {4 * interval // 1000}s"
                yield Finding("promql/short-range", message, remedy, length.start, length.end)


def futile_absent(expr: Expr) -> Iterator[Finding]:
    """absent() of what is always there."""
    for node in walk(expr):
        if isinstance(node, Call) and node.func == "absent" and _always(node.args[0]):
            message = "absent() of what is always there: this never has a result"
            remedy = "leave out what fills the gap, such as `or vector(0)`"
            yield Finding("promql/absent-never", message, remedy, node.start, node.end)


def _always(expr: Expr) -> bool:
    waiting = [expr]
    while waiting:
        part = unwrap(waiting.pop())
        if isinstance(part, Call) and part.func == "vector":
            return True
        if isinstance(part, Aggregate):
            waiting.append(part.expr)
        elif isinstance(part, Binary) and part.op == "or":
            waiting += (part.lhs, part.rhs)
    return False


def idle_matchers(expr: Expr) -> Iterator[Finding]:
    """Matchers that accept everything, and regular expressions that are plain texts."""
    for node in walk(expr):
        for matcher in node.matchers if isinstance(node, Selector) else ():
            if matcher.variable or matcher.op not in ("=~", "!~") or matcher.label == "__name__":
                continue
            if matcher.value == ".*":
                yield _matcher(
                    matcher, "matches every series" if matcher.op == "=~" else "matches none", "leave it out"
                )
            elif matcher.value and not _META & set(matcher.value):
                remedy = f'write {matcher.label}{"=" if matcher.op == "=~" else "!="}"{matcher.value}"'
                yield _matcher(matcher, "is a regular expression of plain text", remedy)


def _matcher(matcher: Matcher, text: str, remedy: str) -> Finding:
    message = f'{matcher.label}{matcher.op}"{matcher.value}" {text}'
    return Finding("promql/idle-matcher", message, remedy, matcher.start, matcher.end)


def unguarded_divisions(expr: Expr) -> Iterator[Finding]:
    """Divisions by a rate, which is zero without traffic: 0 / 0 is NaN."""
    for node in walk(expr):
        if not isinstance(node, Binary) or node.op != "/":
            continue
        below = unwrap(node.rhs)
        while isinstance(below, Aggregate):
            below = unwrap(below.expr)
        if isinstance(below, Call) and below.func in ("rate", "increase", "irate"):
            message = "without events this divides zero by zero, and records NaN"
            remedy = "append `> 0` to the divisor, so that there is no result instead"
            yield Finding("promql/division-by-zero", message, remedy, node.op_start, node.op_end)
