"""How long Python may try to match a regular expression: RE2 takes linear time, backtracking may take for ever."""

from __future__ import annotations

_MOST_UNBOUNDED = 6
_MOST_OPTIONAL = 8
_MOST_ADJACENT = 3


class Effort:
    """Watches the parts of an expression go by: characters, escapes, classes, brackets of groups, repetitions.

    Excessive are repetitions of groups that hold a choice or a repetition themselves, such as `(a+)+` or `(a|a)*`; many
    repetitions side by side, such as `a?a?a?a?`; and many of them at all.
    """

    def __init__(self) -> None:
        self.excessive = False
        self._open = [False]  # for each open group whether it holds a choice or a repetition
        self._closed = False  # whether the part before is a group that does
        self._unbounded = self._optional = self._adjacent = 0
        self._fresh = False

    def add(self, part: str) -> None:
        """The next part."""
        repeats = part[0] in "*+?" or (part[0] == "{" and len(part) > 1)
        if repeats:
            self._repeat(part)
        elif part.startswith("(") and not part.endswith(")"):
            self._open.append(False)
        elif part == ")":
            self._closed = self._open.pop() if len(self._open) > 1 else False
            self._open[-1] = self._open[-1] or self._closed
            return
        elif part == "|":
            self._open[-1] = True
        elif self._fresh:  # two plain parts in a row: something is matched between repetitions
            self._adjacent = 0
        self._closed = False
        self._fresh = not repeats

    def _repeat(self, part: str) -> None:
        if part[0] == "{" and "," not in part and not self._closed:
            return
        optional = part[0] == "?"
        self._optional += optional
        self._unbounded += not optional
        self._adjacent += 1
        self._open[-1] = True
        self.excessive = (
            self.excessive
            or (self._closed and not optional)
            or self._unbounded > _MOST_UNBOUNDED
            or self._optional > _MOST_OPTIONAL
            or self._adjacent > _MOST_ADJACENT
        )
