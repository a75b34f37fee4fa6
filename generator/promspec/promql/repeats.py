"""How often the parts of a regular expression repeat, repetitions inside repetitions multiplied, as RE2 limits it."""

from __future__ import annotations

import re

MOST = 1000
_COUNT = re.compile(r"\{(\d+)(?:(,)(\d*))?\}")


class Repeats:
    """Watches the parts of an expression go by; `most` is what the part before repeats, with all that is in it."""

    def __init__(self) -> None:
        self._open = [1]
        self.most = 1

    def add(self, part: str) -> None:
        """The next part."""
        count = _COUNT.match(part)
        if count is not None:
            self._repeat(int(count[1]), int(count[3]) if count[3] else None if count[2] else int(count[1]))
        elif part.startswith("(") and not part.endswith(")"):
            self._open.append(1)
            self.most = 1
        elif part == ")" and len(self._open) > 1:
            self.most = self._open.pop()
            self._open[-1] = max(self._open[-1], self.most)
        elif part[0] not in "*+?":
            self.most = 1

    def _repeat(self, least: int, most: int | None) -> None:
        """`{least,most}`; what is repeated no time at all may hold anything."""
        if most == 0:
            return
        self.most *= max(1, least if most is None else most)
        self._open[-1] = max(self._open[-1], self.most)
