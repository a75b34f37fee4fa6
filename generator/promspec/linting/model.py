"""What lint looks at: rules, dashboards with their panels and variables, Alertmanager configurations, and findings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from promspec.linting.nodes import Node
from promspec.problems import Level, Place, Problem


@dataclass(frozen=True, eq=False, slots=True)
class Subject:
    """Who a finding is about: its kind (alert, record, panel, …), its name, and the node that holds all of it."""

    kind: str
    name: str
    node: Node


@dataclass(frozen=True, eq=False, slots=True)
class Query:
    """A PromQL text, its node, and whether Grafana's variables may stand in it."""

    subject: Subject
    node: Node
    text: str
    templated: bool = False
    legend: Node | None = None
    shift: int = 0
    """Where in the node's text the query begins."""

    def place(self, start: int, end: int) -> Place:
        """The place of a part of the query."""
        return self.node.part(self.shift + start, self.shift + end)


@dataclass(frozen=True, eq=False, slots=True)
class Rule:
    """A recording or an alerting rule."""

    subject: Subject
    name: Node
    query: Query
    group: Subject
    labels: tuple[tuple[Node, Node], ...] = ()
    annotations: tuple[tuple[Node, Node], ...] = ()
    waits: Node | None = None
    interval: Node | None = None

    @property
    def alert(self) -> bool:
        """Whether it is an alert."""
        return self.subject.kind == "alert"

    def fixed_labels(self) -> dict[str, str]:
        """The labels that it sets, with their texts."""
        return {key.text: value.text for key, value in self.labels}

    def severity(self) -> str:
        """The label severity."""
        return self.fixed_labels().get("severity", "")


@dataclass(frozen=True, eq=False, slots=True)
class Panel:
    """A panel of a dashboard."""

    subject: Subject
    type: str
    queries: tuple[Query, ...]
    prometheus: bool = True
    unit: Node | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Variable:
    """A variable of a dashboard; `queries` is the PromQL in what it asks, `label` the label it lists."""

    subject: Subject
    type: str
    queries: tuple[Query, ...] = ()
    label: str = ""


@dataclass(frozen=True, eq=False, slots=True)
class Dashboard:
    """A dashboard: `texts` are all texts that may use a variable."""

    subject: Subject
    uid: Node | None
    panels: tuple[Panel, ...]
    variables: tuple[Variable, ...]
    texts: tuple[str, ...]
    inputs: tuple[str, ...] = ()
    annotations: tuple[Query, ...] = ()

    def queries(self) -> Iterator[Query]:
        """The PromQL of its panels, of its variables and of its annotations."""
        for panel in self.panels:
            yield from panel.queries
        for variable in self.variables:
            yield from variable.queries
        yield from self.annotations


@dataclass(frozen=True, eq=False, slots=True)
class Condition:
    """A matcher of Alertmanager: `op` is one of = != =~ !~; `node` is where it stands."""

    label: str
    op: str
    value: str
    node: Node


@dataclass(frozen=True, eq=False, slots=True)
class Route:
    """A route of Alertmanager, the root included; `shadowed` if an earlier sibling takes every alert.

    `inherited` are the conditions of the routes above it.
    """

    subject: Subject
    receiver: Node | None
    conditions: tuple[Condition, ...]
    intervals: tuple[Node, ...]
    root: bool = False
    shadowed: bool = False
    inherited: tuple[Condition, ...] = ()


@dataclass(frozen=True, eq=False, slots=True)
class Inhibition:
    """An inhibition rule, with the conditions on its source and on its target; `source` are the first of them."""

    subject: Subject
    conditions: tuple[Condition, ...]
    source: tuple[Condition, ...] = ()


@dataclass(frozen=True, eq=False, slots=True)
class Alertmanager:
    """The configuration of an Alertmanager."""

    node: Node
    routes: tuple[Route, ...]
    receivers: tuple[Subject, ...]
    inhibitions: tuple[Inhibition, ...]
    intervals: tuple[str, ...] = ()


@dataclass(eq=False, slots=True)
class Files:
    """Everything that was recognised."""

    rules: list[Rule] = field(default_factory=list)
    dashboards: list[Dashboard] = field(default_factory=list)
    alertmanagers: list[Alertmanager] = field(default_factory=list)

    def queries(self) -> Iterator[Query]:
        """Every PromQL text of the rules and the dashboards."""
        yield from (rule.query for rule in self.rules)
        for dashboard in self.dashboards:
            yield from dashboard.queries()

    def alerts(self) -> list[Rule]:
        """The alerting rules."""
        return [rule for rule in self.rules if rule.alert]

    def records(self) -> list[Rule]:
        """The recording rules."""
        return [rule for rule in self.rules if not rule.alert]


@dataclass(frozen=True, slots=True)
class Found:
    """A problem and the nodes in whose lines a comment may allow it."""

    problem: Problem
    subject: Subject | None


def found(id: str, level: Level, summary: str, remedy: str, subject: Subject, place: Place | None = None) -> Found:
    """A finding about a subject, at a place or at the subject's first line."""
    where = place if place is not None else subject.node.place()
    where = replace(where, end_line=0)
    return Found(Problem(id, level, summary, where, remedy, subject.name, subject.kind), subject)
