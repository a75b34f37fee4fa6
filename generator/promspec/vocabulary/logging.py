"""`Logging`: how the service's log lines look: their level, what is never shown, how long a text may be."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import KW_ONLY
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from promspec.runtime.sensitive import Sensitive
from promspec.vocabulary.base import Declaration
from promspec.vocabulary.texts import wrong


def _sensitive(names: Sequence[str]) -> Sequence[str]:
    strange = next((name for name in names if len(re.sub(r"\W|_", "", name)) < 2), None)
    if strange is not None:
        raise wrong("logging/sensitive", f"{strange!r} would hide nearly everything", "write a word: api_key")
    return tuple(names)


def names_a_secret(name: str, sensitive: Sequence[str] = ()) -> bool:
    """Whether a field of that name is hidden wherever the generated code shows it."""
    return Sensitive(sensitive)(name)


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
