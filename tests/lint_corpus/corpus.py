"""The corpus of good rules and dashboards: its folders, what lint finds in them, and the verdict on each finding."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from promspec.linting.lint import Linted, Options, lint
from promspec.linting.sources.choosing import exposition
from promspec.linting.sources.examples import Examples
from promspec.problems import Problem

HERE = Path(__file__).parent
GOOD = HERE / "good"
VERDICTS = HERE / "verdicts.txt"
METRICS = "metrics.prom"
OPTIONS = Options(interval=15_000)


@dataclass(frozen=True, order=True, slots=True)
class Key:
    """A finding without its place: a file may be edited above it."""

    file: str
    id: str
    level: str
    name: str

    def __str__(self) -> str:
        return " | ".join((self.file, self.id, self.level, self.name))


def folders() -> tuple[Path, ...]:
    """One folder for each exporter."""
    return tuple(sorted(path for path in GOOD.iterdir() if path.is_dir()))


@functools.cache
def metrics(folder: Path) -> Examples:
    """The series of a folder's exposition."""
    return exposition((folder / METRICS).read_text(encoding="utf-8"), METRICS, closed=False)


def files(folder: Path) -> tuple[Path, ...]:
    """What is linted in a folder."""
    return tuple(sorted(path for path in folder.iterdir() if path.name != METRICS))


def linted(paths: Iterable[Path], source: Examples) -> Linted:
    """What lint says of the files, known to it by their names alone."""
    return lint([str(path) for path in paths], [source], OPTIONS)


def key(folder: str, problem: Problem) -> Key:
    """What identifies a finding in the corpus."""
    return Key(f"{folder}/{Path(problem.place.file).name}", problem.id, problem.level.name.lower(), problem.subject)


def findings() -> Counter[Key]:
    """Every finding in the corpus, with how often it is made."""
    found: Counter[Key] = Counter()
    for folder in folders():
        found.update(key(folder.name, problem) for problem in linted(files(folder), metrics(folder)).problems)
    return found


def verdicts() -> dict[Key, tuple[int, str]]:
    """What was judged of each finding: how often it is made, and the verdict."""
    judged: dict[Key, tuple[int, str]] = {}
    for line in VERDICTS.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            file, id, level, name, times, verdict = (part.strip() for part in line.split(" | ", 5))
            judged[Key(file, id, level, name)] = (int(times), verdict)
    return judged
