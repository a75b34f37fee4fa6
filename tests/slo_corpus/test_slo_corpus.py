"""The rules of an SLO in every situation of the corpus: nobody is told too late, nobody is told for nothing."""

from __future__ import annotations

import pytest

from tests.conftest import ROOT
from tests.slo_corpus.measuring import outcome
from tests.slo_corpus.notation import At
from tests.slo_corpus.rule_sets import OURS
from tests.slo_corpus.situations import SITUATIONS, Situation, instance
from tests.slo_corpus.verdicts import BEGINS, ENDS, HEAD, Verdict, row, verdict, wrong_budget

DOCUMENT = (ROOT / "docs" / "slos.md").read_text(encoding="utf-8")
_WITHIN = 120.0


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda situation: situation.name)
def test_who_must_be_told_is_told_in_time_and_nobody_else(situation: Situation) -> None:
    found = outcome(OURS, situation)
    assert verdict(situation, found) == Verdict("", ""), found
    assert not wrong_budget(situation, found.budget), found
    assert found.nans == 0
    assert row(situation) in DOCUMENT.splitlines(), "run tools/slo_corpus.py"


def test_the_table_of_the_document_has_every_situation_and_no_other() -> None:
    table = DOCUMENT[DOCUMENT.index(BEGINS) : DOCUMENT.index(ENDS)].split("\n\n")[1].splitlines()
    assert len(SITUATIONS) >= 25
    assert [line.split(" | ")[0].removeprefix("| ") for line in table[2:]] == [each.name for each in SITUATIONS]
    assert tuple(table[:2]) == HEAD
    assert "| pages missed | 0 |" in DOCUMENT
    assert "| pages false | 0 |" in DOCUMENT


@pytest.mark.parametrize("begins", ["60m", "60m15s"])
def test_a_total_outage_pages_within_two_minutes_even_if_alerts_see_what_is_an_evaluation_old(begins: str) -> None:
    requests, errors = [At(begins, 10), At("10m", 10)], [At(begins, 0), At("10m", 10)]
    situation = Situation("late", instance(requests, errors), "65m", page="2m", begins=begins)
    assert (situation.scrape, situation.evaluation) == ("15s", "30s")
    found = outcome(OURS, situation, alerts_first=True)
    assert found.page is not None
    assert found.page <= _WITHIN


def test_a_page_ends_when_its_cause_has_ended() -> None:
    situation = next(each for each in SITUATIONS if each.name == "an outage of ten minutes, then healthy")
    assert not outcome(OURS, situation).paging_at_end
