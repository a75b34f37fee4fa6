"""`Closed` and `Open`: a label's values at run time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast, get_args


class Closed:
    """A label whose values are all known: `values` is a Literal type, or an enumeration."""

    def __init__(self, name: str, values: object) -> None:
        listed = get_args(values) or tuple(cast(Iterable[object], values))
        self.name = name
        self.values = tuple(str(value) for value in listed)
        self.default = self.values[0]
        self._known = frozenset(self.values)

    def settle(self, value: object, seen: set[str]) -> str | None:
        """The value to use, or None if it is not one of the label's."""
        return str(value) if isinstance(value, str) and value in self._known else None


class Open:
    """A label with any values, the first `max_values` of them; those that come later become `overflow`."""

    def __init__(self, name: str, max_values: int, overflow: str) -> None:
        self.name = name
        self.default = overflow
        self._most = max_values

    def settle(self, value: object, seen: set[str]) -> str | None:
        """The value to use, or None if it is no text. `seen` is what the label's series have met so far."""
        if not isinstance(value, str):
            return None
        # A lone surrogate cannot be written as UTF-8 and would break the scrape of the whole process.
        text = str(value).encode("utf-8", "replace").decode("utf-8")
        if text in seen or text == self.default:
            return text
        if len(seen) >= self._most:
            return self.default
        seen.add(text)
        return text
