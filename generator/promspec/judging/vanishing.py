"""Results that vanish: absent() of what is always there, NaN, sums that lose a part, alerts blind in the outage."""

from __future__ import annotations

from collections.abc import Iterator

from promspec.judging.measure import Measure
from promspec.judging.model import Asked, Facts, Weighed, judgement
from promspec.judging.parts import constant, factored, key, same_but_narrower
from promspec.judging.thresholds import comparisons
from promspec.problems import Level
from promspec.promql import Aggregate, Binary, Call, Expr, Finding, Selector, kind, selectors, unwrap, walk

_TARGET = ("job", "instance", "__name__", "le")


@judgement("promql/absent-never", Level.ERROR)
def futile_absent(asked: Asked, facts: Facts) -> Iterator[Finding]:
    """absent() is asked of what can be absent."""
    for node in walk(asked.expr):
        if isinstance(node, Call) and node.func == "absent" and _always(node.args[0]):
            message = "absent() of what is always there: this never has a result"
            remedy = "leave out what fills the gap, such as `or vector(0)`"
            yield Finding("promql/absent-never", message, remedy, node.start, node.end)


def _always(expr: Expr) -> bool:
    expr = unwrap(expr)
    while isinstance(expr, (Aggregate, Binary)):
        if isinstance(expr, Binary) and (expr.op != "or" or not _always(expr.rhs)):
            return expr.op == "or" and _always(expr.lhs)
        expr = unwrap(expr.rhs if isinstance(expr, Binary) else expr.expr)
    return isinstance(expr, Call) and expr.func == "vector"


@judgement("promql/division-by-zero", Level.INFO, "record")
def unguarded_divisions(asked: Asked, facts: Facts) -> Iterator[Finding]:
    """A recording rule records no NaN while there are no events."""
    divisions = [node for node in walk(asked.expr) if isinstance(node, Binary) and node.op == "/"]
    table = facts.measures.table(asked.expr) if divisions else {}
    for node in divisions:
        below = table[id(node.rhs)]
        if below.quantity in ("rate", "increase") and below.zero and constant(node.rhs) is None:
            message = "without events this divides zero by zero, and records NaN"
            remedy = "append `> 0` to the divisor, so that there is no result instead"
            yield Finding("promql/division-by-zero", message, remedy, node.op_start, node.op_end)


@judgement("promql/missing-addend", Level.WARNING, "alert", "record", "panel", "slo")
def missing_addend(asked: Asked, facts: Facts) -> Iterator[Finding | Weighed]:
    """What is added up is there from the start: where one of two series is missing, so is their sum."""
    sums = [node for node in walk(asked.expr) if isinstance(node, Binary) and node.op in ("+", "-")]
    table = facts.measures.table(asked.expr) if sums else {}
    for node in sums:
        sides = [side for side in (node.lhs, node.rhs) if kind(side) == "instant"]
        if node.fill is not None and node.fill.left is not None and node.fill.right is not None:
            continue
        if len(sides) < 2 or all(table[id(side)].quantity not in ("counter", "rate", "increase") for side in sides):
            continue
        for side in sides:
            born = _born_later(side, table[id(side)], facts)
            if born is not None and table[id(side)].quantity in ("counter", "rate", "increase"):
                name, sure = born
                message = f"as long as {name} has no such series, there is no result at all"
                remedy = f"select both with one matcher, such as {_example(node)}, or write (… or vector(0))"
                finding = Finding("promql/missing-addend", message, remedy, node.op_start, node.op_end)
                yield finding if sure else Weighed(finding, Level.INFO)
                break


def _born_later(expr: Expr, found: Measure, facts: Facts) -> tuple[str, bool] | None:
    """The series that come into being with the first event, and whether that is certain; None if they are there."""
    for selector in selectors(expr):
        if selector.name is None or facts.recorded(selector.name):
            continue
        series = facts.registry.series(selector.name)
        if series is None or series.complete or series.kind not in ("counter", "histogram_bucket", "histogram_count"):
            continue
        pinned = any(m.op == "=" and m.label not in _TARGET and m.value for m in selector.matchers)
        if found.missing and pinned:
            return selector.name, series.complete is False
        if series.complete is None and pinned:
            return selector.name, False
    return None


def _example(node: Binary) -> str:
    pairs = [
        (m.label, m.value) for side in (node.lhs, node.rhs) for s in selectors(side) for m in s.matchers if m.op == "="
    ]
    labels = dict.fromkeys(label for label, _ in pairs if label not in _TARGET)
    for label in labels:
        values = list(dict.fromkeys(value for name, value in pairs if name == label))
        if len(values) > 1:
            return f'{label}=~"{"|".join(values)}"'
    return 'code=~"a|b"'


@judgement("alert/blind-in-outage", Level.WARNING, "alert")
def blind_in_outage(asked: Asked, facts: Facts) -> Iterator[Finding | Weighed]:
    """An alert on too little fires also where nothing is left: then there is no value that could be too low."""
    if any(_fills(node) for node in walk(asked.expr)):
        return
    table = facts.measures.table(asked.expr)
    for node, side, _, op, value in comparisons(asked.expr):
        if op not in ("<", "<=") and not (op == "==" and value == 0):
            continue
        found = table[id(side)]
        part = _good_part(side, facts)
        if found.quantity == "count" and found.missing and value > 1:
            message = "where none is left, count() has no result: this alert is silent then"
            remedy = "append `or vector(0)` behind the count"
            yield Finding("alert/blind-in-outage", message, remedy, node.op_start, node.op_end)
        elif part is not None:
            message = f"where nothing succeeds there may be no {part[0]} of that kind, and no ratio: it is silent then"
            remedy = "count the failed ones instead: failed / all > …"
            finding = Finding("alert/blind-in-outage", message, remedy, node.op_start, node.op_end)
            yield finding if part[1] else Weighed(finding, Level.INFO)


def _fills(node: Expr) -> bool:
    if isinstance(node, Binary):
        return node.op == "or" or node.fill is not None
    return isinstance(node, Call) and node.func.startswith("absent")


def _good_part(side: Expr, facts: Facts) -> tuple[str, bool] | None:
    """The series above the line of a ratio that are there only if something succeeded, and whether that is certain."""
    for node in walk(side):
        if not isinstance(node, Binary) or node.op != "/":
            continue
        part = factored(node.lhs)[1]
        if not same_but_narrower(part, node.rhs) or key(part) == key(node.rhs):
            continue
        for selector in selectors(node.lhs):
            series = facts.registry.series(selector.name) if selector.name else None
            if series is not None and series.kind == "counter" and not series.complete:
                return selector.name or "", series.complete is False
    return None


@judgement("alert/born-in-failure", Level.WARNING, "alert")
def born_in_failure(asked: Asked, facts: Facts) -> Iterator[Finding | Weighed]:
    """The first failure counts: a series that comes into being with it rises from nothing, which is no increase."""
    table = facts.measures.table(asked.expr)
    watched = _watched_anew(asked.expr)
    for node, side, _, op, value in comparisons(asked.expr):
        found = table[id(side)]
        single = (op in (">", "!=") and value == 0) or (op == ">=" and value <= 1 and found.quantity == "increase")
        if not single or found.quantity not in ("increase", "rate"):
            continue
        for selector in selectors(side):
            born = _unborn(selector, facts) if selector.name not in watched else None
            if born is not None:
                message = f"the first event creates its series of {selector.name}, and {found.quantity}() sees no rise"
                remedy = "let the client show its series at 0 from the start"
                finding = Finding("alert/born-in-failure", message, remedy, node.op_start, node.op_end)
                yield finding if born else Weighed(finding, Level.INFO)
                break


def _watched_anew(expr: Expr) -> set[str | None]:
    """The counters of which an expression also asks whether they are there now and were not before."""
    nodes = [node for node in walk(expr) if isinstance(node, Binary) and node.op == "unless"]
    return {selector.name for node in nodes for selector in selectors(node.rhs) if selector.offset is not None}


def _unborn(selector: Selector, facts: Facts) -> bool | None:
    """Whether the series certainly are not there before the first event; None if they are, or nothing hints at it."""
    series = facts.registry.series(selector.name) if selector.name else None
    if series is None or series.kind != "counter" or series.complete or facts.recorded(series.name):
        return None
    if series.complete is False:
        return True
    pinned = any(matcher.label not in _TARGET and matcher.op in ("=", "=~") for matcher in selector.matchers)
    return False if pinned else None
