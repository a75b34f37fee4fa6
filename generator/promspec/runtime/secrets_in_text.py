"""`without_secrets`: a text without credentials in URLs, headers and assignments; `Sensitive`: which keys hide."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import unquote_plus

SANITIZED = "[SANITIZED]"
"""What stands in place of a secret."""

WORDS = ("password", "passwd", "passphrase", "pwd", "token", "secret", "authorization", "cookie", "credential")
"""A key that contains one of these is sensitive."""
LAST_WORDS = ("key", "keys", "auth", "pass")
"""A key with a word that is one of these, or ends in the first two, is sensitive: `cache_auth`, `userApiKey2`."""

_TRIGGER = re.compile(r"[=:@]|bearer|basic|digest|negotiate", re.IGNORECASE)
_USER = re.compile(r"(://)[^\s/?#\"'<>]*@")
_CUT_USER = re.compile(r"(://)[^\s/?#@\"'<>]*:[^\s/?#@\"'<>]*\Z")
_SCHEME = re.compile(r"\b(bearer|basic|digest|negotiate)((?:\s|%20|\+)+)[^\s,;\"'&]+", re.IGNORECASE)
_HEADER = re.compile(
    r"((?:authorization|cookie2?)[\"']?\s*[:=]\s*)(\"(?:[^\"\\]|\\.)*+\"?|'(?:[^'\\]|\\.)*+'?|[^\r\n]+)", re.IGNORECASE
)
_QUOTED = r"""\"(?:[^\"\\]|\\.)*+(?:\"|\Z)|'(?:[^'\\]|\\.)*+(?:'|\Z)"""
# In JSON inside a text: it ends at a quote with as many backslashes as it began with.
_ESCAPED = r"""(?P<marks>\\+)(?P<quote>["'])(?:(?!(?<!\\)(?P=marks)(?P=quote)).)*+(?:(?P=marks)(?P=quote)|\Z)"""
_KEY = re.compile(
    r"(?<![\w.%\[\]$-])([\w.%\[\]$-]{2,}+)(\\*[\"']?\]?\s*+(?:=>|:=|=|:(?!//))\s*+(?:[bruf](?=[\\\"']))?(?=\S))",
    re.IGNORECASE,
)
_VALUE = re.compile(rf"{_ESCAPED}|{_QUOTED}|[\[{{(].*|[^\s&;,}}\])]+", re.DOTALL)
_REST = re.compile(rf"{_ESCAPED}|{_QUOTED}|[\[{{(].*|[^\r\n]+", re.DOTALL)
_OPENING = re.compile(r"\\*[\"']")
_DONE = re.compile(r"\\*[\"']?\[SANITIZED\]")
_CLASSES = ("error", "exception", "warning")
_SPLIT = re.compile(r"[^a-zA-Z0-9]+|(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


class Sensitive:
    """Which keys hide their values: the usual ones, and those that contain one of `words`.

    >>> sensitive = Sensitive(["iban"])
    >>> [sensitive(key) for key in ("X-Api-Key", "userIBAN", "refresh_token", "keyboard", "worker_id")]
    [True, True, True, False, False]
    """

    def __init__(self, words: Iterable[str] = ()) -> None:
        self._words = tuple(filter(None, (*WORDS, *(_normal(word) for word in words))))
        self._known = lru_cache(maxsize=4096)(self._judged)

    def __call__(self, key: str) -> bool:
        """Whether a key is sensitive; a key of more than 200 characters is one to be careful with."""
        return len(key) > 200 or self._known(key)

    def _judged(self, key: str) -> bool:
        normal = _normal(key)
        if any(word in normal for word in self._words):
            return True
        parts = [part.lower().rstrip("0123456789") for part in _SPLIT.split(unicodedata.normalize("NFKC", key))]
        return any(part.endswith(LAST_WORDS[:2]) or part in LAST_WORDS for part in (*parts, normal))


def _normal(text: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFKC", text).casefold() if char.isalnum())


def without_secrets(text: str, sensitive: Sensitive, *, cut: bool = False) -> str:
    """The text with `[SANITIZED]` for every credential; `cut` says that its end is missing.

    >>> without_secrets("GET https://ada:pw@host/?q=1&token=abc", Sensitive())
    'GET https://[SANITIZED]@host/?q=1&token=[SANITIZED]'
    >>> without_secrets("Authorization: Bearer abc", Sensitive())
    'Authorization: [SANITIZED]'
    """
    if _TRIGGER.search(text) is None:
        return text
    text = _USER.sub(rf"\1{SANITIZED}@", text)
    if cut:
        text = _CUT_USER.sub(rf"\1{SANITIZED}", text)
    text = _HEADER.sub(lambda found: found[1] + _hidden(found[2]), text)
    text = _SCHEME.sub(rf"\1\2{SANITIZED}", text)

    return _without_values(text, sensitive)


def _hidden(value: str) -> str:
    """What stands in place of a value; the quotes stay, so that JSON in a text is still JSON."""
    opening = _OPENING.match(value)
    return f"{opening[0]}{SANITIZED}{opening[0]}" if opening else SANITIZED


def _without_values(text: str, sensitive: Sensitive) -> str:
    """The text without the values of `key=value`, `key: value` and the like. After a key that hides nothing the search
    goes on right behind it: its value may hold another pair.
    """
    made, kept, at = [], 0, 0
    while (found := _KEY.search(text, at)) is not None:
        at = found.end()
        key, between = found.groups()
        name = unquote_plus(key) if "%" in key else key
        if not sensitive(name) or name.lower().endswith(_CLASSES) or _DONE.match(text, at):
            continue
        # Prose such as `password: two words` has no other end than that of its line.
        value = (_REST if between.strip() == ":" else _VALUE).match(text, at)
        if value is not None:
            made += [text[kept:at], _hidden(value[0])]
            kept = at = value.end()
    return "".join([*made, text[kept:]])
