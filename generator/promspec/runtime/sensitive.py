"""`Sensitive`: which keys hide their values."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache

WORDS = ("password", "passwd", "passphrase", "pwd", "token", "secret", "authorization", "cookie", "credential")
"""A key that contains one of these is sensitive."""
LAST_WORDS = ("key", "keys", "auth", "pass", "pw", "jwt", "otp")
"""A key with a word that is one of these, or ends in the first two, is sensitive: `cache_auth`, `userApiKey2`."""

_HARMLESS = re.compile(
    r"tokeni[sz](?:e|es|ed|er|ers|ing|able|ations?)|secretar(?:y|ies|iat|ial)|passwordless|cookiecutter"
    r"|(?:mon|don|tur|hoc|joc|whis|mic|lac|hot|turn|smo)keys?"
)
"""Words that only look as if they were of a secret."""
_QUANTITIES = ("count", "counts", "total", "max", "min", "num", "number", "limit", "length", "size")
"""With one of these at its end, or at its beginning and a plural after it, a key is of a number: `max_tokens`."""
_OF_TOKENS = (*_QUANTITIES, "prompt", "completion", "input", "output")
_SPLIT = re.compile(r"[^a-zA-Z0-9]+|(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


class Sensitive:
    """Which keys hide their values: the usual ones, and those that contain one of `words`.

    >>> sensitive = Sensitive(["iban"])
    >>> [sensitive(key) for key in ("X-Api-Key", "userIBAN", "refresh_token", "monkey", "max_tokens", "worker_id")]
    [True, True, True, False, False, False]
    """

    def __init__(self, words: Iterable[str] = ()) -> None:
        self._own = tuple(filter(None, map(_normal, words)))
        self._known = lru_cache(maxsize=4096)(self._judged)

    def __call__(self, key: str) -> bool:
        """Whether a key is sensitive; a key of more than 200 characters is one to be careful with."""
        return len(key) > 200 or self._known(key)

    def _judged(self, key: str) -> bool:
        whole = _normal(key)
        if any(word in whole for word in self._own):
            return True
        parts = [part.lower().rstrip("0123456789") for part in _SPLIT.split(unicodedata.normalize("NFKC", key))]
        parts = [part for part in parts if part]
        telling = _telling(parts)
        if telling != parts:
            whole = "".join(telling)
        if any(word in whole for word in WORDS):
            return True
        return any(part.endswith(LAST_WORDS[:2]) or part in LAST_WORDS for part in (*telling, whole))


def _telling(parts: Sequence[str]) -> list[str]:
    """The words of a key without those that are no sign of a secret."""
    kept = [part for part in parts if not _HARMLESS.fullmatch(part)]
    if kept and (kept[-1] in _QUANTITIES or "per" in kept):
        return [part for part in kept if part not in ("token", "tokens", "password", "cookies", "secrets", "keys")]
    if kept and kept[0] in _OF_TOKENS:
        return [part for part in kept if part != "tokens"]
    return kept


def _normal(text: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFKC", text).casefold() if char.isalnum())
