"""The mutants of a spec's rules, and which of them the proofs kill."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from promspec.plan.rule_tests import RuleTestsPlan
from promspec.proofs.model import Proof, TestedRule
from promspec.proving.equivalence import why_equivalent
from promspec.proving.killing import Mutant, survivors
from promspec.proving.mutations import changes
from promspec.proving.proofs import is_chosen, reads_left_open
from promspec.quantities import duration, milliseconds


@dataclass(frozen=True, slots=True)
class Mutation:
    """What came of the mutants: the killed, those that mean the same (each with the reason), and the survivors."""

    killed: tuple[Mutant, ...]
    equivalent: tuple[tuple[Mutant, str], ...]
    survived: tuple[Mutant, ...]


def mutate(tests: RuleTestsPlan, source: str, jobs: int, only: Sequence[str] = ()) -> Mutation:
    """Make every mutant of the rules (or those named), and run its rule's proof on it.

    Raises ToolMissing or ToolFailed.
    """
    proofs = [proof for file in tests.files for proof in file.proofs if is_chosen(proof.subject, only)]
    made = [mutant for proof in proofs for mutant in mutants(proof)]
    alive = survivors(made, source, jobs, reads_left_open())
    # An alert with a scenario has two proofs: what one of them kills is dead.
    passed = {id(mutant) for mutant in alive}
    dead = {_change(mutant) for mutant in made if id(mutant) not in passed}
    alive = [mutant for mutant in alive if _change(mutant) not in dead]
    made = [mutant for mutant in made if id(mutant) not in passed or _change(mutant) not in dead]
    reasons = [(mutant, why_equivalent(mutant.proof.rules[-1], mutant.change)) for mutant in alive]
    equivalent = tuple((mutant, reason) for mutant, reason in reasons if reason)
    survived = tuple(mutant for mutant, reason in reasons if not reason)
    lost = {id(mutant) for mutant in alive}
    return Mutation(tuple(mutant for mutant in made if id(mutant) not in lost), equivalent, survived)


def _change(mutant: Mutant) -> tuple[TestedRule, TestedRule]:
    return mutant.proof.rules[-1], mutant.rule


def mutants(proof: Proof) -> Iterator[Mutant]:
    """Every mutant of the rule that a proof is about."""
    rule = proof.rules[-1]
    for change in changes(rule.expr):
        changed = replace(rule, expr=change.applied(rule.expr))
        yield Mutant(proof, changed, change.operator, change.shown(rule.expr), change)
    for name, value in rule.labels:
        labels = tuple((n, f"{v}_" if n == name else v) for n, v in rule.labels)
        yield Mutant(proof, replace(rule, labels=labels), "label", f"label: {name}={value} became {value}_")
    if rule.alert:
        yield from _waits(proof, rule)


def _waits(proof: Proof, rule: TestedRule) -> Iterator[Mutant]:
    wait = milliseconds(rule.for_)
    for length in dict.fromkeys((2 * wait, wait // 2, 0) if wait else (proof.step,)):
        new = duration(length)
        yield Mutant(proof, replace(rule, for_=new), "for", f"for: {rule.for_} became {new}")
    if rule.keep_firing_for is not None:
        longer = duration(2 * milliseconds(rule.keep_firing_for))
        for kept in (longer, None):
            text = f"keep_firing_for: {rule.keep_firing_for} became {kept or 'nothing'}"
            yield Mutant(proof, replace(rule, keep_firing_for=kept), "keep_firing_for", text)
