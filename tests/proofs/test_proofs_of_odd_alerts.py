"""Alerts of odd shapes: promtool proves those that have proofs, the others are told, and so is what no case notices."""

from __future__ import annotations

from pathlib import Path

import pytest

from promspec.pipeline import Compilation, compile_spec
from promspec.proving import proofs
from promspec.proving.batches import default_jobs
from promspec.proving.equivalence import why_equivalent
from promspec.proving.foretelling import noticed
from promspec.proving.mutants import every_mutant
from tests.proofs.odd_spec import EXPRESSIONS

HERE = Path(__file__).parent
UNPROVEN = {
    "Restarts": "no levels were found that make it hold",
    "QueueOverLimit": "series of which many match one of the other side",
    "TimestampOld": "no levels were found that make it hold",
    "TwoVersions": "no levels were found that make it hold",
    "StandardDeviation": "no levels were found that make it hold",
}


@pytest.fixture(scope="module")
def odd() -> Compilation:
    return compile_spec(HERE / "odd_spec.py")


def test_the_alerts_without_a_proof_are_exactly_these_and_each_is_a_warning(odd: Compilation) -> None:
    assert odd.spec is not None
    assert odd.plan is not None
    assert dict(proofs.tests_for_tool(odd.spec, odd.plan).unproven) == UNPROVEN
    told = {problem.subject for problem in odd.problems if problem.id == "alert/unproven"}
    assert told == set(UNPROVEN)


def test_promtool_proves_all_others(odd: Compilation) -> None:
    assert odd.spec is not None
    assert odd.plan is not None
    found = proofs.prove(proofs.tests_for_tool(odd.spec, odd.plan), odd.plan.source, default_jobs())
    assert {item.subject: item.failures for item in found if item.failures} == {
        name: (f"no proof: {reason}",) for name, reason in UNPROVEN.items()
    }
    proven = {item.subject for item in found if item.checks > 1 and not item.failures}
    assert proven == {*EXPRESSIONS, "queue:shop_queue_depth:avg5m"} - set(UNPROVEN)


def test_what_no_case_notices_is_what_is_listed_and_nothing_more(odd: Compilation) -> None:
    assert odd.spec is not None
    assert odd.plan is not None
    made = every_mutant(proofs.tests_for_tool(odd.spec, odd.plan))
    dead = noticed(made, proofs.reads_left_open())
    survivors = [
        f"{mutant.subject}: {mutant.shown}"
        for number, mutant in enumerate(made)
        if number not in dead and not why_equivalent(mutant.rule, mutant.change)
    ]
    assert survivors == (HERE / "odd_survivors.txt").read_text(encoding="utf-8").splitlines()
    assert len(dead) > 15 * len(survivors)
