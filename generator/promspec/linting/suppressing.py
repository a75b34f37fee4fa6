"""Comments that allow a finding: `# promspec: allow <id> -- reason` beside a line, above it, or inside a rule.

With `until 2027-01-31` before the reason it holds up to that day. What day it is comes from outside.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from promspec.linting.model import Found, Subject
from promspec.linting.nodes import Source
from promspec.linting.paths import problem
from promspec.problems import Level, Problem, near_miss

_COMMENT = re.compile(
    r"(?:^|\s)#\s*promspec:\s*(allow|allow-file)\s+(\S+)(?:\s+until\s+(\S+))?(?:\s+(?:--|—)?\s*(.*?))?\s*$"
)
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_ALONE = re.compile(r"\s*#")
_WIDE = ("file", "group", "dashboard")
"""What holds other subjects: a comment among their lines is not meant for them."""


@dataclass(eq=False)
class Comment:
    """One comment: where it stands, and what it allows."""

    line: int
    id: str
    reason: str
    whole_file: bool
    alone: bool
    until: str = ""
    used: bool = False


class Suppression:
    """The comments of all files, judged by a day (ISO 8601); without one none has ended."""

    def __init__(self, sources: Iterable[Source], today: str = "") -> None:
        self._today = today
        self._sources = {source.file: source for source in sources if "promspec:" in source.text}
        self._comments = {file: list(_comments(source)) for file, source in self._sources.items()}

    def kept(self, findings: Iterable[Found], known: Sequence[str]) -> Iterator[Problem]:
        """The problems that no comment allows, then the problems of the comments."""
        for each in findings:
            comment = self._allowing(each)
            if comment is None:
                yield each.problem
                continue
            comment.used = True
            if comment.until and self._today > comment.until:
                was = f"it was allowed until {comment.until}: {comment.reason}"
                yield replace(each.problem, remedy=f"{each.problem.remedy} ({was})" if each.problem.remedy else was)
        for file, comments in self._comments.items():
            for comment in comments:
                yield from _wrong(file, comment, known)

    def _allowing(self, each: Found) -> Comment | None:
        comments = self._comments.get(each.problem.place.file, ())
        fitting = [comment for comment in comments if comment.id == each.problem.id and comment.reason]
        return next((comment for comment in fitting if self._meant(comment, each)), None)

    def _meant(self, comment: Comment, each: Found) -> bool:
        line, file = each.problem.place.line, each.problem.place.file
        if comment.whole_file or comment.line == line or comment.line in self._above(file, line):
            return True
        if each.subject is None or each.subject.kind in _WIDE:
            return False
        first, last = _lines(each.subject)
        return first <= comment.line <= last or comment.line in self._above(file, first)

    def _above(self, file: str, line: int) -> range:
        """The lines of comments directly above a line."""
        lines = self._sources[file].lines
        first = line
        while 2 <= first <= len(lines) + 1 and _ALONE.match(lines[first - 2]):
            first -= 1
        return range(first, line)


def _lines(subject: Subject) -> tuple[int, int]:
    """The lines of a subject; the end of a block lies at the beginning of what follows it."""
    node = subject.node
    source, first = node.source.outer(node.start)
    _, last = node.source.outer(max(node.start, node.end - 1))
    while last > first and source.text[last : last + 1].isspace():
        last -= 1
    return source.line(first), source.line(last)


def _comments(source: Source) -> Iterator[Comment]:
    for number, line in enumerate(source.lines, 1):
        match = _COMMENT.search(line) if "promspec:" in line else None
        if match is not None:
            whole = match[1] == "allow-file"
            reason, until = (match[4] or "").strip(), match[3] or ""
            yield Comment(number, match[2], reason, whole, bool(_ALONE.match(line)), until)


def _is_day(text: str) -> bool:
    try:
        return bool(_DAY.fullmatch(text) and date.fromisoformat(text))
    except ValueError:
        return False


def _wrong(file: str, comment: Comment, known: Sequence[str]) -> Iterator[Problem]:
    if comment.id not in known:
        remedy = near_miss(comment.id, known) or "`promspec rules` lists the IDs"
        said = problem("allow/unknown-id", f"{comment.id!r} is no rule", remedy, file, comment.line)
    elif not comment.reason:
        text = f"{comment.id} is allowed without a reason"
        said = problem("allow/no-reason", text, f"write allow {comment.id} -- and why", file, comment.line)
    elif comment.until and not _is_day(comment.until):
        text = f"{comment.until!r} is no day"
        said = problem("allow/date", text, "write year, month and day: until 2027-01-31", file, comment.line)
    elif not comment.used:
        text = f"this allows {comment.id}, which is not found here"
        said = problem("allow/unused", text, "delete this comment", file, comment.line, Level.WARNING)
    else:
        return
    yield said.problem
