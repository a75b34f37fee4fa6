"""Alerts of many shapes: promtool proves those that have proofs, the others are told; so is what no case notices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from promspec.pipeline import Compilation, compile_spec
from promspec.plan.rule_tests import RuleTestsPlan
from promspec.proving import proofs
from promspec.proving.batches import default_jobs
from promspec.proving.equivalence import why_equivalent
from promspec.proving.foretelling import noticed
from promspec.proving.mutants import every_mutant
from tests.proofs import common_spec, odd_spec

HERE = Path(__file__).parent
UNPROVEN = {
    "odd": {
        "QueueOverLimit": "series of which many match one of the other side",
        "TimestampOld": "no levels were found that make it hold",
    },
    "common": {
        "CountOver": "no levels were found that make it hold",
        "Timestamp": "no levels were found that make it hold",
    },
}


@dataclass(frozen=True)
class Shapes:
    """A spec of which every alert has another shape."""

    name: str
    names: tuple[str, ...]
    compilation: Compilation

    @property
    def unproven(self) -> Mapping[str, str]:
        """The alerts for which no series are found, each with the reason."""
        return UNPROVEN[self.name]

    @property
    def tests(self) -> RuleTestsPlan:
        """All proofs, as promtool reads ranges."""
        assert self.compilation.spec is not None
        assert self.compilation.plan is not None
        return proofs.tests_for_tool(self.compilation.spec, self.compilation.plan)


@pytest.fixture(scope="module", params=["odd", "common"])
def shapes(request: pytest.FixtureRequest) -> Shapes:
    name = request.param
    recorded = ("queue:shop_queue_depth:avg5m",) if name == "odd" else ()
    expressions = {"odd": odd_spec.EXPRESSIONS, "common": common_spec.EXPRESSIONS}[name]
    return Shapes(name, (*expressions, *recorded), compile_spec(HERE / f"{name}_spec.py"))


def test_the_alerts_without_a_proof_are_exactly_these_and_each_is_a_warning(shapes: Shapes) -> None:
    assert dict(shapes.tests.unproven) == shapes.unproven
    told = {problem.subject for problem in shapes.compilation.problems if problem.id == "alert/unproven"}
    assert told == set(shapes.unproven)


def test_promtool_proves_all_others(shapes: Shapes) -> None:
    assert shapes.compilation.plan is not None
    found = proofs.prove(shapes.tests, shapes.compilation.plan.source, default_jobs())
    assert {item.subject: item.failures for item in found if item.failures} == {
        name: (f"no proof: {reason}",) for name, reason in shapes.unproven.items()
    }
    proven = {item.subject for item in found if item.checks > 1 and not item.failures}
    assert proven == set(shapes.names) - set(shapes.unproven)


def test_every_proof_sees_its_alert_fire_and_sees_it_silent(shapes: Shapes) -> None:
    for file in shapes.tests.files:
        for proof in file.proofs:
            if proof.subject in shapes.names and ":" not in proof.subject and not proof.part:
                seen = [any('"firing"' in name for name, _ in check.samples) for c in proof.cases for check in c.checks]
                assert (proof.subject, set(seen)) == (proof.subject, {True, False})


def test_what_no_case_notices_is_what_is_listed_and_nothing_more(shapes: Shapes) -> None:
    made = every_mutant(shapes.tests)
    dead = noticed(made, proofs.reads_left_open())
    survivors = [
        f"{mutant.subject}: {mutant.shown}"
        for number, mutant in enumerate(made)
        if number not in dead and not why_equivalent(mutant.rule, mutant.change)
    ]
    assert survivors == (HERE / f"{shapes.name}_survivors.txt").read_text(encoding="utf-8").splitlines()
    assert len(dead) > 15 * len(survivors)
