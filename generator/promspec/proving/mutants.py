"""The mutants of a spec's rules, and which of them the proofs kill."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from promspec.plan.rule_tests import RuleTestsPlan
from promspec.proofs.model import Proof, TestedRule
from promspec.proofs.valuing import PART
from promspec.proving.equivalence import why_equivalent
from promspec.proving.foretelling import Mutant
from promspec.proving.killing import survivors
from promspec.proving.mutations import changes
from promspec.proving.proofs import is_chosen, reads_left_open
from promspec.quantities import duration, milliseconds


@dataclass(frozen=True, slots=True)
class Mutation:
    """What came of the mutants: the killed, those that mean the same (each with the reason), and the survivors."""

    killed: tuple[Mutant, ...]
    equivalent: tuple[tuple[Mutant, str], ...]
    survived: tuple[Mutant, ...]


def mutate(
    tests: RuleTestsPlan, source: str, jobs: int, only: Sequence[str] = (), features: Sequence[str] = ()
) -> Mutation:
    """Make every mutant of the rules (or those named), and run its rule's proof on it, with these feature flags.

    Raises ToolMissing or ToolFailed.
    """
    made = every_mutant(tests, only)
    reasons = {id(mutant): why_equivalent(mutant.rule, mutant.change) for mutant in made}
    argued = [number for number, mutant in enumerate(made) if reasons[id(mutant)]]
    alive = survivors(made, argued, source, jobs, reads_left_open(), features)
    equivalent = tuple((mutant, reason) for mutant in alive if (reason := reasons[id(mutant)]))
    survived = tuple(mutant for mutant in alive if not reasons[id(mutant)])
    lost = {id(mutant) for mutant in alive}
    return Mutation(tuple(mutant for mutant in made if id(mutant) not in lost), equivalent, survived)


def every_mutant(tests: RuleTestsPlan, only: Sequence[str] = ()) -> list[Mutant]:
    """Every mutant of the rules (or those named), with all proofs of its rule."""
    proofs: dict[TestedRule, list[Proof]] = {}
    for file in tests.files:
        for proof in file.proofs:
            if is_chosen(proof.subject, only):
                proofs.setdefault(_original(proof, tests), []).append(proof)
    return [mutant for rule, own in proofs.items() for mutant in mutants(rule, tuple(own))]


def _original(proof: Proof, tests: RuleTestsPlan) -> TestedRule:
    """The rule that a proof is about, if it loads a changed copy of it."""
    if proof.part != PART:
        return proof.rules[-1]
    every = (other for file in tests.files for other in file.proofs if other.part != PART)
    return next(other.rules[-1] for other in every if _is_copy(proof.rules[-1], other.rules[-1]))


def _is_copy(one: TestedRule, other: TestedRule) -> bool:
    return (one.alert, one.expr) == (other.alert, other.expr) and set(one.labels[:-1]) <= set(other.labels)


def mutants(rule: TestedRule, proofs: tuple[Proof, ...]) -> Iterator[Mutant]:
    """Every mutant of a rule."""
    for change in changes(rule.expr):
        changed = replace(rule, expr=change.applied(rule.expr))
        yield Mutant(rule, changed, change.operator, change.shown(rule.expr), proofs, change)
    for name, value in rule.labels:
        labels = tuple((n, f"{v}_" if n == name else v) for n, v in rule.labels)
        shown = f"label: {name}={value} became {value}_"
        yield Mutant(rule, replace(rule, labels=labels), "label", shown, proofs)
    if rule.alert:
        yield from _waits(rule, proofs)


def _waits(rule: TestedRule, proofs: tuple[Proof, ...]) -> Iterator[Mutant]:
    wait = milliseconds(rule.for_)
    for length in dict.fromkeys((2 * wait, wait // 2, 0) if wait else (proofs[0].step,)):
        new = duration(length)
        yield Mutant(rule, replace(rule, for_=new), "for", f"for: {rule.for_} became {new}", proofs)
    if rule.keep_firing_for is not None:
        longer = duration(2 * milliseconds(rule.keep_firing_for))
        for kept in (longer, None):
            text = f"keep_firing_for: {rule.keep_firing_for} became {kept or 'nothing'}"
            yield Mutant(rule, replace(rule, keep_firing_for=kept), "keep_firing_for", text, proofs)
