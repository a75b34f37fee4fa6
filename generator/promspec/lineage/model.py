"""The graph of lineage: nodes with their places, edges from what uses to what is used, and the two ways through it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from promspec.problems import Place

Pairs = frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Node:
    """Something that has a name. `detail` tells apart what shares one: `{slo="api"}`, or the dashboard of a panel.

    `value_of` is the label of which an error code is a value.
    """

    key: str
    kind: str
    name: str
    place: Place | None = None
    detail: str = ""
    aliases: tuple[str, ...] = ()
    value_of: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.name}{f' {self.detail}' if self.detail else ''}"


@dataclass(frozen=True, slots=True)
class Edge:
    """`user` is made from `used`; `how` is the verb between them, as in: the panel *reads* the metric.

    `quiet`: what is made from the user is not said to be made from the used as well: not every panel is made from all
    codes that its metrics may carry. `ends`: what depends on the user does not for this reason depend on the used: who
    gets an alert gets it whatever runbook it leads to. `without` are the label values that the user leaves out.
    """

    user: str
    used: str
    how: str
    quiet: bool = False
    ends: bool = False
    without: Pairs = frozenset()


@dataclass(frozen=True, slots=True)
class Step:
    """A node that was reached, the edge that led to it, and how far from the start; `again` if it was there before."""

    node: Node
    edge: Edge
    depth: int
    again: bool


@dataclass(frozen=True)
class Graph:
    """Everything of a spec that has a name, in the order of declaration, and what is made from what."""

    nodes: Mapping[str, Node]
    edges: tuple[Edge, ...]
    _up: dict[str, list[Edge]] = field(default_factory=dict)
    _down: dict[str, list[Edge]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for edge in self.edges:
            self._up.setdefault(edge.user, []).append(edge)
            self._down.setdefault(edge.used, []).append(edge)

    def named(self, name: str) -> tuple[Node, ...]:
        """Every node of that name, or that it is also known by; where there is none, whatever its case."""
        for fold in (str, str.lower):
            found = [n for n in self.nodes.values() if fold(name) in {fold(word) for word in (n.name, *n.aliases)}]
            if found:
                return tuple(found)
        return ()

    def names(self) -> tuple[str, ...]:
        """Every name, for near misses."""
        return tuple(dict.fromkeys(name for node in self.nodes.values() for name in (node.name, *node.aliases)))

    def made_from(self, start: Node) -> tuple[Step, ...]:
        """All that a node is made from, as a tree from the node outwards; each node's own parts stand once."""
        return tuple(_walk(self, start, up=True, without=frozenset()))

    def used_by(self, start: Node) -> tuple[Step, ...]:
        """All that depends on a node, as a tree from the node outwards; what depends on each stands once."""
        pair = frozenset({(start.value_of, start.name)}) if start.value_of else frozenset()
        return tuple(_walk(self, start, up=False, without=pair))

    def beyond(self, key: str, up: bool) -> Iterable[Edge]:
        """The edges that leave a node in one direction."""
        return (self._up if up else self._down).get(key, ())


def _walk(graph: Graph, start: Node, up: bool, without: Pairs) -> Iterator[Step]:
    """Depth first, in the order of the edges. Iterative: a chain of rules may be long."""
    met = {start.key}
    stack = [(edge, 1) for edge in reversed(_followed(graph, start.key, up, True, without))]
    while stack:
        edge, depth = stack.pop()
        key = edge.used if up else edge.user
        again = key in met
        met.add(key)
        yield Step(graph.nodes[key], edge, depth, again)
        if not (again or edge.ends):
            stack += [(more, depth + 1) for more in reversed(_followed(graph, key, up, False, without))]


def _followed(graph: Graph, key: str, up: bool, first: bool, without: Pairs) -> list[Edge]:
    return [
        edge
        for edge in graph.beyond(key, up)
        if (first or not (edge.quiet if up else edge.ends)) and not (without and without <= edge.without)
    ]
