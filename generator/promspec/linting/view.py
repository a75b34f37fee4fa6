"""What a rule of lint is: one function with an ID and a level; and what it looks at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from promspec.linting.model import Files, Found, Query, Subject, found
from promspec.linting.registry import LintRegistry
from promspec.problems import Level, Place
from promspec.promql import Expr, Inference, PromQLError


@dataclass(frozen=True)
class View:
    """All files, the series that are certain, and the series with the label values that were seen."""

    files: Files
    registry: LintRegistry
    seen: LintRegistry
    interval: int = 0
    """Milliseconds between two scrapes; 0 if nobody said."""

    def parsed(self, query: Query) -> Expr | None:
        """The syntax tree, or None where the text does not parse."""
        expr = self.registry.parse(query.text, query.templated)
        return None if isinstance(expr, PromQLError) else expr

    def inferred(self, query: Query) -> Inference | None:
        """What is known of the result."""
        return self.registry.infer(query.text, query.templated)


@dataclass(frozen=True)
class Complaint:
    """What a rule yields: about whom, what is wrong, what to write instead, and where."""

    subject: Subject
    summary: str
    remedy: str
    place: Place | None = None
    id: str = ""
    level: Level | None = None


Body = Callable[[View], Iterable[Complaint]]


@dataclass(frozen=True)
class LintRule:
    """A rule: its ID, its level, the sentence that documents it, and the function that finds."""

    id: str
    level: Level
    summary: str
    body: Body

    def findings(self, view: View) -> Iterator[Found]:
        """Everything it finds."""
        for said in self.body(view):
            level = said.level or self.level
            yield found(said.id or self.id, level, said.summary, said.remedy, said.subject, said.place)


_RULES: dict[str, LintRule] = {}


def rule(id: str, level: Level) -> Callable[[Body], Body]:
    """Register a function as the rule with this ID; its docstring says what holds when the rule is kept."""

    def register(body: Body) -> Body:
        assert id not in _RULES, id
        _RULES[id] = LintRule(id, level, (body.__doc__ or "").strip().split("\n")[0], body)
        return body

    return register


def registered() -> tuple[LintRule, ...]:
    """Every rule, in the order of its ID."""
    return tuple(_RULES[id] for id in sorted(_RULES))
