"""`Sanitiser`: any value as plain JSON values, without secrets, bounded in length, depth and size. It never raises."""

from __future__ import annotations

import math
import traceback
from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from itertools import islice
from pathlib import PurePath
from typing import Any
from uuid import UUID

from .secrets_in_text import SANITIZED, without_secrets
from .sensitive import Sensitive

__all__ = ["SANITIZED", "Sanitiser"]

Plain = str | int | float | bool | None | list[Any] | dict[str, Any]

DEPTH = 16
"""Containers deeper than this are not shown."""
ITEMS = 2_000
"""How many values of one line are shown."""
TRACEBACK = 16_000
"""How many characters of a traceback are shown: its end, which says what happened."""
CAUSES = 5
"""How many causes of an exception are shown."""
_MARGIN = 4_096
"""What is read beyond the maximum, so that a secret at the cut is still seen as one."""
_SHOWN_AS_TEXT = (datetime, date, time, timedelta, Decimal, Fraction, UUID, PurePath)


class Sanitiser:
    """Makes values fit to leave the process.

    >>> Sanitiser().clean({"user": "ada", "Login": {"PASSWORD": "hunter2"}, "at": (1, float("nan"))})
    {'user': 'ada', 'Login': {'PASSWORD': '[SANITIZED]'}, 'at': [1, 'NaN']}
    """

    def __init__(self, sensitive: Iterable[str] = (), max_length: int = 1000) -> None:
        self.sensitive = Sensitive(sensitive)
        self.max_length = max_length

    def clean(self, value: object) -> Plain:
        """The value as JSON can hold it."""
        try:
            return _Walk(self).plain(value, 0)
        except Exception:  # A class may lie about everything; it costs its value, not the line.
            return _kind(value)

    def fields(self, given: Mapping[str, object], hidden: Iterable[str] = ()) -> dict[str, Plain]:
        """Several named values; those `hidden` by name are not looked at."""
        walk, secret = _Walk(self), frozenset(hidden)
        made: dict[str, Plain] = {}
        for raw, value in given.items():
            key = raw if type(raw) is str and len(raw) <= 100 and raw.isidentifier() else self.text(_key(raw), 100)
            if raw in secret or self.sensitive(_key(raw)):
                made[key] = SANITIZED if value is not None else None
            elif type(value) is str and len(value) <= 40 and value.isalnum():
                made[key] = value
            else:
                try:
                    made[key] = walk.plain(value, 0)
                except Exception:
                    made[key] = _kind(value)
        return made

    def text(self, text: str, most: int = 0) -> str:
        """A text without secrets, of at most `most` characters (or `max_length`) and the note that it was cut."""
        most = most or self.max_length
        length = len(text)
        if length > most + _MARGIN:
            shown = without_secrets(text[: most + _MARGIN], self.sensitive, cut=True)
        else:
            shown = without_secrets(text, self.sensitive)
        fits = length <= most and len(shown) <= 2 * most + 100
        return shown if fits else f"{shown[:most]}… [cut, {length} characters]"

    def exception(self, error: BaseException) -> dict[str, Plain]:
        """Type, message, traceback and causes. It never raises; what is no exception is shown by its message."""
        made: dict[str, Plain] = self._one(error)
        causes: list[Plain] = []
        seen, at = {id(error)}, _before(error)
        while at is not None and id(at) not in seen and len(causes) < CAUSES:
            seen.add(id(at))
            causes.append(self._one(at, trace=False))
            at = _before(at)
        if causes:
            made["causes"] = causes
        return made

    def _one(self, error: BaseException, trace: bool = True) -> dict[str, Plain]:
        made: dict[str, Plain] = {"type": _name(type(error))}
        try:
            made["message"] = self.text(str(error))
        except Exception:
            made["message"] = _kind(error)
        if trace:
            made["traceback"] = self.traceback(error)
        return made

    def traceback(self, error: BaseException) -> str:
        """Where it was raised; its end is kept if it is long, its beginning if it is huge."""
        try:
            text = "".join(traceback.format_exception(error, limit=50))
            # Only ends are cut before it is cleaned: of a secret that lost its key nothing would be seen.
            lines = text.splitlines(keepends=True)
            shown = "".join([line if len(line) <= _MARGIN else f"{line[:_MARGIN]}…\n" for line in lines])
            if len(shown) > 8 * TRACEBACK:
                shown = without_secrets(shown[: 8 * TRACEBACK], self.sensitive, cut=True)
                return f"{shown[:TRACEBACK]}… [cut, {len(text)} characters]"
            whole = len(text) <= TRACEBACK and shown == text
            shown = without_secrets(shown, self.sensitive)
            return shown if whole else f"[cut, {len(text)} characters] …{shown[-TRACEBACK:]}"
        except Exception:
            return "<no traceback>"


class _Walk:
    """One value on its way to plain values: what it is inside of, and how many values it may still show."""

    def __init__(self, sanitiser: Sanitiser) -> None:
        self._own = sanitiser
        self._left = ITEMS
        self._inside: set[int] = set()

    def plain(self, value: object, depth: int) -> Plain:
        self._left -= 1
        if value is None or value is True or value is False:
            return value
        if isinstance(value, str):
            return self._own.text(str.__str__(value))
        if isinstance(value, Enum):
            return self.plain(value.value, depth + 1) if depth < DEPTH else _kind(value)
        if isinstance(value, int):
            return int(value) if -(2**1000) < value < 2**1000 else _kind(value)
        if isinstance(value, float):
            return _number(float(value))
        if isinstance(value, _SHOWN_AS_TEXT):
            return self._own.text(str(value))
        if isinstance(value, BaseException):
            return {**self._own._one(value, trace=False)}
        return self._container(value, depth)

    def _container(self, value: object, depth: int) -> Plain:
        if not isinstance(value, (Mapping, list, tuple, set, frozenset)):
            return _kind(value)
        if id(value) in self._inside:
            return "<cycle>"
        if depth >= DEPTH:
            return "<too deep>"
        self._inside.add(id(value))
        try:
            if isinstance(value, Mapping):
                return self._mapping(value, depth)
            names = getattr(value, "_fields", ()) if isinstance(value, tuple) else ()
            if names:  # A named tuple: its names say what is secret.
                return self._mapping(dict(zip(names, value, strict=False)), depth)
            return self._sequence(value, depth)
        finally:
            self._inside.discard(id(value))

    def _mapping(self, value: Mapping[Any, object], depth: int) -> dict[str, Plain]:
        made: dict[str, Plain] = {}
        hidden = self._named(value)
        for key, item in value.items():
            if self._left <= 0:
                made["…"] = f"<{len(value) - len(made)} more>"
                break
            raw = _key(key)
            shown = self._own.text(raw, 100)
            if shown in made:
                shown = f"{shown}_{len(made)}"
            made[shown] = self._hidden() if self._own.sensitive(raw) or raw in hidden else self._guarded(item, depth)
        return made

    def _named(self, value: Mapping[Any, object]) -> tuple[str, ...]:
        """The keys that hold a secret by what another one says: `{"name": "password", "value": …}`."""
        name = next((value[key] for key in ("name", "key") if key in value), None)
        return ("value",) if isinstance(name, (str, bytes)) and self._own.sensitive(_key(name)) else ()

    def _sequence(self, items: Collection[object], depth: int) -> list[Plain]:
        made: list[Plain] = []
        hide, length = False, len(items)
        pairs = length == 2 or isinstance(items, tuple)
        for item in islice(items, ITEMS):
            if self._left <= 0:
                break
            made.append(self._hidden() if hide else self._guarded(item, depth))
            hide = self._names_a_secret(item, pairs)
        if len(made) < length:
            made.append(f"<{length - len(made)} more>")
        return made

    def _names_a_secret(self, item: object, pairs: bool) -> bool:
        """Whether the next item is a secret: in a pair such as a header, or after an option of a command line."""
        name = _key(item) if isinstance(item, (str, bytes, bytearray)) else ""
        return bool(name) and (pairs or name.startswith("-")) and "=" not in name and self._own.sensitive(name)

    def _hidden(self) -> str:
        self._left -= 1
        return SANITIZED

    def _guarded(self, item: object, depth: int) -> Plain:
        try:
            return self.plain(item, depth + 1)
        except Exception:
            return _kind(item)


def _key(key: object) -> str:
    if isinstance(key, str):
        return str.__str__(key)
    if isinstance(key, (bytes, bytearray)):
        return bytes(key[:300]).decode("latin-1")
    if isinstance(key, Enum):
        return _key(key.value)
    return str(key) if isinstance(key, (bool, int, float, type(None))) and abs(key or 0) < 1e300 else _kind(key)


def _number(value: float) -> float | str:
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _before(error: BaseException) -> BaseException | None:
    try:
        if error.__cause__ is not None:
            return error.__cause__
        return None if error.__suppress_context__ else error.__context__
    except Exception:  # What is no exception has none.
        return None


def _name(cls: type) -> str:
    module = type.__getattribute__(cls, "__module__")
    name = type.__getattribute__(cls, "__qualname__")
    shown = f"{name}" if module == "builtins" else f"{module}.{name}"
    return shown if len(shown) <= 200 else f"{shown[:200]}…"


def _kind(value: object) -> str:
    """A value by its type; of bytes also the length. None of its own code is run."""
    try:
        if type(value) in (bytes, bytearray):
            return f"<{type(value).__name__} of {len(value)}>"  # type: ignore[arg-type]
        return f"<{_name(type(value))}>"
    except Exception:
        return "<unknown>"
