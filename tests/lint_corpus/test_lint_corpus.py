"""Lint on good files and on planted faults: no finding without a verdict, and the table of the documentation holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from promspec.linting.lint import FORM
from promspec.linting.view import registered
from promspec.promtool import check_rules
from tests.lint_corpus.corpus import findings, folders, metrics, verdicts
from tests.lint_corpus.judged import every_fault
from tests.lint_corpus.planting import OPERATORS, documents, rules, spread, written
from tests.lint_corpus.tables import TABLES, begins, counts, ends, expressions

DOCUMENT = Path(__file__).resolve().parent.parent.parent / "docs" / "lint_corpus.md"
NOT_PLANTED = {
    *("file/unreadable", "file/too-large", "promql/inference", "promql/version"),
    *("alert/no-runbook", "alert/dashboard-link", "dashboard/no-target-variables"),
}
"""What is about the disk or a chosen version, findings with IDs of their own, and what good files are told already."""
RARE = frozenset[str]()
"""Rules for which the corpus has fewer than three places."""


def test_every_finding_in_good_files_has_a_verdict() -> None:
    assert findings() == {key: times for key, (times, _) in verdicts().items()}


def test_every_error_in_good_files_is_real() -> None:
    for key, (_, verdict) in verdicts().items():
        kind = verdict.partition(":")[0]
        assert kind in (("real",) if key.level == "error" else ("real", "unseen", "taste")), key


def test_the_corpus_has_three_hundred_expressions() -> None:
    assert expressions() >= 300
    assert len(folders()) >= 15


def test_promtool_accepts_every_good_rule_file(tmp_path: Path) -> None:
    for folder, file, document in documents():
        if rules(document):
            path = tmp_path / f"{folder}-{file}"
            path.write_text(written(file, document), encoding="utf-8")
            assert check_rules(path).rules == len(rules(document)), folder


def test_every_metric_of_the_good_files_is_in_the_exposition_beside_it() -> None:
    assert not [key for key in findings() if key.id == "promql/unknown-metric"]
    assert all(len(metrics(folder).names()) > 10 for folder in folders())


def test_planting_is_deterministic() -> None:
    operator = OPERATORS[0]
    assert spread(operator) == spread(operator)
    assert len(set(every_fault())) == len(every_fault()) >= 200


@pytest.mark.slow
def test_every_rule_finds_what_is_planted_for_it_and_the_tables_say_so() -> None:
    found = counts()
    inferred = {id for id in found if id.startswith("promql/")}
    assert set(found) | NOT_PLANTED >= ({rule.id for rule in registered()} | set(FORM)) - inferred
    for id, (planted, told, _) in found.items():
        assert planted >= (3 if id not in RARE else 1), id
        assert told >= 0.5 * planted, id
    text = DOCUMENT.read_text(encoding="utf-8")
    for mark, table in TABLES.items():
        shown = text[text.index(begins(mark)) + len(begins(mark)) : text.index(ends(mark))]
        assert shown.strip() == "\n".join(table()).strip(), "python tools/lint_corpus.py writes it anew"
