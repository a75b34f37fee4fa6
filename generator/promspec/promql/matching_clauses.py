"""Parse what stands between an operator and its right side: `bool`, `on`, `ignoring`, `group_*` and `fill*`."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from promspec.promql import selecting, timing
from promspec.promql.cursor import Cursor
from promspec.promql.errors import PromQLError
from promspec.promql.lexer import Token
from promspec.promql.numbers import number
from promspec.promql.syntax import Fill, Label, Matching, NumberLiteral

_FILLS = ("fill", "fill_left", "fill_right")


class Clauses(NamedTuple):
    """What was read: whether there is `bool`, how sides are matched, what fills the gaps."""

    return_bool: bool
    matching: Matching | None
    fill: Fill | None


def clauses(cursor: Cursor) -> Clauses:
    """Everything behind an operator that is not its right side yet."""
    return_bool, matching = _modifiers(cursor)
    fill = _fill(cursor)
    if fill is not None:
        _check_order(cursor)
    return Clauses(return_bool, matching, fill)


def _modifiers(cursor: Cursor) -> tuple[bool, Matching | None]:
    """`bool`, `on` or `ignoring`, and `group_left` or `group_right` behind an operator."""
    return_bool = cursor.at_word("bool")
    if return_bool:
        cursor.take()
    if not cursor.at_word("on", "ignoring"):
        if cursor.at_word("group_left", "group_right"):
            word = cursor.token
            remedy = f"write on(...) {word.text}(...)"
            raise PromQLError(f"{word.text} needs on() or ignoring() before it", word.start, word.end, remedy)
        return return_bool, None
    word = cursor.take()
    labels = selecting.labels(cursor, word.text)
    matching = Matching(word.start, cursor.previous_end(), word.text.lower() == "on", labels)
    if cursor.at_word("group_left", "group_right"):
        group = cursor.take()
        include: tuple[Label, ...] = selecting.labels(cursor, group.text) if cursor.at_op("(") else ()
        matching = replace(
            matching,
            group="left" if group.text.lower() == "group_left" else "right",
            include=include,
            end=cursor.previous_end(),
        )
        if cursor.token.kind == "end" and include:
            remedy = f"write {group.text}() before the parenthesis"
            message = f"the parenthesis behind {group.text} was read as its labels, and nothing follows"
            raise PromQLError(message, group.start, matching.end, remedy)
    if cursor.at_word("bool"):
        token = cursor.token
        remedy = f"write bool {word.text}(...)"
        raise PromQLError("bool comes before on() and ignoring()", token.start, token.end, remedy)
    return return_bool, matching


def _at_fill(cursor: Cursor) -> bool:
    """Whether a fill begins here: without a parenthesis behind it, the word is the name of a metric."""
    following = cursor.following()
    if not cursor.at_word(*_FILLS) or following.text != "(":
        return False
    return not cursor.text[cursor.token.end : following.start].strip()


def _fill(cursor: Cursor) -> Fill | None:
    """`fill(0)`, or `fill_left(0)` and `fill_right(1)` in any order, or one of these."""
    start = cursor.token.start
    found: dict[str, NumberLiteral] = {}
    while _at_fill(cursor):
        word = cursor.take()
        side = word.text.lower()
        if side in found or (found and "fill" in (side, *found)):
            remedy = "write fill(0), or fill_left(0) fill_right(0)"
            raise PromQLError(f"{word.text} is one too many", word.start, word.end, remedy)
        found[side] = _fill_value(cursor, word)
    if not found:
        return None
    both = found.get("fill")
    end = cursor.previous_end()
    return Fill(start, end, found.get("fill_left", both), found.get("fill_right", both))


def _fill_value(cursor: Cursor, word: Token) -> NumberLiteral:
    """A number in parentheses."""
    cursor.expect("(", f"after {word.text}")
    sign = cursor.take() if cursor.at_op("-") or cursor.at_op("+") else None
    written = _number(cursor, word)
    cursor.expect(")", f"to close {word.text}(")
    if sign is None:
        return written
    value = written.value
    if value is not None and sign.text == "-":
        value = -value
    return NumberLiteral(sign.start, written.end, value, sign.text + written.text)


def _number(cursor: Cursor, word: Token) -> NumberLiteral:
    token = cursor.token
    if cursor.at_word("inf", "nan"):
        cursor.take()
        return NumberLiteral(token.start, token.end, float(token.text), token.text)
    if token.kind == "number":
        cursor.take()
        return NumberLiteral(token.start, token.end, number(token), token.text)
    if token.kind not in ("duration", "variable"):
        cursor.unexpected(f"the number that {word.text} puts in, such as 0,")
    written = timing.literal(cursor, "")
    return NumberLiteral(
        token.start, token.end, None if written.seconds is None else float(written.seconds), token.text
    )


def _check_order(cursor: Cursor) -> None:
    if cursor.at_word("bool", "on", "ignoring", "group_left", "group_right"):
        word = cursor.token
        if word.text.lower() == "bool" or cursor.following().text == "(":
            message = f"{word.text} comes before fill()"
            raise PromQLError(message, word.start, word.end, f"write {word.text} first, fill(...) last")
