"""An expression as text: what parse() reads of it is the same expression."""

from __future__ import annotations

import re
from collections.abc import Iterable

from promspec.promql.strings import quote
from promspec.promql.syntax import (
    Aggregate,
    At,
    Binary,
    Call,
    Duration,
    Expr,
    Fill,
    Label,
    Matcher,
    Matching,
    NumberLiteral,
    Paren,
    Selector,
    StringLiteral,
    Subquery,
    Unary,
    children,
    walk,
)

_PLAIN_LABEL = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_KEYWORDS = frozenset(("without", "inf", "nan"))


def printed(expr: Expr) -> str:
    """The text of an expression, with one space around operators and none inside parentheses.

    >>> printed(parse("sum(rate( x{a='b'} [5m]))by(c)/on(c)group_left y"))
    'sum by (c) (rate(x{a="b"}[5m])) / on (c) group_left () y'
    """
    texts: dict[int, str] = {}
    for node in reversed(walk(expr)):
        texts[id(node)] = _text(node, [texts[id(child)] for child in children(node)])
    return texts[id(expr)]


def _text(node: Expr, inner: list[str]) -> str:
    """A node from the texts of its children."""
    if isinstance(node, Selector):
        return _selector(node)
    if isinstance(node, NumberLiteral):
        return node.text
    if isinstance(node, StringLiteral):
        return quote(node.value)
    if isinstance(node, Call):
        return f"{node.func}({', '.join(inner)})"
    if isinstance(node, Aggregate):
        return _aggregate(node, inner)
    if isinstance(node, Binary):
        return " ".join((inner[0], node.op, *_clauses(node), inner[1]))
    if isinstance(node, Unary):
        return f"{node.op}{inner[0]}"
    if isinstance(node, Paren):
        return f"({inner[0]})"
    return f"{inner[0]}{_bracket(node)}{_modifiers(node)}"


def _selector(node: Selector) -> str:
    quoted = node.name is not None and node.braces is not None and node.name_start > node.braces[0]
    matchers = [quote(node.name or "")] if quoted else []
    matchers += [_matcher(matcher) for matcher in node.matchers]
    name = "" if quoted else node.name or ""
    braces = "{" + ", ".join(matchers) + "}" if node.braces is not None else ""
    length = "" if node.range is None else f"[{node.range.text}]"
    return f"{name}{braces}{length}{_modifiers(node)}"


def _matcher(matcher: Matcher) -> str:
    label = matcher.label if _PLAIN_LABEL.fullmatch(matcher.label) else quote(matcher.label)
    return f"{label}{matcher.op}{quote(matcher.value)}"


def _bracket(node: Subquery) -> str:
    return f"[{node.range.text}:{'' if node.step is None else node.step.text}]"


def _modifiers(node: Selector | Subquery) -> str:
    extended = "" if isinstance(node, Subquery) or node.extended is None else f" {node.extended.word}"
    offset = _offset(node.offset)
    if node.offset is not None and node.offset.op:  # `offset (1m) + y` would go on adding durations
        return f"{offset}{extended}{_at(node.at)}"
    return f"{extended}{_at(node.at)}{offset}"


def _at(at: At | None) -> str:
    if at is None:
        return ""
    return f" @ {at.bound}()" if at.bound else f" @ {at.text}"


def _offset(offset: Duration | None) -> str:
    return "" if offset is None else f" offset {offset.text}"


def _aggregate(node: Aggregate, inner: list[str]) -> str:
    word = "without" if node.without else "by"
    grouping = f" {word} ({_labels(node.grouping)}) " if node.grouping or node.without else ""
    return f"{node.op}{grouping}({', '.join(inner)})"


def _labels(labels: Iterable[Label]) -> str:
    return ", ".join(_label(label.name) for label in labels)


def _label(name: str) -> str:
    return name if _PLAIN_LABEL.fullmatch(name) and name.lower() not in _KEYWORDS else quote(name)


def _clauses(node: Binary) -> list[str]:
    found = ["bool"] if node.return_bool else []
    if node.matching is not None:
        found.append(_matching(node.matching))
    return [*found, *([_fill(node.fill)] if node.fill is not None else [])]


def _matching(matching: Matching) -> str:
    text = f"{'on' if matching.on else 'ignoring'} ({_labels(matching.labels)})"
    return f"{text} group_{matching.group} ({_labels(matching.include)})" if matching.group else text


def _fill(fill: Fill) -> str:
    if fill.left is not None and fill.right is not None and fill.left.text == fill.right.text:
        return f"fill ({fill.left.text})"
    sides = (("left", fill.left), ("right", fill.right))
    return " ".join(f"fill_{side} ({value.text})" for side, value in sides if value is not None)
