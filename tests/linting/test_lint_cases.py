"""The case directories of lint: files beside the findings that they must give.

A case is `tests/linting/cases/<name>/`: any files to lint, `metrics.prom`, `metrics.om` or `spec.py` as the source of
metrics (or none), and `findings.txt` (every finding, word for word). Adding a case adds no code.
`PROMSPEC_UPDATE_CASES=1` rewrites what is expected; read the diff before you commit it.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from promspec.cli.show import anatomy
from promspec.linting.lint import Options, lint
from promspec.linting.sources.choosing import chosen_sources

CASES = sorted(path for path in (Path(__file__).parent / "cases").iterdir() if path.is_dir())
SOURCES = ("metrics.prom", "metrics.om", "spec.py")
UPDATE = os.environ.get("PROMSPEC_UPDATE_CASES") == "1"


def _findings(case: Path) -> str:
    sources = [name for name in SOURCES if Path(name).is_file()]
    files = sorted(p.name for p in case.iterdir() if p.name not in (*SOURCES, "findings.txt", "__pycache__"))
    closed = case.name.endswith("_closed")
    linted = lint(files, chosen_sources(sources, closed), Options(interval=15_000))
    return "\n".join(anatomy(problem) for problem in linted.problems)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_files_give_exactly_these_findings(case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(case)
    found = _findings(case)
    expected = case / "findings.txt"
    if UPDATE:
        expected.write_text(found, encoding="utf-8")
    assert expected.is_file(), f"{expected} is missing; PROMSPEC_UPDATE_CASES=1 writes it"
    assert found == expected.read_text(encoding="utf-8")
