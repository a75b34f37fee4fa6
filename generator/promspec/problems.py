"""What promspec says about a mistake: `Problem`, where it is (`Place`), and how one is shown."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum


class Level(StrEnum):
    """How bad a problem is. Nothing is generated while an `ERROR` stands."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where in the user's files something was written. Lines and columns count from 1; 0 is unknown.

    `end_line` is the last line of the whole declaration. `length` is how many characters to underline. What a function
    of the author's made stands where it was called, and is `related` to the line inside; `relation` says how.
    """

    file: str
    line: int = 0
    column: int = 0
    length: int = 0
    end_line: int = 0
    related: Place | None = field(default=None, compare=False)
    relation: str = field(default="", compare=False)

    @property
    def aside(self) -> str:
        """The related place in words, such as ` (in alert_for, line 16)`; else empty."""
        if self.related is None:
            return ""
        same = self.related.file == self.file
        return f" ({self.relation} {f'line {self.related.line}' if same else self.related})"

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


NOWHERE = Place("(spec)")


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding: a stable ID, what is wrong, where, and what to write instead.

    >>> str(Problem("metric/counter-suffix", Level.ERROR, "a counter ends in _total", Place("spec.py", 3)))
    'spec.py:3: error: a counter ends in _total [metric/counter-suffix]'
    """

    id: str
    level: Level
    summary: str
    place: Place
    remedy: str = ""
    subject: str = ""
    """The declaration the problem is about, such as `ocr_errors_total`; may be empty."""
    kind: str = ""
    """What the subject is in a linted file: alert, record, panel, variable, route, receiver, …; else empty."""
    allowed: str = ""
    """Why the spec accepts it, if it does: then it is for information."""

    def __str__(self) -> str:
        return f"{self.place}{self.place.aside}: {self.level}: {self.summary} [{self.id}]"

    def as_json(self) -> dict[str, object]:
        """The problem as a plain dict, keys in a stable order."""
        related = self.place.related
        return {
            "file": self.place.file,
            "line": self.place.line,
            "column": self.place.column,
            "id": self.id,
            "severity": str(self.level),
            "name": self.subject,
            "message": self.summary,
            "remedy": self.remedy,
            **({"allowed": self.allowed} if self.allowed else {}),
            **({"related": {"file": related.file, "line": related.line}} if related is not None else {}),
        }


class SpecProblems(Exception):
    """Raised where a stage cannot go on: it carries every problem found until then."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """The problems without repetitions, in the order a reader meets them in the files."""
    unique = dict.fromkeys(problems)
    return tuple(sorted(unique, key=lambda p: (p.place.file, p.place.line, p.place.column, p.id, p.summary)))


def has_errors(problems: Iterable[Problem]) -> bool:
    """Whether any of the problems forbids generating."""
    return any(problem.level is Level.ERROR for problem in problems)


_MANY = 2000
_PART = re.compile(r"[^\W_]{2,}")


def near_miss(wrong: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """`did you mean X?` when a known word is close to the wrong one, else the empty string."""
    found = difflib.get_close_matches(wrong, _likely(wrong, list(known)), n=1, cutoff=cutoff)
    return f"did you mean {found[0]}?" if found else ""


def _likely(wrong: str, known: list[str]) -> list[str]:
    """Of very many words those that share a part with the wrong one and are about as long: comparing takes long."""
    if len(known) <= _MANY:
        return known
    parts = set(_PART.findall(wrong))
    fitting = (word for word in known if abs(len(word) - len(wrong)) <= len(wrong) // 2)
    return [word for word in fitting if parts & set(_PART.findall(word))]


def one_of(words: Iterable[str], most: int = 12) -> str:
    """A readable list of the allowed words: `a, b or c`; cut after `most` words."""
    listed = list(words)
    if len(listed) > most:
        return ", ".join(listed[:most]) + f" or {len(listed) - most} more"
    return " or ".join([", ".join(listed[:-1]), listed[-1]]) if len(listed) > 1 else "".join(listed)
