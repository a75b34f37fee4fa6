"""Mutants that mean the same as the rule: the argument why no series can tell them apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from promspec.promql import (
    Aggregate,
    Binary,
    Call,
    Expr,
    Matcher,
    Matching,
    NumberLiteral,
    Paren,
    Selector,
    Subquery,
    Unary,
    children,
    parse,
    unwrap,
    walk,
)
from promspec.proofs.model import TestedRule
from promspec.proving.fallbacks import why_fallback
from promspec.proving.mutations import Change
from promspec.proving.unseen import why_unseen
from promspec.proving.whole import why_ones, why_whole

_OF_COUNTERS = frozenset(("rate", "increase"))
_RELABELS = frozenset(("absent", "absent_over_time", "label_replace", "label_join", "scalar", "vector"))
_SCALED = frozenset(("sum", "avg"))


def why_equivalent(rule: TestedRule, change: Change | None) -> str:
    """The argument that a change of a rule's expression changes nothing; empty if there is none."""
    if change is None:
        return ""
    tree = parse(rule.expr)
    path = _path(tree, change)
    if not path:
        return ""
    arguments = (
        _joined(rule.expr, path, change),
        why_unseen(rule, path, change),
        _without_scale(path, change),
        why_fallback(rule.expr, path, change),
        _itself(rule, path, change),
        why_whole(path, change),
        why_ones(path, change),
    )
    return next((argument for argument in arguments if argument), "")


def _path(tree: Expr, change: Change) -> list[Expr]:
    """The nodes from the whole expression down to the one that a change is about."""

    def down(node: Expr) -> Iterator[list[Expr]]:
        for child in children(node):
            for rest in down(child):
                yield [node, *rest]
        if (
            node.start == change.node
            and node.start <= change.start
            and change.end <= node.end
            and _is_kind(node, change)
        ):
            yield [node]

    return next(down(tree), [])


def _is_kind(node: Expr, change: Change) -> bool:
    wanted: dict[str, tuple[type, ...]] = {
        "number": (NumberLiteral,),
        "operator": (Binary,),
        "operand dropped": (Binary,),
        "condition dropped": (Binary,),
        "bool dropped": (Binary,),
        "matching": (Binary,),
        "matching dropped": (Binary,),
        "matcher dropped": (Selector,),
        "matcher negated": (Selector,),
        "alternative dropped": (Selector,),
        "value": (Selector,),
        "window": (Selector, Subquery),
        "offset": (Selector,),
        "offset dropped": (Selector,),
        "aggregation": (Aggregate,),
        "aggregation dropped": (Aggregate,),
        "grouping": (Aggregate,),
        "function": (Call,),
        "function dropped": (Call,),
        "sign": (Unary,),
    }
    return isinstance(node, wanted[change.operator])


# --- a matcher that another operand repeats ---------------------------------------------------------------------------


def _joined(text: str, path: Sequence[Expr], change: Change) -> str:
    """Series are matched by equal labels, and the other side has this label with this value alone."""
    node = path[-1]
    if change.operator != "matcher dropped" or not isinstance(node, Selector):
        return ""
    kept = {(m.label, m.op, m.value) for m in _matchers_after(text, node, change)}
    dropped = [m for m in node.matchers if (m.label, m.op, m.value) not in kept]
    if len(dropped) != 1 or dropped[0].op != "=":
        return ""
    gone = dropped[0]
    for parent, child in zip(reversed(path[:-1]), reversed(path), strict=False):
        if isinstance(parent, Aggregate) and not _keeps(parent, gone.label):
            return ""
        if isinstance(parent, Call) and parent.func in (
            "absent",
            "absent_over_time",
            "label_replace",
            "label_join",
            "scalar",
        ):
            return ""
        if isinstance(parent, Binary) and parent.op != "or":
            other = parent.rhs if child is parent.lhs else parent.lhs
            decides = parent.op != "unless" or child is parent.rhs
            if decides and _compares(parent.matching, gone.label) and _guarantees(other, gone):
                return f'the other side of `{parent.op}` has {gone.label}="{gone.value}" alone, and sides match by it'
    return ""


def _matchers_after(text: str, node: Selector, change: Change) -> tuple[Matcher, ...]:
    changed = parse(change.applied(text))
    found = next(n for n in walk(changed) if isinstance(n, Selector) and n.start == node.start)
    return found.matchers


def _keeps(node: Aggregate, label: str) -> bool:
    return (label in {name.name for name in node.grouping}) != node.without


def _compares(matching: Matching | None, label: str) -> bool:
    """Whether two sides must agree in a label."""
    if matching is None:
        return True
    return (label in {name.name for name in matching.labels}) == matching.on


def _guarantees(expr: Expr, wanted: Matcher) -> bool:
    """Whether every series of a result has the label with that value."""
    inner = unwrap(expr)
    if isinstance(inner, Selector):
        return any((m.label, m.op, m.value) == (wanted.label, "=", wanted.value) for m in inner.matchers)
    if isinstance(inner, Binary):
        sides = [_guarantees(inner.lhs, wanted), _guarantees(inner.rhs, wanted)]
        if inner.op == "or":
            return all(sides)
        if inner.op == "unless":
            return sides[0]
        return any(sides) and _compares(inner.matching, wanted.label)
    if isinstance(inner, Aggregate):
        return _keeps(inner, wanted.label) and _guarantees(inner.expr, wanted)
    if isinstance(inner, Call) and inner.func not in (
        "absent",
        "absent_over_time",
        "label_replace",
        "label_join",
        "vector",
    ):
        return any(_guarantees(arg, wanted) for arg in inner.args)
    if isinstance(inner, (Unary, Subquery)):
        return _guarantees(inner.expr, wanted)
    return False


# --- values that do not matter ----------------------------------------------------------------------------------------


def _without_scale(path: Sequence[Expr], change: Change) -> str:
    """A quantile does not depend on the scale of its buckets."""
    node = path[-1]
    swapped = change.operator == "function" and isinstance(node, Call) and {node.func, change.new} == _OF_COUNTERS
    averaged = change.operator == "aggregation" and isinstance(node, Aggregate) and {node.op, change.new} <= _SCALED
    for parent in reversed(path[:-1]) if swapped or averaged else ():
        if isinstance(parent, Call) and parent.func == "histogram_quantile":
            return "a quantile does not depend on the scale of its buckets"
        if not isinstance(parent, Paren) and not (isinstance(parent, Aggregate) and parent.op in _SCALED):
            return ""
    return ""


def _itself(rule: TestedRule, path: Sequence[Expr], change: Change) -> str:
    """`min_over_time(itself[w]) ... or something new`: what it reads of itself is one value, as long as it is there."""
    node = path[-1]
    same = {"min_over_time", "max_over_time", "avg_over_time", "last_over_time"}
    if change.operator != "function" or not isinstance(node, Call) or not {node.func, change.new} <= same:
        return ""
    read = unwrap(node.args[0])
    outer = [part.op for part in path[:-1] if isinstance(part, Binary)]
    if isinstance(read, Selector) and read.name == rule.record and set(outer) <= {"and", "or"}:
        return "it reads its own earlier results, which are all the same value"
    return ""
