"""Lineage for people and machines: a tree of text, rows of JSON, a flowchart in Mermaid."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from promspec.lineage.model import Edge, Graph, Node, Step
from promspec.problems import Place

Shown = Callable[[Place], Place]
"""How a place is shown to a person in this directory."""

_BRANCHES = ("├─ ", "└─ ", "│  ", "   ")
_ASCII = ("|- ", "`- ", "|  ", "   ")


def as_text(graph: Graph, start: Node, shown: Shown, ascii: bool = False) -> str:
    """What a node is made from and what depends on it, as two trees.

    What is below a node stands where the node is met first; later it is marked with `(above)`.
    """
    made, used = graph.made_from(start), graph.used_by(start)
    lines = [f"{start}{_where(start, shown)}", f"  made from{'' if made else ': nothing else of this spec'}"]
    lines += _tree(made, lambda step: f"{step.edge.how} {step.node}{_where(step.node, shown)}", graph, True, ascii)
    lines.append(f"  used by{'' if used else ': nothing'}")
    lines += _tree(used, lambda step: f"{step.node} {step.edge.how} it{_where(step.node, shown)}", graph, False, ascii)
    return "\n".join(lines) + "\n"


def _where(node: Node, shown: Shown) -> str:
    place = shown(node.place) if node.place is not None else None
    return f"  {place}{place.aside}" if place is not None else ""


def _tree(steps: Sequence[Step], words: Callable[[Step], str], graph: Graph, up: bool, ascii: bool) -> Iterator[str]:
    branch, last, along, gone = _ASCII if ascii else _BRANCHES
    open_below: set[int] = set()
    lines = []
    for step in reversed(steps):  # from the end it is known whether a branch goes on below
        indent = "".join(along if depth in open_below else gone for depth in range(1, step.depth))
        corner = branch if step.depth in open_below else last
        above = " (above)" if step.again and any(graph.beyond(step.node.key, up)) else ""
        lines.append(f"    {indent}{corner}{words(step)}{above}")
        open_below = {depth for depth in open_below if depth < step.depth} | {step.depth}
    yield from reversed(lines)


def as_row(graph: Graph, start: Node, shown: Shown) -> dict[str, Any]:
    """The node, what it is made from and what depends on it; `depth` counts the steps, `through` names the last one."""
    sides = (("made_from", graph.made_from(start), True), ("used_by", graph.used_by(start), False))
    return {
        **_node(start, shown),
        **{key: [_step(graph, step, up, shown) for step in steps] for key, steps, up in sides},
    }


def _node(node: Node, shown: Shown) -> dict[str, Any]:
    place = shown(node.place) if node.place is not None else None
    return {
        "kind": node.kind,
        "name": node.name,
        "detail": node.detail,
        "file": place.file if place else None,
        "line": place.line if place else None,
    }


def _step(graph: Graph, step: Step, up: bool, shown: Shown) -> dict[str, Any]:
    through = graph.nodes[step.edge.user if up else step.edge.used]
    how = {"how": step.edge.how, "depth": step.depth, "through": {"kind": through.kind, "name": through.name}}
    return {**_node(step.node, shown), **how}


def as_mermaid(graph: Graph, starts: Sequence[Node], shown: Shown) -> str:
    """A flowchart from what the nodes are made from, on the left, to what depends on them, on the right.

    Source of the escapes: https://mermaid.js.org/syntax/flowchart.html#entity-codes-to-escape-characters
    """
    nodes, edges = around(graph, starts)
    numbers = {node.key: index for index, node in enumerate(nodes)}
    lines = ["flowchart LR"]
    for node in nodes:
        place = f"<br/>{_escaped(str(shown(node.place)))}" if node.place is not None else ""
        name = _escaped(f"{node.name}{f' {node.detail}' if node.detail else ''}")
        lines.append(f'  n{numbers[node.key]}["{_escaped(node.kind)}<br/><b>{name}</b>{place}"]')
    for edge in edges:
        lines.append(f'  n{numbers[edge.used]} -->|"{_escaped(edge.how)}"| n{numbers[edge.user]}')
    lines += [f"  style n{numbers[start.key]} stroke-width:4px" for start in starts]
    return "\n".join(lines) + "\n"


def around(graph: Graph, starts: Sequence[Node]) -> tuple[tuple[Node, ...], tuple[Edge, ...]]:
    """Every node and edge on the ways from and to these nodes, once each."""
    steps = [step for start in starts for step in (*graph.made_from(start), *graph.used_by(start))]
    nodes = dict.fromkeys((*starts, *(step.node for step in steps)))
    return tuple(nodes), tuple(dict.fromkeys(step.edge for step in steps))


def _escaped(text: str) -> str:
    """The text in Mermaid's own entities, of what is a letter, a digit or harmless to it only that as it is."""
    return "".join(char if char.isalnum() or char in " _-.:/()," else f"#{ord(char)};" for char in text)
