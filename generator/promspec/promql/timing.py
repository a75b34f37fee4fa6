"""Durations in an expression: literals, arithmetic of them, and what follows `offset`.

Source: `duration_expr` and `offset_duration_expr` of prometheus/promql/parser/generated_parser.y, and
prometheus/promql/durations.go for their values.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

from promspec.promql.cursor import Cursor
from promspec.promql.durations import duration_seconds
from promspec.promql.errors import PromQLError
from promspec.promql.lexer import Token
from promspec.promql.numbers import number
from promspec.promql.syntax import Duration

Seconds = int | Fraction | None
_PRECEDENCE = {"+": 1, "-": 1, "*": 2, "/": 2, "%": 2, "^": 3}
_SIGN = 3
"""What a sign applies to: powers, nothing looser."""
_OF_QUERY = ("step", "range")
_OF_TWO = ("max_of", "min_of")
_RENAMED = re.compile(r"(min|max)\s*\(", re.IGNORECASE)
_LONGEST = 2**63 / 10**9


def duration(cursor: Cursor, purpose: str) -> Duration:
    """A range or a step: a duration, a number of seconds, arithmetic of these, or a Grafana variable for one."""
    found = _held(_arithmetic(cursor, 0, purpose))
    if found.seconds is not None and found.seconds <= 0:
        if not found.op and found.seconds == 0:
            message = "a range must be longer than zero"
        else:
            message = f"a range must be longer than zero; this is {float(found.seconds):g} seconds"
        raise PromQLError(message, found.start, found.end, "write a duration such as 5m")
    return found


def offset(cursor: Cursor) -> Duration:
    """What follows the word `offset`: one duration with or without a sign, or arithmetic in parentheses."""
    sign = cursor.token if cursor.at_op("-") or cursor.at_op("+") else None
    after = cursor.following() if sign else cursor.token
    signs_again = sign is not None and after.kind == "op" and after.text in ("-", "+")
    if signs_again or (sign is None and cursor.at_op("(")):
        return _held(_arithmetic(cursor, 0, "after offset"))
    if sign is None:
        return _held(_term(cursor, "after offset"))
    cursor.take()
    return _held(_signed(cursor, sign, _term(cursor, "after offset")))


def seconds_in_a_rule(duration: Duration) -> float | None:
    """The seconds of a duration where the query has no step and no range, as in rules; None for a Grafana variable.

    `rate(x[max_of(step(), 5m)])` reads 300 seconds there.
    """
    if not duration.operands:
        none = 0.0 if duration.op else None
        return none if duration.seconds is None else float(duration.seconds)
    inner = [seconds_in_a_rule(operand) for operand in duration.operands]
    known = [value for value in inner if value is not None]
    if len(known) < len(inner):
        return None
    if len(known) == 1:
        return -known[0] if duration.op == "-" else known[0]
    by_zero = duration.op in ("/", "%") and known[1] == 0
    return 0.0 if by_zero else _value(duration.op, known[0], known[1])


def literal(cursor: Cursor, purpose: str) -> Duration:
    """A duration or a number of seconds."""
    token = cursor.token
    if token.kind == "variable":
        cursor.take()
        return Duration(token.start, token.end, token.text, None)
    if token.kind not in ("duration", "number"):
        if renamed := _RENAMED.match(cursor.text, token.start):
            message = f"{renamed[1]}() of durations is named {renamed[1]}_of() since Prometheus 3.13"
            raise PromQLError(message, token.start, renamed.end(1), f"write {renamed[1]}_of(a, b)")
        cursor.unexpected(f"a duration such as 5m {purpose}")
    seconds = _of_number(token) if token.kind == "number" else _of_duration(token)
    cursor.take()
    return Duration(token.start, token.end, token.text, seconds)


def _of_duration(token: Token) -> Seconds:
    try:
        return duration_seconds(token.text)
    except ValueError as error:
        message, _, remedy = str(error).partition(": ")
        raise PromQLError(message, token.start, token.end, remedy) from None


def _of_number(token: Token) -> Seconds:
    value = number(token)
    if not value < _LONGEST:
        message = f"the duration `{token.text}` is longer than Prometheus can hold (292 years)"
        raise PromQLError(message, token.start, token.end, "write a shorter one")
    return _exact(Fraction(round(value * 10**9), 10**9))


def _exact(seconds: Fraction) -> int | Fraction:
    return int(seconds) if seconds.denominator == 1 else seconds


def _arithmetic(cursor: Cursor, least: int, purpose: str) -> Duration:
    """Precedence climbing over durations."""
    cursor.deeper()
    left = _operand(cursor, purpose)
    while True:
        token = cursor.token
        precedence = _PRECEDENCE.get(token.text, -1) if token.kind == "op" else -1
        if precedence < max(least, 1):
            break
        cursor.take()
        right = _arithmetic(cursor, precedence if token.text == "^" else precedence + 1, f"after `{token.text}`")
        left = _made(cursor, token, token.text, (left, right), left.start, right.end)
    cursor.depth -= 1
    return left


def _operand(cursor: Cursor, purpose: str) -> Duration:
    if not (cursor.at_op("-") or cursor.at_op("+")):
        return _term(cursor, purpose)
    sign = cursor.take()
    return _signed(cursor, sign, _arithmetic(cursor, _SIGN, purpose))


def _signed(cursor: Cursor, sign: Token, inner: Duration) -> Duration:
    """A sign before a duration: part of a literal, an operation otherwise."""
    seconds = inner.seconds
    if seconds is not None and sign.text == "-":
        seconds = -seconds
    if inner.op:
        return Duration(sign.start, inner.end, cursor.text[sign.start : inner.end], seconds, sign.text, (inner,))
    return Duration(sign.start, inner.end, sign.text + inner.text, seconds)


def _term(cursor: Cursor, purpose: str) -> Duration:
    """A literal, `step()`, `range()`, `max_of(a, b)`, `min_of(a, b)`, or arithmetic in parentheses."""
    token = cursor.token
    if cursor.at_op("("):
        cursor.take()
        inner = _arithmetic(cursor, 0, "in the parenthesis")
        closing = cursor.expect(")", "to close the parenthesis")
        return _made(cursor, token, "(", (inner,), token.start, closing.end)
    if not cursor.at_word(*_OF_QUERY, *_OF_TWO) or cursor.following().text != "(":
        return literal(cursor, purpose)
    cursor.take()
    word = token.text.lower()
    cursor.expect("(", f"after {token.text}")
    operands: tuple[Duration, ...] = ()
    if word in _OF_TWO:
        first = _arithmetic(cursor, 0, f"in {word}()")
        cursor.expect(",", f"between the two durations of {word}()")
        operands = (first, _arithmetic(cursor, 0, f"in {word}()"))
    closing = cursor.expect(")", f"to close {word}(")
    return _made(cursor, token, word, operands, token.start, closing.end)


def _made(cursor: Cursor, token: Token, op: str, operands: tuple[Duration, ...], start: int, end: int) -> Duration:
    """An operation with its value, if that can be told."""
    if op in ("/", "%") and operands[1].seconds == 0:
        word = "division" if op == "/" else "modulo"
        raise PromQLError(f"{word} of a duration by zero", token.start, token.end, "write another divisor")
    seconds = operands[0].seconds if op == "(" else None
    known = [float(operand.seconds) for operand in operands if operand.seconds is not None]
    if op != "(" and operands and len(known) == len(operands):
        value = _value(op, known[0], known[-1])
        if not math.isfinite(value):
            raise _too_long(start, end)
        seconds = _exact(Fraction(value))
    return Duration(start, end, cursor.text[start:end], seconds, op, operands)


def _held(found: Duration) -> Duration:
    """The duration in whole milliseconds, as Prometheus cuts what was computed; refused if it cannot hold it."""
    if not found.op or found.seconds is None:
        return found
    if abs(float(found.seconds)) >= _LONGEST:
        raise _too_long(found.start, found.end)
    return replace(found, seconds=_exact(Fraction(math.trunc(found.seconds * 1000), 1000)))


def _too_long(start: int, end: int) -> PromQLError:
    message = "this duration is longer than Prometheus can hold (292 years)"
    return PromQLError(message, start, end, "write a shorter one")


_OPERATIONS: dict[str, Callable[[float, float], float]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": lambda left, right: left / right,
    "%": lambda left, right: math.fmod(left, right),
    "^": lambda left, right: math.pow(left, right),
    "max_of": lambda left, right: max(left, right),
    "min_of": lambda left, right: min(left, right),
}


def _value(op: str, left: float, right: float) -> float:
    try:
        return _OPERATIONS[op](left, right)
    except (OverflowError, ValueError):  # a power beyond all bounds, or of a negative number
        return math.inf
