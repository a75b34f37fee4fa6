"""A user's Markdown without what is more than Markdown: raw HTML, links that run something, definitions of links."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

# An escaped character begins no code span, and is looked at first.
_PIECE = re.compile(r"\\.|(?P<ticks>`+)(?!`)(?P<code>.+?)(?<!`)(?P=ticks)(?!`)|`+", re.DOTALL)
# A backslash before the character has already made it literal, and would break the entity that takes its place.
_RAW_HTML = re.compile(r"(?<!\\)((?:\\\\)*)\\?<(?=[A-Za-z/!?])(?!https?://|mailto:)")
_DESTINATION = re.compile(r"\]\(\s*<?\s*([^\s)>]*)")
_DEFINITION = re.compile(r"^(\W{0,8})\[(?=[^\]]+\]:)", re.MULTILINE)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_SAFE = ("http://", "https://", "mailto:")
_FENCE = re.compile(r" {0,3}(`{3,}(?!.*`)|~{3,})")


def each_part(text: str, span: Callable[[str], str], plain: Callable[[str], str]) -> str:
    """The text with `span` applied to the content of each code span, and `plain` to what lies between."""
    return _spans(text, lambda found: span(found["code"].strip() or found["code"]), plain)


def inert(text: str) -> str:
    """Inline Markdown in which nothing is HTML, and no link runs anything."""
    text = _DEFINITION.sub(r"\1\\[", _DESTINATION.sub(_destination, text))
    return _RAW_HTML.sub(r"\1&lt;", text)


def inert_blocks(text: str) -> str:
    """Markdown of several lines in the same way; what stands in code spans and fenced blocks stays as it is."""
    made: list[str] = []
    outside: list[str] = []
    closing: re.Pattern[str] | None = None
    for line in text.split("\n"):
        opened = _FENCE.match(line) if closing is None else None
        if closing is None and opened is None:
            outside.append(line)
            continue
        made += _flushed(outside)
        made.append(line)
        if opened is not None:
            closing = re.compile(rf" {{0,3}}{re.escape(opened[1][0])}{{{len(opened[1])},}}\s*")
        elif closing is not None and closing.fullmatch(line):
            closing = None
    return "\n".join([*made, *_flushed(outside)])


def _flushed(lines: list[str]) -> list[str]:
    """The lines outside of fences up to here, each paragraph for itself; they are taken away."""
    text = "\n".join(lines)
    made = [_spans(part, lambda found: found[0], inert) for part in re.split(r"(\n\s*\n)", text)] if lines else []
    lines.clear()
    return ["".join(made)] if made else []


def _spans(text: str, span: Callable[[re.Match[str]], str], plain: Callable[[str], str]) -> str:
    parts: list[str] = []
    end = 0
    for found in _PIECE.finditer(text):
        if found["code"] is not None:
            parts += [plain(text[end : found.start()]), span(found)]
            end = found.end()
    return "".join([*parts, plain(text[end:])])


def _destination(found: re.Match[str]) -> str:
    address = re.sub(r"\\(.)|[\x00-\x20]", r"\1", html.unescape(found[1]))
    runs = _SCHEME.match(address) and not address.lower().startswith(_SAFE)
    return "]\\" + found[0][1:] if runs else found[0]
