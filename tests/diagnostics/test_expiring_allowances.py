"""Allowances with a date: silent up to that day, a problem again after it; who asks what day it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from promspec import Gauge, Spec, until
from promspec.check import View, check
from promspec.cli.app import app
from promspec.pipeline import compile_spec, examine
from promspec.vocabulary.base import SpecValueError

SPEC = """
from promspec import Gauge, Spec, until
late = Gauge("delay_ms", "How late.", allow={"metric/base-unit": until("2027-01-31", "a partner reads it")})
spec = Spec("shop", owner="web", metrics=[late])
"""


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with one allowance that ends."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "shop.py"
    path.write_text(SPEC)
    return path


@pytest.mark.parametrize(
    ("today", "ids"),
    [("", []), ("2027-01-31", []), ("2027-02-01", ["metric/base-unit"]), ("2030-01-01", ["metric/base-unit"])],
)
def test_it_holds_up_to_and_including_its_day(spec: Path, today: str, ids: list[str]) -> None:
    _, problems = examine(spec, today)
    assert [problem.id for problem in problems] == ids


def test_what_has_ended_says_that_it_was_allowed_and_stops_generating(spec: Path) -> None:
    compiled = compile_spec(spec, "2027-02-01")
    [problem] = compiled.problems
    assert problem.remedy.endswith("(it was allowed until 2027-01-31: a partner reads it)")
    assert not compiled.ok
    assert compile_spec(spec, "2027-01-31").ok


def test_check_itself_knows_no_day() -> None:
    late = Gauge("delay_ms", "How late.", allow={"metric/base-unit": until("1999-12-31", "long ago")})
    assert check(View(Spec("shop", owner="web", metrics=[late]))) == ()


def test_the_command_judges_by_today_or_by_source_date_epoch(spec: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1801439999")  # 2027-01-31T23:59:59Z
    assert CliRunner().invoke(app, ["check", "shop.py"]).exit_code == 0
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1801440000")
    late = CliRunner().invoke(app, ["check", "shop.py"])
    assert late.exit_code == 1
    assert "allowed until 2027-01-31" in late.output
    monkeypatch.delenv("SOURCE_DATE_EPOCH")
    spec.write_text(SPEC.replace("2027-01-31", "2020-01-31"))
    assert CliRunner().invoke(app, ["check", "shop.py"]).exit_code == 1


def test_one_that_ended_and_allows_nothing_is_unused(spec: Path) -> None:
    spec.write_text(SPEC.replace("delay_ms", "delay_seconds"))
    _, problems = examine(spec, "2030-01-01")
    assert [problem.id for problem in problems] == ["allow/unused"]


@pytest.mark.parametrize("day", ["31.1.2027", "2027-02-30", "soon", "20270131", ""])
def test_what_is_no_day_is_refused_with_the_right_form(day: str) -> None:
    with pytest.raises(SpecValueError, match="names no day") as caught:
        until(day, "why")
    assert caught.value.problems[0].remedy == 'write year, month and day: "2027-01-31"'


def test_a_day_that_is_none_does_not_stop_the_spec(spec: Path) -> None:
    spec.write_text(SPEC.replace("2027-01-31", "soon"))
    _, problems = examine(spec, "2030-01-01")
    assert [(problem.id, problem.place.line) for problem in problems] == [("allow/date", 3)]


def test_a_reason_is_needed_here_too(spec: Path) -> None:
    spec.write_text(SPEC.replace("a partner reads it", " "))
    _, problems = examine(spec, "2026-01-01")
    assert "allow/no-reason" in [problem.id for problem in problems]
