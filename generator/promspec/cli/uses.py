"""The command `uses`: what a name is made from and everything that depends on it, in one of four forms."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import typer

from promspec.cli.clock import today
from promspec.cli.show import Format, Picture, Report, as_ascii, visible
from promspec.lineage.drawing import as_svg
from promspec.lineage.model import Graph, Node
from promspec.lineage.showing import as_mermaid, as_row, as_text
from promspec.lineage.spec_graph import graph_of
from promspec.pipeline import examine, shown_place
from promspec.problems import has_errors, near_miss

Found = tuple[str, Graph, tuple[Node, ...]]
"""A spec's name, its graph, and its nodes of the name that was asked for."""


def uses_all(name: str, paths: Sequence[Path], format: Picture) -> None:
    """Show every node of that name in every spec; a name that no spec has is an error, with a near miss."""
    report = Report(Format.TEXT, stream=sys.stderr)
    graphs = []
    for path in paths:
        loaded, problems = examine(path, today())
        if loaded.spec is None or has_errors(problems):
            report.problems(problems)
        else:
            graphs.append((loaded.spec.name, graph_of(loaded.spec)))
    found = [(spec, graph, nodes) for spec, graph in graphs if (nodes := graph.named(name))]
    if found:
        sys.stdout.write(_form(name, found, format))
    elif graphs:
        report.fail()
        known = dict.fromkeys(word for _, graph in graphs for word in graph.names())
        near = near_miss(name, known)
        typer.echo(f"nothing is called {name}{f'; {near}' if near else ''}", err=True)
    report.finish(quiet=True)


def _form(name: str, found: Sequence[Found], format: Picture) -> str:
    if format is Picture.JSON:
        rows = [{"spec": spec, **as_row(graph, node, shown_place)} for spec, graph, nodes in found for node in nodes]
        return as_ascii(json.dumps({"name": name, "found": rows}, indent=2, ensure_ascii=False) + "\n", sys.stdout)
    if format is Picture.TEXT:
        plain = as_ascii("├", sys.stdout) != "├"
        texts = (as_text(graph, node, shown_place, plain) for _, graph, nodes in found for node in nodes)
        return visible("\n".join(texts))
    draw = as_mermaid if format is Picture.MERMAID else as_svg
    return "\n".join(draw(graph, nodes, shown_place) for _, graph, nodes in found)
