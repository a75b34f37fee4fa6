"""No input brings lint, the parser or inference to a traceback or a halt: a small part of what tools/fuzz.py runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from promspec.linting.lint import lint
from promspec.promql import regex
from tests.support.fuzz_targets import Fuzzer, good_files

GOOD = Path(__file__).resolve().parent.parent / "lint_corpus" / "good"
SLOW = 20.0
"""Seconds that no input may take, on a machine with a lot else to do."""


@pytest.fixture
def fuzzer(tmp_path: Path) -> Fuzzer:
    return Fuzzer(tmp_path, seed=20)


def test_random_expressions_are_read_and_judged(fuzzer: Fuzzer) -> None:
    fuzzer.expressions(1000)
    assert fuzzer.tally.failures == []
    assert fuzzer.tally.misplaced == 0
    assert fuzzer.tally.parsed > 500
    assert fuzzer.tally.slowest < SLOW


def test_random_bytes_and_damaged_files_are_read_or_refused(fuzzer: Fuzzer) -> None:
    fuzzer.random_bytes(20_000, good_files(GOOD))
    assert fuzzer.tally.failures == []
    assert fuzzer.tally.misplaced == 0
    assert fuzzer.tally.inputs > 400
    assert fuzzer.tally.slowest < SLOW


@pytest.mark.slow
def test_what_was_made_to_hurt_does_not(fuzzer: Fuzzer) -> None:
    fuzzer.hostile()
    assert fuzzer.tally.failures == []
    assert fuzzer.tally.misplaced == 0
    assert fuzzer.tally.slowest < SLOW


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)*b", "(a?){30}a{30}", "a?" * 30 + "a" * 30, ".*.*.*.*.*x"])
def test_an_expression_that_backtracks_for_ever_is_not_tried(pattern: str) -> None:
    assert regex(pattern) is None


@pytest.mark.parametrize(
    "pattern", ["(.*)-([a-z0-9]+)-([a-z0-9]{5})", r"([0-9]+)\.([0-9]+)\.([0-9]+)\.([0-9]+):.*", "(sd|nvme|vd).+", "5.."]
)
def test_a_usual_expression_is_tried(pattern: str) -> None:
    assert regex(pattern) is not None


@pytest.mark.slow
def test_long_chains_of_rules_are_followed(tmp_path: Path) -> None:
    chain = "".join(f"  - record: a:b:c{i}\n    expr: max(a:b:c{i + 1})\n" for i in range(3000))
    alert = "  - {alert: A, expr: a:b:c0 > 1, for: 5m, labels: {severity: page}, annotations: {summary: S.}}\n"
    (tmp_path / "rules.yml").write_text(f"groups:\n- name: x\n  rules:\n{alert}{chain}", encoding="utf-8")
    assert _of_chains(tmp_path) == []
    (tmp_path / "rules.yml").write_text(f"groups:\n- name: x\n  rules:\n{chain}{_closing()}", encoding="utf-8")
    assert _of_chains(tmp_path) == ["rule/cycle"]


def _of_chains(folder: Path) -> list[str]:
    """What is found beside the order of the rules, which is the wrong way round."""
    aside = ("rule/order", "alert/no-runbook", "rule/unused")
    return [problem.id for problem in lint([str(folder)]).problems if problem.id not in aside]


def _closing() -> str:
    return "  - record: a:b:c3000\n    expr: max(a:b:c0)\n"
