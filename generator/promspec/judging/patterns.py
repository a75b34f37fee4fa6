"""Matchers that do nothing, and regular expressions that say more or less than they seem to."""

from __future__ import annotations

from collections.abc import Iterator

from promspec.judging.model import RULES, Asked, Facts, judgement
from promspec.problems import Level
from promspec.promql import Expr, Finding, Matcher, Selector, walk

_META = frozenset("\\.+*?()[]{}^$|")


def _regexes(expr: Expr) -> Iterator[Matcher]:
    """The matchers by regular expression, but those that a variable fills and those of names."""
    for node in walk(expr):
        for matcher in node.matchers if isinstance(node, Selector) else ():
            if not matcher.variable and matcher.op in ("=~", "!~") and matcher.label != "__name__":
                yield matcher


@judgement("promql/idle-matcher", Level.INFO, *RULES)
def idle_matchers(asked: Asked, facts: Facts) -> Iterator[Finding]:
    """A matcher leaves something out, and a regular expression is more than a text."""
    for matcher in _regexes(asked.expr):
        if matcher.value == ".*":
            text = "matches every series" if matcher.op == "=~" else "matches none"
            yield _finding("promql/idle-matcher", matcher, text, "leave it out")
        elif matcher.value and not _META & set(matcher.value):
            remedy = f'write {matcher.label}{"=" if matcher.op == "=~" else "!="}"{matcher.value}"'
            yield _finding("promql/idle-matcher", matcher, "is a regular expression of plain text", remedy)


@judgement("promql/anchored-regex", Level.INFO)
def anchored(asked: Asked, facts: Facts) -> Iterator[Finding]:
    """A regular expression of a matcher is anchored at both ends by itself: `^` and `$` there say nothing."""
    for matcher in _regexes(asked.expr):
        value = matcher.value
        plain = value.removeprefix("^")
        plain = plain.removesuffix("$") if not plain.endswith("\\$") else plain
        if plain != value and "|" not in plain:
            text = "has anchors, which every matcher has by itself"
            yield _finding("promql/anchored-regex", matcher, text, f'write {matcher.label}{matcher.op}"{plain}"')


def _finding(id: str, matcher: Matcher, text: str, remedy: str) -> Finding:
    message = f'{matcher.label}{matcher.op}"{matcher.value}" {text}'
    return Finding(id, message, remedy, matcher.start, matcher.end)
