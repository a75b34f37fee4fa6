"""Rules on what dashboards refer to within themselves: queries of a panel, other panels, variables of variables."""

from __future__ import annotations

import re
from collections.abc import Iterator

from promspec.linting.model import Panel, Variable
from promspec.linting.nodes import Node
from promspec.linting.view import Complaint, View, rule
from promspec.problems import Level, one_of
from promspec.promql import Selector, selectors
from promspec.promql.grafana import variables_in

_OF_MATH = re.compile(r"\$\{?([A-Za-z_]\w*)\}?")
_OF_ONE = ("reduce", "resample", "threshold")
_WHOLE = re.compile(r"\$(\w+)|\$\{(\w+)(?::\w+)?\}|\[\[(\w+)\]\]")


@rule("panel/unknown-ref", Level.ERROR)
def unknown_ref(view: View) -> Iterator[Complaint]:
    """What expressions and overrides of a panel refer to is one of its queries, or a panel of the dashboard."""
    for dashboard in view.files.dashboards:
        ids = [panel.subject.node.string("id") for panel in dashboard.panels]
        for panel in dashboard.panels:
            letters = [target.string("refId") for target in panel.subject.node.each("targets")]
            for name, at in _asked(panel) if all(letters) else ():
                if name not in letters:
                    text = f"the panel {panel.subject.name!r} has no query {name}"
                    yield Complaint(panel.subject, text, f"its queries are {one_of(letters)}", at.place())
            for at in _other_panels(panel):
                if at.text not in ids:
                    text = f"the dashboard {dashboard.subject.name!r} has no panel of the id {at.text}"
                    yield Complaint(panel.subject, text, "name the id of a panel here", at.place())


def _asked(panel: Panel) -> Iterator[tuple[str, Node]]:
    """The queries that expressions and overrides of a panel name, each with where it stands."""
    for target in panel.subject.node.each("targets"):
        source, expression = target.get("datasource"), target.get("expression")
        uid = source.text or source.string("uid") if source is not None else ""
        if uid not in ("__expr__", "-100") or expression is None or not expression.text:
            continue
        if target.string("type") == "math":
            yield from ((name, expression) for name in _OF_MATH.findall(expression.text))
        elif target.string("type") in _OF_ONE:
            yield expression.text.strip("${}"), expression
    config = panel.subject.node.get("fieldConfig")
    for override in config.each("overrides") if config is not None else ():
        matcher = override.get("matcher")
        option = matcher.get("options") if matcher is not None else None
        if matcher is not None and option is not None and matcher.string("id") == "byFrameRefID" and option.text:
            yield option.text, option


def _other_panels(panel: Panel) -> Iterator[Node]:
    for target in panel.subject.node.each("targets"):
        source = target.get("datasource") or panel.subject.node.get("datasource")
        uid = source.text or source.string("uid") if source is not None else ""
        id = target.get("panelId")
        if uid == "-- Dashboard --" and id is not None:
            yield id


@rule("panel/multi-value", Level.WARNING)
def multi_value(view: View) -> Iterator[Complaint]:
    """A variable of which several values can be chosen is asked for with `=~`."""
    for dashboard in view.files.dashboards:
        repeated = {name for text in _repeats(dashboard.subject.node) for name in variables_in(f"${text}")}
        several = {each.subject.name for each in dashboard.variables if _several(each)} - repeated
        for query in (query for panel in dashboard.panels for query in panel.queries) if several else ():
            expr = view.parsed(query)
            for selector in selectors(expr) if expr is not None else ():
                for start, end, label, op, value in _whole_variables(selector, several):
                    text = f"{label}{op}{value} finds nothing as soon as two values, or all, are chosen"
                    remedy = f'write {label}{"=~" if op == "=" else "!~"}"{value}"'
                    yield Complaint(query.subject, text, remedy, query.place(start, end))


def _whole_variables(selector: Selector, names: set[str]) -> Iterator[tuple[int, int, str, str, str]]:
    """The matchers that compare a label with one of these variables as a text."""
    for matcher in selector.matchers:
        found = _WHOLE.fullmatch(matcher.value) if matcher.op in ("=", "!=") else None
        if found is not None and "".join(found.groups("")) in names:
            yield matcher.start, matcher.end, matcher.label, matcher.op, matcher.value


def _several(variable: Variable) -> bool:
    node = variable.subject.node
    return variable.type in ("query", "custom") and "true" in (node.string("multi"), node.string("includeAll"))


def _repeats(node: Node) -> Iterator[str]:
    """The variables that rows and panels are repeated over."""
    waiting, seen = [*node.each("panels"), *node.each("rows")], set[int]()
    while waiting:
        each = waiting.pop()
        if id(each) not in seen:
            seen.add(id(each))
            waiting += each.each("panels")
            if each.string("repeat"):
                yield each.string("repeat")


@rule("dashboard/variable-cycle", Level.ERROR)
def variable_cycle(view: View) -> Iterator[Complaint]:
    """No variables ask for each other in a circle: Grafana would fill none of them."""
    for dashboard in view.files.dashboards:
        reads = {each.subject.name: _read(each) for each in dashboard.variables}
        for variable in dashboard.variables:
            name = variable.subject.name
            if name in _reached(name, reads):
                text = f"the variable {name} depends on itself"
                others = [each for each in reads[name] if name in (each, *_reached(each, reads))]
                remedy = f"take {one_of(f'${each}' for each in others)} out of its query"
                yield Complaint(variable.subject, text, remedy, variable.subject.node.place_of("name"))


def _read(variable: Variable) -> tuple[str, ...]:
    query = variable.subject.node.get("query")
    if query is not None and not query.scalar:
        query = query.get("query")
    return variables_in(query.text) if query is not None and variable.type == "query" else ()


def _reached(name: str, reads: dict[str, tuple[str, ...]]) -> set[str]:
    """The variables that one depends on, also through others."""
    found, waiting = set[str](), list(reads.get(name, ()))
    while waiting:
        each = waiting.pop()
        if each not in found:
            found.add(each)
            waiting += reads.get(each, ())
    return found
