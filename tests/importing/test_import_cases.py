"""The case directories: YAML files beside the spec, and the problems, that importing them must give.

A case is `tests/importing/cases/<tool>_<name>/`: `*.yml` and `problems.txt`; a good one has `expected.py` too.
`PROMSPEC_UPDATE_CASES=1` rewrites what is expected; read the diff before you commit it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from promspec import promtool
from promspec.cli.show import anatomy
from promspec.importing import Imported, import_openslo, import_sloth
from promspec.pipeline import compile_spec
from promspec.problems import Level, has_errors
from promspec.write import write

HOME = Path(__file__).parent / "cases"
CASES = sorted(path for path in HOME.iterdir() if path.is_dir())
GOOD = [case for case in CASES if "_bad_" not in case.name]
UPDATE = os.environ.get("PROMSPEC_UPDATE_CASES") == "1"


def imported(case: Path, monkeypatch: pytest.MonkeyPatch) -> Imported:
    """The import of every file of a case, named as a person in its directory would."""
    monkeypatch.chdir(case)
    files = sorted(path.name for path in case.glob("*.yml"))
    return import_sloth(files) if case.name.startswith("sloth_") else import_openslo(files)


def _expect(path: Path, text: str) -> None:
    if UPDATE:
        path.write_text(text, encoding="utf-8")
    assert path.is_file(), f"{path} is missing; PROMSPEC_UPDATE_CASES=1 writes it"
    assert text == path.read_text(encoding="utf-8")


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 20
    assert len(CASES) - len(GOOD) >= 4


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_case_gives_exactly_this_spec_and_these_problems(case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = imported(case, monkeypatch)
    _expect(case / "problems.txt", "\n".join(anatomy(problem) for problem in found.problems))
    assert has_errors(found.problems) == (case not in GOOD)
    if case in GOOD:
        _expect(case / "expected.py", found.text)
        assert imported(case, monkeypatch) == found
    else:
        assert found.text == ""


@pytest.mark.parametrize("case", GOOD, ids=lambda case: case.name)
def test_an_imported_spec_checks_without_errors_and_gives_rules_that_prometheus_loads(
    case: Path, tmp_path: Path
) -> None:
    compiled = compile_spec(case / "expected.py")
    assert [str(problem) for problem in compiled.problems if problem.level is Level.ERROR] == []
    write(compiled.files, tmp_path / "out")
    for name in ("recording_rules.yml", "alerting_rules.yml"):
        result = promtool.check_rules(tmp_path / "out" / name)
        assert result.ok, result.messages


def test_imported_specs_are_formatted_and_linted_as_people_write_them(root: Path) -> None:
    files = [str(case / "expected.py") for case in GOOD]
    options = ["--isolated", "--target-version", "py311", "--line-length", "120"]
    ruff = [sys.executable, "-m", "ruff"]
    for command in (["format", "--check"], ["check", "--select", "B,C4,E,F,I,PIE,RUF100,SIM,UP,W"]):
        done = subprocess.run(
            [*ruff, *command, *options, *files], capture_output=True, text=True, cwd=root, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
def test_imported_specs_pass_mypy_strict(root: Path, tmp_path: Path) -> None:
    for case in GOOD:
        (tmp_path / f"{case.name}.py").write_bytes((case / "expected.py").read_bytes())
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file", "pyproject.toml", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=root, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
