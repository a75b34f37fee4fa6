"""Where in a scalar as written each character of its value stands."""

from __future__ import annotations

_HEX = {"x": 2, "u": 4, "U": 8}


def offsets(raw: str, value: str, style: str) -> list[int]:
    """For each character of `value` its offset in `raw`, the scalar as written with quotes or block header.

    White space is matched loosely, since folding turns line ends and indentation into a space. Where the two cannot be
    aligned, the rest stands at the last offset that was certain.
    """
    at = _beginning(raw, style)
    indent = _indentation(raw[at:], value) if style in ("|", ">") else 0
    at = _indented(raw, at, indent)
    found: list[int] = []
    for char in value:
        at = _skipped(raw, at, char, style)
        found.append(min(at, max(0, len(raw) - 1)))
        width = _width(raw, at, char, style)
        at += width
        if indent and raw[at - 1 : at] == "\n" and width:
            at = _indented(raw, at, indent)
    return found


def _indentation(block: str, value: str) -> int:
    """How many spaces stand before each line of a block that are not part of its value."""
    written, read = (next((line for line in text.split("\n") if line.strip()), "") for text in (block, value))
    return max(0, len(written) - len(written.lstrip(" ")) - (len(read) - len(read.lstrip(" "))))


def _indented(raw: str, at: int, indent: int) -> int:
    end = at
    while end < at + indent and raw[end : end + 1] == " ":
        end += 1
    return end


def _beginning(raw: str, style: str) -> int:
    """Where the value can begin: behind the quote, or behind the block's header line."""
    if style in ("|", ">"):
        newline = raw.find("\n")
        return newline + 1 if newline >= 0 else len(raw)
    return 1 if style in ('"', "'") else 0


def _skipped(raw: str, at: int, char: str, style: str) -> int:
    """The next offset at which `char` may stand."""
    while style == '"' and raw[at : at + 1] == "\\" and raw[at + 1 : at + 2] in ("\n", "\r"):
        at = _past_space(raw, at + 1)
    if (char == " " and raw[at : at + 1] in ("\n", "\r")) or (char == "\n" and raw[at : at + 1] == "\r"):
        return at
    if at < len(raw) and raw[at] != char and raw[at].isspace() and not _escaped(raw, at, style):
        return _past_space(raw, at) if not char.isspace() else _past_space(raw, at, until=char)
    return at


def _past_space(raw: str, at: int, until: str = "") -> int:
    while at < len(raw) and raw[at].isspace() and (not until or raw[at] != until):
        at += 1
    return at


def _escaped(raw: str, at: int, style: str) -> bool:
    return style == '"' and raw[at] == "\\"


def _width(raw: str, at: int, char: str, style: str) -> int:
    """How many characters write this one."""
    if at >= len(raw):
        return 0
    if style == '"' and raw[at] == "\\":
        width = 2 + _HEX.get(raw[at + 1 : at + 2], 0)
        return width * 2 if ord(char) > 0xFFFF and width == 6 else width
    if style == "'" and raw[at : at + 2] == "''":
        return 2
    if raw[at] == char:
        return 1
    if raw[at].isspace() and char.isspace():  # a fold
        return _past_space(raw, at) - at if style != ">" else 1
    return 0
