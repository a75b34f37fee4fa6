"""Text to tokens: one compiled expression per context (outside, in braces, in brackets)."""

from __future__ import annotations

import re
from typing import NamedTuple


class Token(NamedTuple):
    """`kind` is id, number, duration, string, variable, op, error or end; an op's `text` is itself."""

    kind: str
    text: str
    start: int
    end: int


_SKIP = r"(?:[ \t\r\n]++|\#[^\r\n]*+)*+"
_STRING = r"""(?P<string>"(?:[^"\\\n]|\\[^\n])*"|'(?:[^'\\\n]|\\[^\n])*'|`[^`]*`)"""
_DURATION = r"(?P<duration>[0-9]+(?:ms|[smhdwy])(?:[0-9]+(?:ms|[smhdwy]))*(?![A-Za-z0-9_.]))"
_DIGITS = r"[0-9]+(?:_[0-9]+)*"
_NUMBER = (
    r"(?P<number>(?:0[xX]_?[0-9a-fA-F]+(?:_[0-9a-fA-F]+)*"
    rf"|(?:{_DIGITS}(?:\.(?:{_DIGITS})?)?|\.{_DIGITS})(?:[eE][+-]?{_DIGITS})?)(?![A-Za-z0-9_.]))"
)
_MALFORMED = r"(?P<malformed>\.?[0-9][0-9A-Za-z_.]*)"
VARIABLE = r"(?:\$\{[^{}\s]+\}|\$[A-Za-z_][A-Za-z0-9_]*|\[\[[A-Za-z0-9_]+(?::[A-Za-z0-9_]+)?\]\])"
_VARIABLE = rf"(?P<variable>[0-9]*{VARIABLE}(?:ms|[smhdwy])?(?![A-Za-z0-9_]))"

_OUTSIDE = (
    r"(?P<id>[A-Za-z_:][A-Za-z0-9_:]*)",
    _STRING,
    _DURATION,
    _NUMBER,
    _MALFORMED,
    r"(?P<op>==|!=|<=|>=|</|>/|[-+*/%^()\[\]{},@<>=])",
)
_BRACES = (r"(?P<id>[A-Za-z_][A-Za-z0-9_]*)", _STRING, r"(?P<op>=~|!~|!=|[={},])")
_BRACKETS = (
    r"(?P<id>(?i:step|range|max_of|min_of)(?![A-Za-z_]))",
    _DURATION,
    _NUMBER,
    _MALFORMED,
    r"(?P<op>[-+*/%^(),\]:])",
)


def _compile(parts: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(f"{_SKIP}(?:{'|'.join(parts)}|(?P<end>\\Z))")


_Contexts = dict[str, re.Pattern[str]]
_PLAIN: _Contexts = {"{": _compile(_BRACES), "[": _compile(_BRACKETS), "}": _compile(_OUTSIDE)}
_TEMPLATED: _Contexts = {
    "{": _compile((_VARIABLE, *_BRACES)),
    "[": _compile((_VARIABLE, *_BRACKETS)),
    "}": _compile((_VARIABLE, *_OUTSIDE)),
}
for _contexts in (_PLAIN, _TEMPLATED):
    _contexts["]"] = _contexts["}"]
_SPACE = re.compile(_SKIP)
STRING = re.compile(_STRING)


def tokens(text: str, *, templated: bool = False) -> list[Token]:
    """The tokens of `text`; the last one is `end`, or `error` (its text is the character) where none can be read."""
    contexts = _TEMPLATED if templated else _PLAIN
    match_at = contexts["}"].match
    found: list[Token] = []
    at = 0
    while True:
        match = match_at(text, at)
        if match is None:
            start = _SPACE.match(text, at).end()  # type: ignore[union-attr]  # it matches the empty string, too
            found.append(Token("error", text[start], start, start + 1))
            return found
        kind = str(match.lastgroup)
        start, at = match.span(kind)
        found.append(Token(kind, text[start:at], start, at))
        if kind == "end":
            return found
        if kind == "op" and text[start] in "{}[]":
            match_at = contexts[text[start]].match
