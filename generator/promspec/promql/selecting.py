"""Parse the parts of a selector: braces with matchers, `@`, and lists of label names."""

from __future__ import annotations

import math
from typing import cast

from promspec.promql import regexes, timing
from promspec.promql.cursor import Cursor, has_variable
from promspec.promql.errors import PromQLError
from promspec.promql.lexer import Token
from promspec.promql.numbers import number
from promspec.promql.strings import quote, unquote
from promspec.promql.syntax import At, Label, Matcher, MatchOp, NumberLiteral, Selector

_OPERATORS = ("=", "!=", "=~", "!~")


def selector(cursor: Cursor) -> Selector:
    """A metric name, braces, or both; checked that it cannot match every series."""
    start = cursor.token.start
    any_series, cursor.any_series = cursor.any_series, False
    name: Token | None = None
    if not cursor.at_op("{"):
        name = cursor.take()
    matchers: tuple[Matcher, ...] = ()
    quoted: Token | None = None
    braces: tuple[int, int] | None = None
    if cursor.at_op("{"):
        opening = cursor.take()
        matchers, quoted = _matchers(cursor)
        braces = (opening.start, cursor.expect("}", "to close the braces").end)
    end = cursor.previous_end()
    written = name or quoted
    text = None if written is None else unquote(quoted.text, quoted.start) if quoted else written.text
    span = (written.start, written.end) if written else (start, start)
    parsed = Selector(start, end, text, *span, matchers, braces)
    _check_name(parsed, name, quoted)
    if not any_series:
        _check_matchers(parsed, quoted)
    return parsed


def _matchers(cursor: Cursor) -> tuple[tuple[Matcher, ...], Token | None]:
    """What stands between braces: matchers, and in Prometheus 3 a quoted metric name."""
    found: list[Matcher] = []
    name: Token | None = None
    while not cursor.at_op("}"):
        label = cursor.token
        if label.kind not in ("id", "string"):
            cursor.unexpected("a label name or `}`")
        cursor.take()
        if label.kind == "string" and (cursor.at_op(",") or cursor.at_op("}")):
            if name is not None:
                raise PromQLError("a selector has one metric name", label.start, label.end, "remove one of the two")
            name = label
        else:
            found.append(_matcher(cursor, label))
        if not cursor.accept(",") and not cursor.at_op("}"):
            cursor.unexpected("`,` or `}`")
    return tuple(found), name


def _matcher(cursor: Cursor, label: Token) -> Matcher:
    operator = cursor.token
    if operator.kind != "op" or operator.text not in _OPERATORS:
        cursor.unexpected("one of = != =~ !~")
    cursor.take()
    written = cursor.token
    if written.kind != "string":
        cursor.unexpected(f"a value in quotes, such as {label.text}{operator.text}{quote(written.text)},")
    cursor.take()
    value = unquote(written.text, written.start)
    name = unquote(label.text, label.start) if label.kind == "string" else label.text
    variable = cursor.templated and has_variable(value)
    if operator.text in ("=~", "!~") and not variable and (problem := regexes.problem(value)):
        raise PromQLError(f"{written.text} is no regular expression: {problem}", written.start, written.end)
    op = cast("MatchOp", operator.text)
    return Matcher(label.start, written.end, name, label.end, op, value, written.start, written.end, variable)


def _check_name(parsed: Selector, name: Token | None, quoted: Token | None) -> None:
    twice = name if quoted else None
    named = next((m for m in parsed.matchers if m.label == "__name__"), None)
    if twice or (name and named):
        raise PromQLError("the metric name is given twice", parsed.start, parsed.end, "keep one of the two")


def _check_matchers(parsed: Selector, quoted: Token | None) -> None:
    if parsed.name is not None and (parsed.name or quoted is None):
        return
    if not any(_demands_something(matcher) for matcher in parsed.matchers):
        message = "all matchers accept a missing label" if parsed.matchers else "this selects every series"
        remedy = "name a metric, or a label with a value that is not empty"
        raise PromQLError(message, parsed.start, parsed.end, remedy)


def _demands_something(matcher: Matcher) -> bool:
    """Whether a series without the label is refused (a regular expression nobody can evaluate here is trusted)."""
    if matcher.variable:
        return True
    if matcher.op in ("=", "!="):
        return (matcher.op == "=") == bool(matcher.value)
    expression = regexes.compiled(matcher.value)
    return expression is None or (matcher.op == "=~") != bool(expression.fullmatch(""))


def duration_as_number(cursor: Cursor) -> NumberLiteral:
    """A duration that stands for its seconds, as Prometheus 3 allows."""
    written = timing.literal(cursor, "")
    value = None if written.seconds is None else float(written.seconds)
    return NumberLiteral(written.start, written.end, value, written.text)


def at(cursor: Cursor) -> At:
    """What follows `@`: a Unix time, `start()` or `end()`."""
    first = cursor.token
    if cursor.at_word("start", "end"):
        cursor.take()
        cursor.expect("(", f"after @ {first.text}")
        closing = cursor.expect(")", f"after @ {first.text}(")
        return At(first.start, closing.end, None, "start" if first.text.lower() == "start" else "end")
    sign = cursor.take() if cursor.at_op("-") or cursor.at_op("+") else None
    token = cursor.token
    if token.kind == "variable":
        cursor.take()
        return At(first.start, token.end, None, text=cursor.text[first.start : token.end])
    if token.kind in ("number", "duration"):
        seconds = number(token) if token.kind == "number" else float(timing.literal(cursor, "").seconds or 0)
        seconds *= -1 if sign and sign.text == "-" else 1
        if token.kind == "number":
            cursor.take()
        if math.isfinite(seconds) and abs(seconds) < 2**63:
            return At(first.start, token.end, seconds, text=cursor.text[first.start : token.end])
        raise PromQLError("this time is out of bounds", first.start, token.end, "write a Unix time in seconds")
    cursor.unexpected("a Unix time in seconds, start() or end()")


def _check_label(name: str, token: Token) -> None:
    if not name:
        raise PromQLError(f"`{token.text}` is no label name", token.start, token.end, "name a label")
    if token.kind == "id" and name.lower() in ("without", "inf", "nan"):
        message = f"the keyword `{token.text}` cannot be a label name here"
        raise PromQLError(message, token.start, token.end, "rename the label")


def labels(cursor: Cursor, keyword: str) -> tuple[Label, ...]:
    """A list of label names in parentheses, as after `by` or `on`."""
    cursor.expect("(", f"after {keyword}")
    found: list[Label] = []
    while not cursor.at_op(")"):
        token = cursor.token
        if token.kind not in ("id", "string"):
            cursor.unexpected("a label name or `)`")
        cursor.take()
        name = unquote(token.text, token.start) if token.kind == "string" else token.text
        _check_label(name, token)
        found.append(Label(token.start, token.end, name))
        if not cursor.accept(",") and not cursor.at_op(")"):
            cursor.unexpected("`,` or `)`")
    cursor.take()
    return tuple(found)
