"""Where in the source a part of an expression stands, also inside an f-string."""

from __future__ import annotations

import re

from promspec.check.rules import Owner, View, head
from promspec.problems import Place


def locate(view: View, owner: Owner, text: str, start: int, end: int) -> Place:
    """The line and column of `text[start:end]` within the declaration, or the declaration's first line.

    In an f-string the part is found if it was written out; what a `{metric}` printed is underlined as that.
    """
    place = owner.place
    lines = view.sources.get(place.file, ())[place.line - 1 : max(place.end_line, place.line)]
    part = text[start:end].split("\n", 1)[0].strip()
    if not part:
        return head(place)
    found = _find(lines, part, _nth(text, part, start))
    if found is None:
        return head(place)
    line, column = found
    return Place(place.file, place.line + line, column + 1, len(part))


def _nth(text: str, part: str, start: int) -> int:
    """How many whole-word occurrences of the part come before it in the expression."""
    return sum(1 for match in _whole(part).finditer(text) if match.start() < start)


def _find(lines: tuple[str, ...], part: str, nth: int) -> tuple[int, int] | None:
    found = [(index, match.start()) for index, line in enumerate(lines) for match in _whole(part).finditer(line)]
    if not found:
        return None
    return found[min(nth, len(found) - 1)]


def _whole(part: str) -> re.Pattern[str]:
    before = r"(?<![A-Za-z0-9_:])" if re.match(r"\w", part) else ""
    after = r"(?![A-Za-z0-9_:])" if re.search(r"\w$", part) else ""
    return re.compile(before + re.escape(part) + after)
