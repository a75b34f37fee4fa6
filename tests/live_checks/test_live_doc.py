"""docs/live.md is run: its commands print what it shows, and its tables list every rule, code, option and variable."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from promspec.live.self_check import EXIT_CODES
from promspec.live_rules import live_catalogue
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "live.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
COMMANDS = [body for language, body in BLOCKS if language == "console"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the files that the page shows: those whose first line names them."""
    for _, body in BLOCKS:
        name = re.match(r"# (\S+\.\w+)\n", body)
        if name is not None:
            (tmp_path / name[1]).parent.mkdir(exist_ok=True)
            (tmp_path / name[1]).write_text(body[name.end() :], encoding="utf-8")
    assert {path.name for path in tmp_path.rglob("*") if path.is_file()} == {"shop.py", "metrics.prom"}
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize("block", COMMANDS, ids=lambda block: block.partition("\n")[0])
def test_a_command_prints_what_is_shown(block: str, folder: Path) -> None:
    command, _, rest = block.removeprefix("$ ").partition("\n")
    shown, code = rest.split("$ echo $?\n")
    env = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run(["sh", "-c", command], cwd=folder, env=env, capture_output=True, text=True, timeout=60)
    printed = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:40123", done.stdout)
    assert (printed, done.returncode) == (shown, int(code)), done.stderr


def test_the_page_has_commands_for_both() -> None:
    assert [block.split()[2] for block in COMMANDS] == ["verify", "self-check", "self-check"]


def test_every_rule_is_in_the_table() -> None:
    rows = re.findall(r"^\| `((?:verify|drift)/[\w-]+)` \| (\w+) \| (.+) \|$", PAGE, re.MULTILINE)
    assert rows == [*live_catalogue("verify"), *live_catalogue("drift")]


def test_every_exit_code_is_in_the_table() -> None:
    rows = re.findall(r"^\| (\d) \| ?(\w*) ?\| .+ \|$", PAGE, re.MULTILINE)
    assert rows == [("0", ""), ("1", ""), *((str(code), name) for name, code in EXIT_CODES.items())]


def test_every_option_and_variable_is_on_the_page() -> None:
    names = ("live_commands", "access_options", "deploy_commands")
    sources = [ROOT / "generator" / "promspec" / "cli" / f"{name}.py" for name in names]
    text = "".join(path.read_text(encoding="utf-8") for path in sources)
    for word in {*re.findall(r'"(--[a-z-]+)[/"]', text), *re.findall(r"(?:SELF_CHECK|PROMSPEC)_[A-Z_]+", text)}:
        assert f"`{word}" in PAGE or f" {word}" in PAGE, word
