"""Dashboards of Grafana out of nodes: panels also in rows, queries of Prometheus, variables."""

from __future__ import annotations

import re
from collections.abc import Iterator

from promspec.linting.model import Dashboard, Panel, Query, Subject, Variable
from promspec.linting.nodes import Node

_OTHERS = (
    *("loki", "tempo", "jaeger", "elastic", "influx", "cloudwatch", "graphite", "postgres", "mysql", "mssql"),
    *("testdata", "-- grafana --", "-- dashboard --"),
)
_LABEL_VALUES = re.compile(r"\s*label_values\s*\((.*),\s*([A-Za-z_$][\w${}]*)\s*\)\s*", re.DOTALL)
_ONE_LABEL = re.compile(r"\s*label_values\s*\(\s*([A-Za-z_$][\w${}]*)\s*\)\s*")
_QUERY_RESULT = re.compile(r"\s*query_result\s*\((.*)\)\s*", re.DOTALL)


def read_dashboard(node: Node) -> Dashboard:
    """What lint needs of a dashboard."""
    title = node.string("title")
    sources = {v.string("name"): v.string("query") for v in _variables(node) if v.string("type") == "datasource"}
    panels = tuple(_panel(panel, sources) for panel in _panels(node))
    variables = tuple(_variable(variable, sources) for variable in _variables(node))
    inputs = tuple(each.string("name") for each in node.each("__inputs"))
    subject, texts = Subject("dashboard", title, node), tuple(_texts(node))
    return Dashboard(subject, node.get("uid"), panels, variables, texts, inputs, tuple(_annotations(node, sources)))


def _annotations(node: Node, sources: dict[str, str]) -> Iterator[Query]:
    """The queries whose results are marked in all charts."""
    listed = node.get("annotations")
    for each in listed.each("list") if listed is not None else ():
        expr = each.get("expr") or each.at("target", "expr")
        if expr is not None and expr.text.strip() and _prometheus(each.get("datasource"), sources):
            yield Query(Subject("annotation", each.string("name"), each), expr, expr.text, True)


def _variables(node: Node) -> Iterator[Node]:
    templating = node.get("templating")
    yield from (each for each in (templating.each("list") if templating else ()) if each.kind == "mapping")


def _panels(node: Node) -> Iterator[Node]:
    """Every panel but rows, in order, however deep."""
    waiting = [*node.each("panels"), *node.each("rows")]
    seen: set[int] = set()
    while waiting:
        panel = waiting.pop(0)
        if id(panel) in seen or panel.kind != "mapping":
            continue
        seen.add(id(panel))
        waiting = [*panel.each("panels"), *waiting]
        if panel.string("type") != "row" and panel.get("type") is not None:
            yield panel


def _panel(node: Node, sources: dict[str, str]) -> Panel:
    title = node.string("title") or f"(panel {node.string('id')})"
    subject = Subject("panel", title, node)
    prometheus = _prometheus(node.get("datasource"), sources)
    queries = []
    for target in node.each("targets"):
        expr, own = target.get("expr"), target.get("datasource")
        if expr is None or not expr.text.strip() or not _prometheus(own or node.get("datasource"), sources):
            continue
        legend = target.get("legendFormat")
        queries.append(Query(subject, expr, expr.text, True, legend if legend is not None and legend.scalar else None))
    unit = node.at("fieldConfig", "defaults", "unit")
    return Panel(subject, node.string("type"), tuple(queries), prometheus, unit)


def _prometheus(datasource: Node | None, sources: dict[str, str]) -> bool:
    """Whether a data source may be a Prometheus; one that is not named is the default."""
    if datasource is None:
        return True
    type, uid = datasource.string("type"), datasource.text or datasource.string("uid")
    if type:
        return "prometheus" in type or type == "datasource"
    variable = sources.get(uid.strip("${}"), "")
    return not any(other in f"{variable} {uid}".lower() for other in _OTHERS)


def _variable(node: Node, sources: dict[str, str]) -> Variable:
    subject = Subject("variable", node.string("name"), node)
    type, query = node.string("type"), node.get("query")
    if query is not None and not query.scalar:
        query = query.get("query")
    if type != "query" or query is None or not query.scalar or not _prometheus(node.get("datasource"), sources):
        return Variable(subject, type)
    for pattern in (_LABEL_VALUES, _QUERY_RESULT):
        match = pattern.fullmatch(query.text)
        if match is not None and match[1].strip():
            inner = Query(subject, query, match[1], True, shift=match.start(1))
            return Variable(subject, type, (inner,), match[2] if pattern is _LABEL_VALUES else "")
    return Variable(subject, type)


def _texts(node: Node) -> Iterator[str]:
    """Every text of the dashboard in which a variable may be used."""
    waiting, seen = [node], set()
    while waiting:
        each = waiting.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        if each.kind == "text" and ("$" in each.text or "[[" in each.text):
            yield each.text
        if each.string("repeat"):
            yield f"${each.string('repeat')}"
        waiting += [value for _, value in each.pairs]
        waiting += each.items
