"""Every small change of an expression: operators, numbers, windows, matchers, groupings, functions, operands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from promspec.promql import (
    Aggregate,
    Binary,
    Call,
    Duration,
    Expr,
    Matcher,
    Matching,
    NumberLiteral,
    PromQLError,
    Selector,
    Subquery,
    Unary,
    kind,
    matcher,
    parse,
    unwrap,
    walk,
)
from promspec.quantities import duration, plain

_COMPARISONS = {
    ">": (">=", "<"),
    ">=": (">", "<="),
    "<": ("<=", ">"),
    "<=": ("<", ">="),
    "==": ("!=",),
    "!=": ("==",),
}
_ARITHMETIC = {"+": "-", "-": "+", "*": "/", "/": "*", "%": "*", "^": "*", "atan2": "+"}
_SETS = {"and": ("or", "unless"), "or": ("and",), "unless": ("and",)}
_AGGREGATORS = {
    "sum": ("avg", "max"),
    "avg": ("sum", "max"),
    "max": ("min", "sum"),
    "min": ("max", "sum"),
    "count": ("sum",),
    "group": ("count",),
    "stddev": ("stdvar",),
    "stdvar": ("stddev",),
    "topk": ("bottomk",),
    "bottomk": ("topk",),
}
_FUNCTIONS = {
    "rate": ("increase",),
    "increase": ("rate",),
    "irate": ("rate",),
    "delta": ("deriv",),
    "deriv": ("delta",),
    "idelta": ("delta",),
    "changes": ("resets",),
    "resets": ("changes",),
    "clamp_min": ("clamp_max",),
    "clamp_max": ("clamp_min",),
    "ceil": ("floor",),
    "floor": ("ceil",),
    "avg_over_time": ("max_over_time", "sum_over_time"),
    "sum_over_time": ("avg_over_time", "max_over_time"),
    "max_over_time": ("min_over_time", "sum_over_time"),
    "min_over_time": ("max_over_time", "sum_over_time"),
    "last_over_time": ("max_over_time",),
    "count_over_time": ("sum_over_time",),
    "stddev_over_time": ("stdvar_over_time",),
}
_DROPPED = frozenset(
    ("abs", "absent", "clamp_min", "clamp_max", "label_replace", "round", "sgn", "scalar", "timestamp")
)


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a text: what stood at `start:end` became `new`. `node` is what the change is about."""

    operator: str
    start: int
    end: int
    new: str
    node: int
    """The offset at which the changed part of the expression begins, to find it in the tree."""

    def applied(self, text: str) -> str:
        """The changed expression."""
        return text[: self.start] + self.new + text[self.end :]

    def shown(self, text: str) -> str:
        """The change for people: `> 0.1` becomes `>= 0.1`."""
        old = " ".join(text[self.start : self.end].split())
        new = " ".join(self.new.split())
        return (
            f"{self.operator}: {_short(old)} became {_short(new)}" if old else f"{self.operator}: {_short(new)} added"
        )


def _short(text: str, most: int = 60) -> str:
    return f"`{text if len(text) <= most else text[: most - 3] + '...'}`" if text else "nothing"


def changes(text: str) -> list[Change]:
    """Every change of an expression that is an expression again, each once."""
    tree = parse(text)
    before = kind(tree)
    found: dict[str, Change] = {}
    for change in _all(text, tree):
        changed = change.applied(text)
        try:
            same_kind = kind(parse(changed)) == before
        except PromQLError:
            continue
        if same_kind and changed != text:
            found.setdefault(changed, change)
    return list(found.values())


def _all(text: str, tree: Expr) -> Iterator[Change]:
    for node in walk(tree):
        if isinstance(node, NumberLiteral):
            yield from _number(node)
        elif isinstance(node, Binary):
            yield from _binary(text, node)
        elif isinstance(node, Selector):
            yield from _selector(text, node)
        elif isinstance(node, Subquery):
            yield from _durations(node.range, node.start, "window")
        elif isinstance(node, Aggregate):
            yield from _aggregate(text, node)
        elif isinstance(node, Call):
            yield from _call(text, node)
        elif isinstance(node, Unary):
            yield Change("sign", node.start, node.expr.start, "", node.start)


def _number(node: NumberLiteral) -> Iterator[Change]:
    if node.value is None or node.value != node.value or abs(node.value) == float("inf"):
        return
    values = (node.value * 1.1, node.value * 0.9) if node.value else (1.0,)
    for value in values:
        yield Change("number", node.start, node.end, plain(float(f"{value:.12g}")), node.start)


def _binary(text: str, node: Binary) -> Iterator[Change]:
    for op in (*_COMPARISONS.get(node.op, ()), *_SETS.get(node.op, ())):
        yield Change("operator", node.op_start, node.op_end, op, node.start)
    if node.op in _ARITHMETIC:
        yield Change("operator", node.op_start, node.op_end, _ARITHMETIC[node.op], node.start)
    if node.op not in _COMPARISONS:
        yield Change("operand dropped", node.start, node.end, text[node.lhs.start : node.lhs.end], node.start)
        yield Change("operand dropped", node.start, node.end, text[node.rhs.start : node.rhs.end], node.start)
    elif kind(unwrap(node.rhs)) == "scalar":
        yield Change("condition dropped", node.start, node.end, text[node.lhs.start : node.lhs.end], node.start)
    if node.return_bool:
        at = text.index("bool", node.op_end)
        yield Change("bool dropped", at, at + 4, "", node.start)
    if node.matching is not None:
        yield from _matching(text, node.matching, node.start)


def _matching(text: str, matching: Matching, start: int) -> Iterator[Change]:
    if not matching.group:
        yield Change("matching dropped", matching.start, matching.end, "", start)
    names = [label.name for label in matching.labels]
    if len(names) > 1:
        first, last = matching.labels[0].start, matching.labels[-1].end
        for name in names:
            yield Change("matching", first, last, ", ".join(other for other in names if other != name), start)


def _selector(text: str, node: Selector) -> Iterator[Change]:
    for position, one in enumerate(node.matchers):
        yield from _matcher(text, node, position, one)
    if node.range is not None:
        yield from _durations(node.range, node.start, "window")
    if node.offset is not None:
        yield from _durations(node.offset, node.start, "offset")
        begin = text.rindex("offset", 0, node.offset.start)
        yield Change("offset dropped", begin, node.offset.end, "", node.start)


def _matcher(text: str, node: Selector, position: int, one: Matcher) -> Iterator[Change]:
    others = [text[m.start : m.end] for number, m in enumerate(node.matchers) if number != position]
    opening, closing = node.matchers[0].start, node.matchers[-1].end
    if others or (node.name and node.braces is not None):
        yield Change("matcher dropped", opening, closing, ",".join(others), node.start)
    opposite = {"=": "!=", "!=": "=", "=~": "!~", "!~": "=~"}[one.op]
    yield Change("matcher negated", one.start, one.end, matcher(one.label, opposite, one.value), node.start)
    words = one.value.split("|")
    if one.op in ("=~", "!~") and len(words) > 1 and not set("()[]") & set(one.value):
        for word in words:
            rest = "|".join(other for other in words if other != word)
            yield Change("alternative dropped", one.start, one.end, matcher(one.label, one.op, rest), node.start)
    elif one.op == "=":
        yield Change("value", one.start, one.end, matcher(one.label, "=", one.value + "_"), node.start)


def _durations(written: Duration, start: int, what: str) -> Iterator[Change]:
    if written.seconds is not None:
        for factor in (2, 0.5):
            length = round(float(written.seconds) * 1000 * factor)
            if length:
                yield Change(what, written.start, written.end, duration(length), start)


def _aggregate(text: str, node: Aggregate) -> Iterator[Change]:
    for op in _AGGREGATORS.get(node.op, ()):
        yield Change("aggregation", node.start, node.start + len(node.op), op, node.start)
    names = [label.name for label in node.grouping]
    if names:
        first, last = node.grouping[0].start, node.grouping[-1].end
        for name in names:
            yield Change("grouping", first, last, ", ".join(other for other in names if other != name), node.start)
        word = "without" if node.without else "by"
        at = text.index(word, node.start)
        yield Change("grouping", at, at + len(word), "by" if node.without else "without", node.start)
    if node.param is None:
        yield Change("aggregation dropped", node.start, node.end, text[node.expr.start : node.expr.end], node.start)


def _call(text: str, node: Call) -> Iterator[Change]:
    for name in _FUNCTIONS.get(node.func, ()):
        yield Change("function", node.start, node.start + len(node.func), name, node.start)
    if node.func in _DROPPED:
        inner = node.args[0]
        yield Change("function dropped", node.start, node.end, text[inner.start : inner.end], node.start)
