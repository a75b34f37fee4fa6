"""Texts made safe for Markdown: prose, table cells, code spans, fenced blocks, links, list items."""

from __future__ import annotations

import html
import re
import textwrap
from collections.abc import Callable

from promspec.render.inert import each_part, inert, inert_blocks

# A backslash before the character has already made it literal, and would break the entity that takes its place.
_PIPE = re.compile(r"(?<!\\)((?:\\\\)*)\\?\|")
_BLOCK_START = re.compile(r"^(?=[#>+\-=*|~](?:[\s#>+\-=*|~]|$))|^(\d{1,9})(?=[.)](?:\s|$))")
_ACTIVE = re.compile(r"[`*_\[\]|~!\\]")
_RUNS = re.compile(r"`+")


def prose(text: str) -> str:
    """A sentence as one line: inline Markdown stays, raw HTML and what would begin a block are shown as written."""
    return _BLOCK_START.sub(lambda found: f"{found[1] or ''}\\", each_part(_one_line(text), code, inert))


def cell(text: str) -> str:
    """A sentence inside a table: like `prose`, with no pipe that would end the cell."""
    return each_part(_one_line(text), cell_code, _no_pipe)


def code(text: str) -> str:
    """A literal as a code span, whatever backticks it holds; an empty one is a dash."""
    line = _one_line(text)
    if not line:
        return "-"
    ticks = "`" * _free_length(line)
    padding = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{ticks}{padding}{line}{padding}{ticks}"


def cell_code(text: str) -> str:
    """A literal as code inside a table.

    Renderers disagree on a pipe or a backslash before it inside a code span, so such a literal is written as HTML.
    """
    line = _one_line(text)
    if "|" not in line:
        return code(line)
    return f"<code>{_literal(line)}</code>"


def fence(text: str, language: str = "") -> str:
    """A fenced block, longer than any run of backticks inside."""
    ticks = "`" * max(3, _free_length(text))
    return f"{ticks}{language}\n{textwrap.dedent(text).strip(chr(10))}\n{ticks}"


def item(text: str, indent: int = 2) -> str:
    """Markdown as the body of a list item whose text begins `indent` columns in; it cannot leave the item."""
    body = inert_blocks(textwrap.dedent(text).strip())
    return textwrap.indent(body, " " * indent, lambda line: bool(line.strip())).lstrip()


def link(text: str, target: str) -> str:
    """A link; `text` is plain, `target` an address or a path."""
    address = re.sub(r"[\s<>|\\]", lambda found: f"%{ord(found[0]):02X}", target.strip())
    return f"[{_literal(_one_line(text))}](<{address}>)"


def _literal(text: str) -> str:
    """The text with everything that HTML or Markdown would act on as entities."""
    return _ACTIVE.sub(lambda found: f"&#{ord(found[0])};", html.escape(text, quote=False))


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _no_pipe(text: str) -> str:
    return _PIPE.sub(r"\1&#124;", inert(text))


def _free_length(text: str) -> int:
    """The shortest run of backticks that is longer than every run in the text."""
    return max((len(run) for run in _RUNS.findall(text)), default=0) + 1


FILTERS: dict[str, Callable[..., str]] = {
    "prose": prose,
    "cell": cell,
    "code": code,
    "cell_code": cell_code,
    "fence": fence,
    "item": item,
    "link": link,
}
"""The filters of the Markdown templates."""
