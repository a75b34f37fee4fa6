"""What a rule of lint is: one function with an ID and a level; and what it looks at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from promspec.judging.model import Asked, Facts
from promspec.linting.model import Files, Found, Panel, Query, Rule, Subject, found
from promspec.linting.nodes import Node
from promspec.linting.registry import LintRegistry
from promspec.problems import Level, Place
from promspec.promql import Expr, Inference, NumberLiteral, PromQLError
from promspec.quantities import milliseconds


@dataclass(frozen=True)
class View:
    """All files, the series that are certain, and the series with the label values that were seen."""

    files: Files
    registry: LintRegistry
    seen: LintRegistry
    interval: int = 0
    """Milliseconds between two scrapes; 0 if nobody said."""
    prometheus: tuple[int, int] | None = None
    """The version of Prometheus that the files are for; None if nobody said."""
    features: tuple[str, ...] = ()
    """The feature flags that it is started with."""

    @cached_property
    def facts(self) -> Facts:
        """What judgements on expressions ask."""
        names = tuple(alert.subject.name for alert in self.files.alerts())
        records = tuple(dict.fromkeys(record.subject.name for record in self.files.records()))
        return Facts(self.registry, self.seen, self.recorded, self.interval, names, records)

    @cached_property
    def asked(self) -> tuple[tuple[Query, Asked], ...]:
        """Every expression that parses, with what stands beside it."""
        found = [(rule.query, _of_rule(rule)) for rule in self.files.rules]
        for dashboard in self.files.dashboards:
            found += [(query, _of_panel(panel)) for panel in dashboard.panels for query in panel.queries]
            aside = [*(query for each in dashboard.variables for query in each.queries), *dashboard.annotations]
            found += [(query, Asked(_NOTHING, "variable")) for query in aside]
        parsed = ((query, asked, self.parsed(query)) for query, asked in found)
        return tuple((query, replace(asked, expr=expr)) for query, asked, expr in parsed if expr is not None)

    def recorded(self, name: str) -> Sequence[Expr | None]:
        """The expressions that are recorded under a name."""
        return [self.parsed(rule.query) for rule in self.registry.recorded(name)]

    def parsed(self, query: Query) -> Expr | None:
        """The syntax tree, or None where the text does not parse."""
        expr = self.registry.parse(query.text, query.templated)
        return None if isinstance(expr, PromQLError) else expr

    def inferred(self, query: Query) -> Inference | None:
        """What is known of the result."""
        return self.registry.infer(query.text, query.templated)


_NOTHING = NumberLiteral(0, 0, None, "")
_CHARTS = ("timeseries", "graph", "barchart", "heatmap")


def _of_rule(rule: Rule) -> Asked:
    waits = _milliseconds(rule.waits) if rule.waits is not None else None
    evaluation = _milliseconds(rule.interval) if rule.interval is not None else 0
    return Asked(_NOTHING, "alert" if rule.alert else "record", rule.subject.name, waits, evaluation)


def _of_panel(panel: Panel) -> Asked:
    unit = panel.unit.text if panel.unit is not None and panel.type != "heatmap" else ""  # a heatmap's is of its bounds
    return Asked(_NOTHING, "panel", panel.subject.name, unit=unit, charted=panel.type in _CHARTS)


def _milliseconds(node: Node) -> int:
    """A duration; 0 for one that is wrong, which is told of elsewhere."""
    try:
        return milliseconds(node.text)
    except (ValueError, ArithmeticError):
        return 0


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
