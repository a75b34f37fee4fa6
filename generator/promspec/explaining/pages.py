"""Reads the case of each rule, and makes its page."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from promspec.judging.grades import GRADED
from promspec.problems import Level

_LANGUAGES = {"spec": "python", "yml": "yaml", "json": "json", "txt": "text"}
PREAMBLE = "preamble.txt"
METRICS = "preamble.prom"


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a rule is, an example that breaks it with what is said then, and one that keeps it.

    It is the directory `rules/<id>/`: `why.md`, `bad` and `good`, `problems.txt`. `bad.spec` is a part of a spec behind
    `preamble()`; `bad.yml` and `bad.json` are files that are linted against `metrics()`; `bad/` holds several of these;
    `bad.txt` says what cannot be shown, and has no `problems.txt`. Examples are texts by the names of their files.
    """

    id: str
    why: str
    language: str
    bad: Mapping[str, str]
    good: Mapping[str, str]
    problems: str


@lru_cache(maxsize=1)
def explanations() -> dict[str, Explanation]:
    """Every explanation by the ID of its rule, in the order of IDs."""
    found = [_read(f"{family.name}/{case.name}", case) for family in _folders(_home()) for case in _folders(family)]
    return {item.id: item for item in found}


def explanation(id: str) -> Explanation | None:
    """The explanation of one rule, or None."""
    family, _, name = id.partition("/")
    known = {case.name: case for each in _folders(_home()) if each.name == family for case in _folders(each)}
    return _read(id, known[name]) if name in known else None


def _home() -> Traversable:
    return files("promspec.explaining") / "rules"


def _folders(folder: Traversable) -> Iterator[Traversable]:
    return iter(sorted((item for item in folder.iterdir() if item.is_dir()), key=lambda item: item.name))


def _read(id: str, case: Traversable) -> Explanation:
    texts = {item.name: item.read_text(encoding="utf-8") for item in case.iterdir() if item.is_file()}
    bad, good = _example(case, texts, "bad"), _example(case, texts, "good")
    language = _LANGUAGES[next(iter(bad)).rpartition(".")[2]]
    return Explanation(id, texts["why.md"].strip(), language, bad, good, texts.get("problems.txt", ""))


def _example(case: Traversable, texts: Mapping[str, str], side: str) -> dict[str, str]:
    """The files of one side of a case by their names."""
    single = [name for name in texts if name.partition(".")[0] == side]
    if single:
        return {f"example.{single[0].rpartition('.')[2]}": texts[single[0]]}
    inside = sorted((case / side).iterdir(), key=lambda item: item.name)
    return {item.name: item.read_text(encoding="utf-8") for item in inside}


def preamble() -> str:
    """The declarations that the examples take for granted, as Python."""
    return (files("promspec.explaining") / PREAMBLE).read_text(encoding="utf-8")


def metrics() -> str:
    """The exposition that examples of linted files are judged against."""
    return (files("promspec.explaining") / METRICS).read_text(encoding="utf-8")


def linted_files(example: Mapping[str, str]) -> dict[str, str]:
    """The files of an example as they are linted; rules alone are put into a group.

    >>> linted_files({"example.yml": "- alert: A\\n  expr: up"})["example.yml"].splitlines()[3]
    '  - alert: A'
    """
    return {name: _grouped(text) if text.startswith("- ") else text for name, text in example.items()}


def _grouped(rules: str) -> str:
    indented = "".join(f"  {line}\n" for line in rules.splitlines())
    return f"groups:\n- name: example\n  rules:\n{indented}"


def _shown(example: Mapping[str, str], language: str) -> str:
    """An example as a block of Markdown; each of several files begins with its name."""
    named = len(example) > 1
    text = "".join(f"# file: {name}\n{text}" if named else text for name, text in example.items())
    return f"```{language}\n{text}```"


def page(id: str, level: Level, summary: str, mandatory: Collection[str] = (), checked: bool = True) -> str:
    """The page of a rule as Markdown; `mandatory` are the rules that nothing can allow.

    `checked` is whether `promspec check` has the rule; otherwise only `promspec lint` has.

    >>> page("alert/no-runbook", Level.WARNING, "Every alert links to a runbook.").splitlines()[2]
    '**warning**: Every alert links to a runbook.'
    """
    found = explanation(id)
    parts = [f"# {id}", f"**{level}**: {summary}"]
    parts += [f"**{other}** where {where}." for other, where in GRADED.get(id, {}).items()]
    if found is not None:
        parts += [found.why, f"Bad:\n\n{_shown(found.bad, found.language)}"]
        parts += [f"It says:\n\n```text\n{found.problems}```"] if found.problems else []
        parts.append(f"Good:\n\n{_shown(found.good, found.language)}")
    if not checked:
        allow = f"`# promspec: allow {id} -- why`"
        parts.append(f"A rule of `promspec lint`. Where it is right all the same, write a comment: {allow}")
    elif id in mandatory:
        parts.append("It cannot be allowed: what is generated would not work.")
    else:
        parts.append(f'Where it is right all the same: `allow={{"{id}": "why"}}`, or `until("2027-01-31", "why")`.')
    return "\n\n".join(parts) + "\n"
