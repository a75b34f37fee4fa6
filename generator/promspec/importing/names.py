"""Names for what is imported: identifiers that hide nothing, SLO and spec names that promspec takes, each once."""

from __future__ import annotations

import builtins
import keyword
import sys
from collections.abc import Iterable

from promspec import naming

_LONGEST = 60
_OURS = ("matches", "not_", "not_matches", "spec", "SLO", "Spec")


class Identifiers:
    """Python names, each given once; none hides a builtin, a keyword or a word of promspec."""

    def __init__(self) -> None:
        self._taken = {*_OURS, *dir(builtins)}

    def take(self, wanted: str, otherwise: str) -> str:
        """The wanted name as an identifier; where it is taken, with `otherwise` behind it, and a number if need be."""
        name = naming.identifier(wanted[:_LONGEST].lower()).strip("_") or otherwise
        name = f"{otherwise}_{name}" if name[0].isdigit() or keyword.iskeyword(name) else name
        found = next(candidate for candidate in _candidates(name, otherwise) if candidate not in self._taken)
        self._taken.add(found)
        return found


def _candidates(name: str, otherwise: str) -> Iterable[str]:
    yield name
    if not name.endswith(otherwise):
        name = f"{name}_{otherwise}"
        yield name
    yield from (f"{name}_{number}" for number in range(2, sys.maxsize))


def slug(text: str, otherwise: str) -> str:
    """The text as an SLO's or a tier's name: itself if it can be one."""
    return text if naming.SLUG.fullmatch(text) else naming.kebab(text) or otherwise


def distinct(wanted: str, taken: set[str]) -> str:
    """The name, or with a number behind it where another one makes the same alert names; `taken` remembers it."""
    options = (wanted, *(f"{wanted}-{number}" for number in range(2, len(taken) + 3)))
    found = next(name for name in options if naming.camel(name) not in taken)
    taken.add(naming.camel(found))
    return found


def spec_name(text: str) -> str:
    """The text as a spec's name, which also names a folder and a package."""
    name = naming.snake(text).strip("_") or "imported"
    name = name if name[0].isalpha() else f"service_{name}"
    return f"{name}_service" if keyword.iskeyword(name) else name
