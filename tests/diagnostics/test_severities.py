"""An ID has one severity everywhere; where some of what a rule finds weighs less, its page says so, and where."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import pytest
from typer.testing import CliRunner

from promspec.check.catalogue import catalogue
from promspec.cli.app import app
from promspec.explaining import pages
from promspec.judging.grades import GRADED
from promspec.linting.catalogue import lint_catalogue
from promspec.live_rules import live_catalogue
from promspec.problems import Level

TESTS = Path(__file__).resolve().parents[1]
CASES = (TESTS / "cases", TESTS / "linting" / "cases", Path(pages.__file__).parent / "rules")
_SAID = re.compile(r"^(?:\S.*?: )?(error|warning|info): .*\[([a-z-]+/[a-z-]+)\]$", re.MULTILINE)
_JUDGED = re.compile(r"^\S+ \| (\S+) \| (error|warning|info) \|", re.MULTILINE)
CATALOGUES = {"check": catalogue(), "lint": lint_catalogue(), "live": live_catalogue()}
LEVELS = {id: level for rows in CATALOGUES.values() for id, level, _ in rows}


def said_in_the_cases() -> Mapping[str, set[Level]]:
    """The levels with which every problem of every golden case is shown, by ID."""
    found: dict[str, set[Level]] = defaultdict(set)
    for folder in CASES:
        for path in folder.rglob("*.txt"):
            for level, id in _SAID.findall(path.read_text(encoding="utf-8")):
                found[id].add(Level(level))
    for id, level in _JUDGED.findall((TESTS / "lint_corpus" / "verdicts.txt").read_text(encoding="utf-8")):
        found[id].add(Level(level))
    return found


def test_an_id_that_several_commands_have_has_one_level() -> None:
    levels: dict[str, dict[str, Level]] = defaultdict(dict)
    for command, rows in CATALOGUES.items():
        for id, level, _ in rows:
            levels[id][command] = level
    shared = {id: found for id, found in levels.items() if len(found) > 1}
    assert len(shared) > 60
    assert {id: found for id, found in shared.items() if len(set(found.values())) > 1} == {}


def test_what_is_said_has_the_level_of_its_rule_or_one_that_its_page_tells_of() -> None:
    said = said_in_the_cases()
    assert len(set(said) & set(LEVELS)) > 200
    other = {id: said[id] - {LEVELS[id], *GRADED.get(id, {})} for id in set(said) & set(LEVELS)}
    assert {id: levels for id, levels in other.items() if levels} == {}


def test_what_has_no_page_has_one_level() -> None:
    loose = {id: levels for id, levels in said_in_the_cases().items() if id not in LEVELS}
    assert loose
    assert {id: levels for id, levels in loose.items() if len(levels) > 1} == {}


def test_a_level_that_a_page_tells_of_is_another_one_and_stands_in_a_case() -> None:
    said = said_in_the_cases()
    for id, others in GRADED.items():
        assert LEVELS[id] not in others
        assert set(others) - said[id] == set(), id


@pytest.mark.parametrize("id", sorted(GRADED))
def test_explain_and_rules_say_where_the_level_differs(id: str) -> None:
    page = CliRunner().invoke(app, ["explain", id]).stdout
    listed = json.loads(CliRunner().invoke(app, ["rules", "--json"]).stdout)
    [row] = [row for row in listed if row["id"] == id]
    table = CliRunner().invoke(app, ["rules"]).stdout
    for level, where in GRADED[id].items():
        assert f"**{level}** where {where}." in page
        assert row["elsewhere"][str(level)] == where
        assert f"{level!s:<7}  where {where}" in table
