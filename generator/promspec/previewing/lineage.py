"""The lineage as the pages show it: everything with a name, what it is made from and what uses it, linked both ways."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePath

from promspec.lineage.model import Edge, Graph, Node
from promspec.previewing.places import Anchors, Places


@dataclass(frozen=True, slots=True)
class EdgeView:
    """One step: the verb, and the thing at its other end with its place among the lineage."""

    how: str
    kind: str
    name: str
    detail: str
    anchor: str


@dataclass(frozen=True, slots=True)
class NodeView:
    """A thing: where it is declared, where its own page is, its direct neighbours, and how many depend on it in all."""

    anchor: str
    kind: str
    name: str
    detail: str
    place: str
    address: str
    made_from: tuple[EdgeView, ...]
    used_by: tuple[EdgeView, ...]
    dependents: int


def lineage(graph: Graph, places: Places) -> tuple[NodeView, ...]:
    """Every node in the order of declaration."""
    anchors = Anchors()
    own = {key: anchors.take(node.kind.replace(" ", "-"), node.name) for key, node in graph.nodes.items()}
    counts: dict[tuple[str, str, str], int] = {}
    views = []
    for key, node in graph.nodes.items():
        same = (node.kind, node.name, node.detail)
        number = counts[same] = counts.get(same, -1) + 1
        views.append(
            NodeView(
                anchor=own[key],
                kind=node.kind,
                name=node.name,
                detail=node.detail,
                place=_place(node),
                address=places.address(node.kind, node.name, node.detail, number),
                made_from=_edges(graph, graph.beyond(key, True), own, True),
                used_by=_edges(graph, graph.beyond(key, False), own, False),
                dependents=len({step.node.key for step in graph.used_by(node)}),
            )
        )
    return tuple(views)


def _edges(graph: Graph, edges: Iterable[Edge], own: dict[str, str], up: bool) -> tuple[EdgeView, ...]:
    found = []
    for edge in edges:
        node = graph.nodes[edge.used if up else edge.user]
        found.append(EdgeView(edge.how, node.kind, node.name, node.detail, own[node.key]))
    return tuple(found)


def _place(node: Node) -> str:
    """File and line, without the folder: the pages are the same wherever they are made."""
    return f"{PurePath(node.place.file).name}:{node.place.line}" if node.place is not None else ""
