"""The case directories: a spec beside the files, or beside the problems, that it must give.

A case is `tests/cases/<name>/`: `spec.py` and `problems.txt` (every problem, word for word); a good one has `expected/`
too (files of the output, byte for byte; those that are not listed are not compared). Adding a case adds no code.
`PROMSPEC_UPDATE_CASES=1` rewrites what is expected; read the diff before you commit it.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from promspec import promtool
from promspec.cli.show import anatomy
from promspec.files import GeneratedFile
from promspec.pipeline import Compilation, compile_spec
from promspec.problems import Level
from promspec.write import write

CASES = sorted(path for path in (Path(__file__).parent / "cases").iterdir() if (path / "spec.py").is_file())
UPDATE = os.environ.get("PROMSPEC_UPDATE_CASES") == "1"
BAD = [case for case in CASES if case.name.startswith("bad_")]
GOOD = [case for case in CASES if not case.name.startswith("bad_")]


def _compile(case: Path, monkeypatch: pytest.MonkeyPatch) -> Compilation:
    monkeypatch.chdir(case)
    return compile_spec("spec.py")


def _shown(compiled: Compilation) -> str:
    return "\n".join(anatomy(problem) for problem in compiled.problems)


def _expect(path: Path, text: str) -> None:
    if UPDATE:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.is_file(), f"{path} is missing; PROMSPEC_UPDATE_CASES=1 writes it"
    assert text == path.read_text(encoding="utf-8")


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 40
    assert len(BAD) >= 20


@pytest.mark.parametrize("case", BAD, ids=lambda case: case.name)
def test_a_bad_spec_gives_exactly_these_problems(case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = _compile(case, monkeypatch)
    assert compiled.problems, "a bad case must have a problem"
    _expect(case / "problems.txt", _shown(compiled))


@pytest.mark.parametrize("case", GOOD, ids=lambda case: case.name)
def test_a_good_spec_gives_exactly_these_files(case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = _compile(case, monkeypatch)
    assert [str(problem) for problem in compiled.problems if problem.level is Level.ERROR] == []
    _expect(case / "problems.txt", _shown(compiled))
    generated = {file.path: file for file in compiled.files}
    listed = [
        path.relative_to(case / "expected").as_posix() for path in (case / "expected").rglob("*") if path.is_file()
    ]
    if UPDATE and not listed:
        listed = ["recording_rules.yml", "alerting_rules.yml"]
    assert listed, "a good case must expect at least one file"
    for path in listed:
        assert path in generated, f"{path} is not generated; there are {', '.join(generated)}"
        _expect(case / "expected" / path, generated[path].text)


@pytest.mark.parametrize("case", GOOD, ids=lambda case: case.name)
def test_what_a_good_spec_gives_is_accepted_by_prometheus(
    case: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    compiled = _compile(case, monkeypatch)
    folder = tmp_path / "output"
    write(compiled.files, folder)
    for name in ("recording_rules.yml", "alerting_rules.yml"):
        result = promtool.check_rules(folder / name)
        assert result.ok, result.messages
        assert result.rules == _rules(compiled.files, name)
    result = promtool.check_config(folder / "deployment" / "prometheus.yml")
    assert result.ok, result.messages
    routed = promtool.check_alertmanager(folder / "alertmanager.yml")
    assert routed.ok, routed.messages


def _rules(files: tuple[GeneratedFile, ...], name: str) -> int:
    text = next(file.text for file in files if file.path == name)
    return text.count("\n      - record: ") + text.count("\n      - alert: ")
