"""Reads the explanations of rules, and makes the page of each."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from promspec.problems import Level

_PARTS = re.compile(
    r"## (?P<id>\S+)\n\n(?P<why>.+?)\n\n```python\n(?P<bad>.+?)```\n\n```python\n(?P<good>.+?)```\n", re.S
)
PREAMBLE = "preamble.txt"


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a rule is, and an example that breaks and one that keeps it; both stand behind `preamble()`."""

    id: str
    why: str
    bad: str
    good: str


@lru_cache(maxsize=1)
def explanations() -> dict[str, Explanation]:
    """Every explanation by the ID of its rule."""
    folder = files("promspec.explaining") / "rules"
    texts = [item.read_text(encoding="utf-8") for item in sorted(folder.iterdir(), key=lambda item: item.name)]
    found = [Explanation(**match.groupdict()) for text in texts for match in _PARTS.finditer(text)]
    return {item.id: item for item in found}


def preamble() -> str:
    """The declarations that the examples take for granted, as Python."""
    return (files("promspec.explaining") / PREAMBLE).read_text(encoding="utf-8")


def page(id: str, level: Level, summary: str, mandatory: Collection[str] = ()) -> str:
    """The page of a rule of `promspec check` as Markdown; `mandatory` are the rules that nothing can allow.

    >>> page("alert/no-runbook", Level.WARNING, "Every alert links to a runbook.").splitlines()[2]
    '**warning**: Every alert links to a runbook.'
    """
    found = explanations().get(id)
    parts = [f"# {id}", f"**{level}**: {summary}"]
    if found is not None:
        parts += [found.why, f"Bad:\n\n```python\n{found.bad}```", f"Good:\n\n```python\n{found.good}```"]
    if id in mandatory:
        parts.append("It cannot be allowed: what is generated would not work.")
    else:
        parts.append(f'Where it is right all the same: `allow={{"{id}": "why"}}`, or `until("2027-01-31", "why")`.')
    return "\n\n".join(parts) + "\n"
