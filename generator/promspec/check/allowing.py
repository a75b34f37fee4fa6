"""Suppression: `allow={"id": "reason"}` on a declaration; one that suppresses nothing is itself a problem.

A reason of `until(day, …)` holds up to that day. What day it is comes with the `View`: nothing here asks a clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from promspec.check.rules import Finding, Owner, View, head, registered
from promspec.judging.inferred import FINDINGS
from promspec.live_rules import NEVER, RULES
from promspec.problems import Level, Problem, near_miss
from promspec.vocabulary.base import Until

MANDATORY = frozenset(
    {
        "promql/syntax",
        "promql/not-a-query",
        "metric/duplicate",
        "name/identifier-clash",
        "operation/duplicate",
        "operation/outcome",
        "operation/labels",
        "operation/error-codes",
        "rule/duplicate",
        "rule/group-interval",
        "rule/cycle",
        "slo/duplicate",
        "slo/condition",
        "slo/group-label",
        "slo/group-mismatch",
        "slo/threshold-not-a-bucket",
        "slo/tier-duplicate",
        "runbook/duplicate",
        "label/reserved",
        "dashboard/duplicate-uid",
        "deployment/rule-groups",
        "template/syntax",
    }
)
"""What cannot be allowed: with it, what is generated would not work at all."""


def known_ids() -> tuple[str, ...]:
    """Every ID that an `allow` may name."""
    return (*(rule.id for rule in registered() if rule.id != "promql/inference"), *FINDINGS, *RULES)


def allowed(view: View, findings: Iterable[Finding]) -> Iterator[Problem]:
    """The problems that nothing allows, then the problems of the allowances themselves."""
    used: set[tuple[int, str]] = set()
    for finding in findings:
        owner = _allowing(finding, view)
        if owner is None:
            yield finding.problem
            continue
        used.add((id(owner), finding.problem.id))
        given = owner.allow[finding.problem.id]
        if isinstance(given, Until) and view.today and given.day < view.today:
            yield _ended(finding.problem, given)
    for owner in view.spec.walk():
        if owner.broken:
            continue
        yield from _unused(owner, used)


def _allowing(finding: Finding, view: View) -> Owner | None:
    if finding.problem.id in MANDATORY:
        return None
    for owner in (*finding.owners, view.spec):
        if not owner.broken and finding.problem.id in owner.allow and str(owner.allow[finding.problem.id]).strip():
            return owner
    return None


def _ended(problem: Problem, given: Until) -> Problem:
    was = f"it was allowed until {given.day}: {given.reason}"
    return replace(problem, remedy=f"{problem.remedy} ({was})" if problem.remedy else was)


def _unused(owner: Owner, used: set[tuple[int, str]]) -> Iterator[Problem]:
    known = known_ids()
    name = owner.__name__ if isinstance(owner, type) else str(getattr(owner, "name", ""))
    for id_, reason in owner.allow.items():
        if id_ not in known:
            remedy = near_miss(id_, known) or "`promspec rules` lists the IDs"
            yield _problem(owner, "allow/unknown-id", f"{name} allows {id_!r}, which is no rule", remedy)
        elif id_ in MANDATORY | NEVER:
            yield _problem(owner, "allow/mandatory", f"{id_} cannot be allowed", "mend what it says")
        elif not str(reason).strip():
            yield _problem(
                owner, "allow/no-reason", f"{name} allows {id_} without a reason", "say why it is right here"
            )
        elif id_ not in RULES and (id(owner), id_) not in used:  # of what runs, verify and drift know
            yield unused_allowance(owner, id_)


def unused_allowance(owner: Owner, id_: str) -> Problem:
    """The problem of an allowance that allows nothing."""
    name = owner.__name__ if isinstance(owner, type) else str(getattr(owner, "name", ""))
    return _problem(owner, "allow/unused", f"{name} allows {id_}, which it does not do", "delete this allowance")


def _problem(owner: Owner, id_: str, text: str, remedy: str) -> Problem:
    name = owner.__name__ if isinstance(owner, type) else str(getattr(owner, "name", ""))
    level = Level.WARNING if id_ == "allow/unused" else Level.ERROR
    return Problem(id_, level, text, head(owner.place), remedy, name)
