"""The tables of docs/lint_corpus.md: the findings in good files, and what is found of the planted faults."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from tests.lint_corpus.corpus import findings, folders, verdicts
from tests.lint_corpus.judged import Judged, every_judgement
from tests.lint_corpus.planting import documents, sites

MARKS = ("good", "planted", "missed")


def begins(mark: str) -> str:
    """The comment before a table."""
    return f"<!-- {mark}: tools/lint_corpus.py writes this -->"


def ends(mark: str) -> str:
    """The comment after a table."""
    return f"<!-- end of {mark} -->"


def expressions() -> int:
    """The expressions of the corpus, but for those of variables."""
    return sum(len(sites(folder.name)) for folder in folders())


def good() -> Iterator[str]:
    """A row for each finding, with its verdict."""
    kinds = Counter("dashboard" if file.endswith(".json") else file for _, file, _ in documents())
    yield f"{expressions()} expressions of {len(folders())} exporters, in {kinds['rules.yml']} rule files, "
    yield f"{kinds['dashboard']} dashboards and {kinds['alertmanager.yml']} configuration of Alertmanager."
    yield ""
    yield "| file | rule | level | of | times | verdict |"
    yield "|---|---|---|---|---|---|"
    judged = verdicts()
    for key, times in sorted(findings().items()):
        verdict = judged.get(key, (0, "?"))[1]
        yield f"| {key.file} | {key.id} | {key.level} | {key.name} | {times} | {verdict} |"


def _count(judgements: Iterable[Judged]) -> tuple[int, int, str]:
    every = list(judgements)
    readable = [each for each in every if each.promtool is not None]
    told = f"{sum(bool(each.promtool) for each in readable)} of {len(readable)}" if readable else "—"
    return len(every), sum(each.found for each in every), told


def counts() -> dict[str, tuple[int, int, str]]:
    """For each rule the faults planted, those found, and what promtool or amtool tells of those it can read."""
    ids = sorted({each.planted.id for each in every_judgement()})
    return {id: _count(each for each in every_judgement() if each.planted.id == id) for id in ids}


def planted() -> Iterator[str]:
    """A row for each rule."""
    yield "| rule | what was done | planted | found | promtool, amtool |"
    yield "|---|---|---|---|---|"
    for id, (every, found, told) in counts().items():
        what = dict.fromkeys(each.planted.what for each in every_judgement() if each.planted.id == id)
        yield f"| {id} | {'; '.join(what)} | {every} | {found} | {told} |"
    every, found, told = _count(every_judgement())
    yield f"| all | | {every} | {found} | {told} |"


def missed() -> Iterator[str]:
    """A row for each fault that its rule does not find."""
    yield "| rule | what was done | where |"
    yield "|---|---|---|"
    for each in every_judgement():
        if not each.found:
            fault = each.planted
            yield f"| {fault.id} | {fault.what} | {fault.folder}: {fault.name} |"


TABLES = {"good": good, "planted": planted, "missed": missed}
