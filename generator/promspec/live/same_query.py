"""Whether two texts are the same query: spelling, spaces, parentheses and the order of labels do not matter."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields, is_dataclass

from promspec.promql import (
    At,
    Duration,
    Label,
    Matching,
    NumberLiteral,
    Paren,
    PromQLError,
    Selector,
    parse,
    unwrap,
)

_WHERE = (
    *("start", "end", "label_end", "value_start", "value_end", "name_start", "name_end"),
    *("braces", "op_start", "op_end"),
)


def same_query(left: str, right: str) -> bool:
    """Whether both mean the same; of what cannot be parsed only the same text does.

    >>> same_query("sum(rate(x{a='1',b=\\"2\\"}[60s])) by (c,d)", 'sum by (d, c) (rate(x{b="2", a="1"}[1m]))')
    True
    """
    try:
        return left == right or _meaning(parse(left)) == _meaning(parse(right))
    except (PromQLError, RecursionError):
        return False


def _meaning(node: object) -> object:
    """A tree without places; parentheses are dropped, for the tree says what binds."""
    if isinstance(node, tuple):
        return tuple(map(_meaning, node))
    if isinstance(node, Duration):
        return ("duration", node.seconds if node.seconds is not None else "".join(node.text.split()).lower())
    if isinstance(node, At):
        return ("at", node.seconds, node.bound)
    if isinstance(node, NumberLiteral):
        return ("number", repr(node.value))
    if isinstance(node, Paren):
        return _meaning(unwrap(node))
    if isinstance(node, Selector):
        return _selector(node)
    if isinstance(node, Matching):
        return ("matching", node.on, _names(node.labels), node.group, _names(node.include))
    if not is_dataclass(node):
        return node
    parts = [(each.name, getattr(node, each.name)) for each in fields(node) if each.name not in _WHERE]
    return (type(node).__name__, *(_names(value) if name == "grouping" else _meaning(value) for name, value in parts))


def _names(labels: Iterable[Label]) -> tuple[str, ...]:
    return tuple(sorted(label.name for label in labels))


def _selector(node: Selector) -> object:
    matchers = list(node.matchers)
    name = node.name
    if name is None:
        named = [each for each in matchers if each.label == "__name__" and each.op == "="]
        if len(named) == 1:
            name = named[0].value
            matchers.remove(named[0])
    known = tuple(sorted((each.label, each.op, each.value) for each in matchers))
    extended = node.extended.word if node.extended is not None else ""
    return ("selector", name, known, extended, *map(_meaning, (node.range, node.offset, node.at)))
