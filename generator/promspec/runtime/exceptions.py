"""`ExceptionMap`: which error code an exception stands for. No module is imported to find out."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Generic, TypeVar, cast

E = TypeVar("E")

_MISSING = object()
_TOLD = "__promspec_unmapped__"

_MOST_CLASSES = 1_000
"""Of how many exception classes the code is remembered."""

_MOST_RELATED = 1_000
"""How many members and causes of an exception are looked at."""


@dataclass(frozen=True, slots=True)
class Match(Generic[E]):
    """An exception class, by its dotted name, that stands for a code; perhaps only some of its instances.

    `message` is a regular expression searched in the text. An attribute may be a path such as `response.status_code`.
    """

    exception: str
    code: E
    message: str | None = None
    attributes: Sequence[tuple[str, str | int | bool]] = ()
    stage: str | None = None

    @property
    def conditional(self) -> bool:
        """Whether only some instances of the class match."""
        return self.message is not None or bool(self.attributes) or self.stage is not None

    def fits(self, error: BaseException, stage: str | None) -> bool:
        """Whether its conditions hold."""
        if self.stage is not None and self.stage != stage:
            return False
        try:
            if any(_attribute(error, path) != value for path, value in self.attributes):
                return False
        except Exception:  # What it is compared to may raise anything, too.
            return False
        return self.message is None or re.search(self.message, _text(error)) is not None


class ExceptionMap(Generic[E]):
    """Finds the code of an exception.

    The most specific class wins; on one class a match with conditions wins over one without; then the order of
    declaration. An exception that nothing maps is judged by the members of its group, then by its `__cause__`. If they
    are not mapped either, it has the fallback code and `unmapped` is told: once for each exception, which may be asked
    about at every level on its way up. `failed` is told of one that cannot be looked at.
    """

    def __init__(
        self,
        matches: Sequence[Match[E]],
        fallback: E,
        unmapped: Callable[[BaseException], None],
        failed: Callable[[], None] = lambda: None,
    ) -> None:
        self._matches = sorted(matches, key=lambda match: not match.conditional)
        self.fallback = fallback
        self._unmapped = unmapped
        self._failed = failed
        self._modules = {module for match in matches for module, _ in _splits(match.exception)}
        self._by_class: dict[type, E | None] = {}
        self._loaded = 0

    def find(self, error: BaseException, stage: str | None = None) -> E:
        """The code of an exception that was raised in a stage. It never raises."""
        try:
            known = self._by_class.get(type(error)) if self._loaded == len(sys.modules) else None
            if known is not None:
                return known
            found = self._deep(error, stage)
            if found is not None:
                return found
            if _is_new(error):
                self._unmapped(error)
        except Exception:  # A class may lie about everything.
            self._failed()
        return self.fallback

    def _deep(self, error: BaseException, stage: str | None) -> E | None:
        """The code of the first one that has one: the exception, the members of its group, each with its causes."""
        met: set[int] = set()
        waiting = [error]
        while waiting and len(met) < _MOST_RELATED:
            at = waiting.pop()
            if id(at) in met:
                continue
            met.add(id(at))
            found = self._own(at, stage)
            if found is not None:
                return found
            waiting += _related(at)
        return None

    def _own(self, error: BaseException, stage: str | None) -> E | None:
        # What a dotted name means changes only when a module is loaded.
        if self._loaded != len(sys.modules):
            self._by_class, self._loaded = {}, len(sys.modules)
        found = self._by_class.get(type(error), _MISSING)
        return self._searched(error, stage) if found is _MISSING else cast(E | None, found)

    def _searched(self, error: BaseException, stage: str | None) -> E | None:
        known = self._by_class  # This one: it is replaced when a module is loaded meanwhile.
        steady = len(known) < _MOST_CLASSES and not any(map(_is_loading, self._modules))
        code: E | None = None
        for cls, match in ((cls, match) for cls in type(error).__mro__ for match in self._matches):
            if _is(cls, match.exception):
                steady = steady and not match.conditional
                if match.fits(error, stage):
                    code = match.code
                    break
        if steady:
            known[type(error)] = code
        return code


def _is_new(error: BaseException) -> bool:
    """Whether it was not told of before; it keeps a note of that, as it does those of `add_note`."""
    try:
        notes = vars(error)
        told, notes[_TOLD] = _TOLD in notes, True
        return not told
    except Exception:  # An exotic class may take no attributes.
        return True


def _related(error: BaseException) -> list[BaseException]:
    """Its cause, then the members of its group from the last to the first: the next to look at is at the end.

    What it was raised in (`__context__`) does not count: an error in a handler is none of the kind that is handled.
    """
    cause = [error.__cause__] if error.__cause__ is not None else []
    members = list(error.exceptions) if isinstance(error, BaseExceptionGroup) else []
    return [*cause, *reversed(members)]


def _is(cls: type, dotted: str) -> bool:
    """Whether the dotted name means the class: by its own name, or by an alias in a module that is loaded."""
    return f"{cls.__module__}.{cls.__qualname__}" == dotted or _loaded(dotted) is cls


def _is_loading(module: str) -> bool:
    """Whether the module is being imported just now: its names may be missing still."""
    return bool(getattr(getattr(sys.modules.get(module), "__spec__", None), "_initializing", False))


def _loaded(dotted: str) -> object:
    """What a dotted name means in the modules loaded so far; None if its module is not loaded."""
    for module, path in _splits(dotted):
        loaded = sys.modules.get(module)
        if loaded is not None:
            # Not getattr: a lazy module would import something now.
            found: object = vars(loaded).get(path[0])
            for name in path[1:]:
                found = getattr(found, name, None)
            return found
    return None


@lru_cache(maxsize=1024)
def _splits(dotted: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    parts = dotted.split(".")
    return tuple((".".join(parts[:at]), tuple(parts[at:])) for at in range(len(parts) - 1, 0, -1))


def _attribute(error: BaseException, path: str) -> object:
    found: object = error
    for name in path.split("."):
        try:
            found = getattr(found, name, _MISSING)
        except Exception:  # A property may raise anything.
            return _MISSING
    return found


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # So may __str__.
        return ""
