"""What a stranger wrote, made fit for a message: printable, and cut."""

from __future__ import annotations


def plain(text: str, most: int = 80) -> str:
    r"""The text in one line of printable characters; the others are shown by their codes.

    >>> plain("a\x1b[31m")
    'a\\x1b[31m'
    """
    cut = text[: most - 1] + "…" if len(text) > most else text
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in cut)


def listed(words: list[str], most: int = 5) -> str:
    """The first words, and how many more there are: `a, b and 3 more`."""
    shown = ", ".join(plain(word) for word in words[:most])
    return f"{shown} and {len(words) - most} more" if len(words) > most else shown
