"""`Closed` and `Open`: a label's values at run time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast, get_args

from .text import clean


class Closed:
    """A label whose values are all known: `values` is a Literal type, or an enumeration."""

    def __init__(self, name: str, values: object) -> None:
        listed = get_args(values) or tuple(cast(Iterable[object], values))
        self.name = name
        self.values = tuple(str.__str__(cast(str, value)) for value in listed)
        self.default = self.values[0]
        self._known = frozenset(self.values)

    def settle(self, value: object, seen: dict[str, str]) -> str | None:
        """The value to use, or None if it is not one of the label's."""
        return str.__str__(value) if isinstance(value, str) and value in self._known else None


class Open:
    """A label with any values, the first `max_values` of them; those that come later become `overflow`.

    A value is cleaned first: cut to 256 characters, what cannot be written shown by its code.
    """

    def __init__(self, name: str, max_values: int, overflow: str) -> None:
        self.name = name
        self.default = overflow
        self._most = max_values

    def settle(self, value: object, seen: dict[str, str]) -> str | None:
        """The value to use, or None if it is no text. `seen` is what the label's series have met so far."""
        if not isinstance(value, str):
            return None
        text = clean(value)
        known = seen.get(text)
        if known is not None:
            return known  # The same object each time: a series holds no texts of its own.
        if text == self.default or len(seen) >= self._most:
            return self.default
        seen[text] = text
        return text

    def is_new(self, value: object, seen: dict[str, str]) -> bool:
        """Whether `settle` would add the value to `seen`."""
        if not isinstance(value, str) or len(seen) >= self._most:
            return False
        text = clean(value)
        return text != self.default and text not in seen
