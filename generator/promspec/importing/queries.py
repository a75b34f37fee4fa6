"""A query as it was written, made one that promspec takes: `$window` for the range, on one line, known to parse."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from promspec.importing.entries import Entry
from promspec.promql import Expr, PromQLError, kind, parse, selectors, unsupported
from promspec.promql.lexer import Token, tokens
from promspec.promql.syntax import Call, Duration, Selector, Subquery, walk

WINDOW = "$window"
VERSION = (2, 42)
"""The Prometheus that promspec writes for, where a spec has no deployment."""

_PLACEHOLDER = re.compile(r"\{\{-?\s*\.window\s*-?\}\}")
_OURS = re.compile(r"\$window|\$\{window\}")
_OPENING, _CLOSING = ("(", "[", "{"), (")", "]", "}", ",")


@dataclass(frozen=True, slots=True)
class Query:
    """PromQL with `$window` for the range, and its syntax tree, whose offsets are those of `text`."""

    text: str
    expr: Expr

    @property
    def windowed(self) -> bool:
        """Whether it asks for the window."""
        return any(is_window(part) for part in ranges(self.expr))

    @property
    def fixed(self) -> tuple[str, ...]:
        """The ranges that are written as a number, each once."""
        return tuple(dict.fromkeys(part.text for part in ranges(self.expr) if not is_window(part)))


def query(text: str) -> Query:
    """The query of a text that is known to parse, tidied."""
    tidy = _tidy(text)
    return Query(tidy, parse(tidy, templated=True))


def read_query(entry: Entry | None, what: str) -> Query | None:
    """The query of an entry; None, with a problem at its line, if Prometheus would not take it."""
    written = entry.as_text() if entry is not None else None
    if entry is None or written is None:
        return None
    if _OURS.search(written):
        text = f"{what} holds {WINDOW}, which promspec itself replaces by a range"
        entry.say("import/query", text, "write the text otherwise")
        return None
    asked = _PLACEHOLDER.sub("5m", written)
    if "{{" in asked and "}}" in asked:
        remedy = "only {{.window}} can be carried over: write out what the template would give"
        entry.say("import/template", f"{what} is a template of Go", remedy)
        return None
    try:
        expr = parse(asked)
        found = unsupported(expr, VERSION)
    except PromQLError as error:
        _say(entry, asked, error.start, f"{what}: {error.message}", error.remedy or "mend the query")
        return None
    wrong = _no_vector(expr) or _nameless(expr)
    if wrong is not None:
        _say(entry, asked, expr.start, f"{what}: {wrong[0]}", wrong[1])
        return None
    if found:
        remedy = "write it for that version, or add it to the spec by hand"
        _say(entry, asked, found[0].start, f"{what}: {found[0].message}", found[0].remedy or remedy)
        return None
    return query(_PLACEHOLDER.sub(WINDOW, written))


def _no_vector(expr: Expr) -> tuple[str, str] | None:
    if kind(expr) == "instant":
        return None
    names = {"range": "a range vector", "scalar": "a number", "string": "a text"}
    return f"this is {names[kind(expr)]}, not an instant vector", "write such as sum(rate(x_total[{{.window}}]))"


def _nameless(expr: Expr) -> tuple[str, str] | None:
    """Metrics are declared by their names, so a pattern for names cannot be carried over."""
    patterns = [m for part in selectors(expr) for m in part.matchers if m.label == "__name__" and m.op != "="]
    return (f"the metrics that {patterns[0].value!r} matches are not known", "name the metric") if patterns else None


def _say(entry: Entry, text: str, offset: int, summary: str, remedy: str) -> None:
    line = entry.line_after(text.count("\n", 0, offset))
    entry.findings.add("import/query", summary, entry.file, line, remedy)


def ranges(expr: Expr) -> tuple[Duration, ...]:
    """The ranges of the selectors and subqueries in an expression."""
    found = (node.range for node in walk(expr) if isinstance(node, (Selector, Subquery)))
    return tuple(part for part in found if part is not None)


def is_window(part: Duration | None) -> bool:
    """Whether a range is the window."""
    return part is not None and part.text == WINDOW


def edited(text: str, edits: Sequence[tuple[int, int, str]]) -> Query:
    """The text with `[start:end]` replaced for each edit; edits do not overlap, those of one place keep their order."""
    parts, at = [], 0
    for start, end, new in sorted(edits, key=lambda edit: edit[:2]):
        parts += [text[at:start], new]
        at = end
    return query("".join((*parts, text[at:])))


def calls(expr: Expr, *names: str) -> tuple[Call, ...]:
    """The calls of these functions in an expression."""
    return tuple(node for node in walk(expr) if isinstance(node, Call) and node.func in names)


def _tidy(text: str) -> str:
    """The same tokens with single spaces between those that were apart, and none inside brackets; no comments."""
    found = tokens(text, templated=True)
    parts = []
    for before, token in zip([None, *found], found, strict=False):
        apart = before is not None and before.end < token.start and token.kind != "end"
        parts.append(" " if apart and not _inside(before, token) else "")
        parts.append(token.text)
    return "".join(parts)


def _inside(before: Token | None, token: Token) -> bool:
    """Whether the space between two tokens stands just inside a bracket, or before a comma."""
    opening = before is not None and before.kind == "op" and before.text in _OPENING
    return opening or (token.kind == "op" and token.text in _CLOSING)
