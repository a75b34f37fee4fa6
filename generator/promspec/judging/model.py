"""What a judgement is: one function with an ID and a level, that check and lint both run on every expression."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, NamedTuple

from promspec.judging.measure import Measure
from promspec.judging.measures import Measures, Recorded
from promspec.judging.parts import key
from promspec.problems import Level
from promspec.promql import Expr, Finding, Registry

Role = Literal["alert", "record", "panel", "variable", "slo", "runbook"]
"""What an expression is for."""
RULES: tuple[Role, ...] = ("alert", "record")
EVERYWHERE: tuple[Role, ...] = ("alert", "record", "panel", "variable", "slo", "runbook")


@dataclass(frozen=True, slots=True)
class Asked:
    """An expression, what it is for and what its owner is called, and what stands beside it.

    `waits` is an alert's `for` in milliseconds, None where it has none. `evaluation` is the time between two
    evaluations in milliseconds, 0 if nobody said. `unit` is a panel's unit, `charted` whether it is drawn over time.
    """

    expr: Expr
    role: Role
    name: str = ""
    waits: int | None = None
    evaluation: int = 0
    unit: str = ""
    charted: bool = False


@dataclass(frozen=True)
class Facts:
    """What judgements ask: all series, those with the values seen, recording rules, alerts' names, the scrape interval.

    `scrape` is in milliseconds, 0 if nobody said; `records` are the names of the recording rules in order.
    """

    registry: Registry
    seen: Registry
    recorded: Recorded
    scrape: int = 0
    alerts: tuple[str, ...] = ()
    records: tuple[str, ...] = ()
    conditions: dict[str, bool] = field(default_factory=dict, compare=False)
    """Which recording rules were found to be conditions."""

    @cached_property
    def measures(self) -> Measures:
        """What values expressions can give."""
        return Measures(self.registry, self.recorded)

    @cached_property
    def recordings(self) -> Mapping[Hashable, str]:
        """What recording rules compute, each with its name; of several that compute the same, the first."""
        found: dict[Hashable, str] = {}
        for name in self.records:
            for expr in self.recorded(name):
                if expr is not None:
                    found.setdefault(key(expr), name)
        return found

    def measure(self, expr: Expr) -> Measure:
        """What values an expression can give."""
        return self.measures.of(expr)


def whole(id: str, message: str, remedy: str) -> Finding:
    """A finding about the owner of an expression, not about a part of it: it stands nowhere in the text."""
    return Finding(id, message, remedy, 0, 0)


class Weighed(NamedTuple):
    """A finding whose level is not that of its judgement."""

    finding: Finding
    level: Level


Judge = Callable[[Asked, Facts], Iterable[Finding | Weighed]]


@dataclass(frozen=True, slots=True)
class Judgement:
    """A judgement: its ID, its level, the sentence that documents it, for which expressions it is, and the function."""

    id: str
    level: Level
    summary: str
    roles: tuple[Role, ...]
    judge: Judge

    def findings(self, asked: Asked, facts: Facts) -> Iterator[Weighed]:
        """Everything it finds in an expression; nothing in one that is not for it."""
        for found in self.judge(asked, facts) if asked.role in self.roles else ():
            yield found if isinstance(found, Weighed) else Weighed(found, self.level)


_JUDGEMENTS: dict[str, Judgement] = {}


def judgement(id: str, level: Level, *roles: Role) -> Callable[[Judge], Judge]:
    """Register a function as the judgement with this ID; its docstring says what holds when it is kept."""

    def register(judge: Judge) -> Judge:
        assert id not in _JUDGEMENTS, id
        summary = (judge.__doc__ or "").strip().split("\n")[0]
        _JUDGEMENTS[id] = Judgement(id, level, summary, roles or EVERYWHERE, judge)
        return judge

    return register


def registered() -> tuple[Judgement, ...]:
    """Every judgement that was registered, in the order of its ID."""
    return tuple(_JUDGEMENTS[id] for id in sorted(_JUDGEMENTS))
