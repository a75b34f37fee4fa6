"""The README's example is run: what it shows is what the command says, and mended it generates."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from promspec.cli.app import app


def _blocks(root: Path, language: str) -> list[str]:
    text = (root / "README.md").read_text(encoding="utf-8")
    return [body for found, body in re.findall(r"```(\w*)\n(.*?)```", text, re.DOTALL) if found == language]


@pytest.fixture
def example(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "spec").mkdir()
    path = tmp_path / "spec" / "ocr_service.py"
    path.write_text(_blocks(root, "python")[0], encoding="utf-8")
    return path


def test_the_problems_shown_are_those_the_command_finds(root: Path, example: Path) -> None:
    result = CliRunner().invoke(app, ["check", "spec/ocr_service.py"])
    shown = next(block for block in _blocks(root, "") if "error:" in block)
    for problem in shown.strip().split("\n\n"):
        assert problem in result.stdout
    assert "2 errors" in result.stdout


def test_mended_it_generates_and_the_package_it_shows_exists(example: Path) -> None:
    text = (
        example.read_text(encoding="utf-8")
        .replace("'timeot'", "'timeout'")
        .replace("$labels.providr ", "$labels.provider ")
    )
    example.write_text(text, encoding="utf-8")
    assert CliRunner().invoke(app, ["generate"]).exit_code == 0
    assert (example.parent.parent / "output" / "ocr_service" / "instrumentation" / "operations.py").is_file()
