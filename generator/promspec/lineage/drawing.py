"""Lineage as an SVG picture: a column for each step, from what a node is made from to what depends on it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from promspec.lineage.model import Graph, Node
from promspec.lineage.showing import Shown, around

_WIDE, _HIGH, _ACROSS, _DOWN, _MARGIN = 270, 46, 90, 14, 16
_LONGEST = 38
_STYLE = """
  .ground { fill: #ffffff } .box { fill: #f4f6f8; stroke: #6b6b6b } .start { stroke: #00639b; stroke-width: 3 }
  .edge { fill: none; stroke: #9aa0a6 } text { font: 12px system-ui, sans-serif; fill: #1c1c1c }
  .faint { fill: #5a5a5a }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #16181c } .box { fill: #22262b; stroke: #8a8f96 } .start { stroke: #7cc4ff }
    .edge { stroke: #5f656d } text { fill: #ececec } .faint { fill: #a9adb3 }
  }
"""


def as_svg(graph: Graph, starts: Sequence[Node], shown: Shown) -> str:
    """The SVG document: it needs nothing beside it, and follows the reader's light or dark theme."""
    nodes, edges = around(graph, starts)
    columns = _columns(graph, starts, nodes)
    places = {
        node.key: (_MARGIN + x * (_WIDE + _ACROSS), _MARGIN + y * (_HIGH + _DOWN))
        for x, column in enumerate(columns)
        for y, node in enumerate(column)
    }
    width = 2 * _MARGIN + len(columns) * (_WIDE + _ACROSS) - _ACROSS
    height = 2 * _MARGIN + max(map(len, columns)) * (_HIGH + _DOWN) - _DOWN
    title = escape(f"Lineage of {' and '.join(dict.fromkeys(start.name for start in starts))}")
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        'role="img" aria-labelledby="title">',
        f'<title id="title">{title}</title>',
        f"<style>{_STYLE}</style>",
        f'<rect class="ground" width="{width}" height="{height}"/>',
        *(_line(places[edge.used], places[edge.user], edge.how) for edge in edges),
        *(part for node in nodes for part in _box(node, places[node.key], node in starts, shown)),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _columns(graph: Graph, starts: Sequence[Node], nodes: Sequence[Node]) -> list[list[Node]]:
    """The nodes by how many steps they are from the start, on its left or its right; where both, on its left."""
    at: dict[str, int] = {}
    for start in starts:
        at[start.key] = 0
        for sign, steps in ((-1, graph.made_from(start)), (1, graph.used_by(start))):
            for step in steps:
                found = at.setdefault(step.node.key, sign * step.depth)
                if found * sign > 0:
                    at[step.node.key] = sign * min(abs(found), step.depth)
    used = sorted(set(at.values()))
    return [[node for node in nodes if at[node.key] == depth] for depth in used]


def _line(source: tuple[int, int], target: tuple[int, int], how: str) -> str:
    x, y, to, end = source[0] + _WIDE, source[1] + _HIGH // 2, target[0], target[1] + _HIGH // 2
    middle = _ACROSS // 2
    curve = f"M{x} {y}C{x + middle} {y} {to - middle} {end} {to} {end}"
    return f'<path class="edge" d="{curve}"><title>{escape(how)}</title></path>'


def _box(node: Node, place: tuple[int, int], start: bool, shown: Shown) -> Iterator[str]:
    x, y = place
    name = f"{node.name}{f' {node.detail}' if node.detail else ''}"
    short = name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"
    where = f" · {shown(node.place)}" if node.place is not None else ""
    yield f'<rect class="box{" start" if start else ""}" x="{x}" y="{y}" width="{_WIDE}" height="{_HIGH}" rx="5"/>'
    yield f'<text x="{x + 10}" y="{y + 19}">{escape(short)}<title>{escape(name)}</title></text>'
    yield f'<text class="faint" x="{x + 10}" y="{y + 36}">{escape(node.kind + where)[: _LONGEST + 8]}</text>'
