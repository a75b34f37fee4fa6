"""The error taxonomy as the generated enumeration has it: a part of the instrumentation."""

from __future__ import annotations

from dataclasses import dataclass

from promspec.plan.identifiers import Namespace
from promspec.vocabulary.error_codes import ErrorCodes

_MEMBER_TAKEN = (*dir(str), "name", "value", "mro", "severity", "action", "spends_budget", "_generate_next_value_")


@dataclass(frozen=True, slots=True)
class CodePlan:
    """A member of the generated enumeration."""

    member: str
    value: str
    severity: str
    action: str
    help: str
    spends_budget: bool


@dataclass(frozen=True, slots=True)
class MatchPlan:
    """An exception that stands for a member."""

    exception: str
    member: str
    message: str | None
    attributes: tuple[tuple[str, str | int | bool], ...]
    stage: str | None


@dataclass(frozen=True, slots=True)
class ErrorCodesPlan:
    """The error taxonomy."""

    help: str
    codes: tuple[CodePlan, ...]
    matches: tuple[MatchPlan, ...]
    fallback: str

    @property
    def members(self) -> dict[str, str]:
        """Value -> member."""
        return {code.value: code.member for code in self.codes}


def plan_error_codes(codes: type[ErrorCodes]) -> ErrorCodesPlan:
    """The members in order of declaration; a name that an enumeration of texts needs itself gets an underscore."""
    space = Namespace(_MEMBER_TAKEN)
    members = {code.value: space.take(name.strip("_") or "_") for name, code in codes.codes.items()}
    return ErrorCodesPlan(
        help=(codes.__doc__ or "").strip(),
        codes=tuple(
            CodePlan(members[code.value], code.value, code.severity.value, code.action, code.help, code.spends_budget)
            for code in codes.codes.values()
        ),
        matches=tuple(
            MatchPlan(match.exception, members[code.value], match.message, tuple(match.attributes.items()), match.stage)
            for code in codes.codes.values()
            for match in code.matches
        ),
        fallback=members[codes.fallback.value],
    )
