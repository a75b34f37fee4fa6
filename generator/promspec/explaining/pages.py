"""Reads the explanations of rules, and makes the page of each."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from promspec.problems import Level

_PARTS = re.compile(
    r"## (?P<id>\S+)\n\n(?P<why>.+?)\n\n```(?P<language>\w+)\n(?P<bad>.+?)```\n\n```(?P=language)\n(?P<good>.+?)```\n",
    re.S,
)
_FILE = re.compile(r"^# file: (\S+)\n", re.M)
PREAMBLE = "preamble.txt"
METRICS = "preamble.prom"


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a rule is, and an example that breaks and one that keeps it.

    Examples in Python are parts of a spec behind `preamble()`; those in YAML and JSON are files that are linted against
    `metrics()`; those in plain text say what cannot be shown.
    """

    id: str
    why: str
    language: str
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


def metrics() -> str:
    """The exposition that examples of linted files are judged against."""
    return (files("promspec.explaining") / METRICS).read_text(encoding="utf-8")


def example_files(example: str, language: str) -> dict[str, str]:
    """The files of an example by their names; rules alone are put into a group.

    >>> example_files("- alert: A\\n  expr: up", "yaml")["example.yml"].splitlines()[3]
    '  - alert: A'
    """
    parts = _FILE.split(example)
    if len(parts) > 1:
        return dict(zip(parts[1::2], parts[2::2], strict=True))
    if language == "yaml" and example.startswith("- "):
        indented = "".join(f"  {line}\n" for line in example.splitlines())
        return {"example.yml": f"groups:\n- name: example\n  rules:\n{indented}"}
    return {f"example.{'json' if language == 'json' else 'yml'}": example}


def page(id: str, level: Level, summary: str, mandatory: Collection[str] = (), checked: bool = True) -> str:
    """The page of a rule as Markdown; `mandatory` are the rules that nothing can allow.

    `checked` is whether `promspec check` has the rule; otherwise only `promspec lint` has.

    >>> page("alert/no-runbook", Level.WARNING, "Every alert links to a runbook.").splitlines()[2]
    '**warning**: Every alert links to a runbook.'
    """
    found = explanations().get(id)
    parts = [f"# {id}", f"**{level}**: {summary}"]
    if found is not None:
        bad, good = (f"```{found.language}\n{text}```" for text in (found.bad, found.good))
        parts += [found.why, f"Bad:\n\n{bad}", f"Good:\n\n{good}"]
    if not checked:
        allow = f"`# promspec: allow {id} -- why`"
        parts.append(f"A rule of `promspec lint`. Where it is right all the same, write a comment: {allow}")
    elif id in mandatory:
        parts.append("It cannot be allowed: what is generated would not work.")
    else:
        parts.append(f'Where it is right all the same: `allow={{"{id}": "why"}}`, or `until("2027-01-31", "why")`.')
    return "\n\n".join(parts) + "\n"
