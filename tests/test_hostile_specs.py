"""Specs that do to their process what a spec should not, and streams that cannot take what is said about them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from decimal import getcontext
from pathlib import Path

import pytest

from promspec.load import load

SPEC = 'from promspec import Counter, Spec\nspec = Spec("shop", owner="web", metrics=[Counter("a_total", "As.")])\n'
COMMAND = [sys.executable, "-c", "from promspec.cli.app import main; main()"]
MUTE = "class Mute(Exception):\n  def __str__(self): raise ValueError\nraise Mute"


def _spec(tmp_path: Path, before: str) -> Path:
    path = tmp_path / "spec.py"
    path.write_text(before + "\n" + SPEC, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("source", "id", "summary", "remedy"),
    [
        ("raise GeneratorExit", "load/failed", "the spec fails: GeneratorExit", "mend the Python"),
        ("class Own(BaseException): pass\nraise Own('x')", "load/failed", "the spec fails: Own: x", "mend the Python"),
        ("raise Exception('a\\nb')", "load/failed", "the spec fails: Exception: a b", "mend the Python"),
        (MUTE, "load/failed", "the spec fails: Mute", "mend the Python"),
        ("eval('1 +')", "load/syntax", "syntax error: invalid syntax", "mend the Python"),
        (
            "from promspec import Severity\nSeverity.WARN",
            "load/failed",
            "the spec fails: Severity has no WARN",
            "WARNING",
        ),
        (
            "orders = 1\nordres",
            "load/failed",
            "the spec fails: NameError: name 'ordres' is not defined",
            "mean orders?",
        ),
    ],
)
def test_whatever_a_spec_raises_is_one_problem_at_its_line(
    tmp_path: Path, source: str, id: str, summary: str, remedy: str
) -> None:
    path = _spec(tmp_path, source)
    (problem,) = load(path).problems
    assert (problem.id, problem.summary) == (id, summary)
    assert remedy in problem.remedy
    assert (problem.place.file, problem.place.line) == (str(path), source.count("\n") + 1)


def test_a_spec_that_moves_away_does_not_move_the_output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load(_spec(tmp_path, "import os; os.chdir('/')")).problems == ()
    assert Path.cwd() == tmp_path


def test_a_spec_that_changes_decimals_or_recursion_changes_no_number(tmp_path: Path) -> None:
    before = getcontext().prec, sys.getrecursionlimit()
    change = "import sys; from decimal import getcontext; getcontext().prec = 2; sys.setrecursionlimit(400)"
    assert load(_spec(tmp_path, change)).problems == ()
    assert (getcontext().prec, sys.getrecursionlimit()) == before


@pytest.mark.parametrize("format", ["text", "json"])
def test_problems_are_shown_where_only_ascii_can_be_written(tmp_path: Path, format: str) -> None:
    path = tmp_path / "spec.py"
    path.write_text(SPEC.replace("a_total", "größe_total"), encoding="utf-8")
    env = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"}
    done = subprocess.run([*COMMAND, "check", str(path), "--format", format], env=env, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (1, b"")
    if format == "json":
        assert json.loads(done.stdout)["problems"][0]["name"] == "größe_total"
    else:
        assert b"gr\\xf6\\xdfe_total" in done.stdout


def test_a_full_disk_behind_the_output_is_said_in_one_line(tmp_path: Path) -> None:
    full = Path("/dev/full")
    if not full.exists():
        return
    with full.open("w") as stream:
        run = [*COMMAND, "check", str(_spec(tmp_path, ""))]
        done = subprocess.run(run, stdout=stream, stderr=subprocess.PIPE, check=False)
    assert (done.returncode, done.stderr.decode()) == (1, "promspec: No space left on device\n")
