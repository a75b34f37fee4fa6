"""Numbers as Go reads them."""

from __future__ import annotations

import math

from promspec.promql.errors import PromQLError
from promspec.promql.lexer import Token

_LARGEST_WHOLE = 2**63 - 1


def number(token: Token) -> float:
    """The value of a number: hexadecimal, octal with a leading zero, or decimal; refused where none can hold it."""
    text = token.text.replace("_", "")
    whole = _whole(text)
    if whole is not None and whole <= _LARGEST_WHOLE:
        return float(whole)
    value = math.inf if text[:2] in ("0x", "0X") else float(text)
    if math.isinf(value):
        raise PromQLError("this number is too large", token.start, token.end, "write Inf, or a smaller one")
    return value


def _whole(text: str) -> int | None:
    """The integer that begins with its base, if it is one."""
    if text[:2] in ("0x", "0X"):
        return int(text, 16)
    octal = len(text) < 30 and text.isdigit() and text[0] == "0" and set(text) <= set("01234567")
    return int(text, 8) if octal else None
