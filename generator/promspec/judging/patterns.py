"""Matchers that do nothing, and regular expressions that say more or less than they seem to."""

from __future__ import annotations

import re
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


_GLOB = re.compile(r"(?:^|[^.\\)\]}*+?])\*")
"""A star behind a character that is meant as itself."""
_AS_REGEX = re.compile(r"\.[*+]|^\d\.\.$|^\d\.[*+]|\|")
"""What nobody writes in a text: `.*`, `5..`, `a|b`."""


@judgement("promql/glob", Level.WARNING)
def globs(asked: Asked, facts: Facts) -> Iterator[Finding]:
    """A regular expression is no glob: its star repeats the character before it."""
    for matcher in _regexes(asked.expr):
        found = _GLOB.search(matcher.value)
        if found is not None and not set("()[]\\") & set(matcher.value):
            before = matcher.value[: found.end() - 1][-1:]
            text = f"repeats the {before}" if before else "has a star that repeats nothing"
            better = matcher.value[: found.end() - 1] + "." + matcher.value[found.end() - 1 :]
            yield _finding(
                "promql/glob", matcher, f"{text}, as no glob does", f'write {matcher.label}{matcher.op}"{better}"'
            )


@judgement("promql/regex-as-text", Level.WARNING)
def regexes_as_texts(asked: Asked, facts: Facts) -> Iterator[Finding]:
    """A regular expression stands behind =~ or !~: behind = and != it is compared letter by letter."""
    for node in walk(asked.expr):
        if not isinstance(node, Selector):
            continue
        series = facts.seen.series(node.name) if node.name else None
        for matcher in node.matchers:
            plain = matcher.op in ("=", "!=") and not matcher.variable and _AS_REGEX.search(matcher.value)
            seen = series.labels.get(matcher.label) if series is not None else None
            if plain and not (seen and matcher.value in seen):
                text = "compares with this very text" if matcher.op == "=" else "leaves out only this very text"
                remedy = f'write {matcher.label}{matcher.op[:-1]}{"=~" if matcher.op == "=" else "~"}"{matcher.value}"'
                yield _finding("promql/regex-as-text", matcher, text, remedy)


def _finding(id: str, matcher: Matcher, text: str, remedy: str) -> Finding:
    message = f'{matcher.label}{matcher.op}"{matcher.value}" {text}'
    return Finding(id, message, remedy, matcher.start, matcher.end)
