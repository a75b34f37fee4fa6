"""Where in the source a part of an expression stands, also inside an f-string."""

from __future__ import annotations

import re
from dataclasses import replace

from promspec.check.rules import Owner, View, head
from promspec.problems import Place

_CONTEXTS = (200, 60, 30, 15, 8, 4, 2, 1, 0)
"""How many characters on each side of the part must stand in the source as well, tried in this order."""


def locate(view: View, owner: Owner, text: str, start: int, end: int) -> Place:
    """The line and column of `text[start:end]` within the declaration, or the declaration's first line.

    What an f-string's `{metric}` printed does not stand in the source, so ever less of the part's surroundings is
    looked for until something is found.
    """
    start, end = _first_line(text, start, end)
    spans = _spans(view, owner.place)
    for width in _CONTEXTS:
        for place, lines in spans:
            found = _find(lines, text, start, end, width)
            if found is not None:
                return replace(place, line=place.line + found[0], column=found[1] + 1, length=max(1, end - start))
    for place, lines in spans:
        found = _beside(lines, text, start, end)
        if found is not None:
            return replace(place, line=place.line + found[0], column=found[1] + 1, length=1)
    return head(owner.place)


def _spans(view: View, place: Place) -> list[tuple[Place, tuple[str, ...]]]:
    """The first line of a declaration with all its lines; of one that a function made, also of what is inside of it."""
    spans, inside = [place], place.related
    call = replace(head(place), related=None, relation="")
    while inside is not None:
        spans.append(replace(inside, related=call, relation="called in"))
        inside = inside.related
    return [
        (replace(span, end_line=0), view.sources.get(span.file, ())[span.line - 1 : max(span.end_line, span.line)])
        for span in spans
    ]


def _beside(lines: tuple[str, ...], text: str, start: int, end: int) -> tuple[int, int] | None:
    """Where what stands before or after the part is found in one place of the source, and nowhere else."""
    before = [(text[max(0, start - width) : start], width, 1) for width in _CONTEXTS[1:6]]
    after = [(text[end : end + width], width, 0) for width in _CONTEXTS[1:6]]
    for anchor, width, at_end in (*before, *after):
        if len(anchor) < width or "\n" in anchor or not re.search(r"\w", anchor):
            continue
        hits = [(index, match) for index, line in enumerate(lines) for match in re.finditer(re.escape(anchor), line)]
        if len(hits) == 1:
            index, match = hits[0]
            return index, match.end() if at_end else match.start() - 1
    return None


def _first_line(text: str, start: int, end: int) -> tuple[int, int]:
    """The part without what lies on further lines; at the end of the text, its last character."""
    if start >= len(text.rstrip()):
        start = max(0, len(text.rstrip()) - 1)
        return start, start + 1
    return start, min(end, len(text), _or_end(text.find("\n", start), len(text)))


def _or_end(found: int, length: int) -> int:
    return length if found < 0 else found


def _find(lines: tuple[str, ...], text: str, start: int, end: int, width: int) -> tuple[int, int] | None:
    line_start = text.rfind("\n", 0, start) + 1
    line_end = _or_end(text.find("\n", start), len(text))
    left, right = max(line_start, start - width), min(line_end, end + width)
    wanted = text[left:right]
    bare = width == 0
    if not wanted.strip() or (bare and not re.search(r"\w", wanted)):
        return None
    before = r"(?<![A-Za-z0-9_:])" if bare and re.match(r"\w", wanted) else ""
    after = r"(?![A-Za-z0-9_:])" if bare and re.search(r"\w$", wanted) else ""
    pattern = re.compile(before + re.escape(wanted) + after)
    for index, line in enumerate(lines):
        match = pattern.search(line)
        if match is not None:
            return index, match.start() + start - left
    return None
