"""`allow=` for what runs: which violations the spec accepts where it promises, and which allowances nothing needs."""

from __future__ import annotations

from dataclasses import replace

from promspec.check.allowing import unused_allowance
from promspec.check.rules import Owner
from promspec.live.contract import WHOLE, Owners, Violation
from promspec.live_rules import NEVER, RULES
from promspec.problems import Level, Problem
from promspec.vocabulary.base import Until
from promspec.vocabulary.spec import Spec


class Judge:
    """Makes problems of violations, and keeps which allowances were needed. `today` (ISO 8601) ends those that end.

    `owners` are the declarations by what a violation is about; by empty texts the spec, for everything in it.
    """

    def __init__(self, owners: Owners, family: str, strict: bool = False, today: str = "") -> None:
        self._owners, self._family, self._strict, self._today = owners, family, strict, today
        self._used: set[tuple[int, str]] = set()

    def problem(self, violation: Violation, at: str = "") -> Problem:
        """The violation as a problem: one that is allowed is for information, with the reason."""
        problem = violation.problem(self._strict, at)
        owner = self._allowing(violation)
        if owner is None:
            return problem
        self._used.add((id(owner), violation.id))
        given = owner.allow[violation.id]
        if isinstance(given, Until) and self._today and given.day < self._today:
            was = f"it was allowed until {given.day}: {given.reason}"
            return replace(problem, remedy=f"{problem.remedy} ({was})" if problem.remedy else was)
        return replace(problem, level=Level.INFO, remedy=f"allowed: {given}", allowed=str(given))

    def unused(self) -> list[Problem]:
        """The allowances of this family that nothing needed."""
        return [
            unused_allowance(owner, id_)
            for spec in self._owners.get(WHOLE, ())
            for owner in (spec.walk() if isinstance(spec, Spec) else ())
            for id_, reason in owner.allow.items()
            if id_.startswith(self._family) and id_ in RULES and id_ not in NEVER and str(reason).strip()
            if (id(owner), id_) not in self._used
        ]

    def _allowing(self, violation: Violation) -> Owner | None:
        owners = (owner for key in (*violation.keys, WHOLE) for owner in self._owners.get(key, ()))
        allowing = (owner for owner in owners if str(owner.allow.get(violation.id, "")).strip())
        return next(allowing, None) if violation.id not in NEVER else None
