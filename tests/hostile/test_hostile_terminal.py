"""What is printed obeys nobody's text: no escape of a terminal, no change of direction, no command of a CI system."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from promspec.pipeline import compile_spec
from tests.hostile.texts import REFUSED, TEXTS, small_text, spec_text

OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
FIELDS = {
    "help": 'x = Gauge("level", {0!r})',
    "label": 'x = Gauge("level", "Help.", labels=[Label("kind", "Kind.", values=[{0!r}])])',
    "deep": (
        'x = Gauge("level", "Help.")\n'
        's = Stat("S", "d", "sum(level)", unit="short", mappings={{7: ("a", {0!r})}})\n'
        'b = Dashboard("B", [Row("R", [s])])'
    ),
}


def promspec(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from promspec.cli import main; main()", *words]
    env = {**os.environ, "PYTHONUTF8": "1", "NO_COLOR": "1"}
    return subprocess.run(
        command,
        cwd=cwd,
        env=env,
        capture_output=True,
        encoding="utf-8",
        errors="surrogateescape",
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("field", FIELDS)
def test_a_character_that_no_terminal_should_get_is_refused_by_its_code(field: str, tmp_path: Path) -> None:
    for char in REFUSED:
        path = tmp_path / "spec.py"
        boards = "dashboards=[b], " if field == "deep" else ""
        made = FIELDS[field].format(f"a{char}b")
        path.write_text(
            f'from promspec import *\n{made}\nspec = Spec("small", owner="me", {boards}metrics=[x])\n', encoding="utf-8"
        )
        problems = [each for each in compile_spec(path).problems if each.id == "value/characters"]
        assert len(problems) == 1, repr(char)
        assert problems[0].summary.endswith(f"holds the character {char!r}")
        assert not OBEYED.search(problems[0].summary)


@pytest.mark.parametrize("format", ["text", "github", "json", "sarif", "junit"])
def test_a_spec_that_is_written_with_raw_escapes_is_shown_without_them(format: str, tmp_path: Path) -> None:
    source = 'from promspec import *\nx = Gauge("lev", "red \x1b[31m \x9b31m \u202e", labls=[1])  # \x1b]0;title\x07\n'
    source += 'raise RuntimeError("\x1b[2J\u202e gone")\n'
    (tmp_path / "spec.py").write_text(source, encoding="utf-8")
    done = promspec("check", "spec.py", "--format", format, cwd=tmp_path)
    assert done.returncode == 1
    assert not re.search("[\x00-\x08\x0b-\x1f]", done.stdout + done.stderr)
    if format in ("text", "github"):
        assert not OBEYED.search(done.stdout + done.stderr)
        assert "gone" in done.stdout
    if format == "text":
        assert "red \ufffd[31m \ufffd31m \ufffd" in done.stdout


@pytest.mark.parametrize(
    "words",
    [
        ("check", "small.py"),
        ("generate", "small.py"),
        ("plan", "small.py"),
        ("prove", "small.py", "-v"),
    ],
    ids=lambda words: words[0],
)
def test_no_command_prints_what_a_terminal_obeys(words: tuple[str, ...], tmp_path: Path) -> None:
    for text in ("\u202eevil\u202c \u2066x\u2069", "\u2028line\u2029", "a\r\nb"):
        (tmp_path / "small.py").write_text(small_text(text), encoding="utf-8")
        done = promspec(*words, cwd=tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
        assert not OBEYED.search(done.stdout + done.stderr), (text, done.stdout)


@pytest.mark.parametrize("format", ["text", "mermaid"])
def test_lineage_shows_titles_without_what_a_terminal_obeys(format: str, tmp_path: Path) -> None:
    (tmp_path / "hostile.py").write_text(spec_text(), encoding="utf-8")
    for number in (number for number, text in enumerate(TEXTS) if OBEYED.search(text)):
        done = promspec("uses", f"level_{number}", "hostile.py", "--format", format, cwd=tmp_path)
        assert (done.returncode, f"Alert{number}" in done.stdout) == (0, True), done.stdout + done.stderr
        assert not OBEYED.search(done.stdout), repr(done.stdout)


def test_a_command_of_a_ci_system_in_a_text_stays_inside_its_line(tmp_path: Path) -> None:
    text = "a\n::error::planted\r::set-output name=x::y%0A"
    (tmp_path / "small.py").write_text(small_text(text).replace('"level"', '"lvel_total"'), encoding="utf-8")
    done = promspec("check", "small.py", "--format", "github", cwd=tmp_path)
    lines = [line for line in re.split("[\r\n]+", done.stdout) if line]
    assert lines
    assert all(re.match(r"::(error|warning|notice) file=small\.py,line=\d+", line) for line in lines), lines
