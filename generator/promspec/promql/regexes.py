"""Regular expressions of matchers: what RE2 refuses, and the same expression for Python where both surely agree.

Source of the syntax: github.com/google/re2/wiki/Syntax, as implemented by Go's regexp/syntax.
"""

from __future__ import annotations

import re
import warnings
from functools import lru_cache

from promspec.promql.effort import Effort
from promspec.promql.repeats import MOST, Repeats

_REPEAT = re.compile(r"\{([0-9]+)(?:(,)([0-9]*))?\}")
_GROUP = re.compile(r"\(\?(?:P<[A-Za-z0-9_]+>|[imsU]*(?:-[imsU]+)?[:)])")
_UNICODE = r"[pP](?:\{\^?\w+\}|[CLMNPSZ])"
_CODE = r"x(?:[0-9a-fA-F]{2}|\{[0-9a-fA-F]+\})|[1-7][0-7]{1,2}|0[0-7]{0,2}"
_ITSELF = r"[^A-Za-z0-9\x80-\U0010ffff]"
_ESCAPE = re.compile(rf"\\(?:{_UNICODE}|{_CODE}|[AbBafnrtvdDsSwWz]|{_ITSELF})")
_NAMED_CLASS = re.compile(r"\[:\^?(\w*?)\^?:\]|\[:.*?:\]", re.S)
_CLASS_ESCAPE = re.compile(rf"\\(?:({_UNICODE}|[dDsSwW])|{_CODE}|[afnrtv]|{_ITSELF})")
# In groups, because RE2 lets an assertion be repeated and Python does not.
_ASSERTIONS = {r"\A": r"(?:\A)", r"\b": r"(?:\b)", r"\B": r"(?:\B)", r"\z": r"(?:\Z)"}
_PLAIN = {"^": "(?:^)", "$": r"(?:\Z)", "{": r"\{", "}": r"\}"}
_CLASS_NAMES = frozenset(
    "alnum alpha ascii blank cntrl digit graph lower print punct space upper word xdigit".split()  # noqa: SIM905
)


class RegexError(ValueError):
    """Why RE2 refuses a regular expression."""


@lru_cache(maxsize=4096)
def problem(pattern: str) -> str:
    """Why Prometheus refuses the regular expression, or the empty string."""
    try:
        _translate(pattern)
    except RegexError as error:
        return str(error)
    return ""


@lru_cache(maxsize=4096)
def compiled(pattern: str) -> re.Pattern[str] | None:
    """The expression for Python's `fullmatch`, or None when it may mean something else there, or take for ever."""
    try:
        translated = _translate(pattern)
        if translated is None:
            return None
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return re.compile(translated, re.ASCII)
    except (RegexError, re.error, FutureWarning, OverflowError, RecursionError):
        return None


def _translate(pattern: str) -> str | None:
    """The pattern in Python's syntax, None where there is no certain equivalent; RegexError where RE2 refuses it."""
    if "\\Q" in pattern:
        return None
    parts: list[str] = []
    effort, repeats, counted = Effort(), Repeats(), "{" in pattern
    certain, depth, repeatable, atom, at = True, 0, False, False, 0
    while at < len(pattern):
        character = pattern[at]
        if character == "\\":
            part, at, sure = _escape(pattern, at)
            repeatable = atom = True
        elif character == "[":
            part, at, sure = _class(pattern, at)
            repeatable = atom = True
        elif character == "(":
            part, at, sure = _open(pattern, at)
            if not part.endswith(")"):
                depth, repeatable, atom = depth + 1, False, False
            else:
                repeatable = atom  # flags such as (?i) are transparent
        elif character in "*+?" or (character == "{" and _REPEAT.match(pattern, at)):
            part, at, sure = _repetition(pattern, at, repeatable=repeatable)
            repeatable, atom = False, True
        else:
            part, at, sure = _PLAIN.get(character, character), at + 1, True
            depth -= character == ")"
            repeatable = character != "|"
            atom = repeatable
        if depth < 0:
            raise RegexError("it has a `)` without a `(`")
        effort.add(part)
        if counted:
            repeats.add(part)
        if repeats.most > MOST:
            raise RegexError(f"its repetitions inside repetitions are more than {MOST}")
        parts.append(part)
        certain = certain and sure
    if depth:
        raise RegexError("it has a `(` without a `)`")
    return "".join(parts) if certain and not effort.excessive else None


def _escape(pattern: str, at: int) -> tuple[str, int, bool]:
    match = _ESCAPE.match(pattern, at)
    if match is None:
        raise _unknown_escape(pattern, at)
    text = match[0]
    return _ASSERTIONS.get(text, text), match.end(), text[1] not in "pPx01234567"


def _unknown_escape(pattern: str, at: int) -> RegexError:
    shown = pattern[at : at + 2]
    return RegexError("it ends in a backslash" if len(shown) == 1 else f"RE2 knows no escape `{shown}` here")


def _class(pattern: str, at: int) -> tuple[str, int, bool]:
    start = at
    at += 2 if pattern.startswith("[^", at) else 1
    first, certain = True, True
    while first or not pattern.startswith("]", at):
        item, at, sure = _class_item(pattern, at)
        certain = certain and sure
        if item and pattern.startswith("-", at) and not pattern.startswith("-]", at):
            high, at, sure = _class_item(pattern, at + 1)
            certain = certain and sure
            if not high or _code(high) < _code(item):
                raise RegexError(f"the range `{item}-{high}` runs backwards")
        first = False
    return pattern[start : at + 1], at + 1, certain


def _class_item(pattern: str, at: int) -> tuple[str, int, bool]:
    """One character of a class as written, or the empty string for a set of them."""
    if at >= len(pattern):
        raise RegexError("it has a `[` without a `]`")
    named = _NAMED_CLASS.match(pattern, at)
    if named:
        if named[1] not in _CLASS_NAMES:
            raise RegexError(f"RE2 knows no class `{named[0]}`")
        return "", named.end(), False
    if pattern[at] != "\\":
        return pattern[at], at + 1, True
    match = _CLASS_ESCAPE.match(pattern, at)
    if match is None:
        raise _unknown_escape(pattern, at)
    return "" if match[1] else match[0], match.end(), match[0][1] not in "pPx01234567"


def _code(item: str) -> int:
    """The code point of one character of a class, as written."""
    if len(item) == 1:
        return ord(item)
    if item[1] == "x":
        return int(item[2:].strip("{}"), 16)
    if item[1] in "01234567":
        return int(item[1:], 8)
    return ord(dict(zip("afnrtv", "\a\f\n\r\t\v", strict=True)).get(item[1], item[1]))


def _open(pattern: str, at: int) -> tuple[str, int, bool]:
    if not pattern.startswith("(?", at):
        return "(", at + 1, True
    match = _GROUP.match(pattern, at)
    if match is None:
        shown = pattern[at : at + 3]
        if re.match(r"\(\?<\w", pattern[at:]):
            raise RegexError("a named group is written `(?P<name>...)`")
        raise RegexError(f"RE2 has no groups of the kind `{shown}` (such as look-ahead or look-behind)")
    text = match[0]
    if text[2] in "P<":
        return "(", match.end(), True
    alike = text in ("(?:", "(?i:", "(?s:") or (at == 0 and text in ("(?i)", "(?s)"))
    return text, match.end(), alike


def _repetition(pattern: str, at: int, *, repeatable: bool) -> tuple[str, int, bool]:
    match = _REPEAT.match(pattern, at)
    text = match[0] if match else pattern[at]
    if not repeatable:
        raise RegexError(f"there is nothing for `{text}` to repeat")
    if match:
        least, most = int(match[1]), int(match[3]) if match[3] else int(match[1])
        if max(least, most) > MOST or most < least:
            raise RegexError(f"`{text}` repeats too often or runs backwards")
    at += len(text)
    if pattern.startswith("?", at):
        return text + "?", at + 1, True
    return text, at, True
