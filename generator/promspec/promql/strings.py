"""String literals of PromQL: Go's quoting rules, both ways."""

from __future__ import annotations

import re

from promspec.promql.errors import PromQLError

_SIMPLE = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\"}
_ESCAPE = re.compile(r"\\(?:([abfnrtv\\'\"])|([0-7]{3})|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))")
_WRITTEN = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}
_TO_ESCAPE = re.compile(r'[\\"\x00-\x1f\x7f�]')


def quote(text: str) -> str:
    r"""A double-quoted PromQL literal of `text`: `quote('a"b')` is `"a\"b"`."""
    return '"' + _TO_ESCAPE.sub(lambda found: _WRITTEN.get(found[0]) or f"\\u{ord(found[0]):04x}", text) + '"'


def unquote(literal: str, start: int) -> str:
    """The text a literal stands for; `start` is its offset, for the error.

    Source: Go's strconv.Unquote, with `'` allowed like `"` (prometheus/util/strutil/quote.go).
    """
    body, mark = literal[1:-1], literal[0]
    if mark == "`":
        return body.replace("\r", "")
    if "\\" not in body:
        return body
    parts: list[bytes] = []
    at = 0
    while at < len(body):
        slash = body.find("\\", at)
        if slash < 0:
            slash = len(body)
        parts.append(body[at:slash].encode("utf-8", "surrogatepass"))
        at = slash
        if at < len(body):
            escape, at = _escape(body, at, mark, start + 1)
            parts.append(escape)
    return b"".join(parts).decode("utf-8", "surrogateescape")


def _escape(body: str, at: int, mark: str, base: int) -> tuple[bytes, int]:
    """The bytes of the escape at `body[at]`, and the offset after it."""
    match = _ESCAPE.match(body, at)
    if match is None or (match[1] and match[1] in "'\"" and match[1] != mark):
        raise _unknown(body, at, base)
    simple, octal, hexa, short, long = match.groups()
    if simple:
        return _SIMPLE.get(simple, simple).encode(), match.end()
    if octal or hexa:
        value = int(octal, 8) if octal else int(hexa, 16)
        if value > 255:
            raise _unknown(body, at, base)
        return bytes([value]), match.end()
    point = int(short or long, 16)
    if point > 0x10FFFF or 0xD800 <= point < 0xE000:
        raise PromQLError(f"`{match[0]}` is no Unicode character", base + at, base + match.end())
    return chr(point).encode(), match.end()


def _unknown(body: str, at: int, base: int) -> PromQLError:
    shown = body[at : at + 2]
    remedy = f"write `\\{shown}` for a backslash, or use backticks" if len(shown) == 2 else ""
    return PromQLError(f"`{shown}` is no escape sequence of a PromQL string", base + at, base + at + len(shown), remedy)
