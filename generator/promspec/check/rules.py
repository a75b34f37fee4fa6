"""What a check rule is: one function with an ID and a level, that yields what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

from promspec import objectives
from promspec.check.words import written
from promspec.judging.model import Facts
from promspec.problems import Level, Place, Problem
from promspec.promql import Expr, PromQLError, parse
from promspec.quantities import milliseconds
from promspec.series import SpecSeries
from promspec.vocabulary.alerts import Alert
from promspec.vocabulary.base import Declaration
from promspec.vocabulary.deployment import Deployment
from promspec.vocabulary.error_codes import ErrorCodes
from promspec.vocabulary.metrics import Metric
from promspec.vocabulary.rules import RecordingRule
from promspec.vocabulary.spec import Spec

Owner = Declaration | type[ErrorCodes]
"""What a finding is about: a declaration or the class of error codes."""


@lru_cache(maxsize=4096)
def parsed_text(text: str, templated: bool = False) -> Expr | None:
    """The syntax tree of a text, or None where it does not parse. Trees are frozen, and most rules look at each."""
    try:
        return parse(text, templated=templated)
    except PromQLError:
        return None


@dataclass(frozen=True)
class View:
    """What the rules look at: the spec, all its series, every declaration made, and the spec file's lines."""

    spec: Spec
    declarations: tuple[object, ...] = ()
    file: str = ""
    sources: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Absolute path -> lines, of every file in which something was declared."""
    today: str = ""
    """The day (ISO 8601) by which allowances are judged that end; empty: none has ended."""
    rule_groups: Callable[[], int] = int
    """How many rule groups will be planned: what plans is above what checks, and hands this in."""
    kept: dict[str, tuple[Any, ...]] = field(default_factory=dict, compare=False)
    """What rules have found out together, such as every expression of the spec; each is found once."""

    @cached_property
    def series(self) -> SpecSeries:
        """The registry of everything a query may name; also the metrics that no spec holds, which has its own rule."""
        held = {id(metric) for metric in self.spec.all_metrics}
        loose = [item for item in self.declarations if isinstance(item, Metric) and id(item) not in held]
        return SpecSeries(self.spec, loose)

    @cached_property
    def facts(self) -> Facts:
        """What judgements on expressions ask."""
        recording = self.each(RecordingRule)
        expressions: dict[str, list[str]] = {}
        for each in recording:
            expressions.setdefault(each.name, []).append(each.expr)
        generated = self.spec.slos or self.spec.deployment  # these bring alerts of their own
        return Facts(
            self.series,
            self.series,
            lambda name: [parsed_text(text) for text in expressions.get(name, ())],
            milliseconds(objectives.clock(self.deployment).scrape),
            () if generated else tuple(alert.name for alert in self.each(Alert)),
            tuple(expressions),
        )

    @property
    def evaluation(self) -> int:
        """The milliseconds between two evaluations of alerts."""
        return milliseconds(objectives.clock(self.deployment).evaluation)

    @property
    def deployment(self) -> Deployment | None:
        """The deployment, if there is one that is sound."""
        found = self.spec.deployment
        return found if found is not None and not found.broken else None

    @cached_property
    def metrics(self) -> tuple[Metric, ...]:
        """The metrics this system exposes itself."""
        return tuple(metric for metric in self.spec.all_metrics if not metric.external)

    def each(self, word: type[Any]) -> tuple[Any, ...]:
        """Every declaration of one word that is sound in itself."""
        return tuple(item for item in self.spec.each(word) if not item.broken)


@dataclass(frozen=True)
class Finding:
    """A problem and the declarations whose `allow` may accept it, innermost first."""

    problem: Problem
    owners: tuple[Owner, ...]


Complaint = tuple[Owner, str, str] | tuple[Owner, str, str, str]
"""What most rules yield: the declaration, what is wrong, what to write instead, and the text of it that is wrong."""
Body = Callable[[View], Iterable[Complaint | Finding]]


@dataclass(frozen=True)
class Rule:
    """A rule: its ID, its level, the sentence that documents it, and the function that finds."""

    id: str
    level: Level
    summary: str
    body: Body

    def findings(self, view: View) -> Iterator[Finding]:
        """Everything it finds in a spec."""
        for found in self.body(view):
            yield found if isinstance(found, Finding) else self._finding(view, *found)

    def _finding(self, view: View, owner: Owner, summary: str, remedy: str, word: str = "") -> Finding:
        subject = owner.__name__ if isinstance(owner, type) else str(getattr(owner, "name", ""))
        place = (written(view.sources, owner.place, word) if word else None) or head(owner.place)
        return Finding(Problem(self.id, self.level, summary, place, remedy, subject), (owner,))


def head(place: Place) -> Place:
    """The first line of a declaration, without a column: a problem of the whole."""
    return Place(place.file, place.line, related=place.related, relation=place.relation)


_RULES: dict[str, Rule] = {}


def rule(id: str, level: Level) -> Callable[[Body], Body]:
    """Register a function as the rule with this ID; its docstring says what holds when the rule is kept."""

    def register(body: Body) -> Body:
        assert id not in _RULES, id
        _RULES[id] = Rule(id, level, (body.__doc__ or "").strip().split("\n")[0], body)
        return body

    return register


def registered() -> tuple[Rule, ...]:
    """Every rule, in the order of its ID."""
    return tuple(_RULES[id] for id in sorted(_RULES))
