"""What lint, and what promtool or amtool, find of the planted faults."""

from __future__ import annotations

import functools
import subprocess
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import tests.lint_corpus.expression_faults
import tests.lint_corpus.further_faults
import tests.lint_corpus.habitual_faults
import tests.lint_corpus.other_faults
import tests.lint_corpus.rule_faults  # noqa: F401
from promspec import promtool
from tests.lint_corpus.corpus import GOOD, key, linted, metrics
from tests.lint_corpus.planting import OPERATORS, Planted, documents, spread, written

Said = Counter[tuple[str, str, str]]


@dataclass(frozen=True, slots=True)
class Judged:
    """A planted fault, the rules that lint newly breaks with it, and whether promtool refuses it (None: it cannot)."""

    planted: Planted
    ids: tuple[str, ...]
    promtool: bool | None

    @property
    def found(self) -> bool:
        """Whether the rule that is meant finds it."""
        return self.planted.id in self.ids


@functools.cache
def every_fault() -> tuple[Planted, ...]:
    """All planted faults, in the order of the operators."""
    return tuple(planted for operator in OPERATORS for planted in spread(operator))


def _said(folder: str, changed: dict[str, str]) -> Said:
    """What lint says of a folder's plain documents, with some of them changed."""
    with tempfile.TemporaryDirectory(prefix="promspec-lint-") as name:
        texts = {file: written(file, document) for other, file, document in documents() if other == folder} | changed
        for file, text in texts.items():
            (Path(name) / file).write_text(text, encoding="utf-8", errors="surrogateescape")
        problems = linted(sorted(Path(name) / file for file in texts), metrics(GOOD / folder)).problems
        return Counter((problem.id, problem.subject, key(folder, problem).level) for problem in problems)


@functools.cache
def _before(folder: str) -> Said:
    return _said(folder, {})


def _refused(planted: Planted) -> bool | None:
    """Whether promtool check rules, or amtool check-config, refuses the file."""
    if planted.file.endswith(".json"):
        return None
    amtool = planted.file == "alertmanager.yml"
    command = ["check-config"] if amtool else ["check", "rules"]
    with tempfile.TemporaryDirectory(prefix="promspec-lint-") as name:
        path = Path(name) / planted.file
        path.write_text(planted.text, encoding="utf-8", errors="surrogateescape")
        tool = promtool.find("amtool" if amtool else "promtool")
        done = subprocess.run([str(tool), *command, str(path)], capture_output=True, text=True, timeout=60)
    return done.returncode != 0 or "FAILED" in done.stdout + done.stderr or "duplicate" in done.stdout


@functools.cache
def every_judgement() -> tuple[Judged, ...]:
    """All faults, judged."""
    with ThreadPoolExecutor(2) as pool:
        refused = list(pool.map(_refused, every_fault()))
    found = []
    for planted, also in zip(every_fault(), refused, strict=True):
        new = _said(planted.folder, {planted.file: planted.text}) - _before(planted.folder)
        found.append(Judged(planted, tuple(sorted({id for id, _, _ in new})), also))
    return tuple(found)
