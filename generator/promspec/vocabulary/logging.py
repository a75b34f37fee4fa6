"""`Logging`: how the service's log lines look: their level, what is never shown, how long a text may be."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import KW_ONLY
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from promspec.vocabulary.base import Declaration
from promspec.vocabulary.texts import wrong

SECRET_WORDS = ("password", "passwd", "passphrase", "pwd", "token", "secret", "authorization", "cookie", "credential")
"""A name that contains one of these is of a secret; the generated code knows the same."""
SECRET_LAST_WORDS = ("key", "keys", "auth", "pass")
"""So is one that has one of these as a word."""


def _sensitive(names: Sequence[str]) -> Sequence[str]:
    strange = next((name for name in names if len(re.sub(r"\W|_", "", name)) < 2), None)
    if strange is not None:
        raise wrong("logging/sensitive", f"{strange!r} would hide nearly everything", "write a word: api_key")
    return tuple(names)


def names_a_secret(name: str, sensitive: Sequence[str] = ()) -> bool:
    """Whether a field of that name, in snake_case, is hidden wherever it is shown."""
    plain = name.replace("_", "").lower()
    words = (*SECRET_WORDS, *(re.sub(r"\W|_", "", word).lower() for word in sensitive))
    parts = [part.rstrip("0123456789") for part in name.lower().split("_")]
    last = any(part.endswith(SECRET_LAST_WORDS[:2]) or part in SECRET_LAST_WORDS for part in parts)
    return last or any(word in plain for word in words)


class Logging(Declaration):
    """One JSON object per line, with the correlation id and without secrets.

    `sensitive` adds to what is hidden anyway (password, token, secret, key, authorization, cookie and the like): a key
    that contains such a word, in any case and at any depth, has the value `[SANITIZED]`. A text longer than
    `max_length` characters is cut. `service` stands in every line. `quiet` names loggers that speak from warnings on.

    >>> Logging("info", sensitive=["iban"]).max_length
    1000
    """

    level: Literal["debug", "info", "warning", "error"] = "info"
    _: KW_ONLY
    sensitive: Annotated[Sequence[str], AfterValidator(_sensitive)] = ()
    max_length: Annotated[int, Field(ge=20, le=100_000)] = 1000
    service: str = ""
    quiet: Annotated[Sequence[str], AfterValidator(tuple)] = ()
