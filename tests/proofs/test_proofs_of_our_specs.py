"""Both specs of this repository: promtool proves every rule, and every small change of a rule is noticed."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from promspec.pipeline import Compilation, compile_spec
from promspec.proving import proofs
from promspec.proving.batches import default_jobs
from promspec.proving.equivalence import why_equivalent
from promspec.proving.foretelling import noticed
from promspec.proving.mutants import every_mutant

SPECS = ("cad_ml_platform", "snakepit")


@pytest.fixture(scope="module", params=SPECS)
def compiled(request: pytest.FixtureRequest, root: Path) -> Compilation:
    """A compiled spec."""
    return compile_spec(root / "spec" / f"{request.param}.py")


def _names(root: Path, spec: str) -> list[str]:
    files = [root / "output" / spec / f"{name}_rules.yml" for name in ("recording", "alerting")]
    groups = [group for file in files for group in yaml.safe_load(file.read_text(encoding="utf-8"))["groups"]]
    return [rule.get("alert") or rule["record"] for group in groups for rule in group["rules"]]


def test_promtool_proves_every_rule(compiled: Compilation, root: Path) -> None:
    assert compiled.spec is not None
    assert compiled.plan is not None
    tests = proofs.tests_for_tool(compiled.spec, compiled.plan)
    assert tests.unproven == ()
    found = proofs.prove(tests, compiled.plan.source, default_jobs())
    assert [(item.subject, item.failures) for item in found if item.failures] == []
    assert {item.subject.partition("{")[0] for item in found} == set(_names(root, compiled.spec.name))
    assert sum(item.checks for item in found) > 3000


def test_every_change_of_a_rule_is_noticed_or_changes_nothing(compiled: Compilation) -> None:
    assert compiled.spec is not None
    assert compiled.plan is not None
    made = every_mutant(proofs.tests_for_tool(compiled.spec, compiled.plan))
    assert len(made) > 2000
    dead = noticed(made, proofs.reads_left_open())
    reasons = [why_equivalent(mutant.rule, mutant.change) for mutant in made]
    told = [f"{mutant.subject}: {mutant.shown}" for mutant in made]
    assert [told[number] for number in range(len(made)) if number not in dead and not reasons[number]] == []
    # An argument that a case refutes would be a wrong one.
    assert [f"{told[number]}: {reasons[number]}" for number in sorted(dead) if reasons[number]] == []
