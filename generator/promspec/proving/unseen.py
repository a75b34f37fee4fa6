"""Mutants that change a value which nobody sees: only that it is there counts, or on which side of zero it is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from promspec.promql import Aggregate, Binary, Call, Expr, NumberLiteral, Paren, Selector, Unary, kind, unwrap
from promspec.proofs.model import TestedRule
from promspec.proving.mutations import Change

_ARITHMETIC = frozenset(("+", "-", "*", "/", "%", "^", "atan2"))
_COMPARISONS = frozenset((">", "<", ">=", "<=", "==", "!="))
_AGGREGATIONS = frozenset(("sum", "avg", "max", "min", "count", "group", "stddev", "stdvar"))
"""Aggregations that give a value for the same groups."""
_FUNCTIONS = (
    frozenset(("rate", "increase", "irate")),
    frozenset(("delta", "deriv", "idelta")),
    frozenset(("changes", "resets")),
    frozenset(("ceil", "floor", "round")),
    frozenset(("clamp_min", "clamp_max")),
    frozenset(f"{name}_over_time" for name in ("avg", "sum", "max", "min", "count", "stddev", "stdvar")),
)
"""Functions that give a value for the same series."""
_PASSING = frozenset(("abs", "ceil", "floor", "round", "clamp_min", "clamp_max", "sgn", "sqrt", "exp", "label_replace"))
"""Functions that give a value wherever they are given one."""
_SAME_SIGN = frozenset(("sum", "avg", "max"))
_COUNTING = frozenset(("rate", "increase", "irate", "changes", "resets", "count_over_time", "abs"))
_COUNTERS = re.compile(r".*(_total|_count|_bucket)|[\w:]*:(increase|rate|count)\d*[a-z]*|slo:(bad_)?events\w*:sum\w+")
"""Counters by the suffixes of OpenMetrics; recorded increases, by the operation their names end with; sums of them."""
_SWAPPED = frozenset(("rate", "increase"))


@dataclass(frozen=True, slots=True)
class _Changed:
    finite: bool
    """Whether the new value is a number wherever the old one is."""
    scaled: bool
    """Whether the new value is on the same side of zero."""


def why_unseen(rule: TestedRule, path: Sequence[Expr], change: Change) -> str:
    """Why nobody sees what a change does to a value; empty if somebody may, or if it changes what is there."""
    node = path[-1]
    changed = _changed(node, path, change)
    if changed is None:
        return ""
    reason = ""
    for parent, child in zip(reversed(path[:-1]), reversed(path), strict=False):
        if isinstance(parent, Binary):
            found = _through(parent, child, changed)
            if found is None:
                return reason if parent.op in _COMPARISONS and reason else ""
            if found and parent.op not in _COMPARISONS:
                return found
            reason = reason or found
        elif isinstance(parent, Aggregate):
            if parent.op in ("count", "group"):
                return "only how many there are is asked"
            if parent.op not in _AGGREGATIONS or (parent.op not in _SAME_SIGN and changed.scaled):
                changed = _Changed(changed.finite, scaled=False)
            if parent.op not in _AGGREGATIONS or child is parent.param:
                return ""
        elif isinstance(parent, Call):
            if parent.func == "absent":
                return "absent() only asks whether it is there"
            if parent.func not in _PASSING:
                return ""
            changed = _Changed(changed.finite, scaled=False)
        elif not isinstance(parent, (Paren, Unary)):
            return ""
    if rule.alert and not _shows_value(rule):
        return reason or "an alert fires whatever the value is, and no text shows it"
    return ""


def _through(parent: Binary, child: Expr, changed: _Changed) -> str | None:
    """What an operator makes of it: a reason why it is not seen, nothing yet, or None where it is seen."""
    other = unwrap(parent.rhs if child is parent.lhs else parent.lhs)
    zero = isinstance(other, NumberLiteral) and other.value == 0
    if parent.op in ("and", "unless") and child is parent.rhs:
        return f"only whether it is there counts on the right of `{parent.op}`"
    if parent.op in ("and", "or", "unless"):
        return ""
    if parent.op == "*" and zero:
        return "it is multiplied by zero: only its presence counts" if changed.finite else None
    if parent.op in _ARITHMETIC:
        return ""
    if zero and changed.scaled:
        return "only on which side of zero it is counts, and that is the same"
    return None


def _changed(node: Expr, path: Sequence[Expr], change: Change) -> _Changed | None:
    """What a change does to a value; None if it may change which values there are."""
    if change.operator == "aggregation" and isinstance(node, Aggregate):
        if not {node.op, change.new} <= _AGGREGATIONS:
            return None
        same = {node.op, change.new} <= {"sum", "avg"}
        return _Changed(True, same or ({node.op, change.new} <= _SAME_SIGN and never_negative(node.expr)))
    if change.operator == "function" and isinstance(node, Call):
        fitting = any({node.func, change.new} <= alike for alike in _FUNCTIONS)
        return _Changed(True, {node.func, change.new} == _SWAPPED) if fitting else None
    if change.operator == "operator" and isinstance(node, Binary) and {node.op, change.new} <= _ARITHMETIC:
        return _Changed({node.op, change.new} == {"+", "-"}, False)
    if change.operator == "operand dropped" and isinstance(node, Binary) and node.op in _ARITHMETIC:
        sides = [kind(unwrap(side)) for side in (node.lhs, node.rhs)]
        kept = 0 if change.end - change.start and node.lhs.end - node.lhs.start == len(change.new) else 1
        return _Changed(True, False) if "scalar" in sides and sides[kept] != "scalar" else None
    if change.operator == "number" and len(path) > 1 and _is_factor(path):
        return _Changed(True, False)
    return None


def _is_factor(path: Sequence[Expr]) -> bool:
    parent = next((part for part in reversed(path[:-1]) if not isinstance(part, Paren)), None)
    return isinstance(parent, Binary) and parent.op in ("+", "-", "*")


def _shows_value(rule: TestedRule) -> bool:
    texts = [text for _, text in (*rule.annotations, *rule.labels)]
    return any("$value" in text or ".Value" in text for text in texts)


def never_negative(expr: Expr) -> bool:
    """Whether a value cannot be negative, such as a count."""
    inner = unwrap(expr)
    if isinstance(inner, NumberLiteral):
        return inner.value is not None and inner.value >= 0
    if isinstance(inner, Selector):
        return _COUNTERS.fullmatch(inner.name or "") is not None
    if isinstance(inner, Call):
        return inner.func in _COUNTING or (inner.func.endswith("_over_time") and never_negative(inner.args[0]))
    if isinstance(inner, Aggregate):
        return inner.op in ("count", "group", "stddev", "stdvar") or never_negative(inner.expr)
    if isinstance(inner, Binary):
        sides = [never_negative(inner.lhs), never_negative(inner.rhs)]
        if inner.op in _COMPARISONS or inner.op in ("and", "unless"):
            return sides[0]
        return all(sides) and inner.op in ("+", "*", "/", "or")
    return False
