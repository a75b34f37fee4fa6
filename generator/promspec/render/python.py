"""Pieces of Python source as a formatter would write them: literals, calls, docstrings. Lines of at most 120."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence

WIDTH = 120
_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def literal(text: str) -> str:
    """A string literal with the quotes that need fewer escapes; letters that look like others are escaped.

    >>> print(literal('say "hi"'))
    'say "hi"'
    """
    quote = "'" if text.count('"') > text.count("'") else '"'
    return quote + _shown(text).replace(quote, f"\\{quote}") + quote


def bracketed(head: str, items: Sequence[str], tail: str, indent: int) -> str:
    """`head(a, b)tail` on one line if it fits, else one item per line; `indent` is that of the first line.

    >>> bracketed("f(", ["a", "b"], ")", 0)
    'f(a, b)'
    """
    line = f"{head}{', '.join(items)}{tail}"
    if not items or indent + width(line) <= WIDTH:
        return line
    inner = "".join(f"{' ' * (indent + 4)}{item},\n" for item in items)
    return f"{head}\n{inner}{' ' * indent}{tail}"


def text_argument(name: str, text: str, indent: int) -> str:
    """`name="text",`; a text that is too long for the line is written as several literals in parentheses."""
    line = f"{name}={literal(text)},"
    if indent + width(line) <= WIDTH:
        return line
    parts = _chunks(text, WIDTH - indent - 12, literal)
    if len(parts) == 1:
        return line
    inner = "".join(f"{' ' * (indent + 4)}{literal(part)}\n" for part in parts)
    return f"{name}=(\n{inner}{' ' * indent}),"


def docstring(text: str, indent: int) -> str:
    """A docstring: the text as one paragraph, wrapped. Double quotes become single ones."""
    plain = " ".join(text.split()).replace('"', "'")
    if indent + width(_shown(plain)) + 6 <= WIDTH:
        return f'"""{_shown(plain)}"""'
    lines = [_shown(part.strip()) for part in _chunks(plain, WIDTH - indent - 10, _shown)]
    margin = " " * indent
    return '"""' + f"\n{margin}".join(lines) + f'\n{margin}"""'


def _shown(text: str) -> str:
    return "".join(_escaped(char) for char in text)


def _chunks(text: str, most: int, written: Callable[[str], str]) -> list[str]:
    """The text in pieces that are at most `most` wide as written, cut after a space where there is one."""
    parts, current = [], ""
    for word in _with_spaces(text):
        if current and width(written(current + word)) > most:
            parts.append(current)
            current = ""
        current += word
    return [*parts, current] if current else parts


def _with_spaces(text: str) -> list[str]:
    pieces = [piece + " " for piece in text.split(" ")]
    pieces[-1] = pieces[-1][:-1]
    return [piece[start : start + 40] for piece in pieces for start in range(0, len(piece), 40)]


def _escaped(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    if _plain(char):
        return char
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _plain(char: str) -> bool:
    """Whether a character is shown as it is: ASCII, the letters of European languages, wide scripts."""
    if " " <= char <= "~":
        return True
    if "\u00c0" <= char <= "\u017f":
        return char != "\u0131" and unicodedata.name(char, "").startswith("LATIN")
    return char.isalpha() and unicodedata.east_asian_width(char) == "W"


def width(text: str) -> int:
    """How many columns a text takes; characters of wide scripts take two."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
