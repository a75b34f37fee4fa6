"""Regular expressions of matchers: what RE2 refuses, and the same expression for Python where both surely agree.

Source of the syntax: github.com/google/re2/wiki/Syntax, as implemented by Go's regexp/syntax.
"""

from __future__ import annotations

import re
import warnings
from functools import lru_cache

_MOST_REPEATS = 1000
_REPEAT = re.compile(r"\{([0-9]+)(?:(,)([0-9]*))?\}")
_GROUP = re.compile(r"\(\?(?:P?<[A-Za-z0-9_]+>|[imsU]*(?:-[imsU]+)?[:)])")
_CLASS_ITEM = re.compile(r"\[:\^?[a-z]+:\]|\\[pP](?:\{\^?\w+\}|\w)|\\x\{[0-9a-fA-F]+\}|\\.|.", re.S)
_ESCAPE = re.compile(
    r"\\(?:[pP](?:\{\^?\w+\}|\w)|x(?:[0-9a-fA-F]{2}|\{[0-9a-fA-F]+\})|[0-7]{3}|0[0-7]{0,2}|[AbBaCfntrvdDsSwWzQE]"
    r"|[^A-Za-z0-9])",
    re.S,
)
_FOREIGN_ESCAPES = "pPCQE"


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
    """The expression for Python's `fullmatch`, or None when it may mean something else there."""
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
    certain, depth, repeatable, at = True, 0, False, 0
    while at < len(pattern):
        character = pattern[at]
        if character == "\\":
            part, at, sure = _escape(pattern, at)
            repeatable = True
        elif character == "[":
            part, at, sure = _class(pattern, at)
            repeatable = True
        elif character == "(":
            part, at, sure = _open(pattern, at)
            depth, repeatable = depth + (not part.endswith(")")), False
        elif character in "*+?" or (character == "{" and _REPEAT.match(pattern, at)):
            part, at, sure = _repetition(pattern, at, repeatable=repeatable)
            repeatable = False
        else:
            part, at, sure = _plain(character), at + 1, True
            depth -= character == ")"
            repeatable = character != "|"
        if depth < 0:
            raise RegexError("it has a `)` without a `(`")
        parts.append(part)
        certain = certain and sure
    if depth:
        raise RegexError("it has a `(` without a `)`")
    return "".join(parts) if certain else None


def _plain(character: str) -> str:
    if character == "$":
        return r"\Z"
    return "\\" + character if character in "{}" else character


def _escape(pattern: str, at: int) -> tuple[str, int, bool]:
    match = _ESCAPE.match(pattern, at)
    if match is None:
        shown = pattern[at : at + 2]
        raise RegexError("it ends in a backslash" if len(shown) == 1 else f"RE2 knows no escape `{shown}`")
    text = match[0]
    sure = text[1] not in _FOREIGN_ESCAPES and "{" not in text[2:]
    return (r"\Z" if text == r"\z" else text), match.end(), sure


def _class(pattern: str, at: int) -> tuple[str, int, bool]:
    start = at
    at += 2 if pattern.startswith("[^", at) else 1
    first, sure = True, True
    while first or not pattern.startswith("]", at):
        match = _CLASS_ITEM.match(pattern, at)
        if match is None:
            raise RegexError("it has a `[` without a `]`")
        item = match[0]
        if item[0] == "\\" and (item == "\\" or not _ESCAPE.fullmatch(item) and item[1] not in "x01234567"):
            raise RegexError(f"RE2 knows no escape `{item}` in a class")
        sure = sure and not (len(item) > 2 or (item[0] == "\\" and item[1] in _FOREIGN_ESCAPES))
        first, at = False, match.end()
    text = pattern[start : at + 1]
    if re.search(r"\[\^?\]?[^\]]*-", text) and _reversed_range(text):
        raise RegexError(f"the range in `{text}` runs backwards")
    return text, at + 1, sure


def _reversed_range(text: str) -> bool:
    return any(low > high for low, high in re.findall(r"(?<!\\)([A-Za-z0-9])-([A-Za-z0-9])", text))


def _open(pattern: str, at: int) -> tuple[str, int, bool]:
    if not pattern.startswith("(?", at):
        return "(", at + 1, True
    match = _GROUP.match(pattern, at)
    if match is None:
        shown = pattern[at : at + 3]
        raise RegexError(f"RE2 has no groups of the kind `{shown}` (such as look-ahead or look-behind)")
    text = match[0]
    if text[2] in "P<":
        return "(", match.end(), True
    return text, match.end(), text == "(?:" or (text in ("(?i)", "(?s)", "(?i:", "(?s:") and (at == 0 or text[-1] == ":"))


def _repetition(pattern: str, at: int, *, repeatable: bool) -> tuple[str, int, bool]:
    match = _REPEAT.match(pattern, at)
    text = match[0] if match else pattern[at]
    if not repeatable:
        raise RegexError(f"there is nothing for `{text}` to repeat")
    if match:
        least, most = int(match[1]), int(match[3]) if match[3] else int(match[1])
        if max(least, most) > _MOST_REPEATS or most < least:
            raise RegexError(f"`{text}` repeats too often or runs backwards")
    at += len(text)
    if pattern.startswith("?", at):
        return text + "?", at + 1, True
    return text, at, True
