"""Text to syntax tree: precedence climbing over tokens, every node checked as it is built."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from functools import lru_cache
from typing import NoReturn

from promspec.promql import selecting, timing, typing_rules
from promspec.promql.cursor import Cursor, has_variable
from promspec.promql.errors import PromQLError
from promspec.promql.functions import AGGREGATORS, FUNCTIONS, NO_METRIC_NAME, PRECEDENCE, UNARY_OPERAND
from promspec.promql.lexer import Token
from promspec.promql.matching_clauses import Clauses, clauses
from promspec.promql.numbers import number
from promspec.promql.strings import unquote
from promspec.promql.syntax import (
    Aggregate,
    Binary,
    Call,
    Duration,
    Expr,
    Label,
    NumberLiteral,
    Paren,
    Selector,
    StringLiteral,
    Subquery,
    Unary,
    kind,
)

_OPERAND = "a metric, a number, a function or a parenthesis"


def parse(text: str, *, templated: bool = False) -> Expr:
    """The syntax tree of an expression.

    With `templated`, Grafana variables (`$x`, `${x}`, `${x:regex}`, `[[x]]`) may stand for durations and numbers and
    inside strings. Raises PromQLError where Prometheus (2.42 or 3) would reject the expression.
    """
    return _parsed(text, templated)


@lru_cache(maxsize=4096)
def _parsed(text: str, templated: bool) -> Expr:
    cursor = Cursor(text, templated=templated)
    if cursor.token.kind == "end":
        raise PromQLError("there is no expression", 0, len(text), "write one, such as up == 0")
    try:
        expr = _expression(cursor, 0)
    except RecursionError:
        raise PromQLError("the expression is nested too deeply", 0, len(text)) from None
    if cursor.token.kind != "end":
        _unfinished(cursor, expr)
    return expr


def _unfinished(cursor: Cursor, expr: Expr) -> NoReturn:
    """Say why the text goes on after a whole expression."""
    if cursor.at_op(")"):
        token = cursor.token
        raise PromQLError("this `)` has no `(`", token.start, token.end, "remove it, or open it before")
    if cursor.at_op("="):
        token = cursor.token
        written = cursor.text[token.start : token.end + 1]
        written = written if written[1:] in ("~", ">", "<") else "="
        remedy = {"=~": 'write {label=~"..."}', "=>": "write `>=`", "=<": "write `<=`"}.get(written, "write `==`")
        raise PromQLError(f"`{written}` is no operator of PromQL", token.start, token.end, remedy)
    if cursor.at_word("by", "without"):
        cursor.unexpected("by and without follow an aggregation such as sum(...); an operator or the end")
    if isinstance(expr, Selector) and expr.braces is None and expr.name in {**FUNCTIONS, **AGGREGATORS}:
        cursor.unexpected(f"`(`, because {expr.name} is a function,")
    cursor.unexpected("an operator or the end of the expression")


def _expression(cursor: Cursor, least: int) -> Expr:
    """An expression whose operators bind at least as tightly as `least`."""
    cursor.deeper()
    lhs = _operand(cursor)
    while True:
        token = cursor.token
        op = token.text.lower()
        precedence = PRECEDENCE.get(op, -1) if token.kind in ("op", "id") else -1
        if precedence < max(least, 1):
            break
        cursor.take()
        read = clauses(cursor)
        rhs = _expression(cursor, precedence if op == "^" else precedence + 1)
        lhs = _binary(op, lhs, rhs, token, read)
    cursor.depth -= 1
    return lhs


def _binary(op: str, lhs: Expr, rhs: Expr, token: Token, read: Clauses) -> Binary:
    result = typing_rules.check_binary(op, lhs, rhs, token, read)
    return Binary(
        lhs.start, rhs.end, op, lhs, rhs, read.return_bool, read.matching, token.start, token.end, result, read.fill
    )


def _operand(cursor: Cursor) -> Expr:
    """What stands between operators: a signed or plain term with its range, offset and `@`."""
    if not (cursor.at_op("-") or cursor.at_op("+")):
        return _suffixes(cursor, _term(cursor))
    sign = cursor.take()
    operand = _expression(cursor, UNARY_OPERAND)
    if isinstance(operand, NumberLiteral):
        value = operand.value
        if value is not None and sign.text == "-":
            value = -value
        return NumberLiteral(sign.start, operand.end, value, sign.text + operand.text)
    typing_rules.check_operand(sign.text, operand)
    return Unary(sign.start, operand.end, sign.text, operand, kind(operand))


def _term(cursor: Cursor) -> Expr:
    token = cursor.token
    if token.kind == "id":
        return _word(cursor, token)
    if token.kind == "number":
        cursor.take()
        return NumberLiteral(token.start, token.end, number(token), token.text)
    if token.kind == "string":
        cursor.take()
        text = unquote(token.text, token.start)
        return StringLiteral(token.start, token.end, text, cursor.templated and has_variable(text))
    if token.kind == "variable":
        return _variable(cursor)
    if token.kind == "duration":
        return selecting.duration_as_number(cursor)
    if cursor.at_op("{"):
        return selecting.selector(cursor)
    if cursor.at_op("("):
        cursor.take()
        inner = _expression(cursor, 0)
        closing = cursor.expect(")", "to close the parenthesis")
        return Paren(token.start, closing.end, inner, kind(inner))
    cursor.unexpected(_OPERAND)


def _variable(cursor: Cursor) -> NumberLiteral:
    token = cursor.token
    if cursor.following().kind == "op" and cursor.following().text in ("{", "(", "["):
        cursor.unexpected(_OPERAND)
    cursor.take()
    return NumberLiteral(token.start, token.end, None, token.text)


def _word(cursor: Cursor, token: Token) -> Expr:
    """A name: of an aggregator, a function, a metric, or a special number."""
    following = cursor.following()
    lower = token.text.lower()
    calls = following.kind == "op" and following.text == "("
    if lower in AGGREGATORS and (calls or (following.kind == "id" and following.text.lower() in ("by", "without"))):
        return _aggregate(cursor)
    if lower in ("inf", "nan"):
        cursor.take()
        return NumberLiteral(token.start, token.end, math.inf if lower == "inf" else math.nan, token.text)
    if lower in NO_METRIC_NAME or (calls and lower in PRECEDENCE):
        cursor.unexpected(_OPERAND)
    if calls:
        return _call(cursor)
    return selecting.selector(cursor)


def _call(cursor: Cursor) -> Call:
    name = cursor.take()
    called = typing_rules.function(name.text, name.start, name.end)
    args, end = _arguments(cursor, name.text)
    typing_rules.check_call(name.text, called, args, name.start, end)
    return Call(name.start, end, name.text, args, called.returns)


def _aggregate(cursor: Cursor) -> Aggregate:
    """`sum by (a) (x)`, `sum(x) by (a)` or `sum(x)`."""
    name = cursor.take()
    grouping, without, grouped = _grouping(cursor)
    args, end = _arguments(cursor, name.text)
    if not grouped:
        grouping, without, grouped = _grouping(cursor)
        end = cursor.previous_end()
    if cursor.at_word("by", "without"):
        token = cursor.token
        raise PromQLError("an aggregation has one by or without", token.start, token.end, "remove one of the two")
    op = name.text.lower()
    typing_rules.check_aggregate(op, args, name.start, end)
    return Aggregate(name.start, end, op, args[-1], args[0] if len(args) == 2 else None, grouping, without)


def _grouping(cursor: Cursor) -> tuple[tuple[Label, ...], bool, bool]:
    if not cursor.at_word("by", "without"):
        return (), False, False
    word = cursor.take()
    return selecting.labels(cursor, word.text), word.text.lower() == "without", True


def _arguments(cursor: Cursor, name: str) -> tuple[tuple[Expr, ...], int]:
    """Arguments in parentheses and the offset behind them."""
    cursor.expect("(", f"after {name}")
    args: list[Expr] = []
    while not cursor.at_op(")"):
        cursor.any_series = name == "info" and len(args) == 1 and cursor.at_op("{")
        args.append(_expression(cursor, 0))
        comma = cursor.token
        if not cursor.accept(","):
            break
        if cursor.at_op(")"):
            raise PromQLError("a comma before `)` is not allowed here", comma.start, comma.end, "remove the comma")
    return tuple(args), cursor.expect(")", f"to close {name}(").end


def _suffixes(cursor: Cursor, expr: Expr) -> Expr:
    """Ranges, subqueries, `offset`, `@`, `anchored` and `smoothed` behind a term."""
    while True:
        if cursor.at_op("["):
            expr = _bracket(cursor, expr)
        elif cursor.at_word("offset"):
            word = cursor.take()
            target = typing_rules.modifier_target(expr, "offset")
            if target.offset is not None:
                raise PromQLError("offset is given twice", word.start, word.end, "remove one of the two")
            offset = timing.offset(cursor)
            expr = replace(target, offset=offset, end=offset.end)
        elif cursor.at_op("@"):
            word = cursor.take()
            target = typing_rules.modifier_target(expr, "@")
            if target.at is not None:
                raise PromQLError("@ is given twice", word.start, word.end, "remove one of the two")
            at = selecting.at(cursor)
            expr = replace(target, at=at, end=at.end)
        elif cursor.at_word("anchored", "smoothed"):
            expr = typing_rules.extended(expr, cursor.take())
        else:
            return expr


def _bracket(cursor: Cursor, expr: Expr) -> Selector | Subquery:
    """`[5m]` or `[5m:1m]` behind an expression."""
    opening = cursor.take()
    length = timing.duration(cursor, "in the brackets")
    if cursor.at_op(":"):
        _check_colon(cursor, opening.start, length)
        cursor.take()
        step = None if cursor.at_op("]") else timing.duration(cursor, "as the step, or `]`")
        closing = cursor.expect("]", "to close the bracket")
        typing_rules.check_subquery(expr, expr.start, closing.end)
        return Subquery(expr.start, closing.end, expr, length, step)
    closing = cursor.expect("]", "to close the bracket (or `:` for a subquery)")
    if not isinstance(expr, Selector):
        remedy = f"write a subquery: [{length.text}:]"
        message = "a range follows a selector, not another expression"
        raise PromQLError(message, opening.start, closing.end, remedy)
    if expr.range is not None:
        raise PromQLError("the range is given twice", opening.start, closing.end, "remove one of the two")
    if expr.offset is not None or expr.at is not None:
        message = "the range comes before offset and @"
        raise PromQLError(message, opening.start, closing.end, f"write x[{length.text}] offset ...")
    return replace(expr, range=length, end=closing.end)


def _check_colon(cursor: Cursor, opening: int, length: Duration) -> None:
    """Prometheus takes a colon in brackets only after it has read a number there, or in brackets before."""
    before = cursor.text[: cursor.token.start]
    if length.op and not re.search(r"[0-9]", before[opening:]) and not re.search(r"\[[^\]]*[0-9]", before[:opening]):
        remedy = f"write 1 * {length.text}" if length.op in ("step", "range") else "write a number in it"
        message = "Prometheus reads no subquery whose range is without a number"
        raise PromQLError(message, length.start, length.end, remedy)
