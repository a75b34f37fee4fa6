"""Rules on dashboards: variables, panels, units, and dashboards that take each other's place."""

from __future__ import annotations

from collections.abc import Iterator

from promspec.check.dashboards import short_ranges
from promspec.grafana_units import PREFIXES, known_unit, meant_unit
from promspec.linting.model import Dashboard, Panel
from promspec.linting.nodes import Node
from promspec.linting.view import Complaint, View, rule
from promspec.problems import Level, Place, near_miss
from promspec.promql.grafana import variables_in

_CHARTS = ("timeseries", "graph", "barchart", "heatmap")
_DATA = (*_CHARTS, "stat", "gauge", "bargauge", "table", "singlestat", "piechart", "state-timeline", "status-history")
_GLOBAL = ("timeFilter", "interval_ms", "org", "user", "dashboard")


@rule("dashboard/undeclared-variable", Level.ERROR)
def undeclared_variable(view: View) -> Iterator[Complaint]:
    """A `$variable` in a query is one of the dashboard's, or one of Grafana's own, such as `$__rate_interval`."""
    for dashboard in view.files.dashboards:
        known = (*(variable.subject.name for variable in dashboard.variables), *dashboard.inputs, *_GLOBAL)
        for query in dashboard.queries():
            for name in variables_in(query.text):
                if name not in known:
                    title = dashboard.subject.name
                    at = max(query.text.find(f"${name}"), query.text.find(f"${{{name}"), query.text.find(f"[[{name}"))
                    remedy = near_miss(name, known) or f"add {name} to the dashboard's variables"
                    place = query.place(at, at + len(name) + 1)
                    yield Complaint(query.subject, f"${name} is no variable of the dashboard {title!r}", remedy, place)


@rule("dashboard/unused-variable", Level.WARNING)
def unused_variable(view: View) -> Iterator[Complaint]:
    """A variable of a dashboard is used in it."""
    for dashboard in view.files.dashboards:
        used = {name for text in dashboard.texts for name in variables_in(text)}
        passed = any(link.string("includeVars") == "true" for link in dashboard.subject.node.each("links"))
        for variable in dashboard.variables:
            name = variable.subject.name
            if name not in used and variable.type not in ("adhoc", "datasource") and not passed:
                text = f"nothing in the dashboard {dashboard.subject.name!r} uses the variable {name}"
                yield Complaint(variable.subject, text, "use it, or take it out", _at(variable.subject.node, "name"))


@rule("dashboard/unknown-label", Level.ERROR)
def variable_label(view: View) -> Iterator[Complaint]:
    """A variable lists the values of a label that its series have."""
    for variable in (variable for dashboard in view.files.dashboards for variable in dashboard.variables):
        for query in variable.queries if variable.label and "$" not in variable.label else ():
            result = view.inferred(query)
            if result is not None and result.exact and variable.label not in (*result.labels, "__name__"):
                remedy = near_miss(variable.label, result.labels) or f"its labels are {', '.join(result.labels)}"
                at = query.node.text.rfind(variable.label)
                text = f"the series of the variable {variable.subject.name} have no label {variable.label}"
                place = query.node.part(at, at + len(variable.label))
                yield Complaint(variable.subject, text, remedy, place)


@rule("dashboard/duplicate-uid", Level.ERROR)
def duplicate_uid(view: View) -> Iterator[Complaint]:
    """Every dashboard has a uid of its own."""
    first: dict[str, Dashboard] = {}
    for dashboard in view.files.dashboards:
        uid = dashboard.uid
        if uid is None or not uid.text:
            continue
        earlier = first.setdefault(uid.text.lower(), dashboard)
        if earlier is not dashboard and _content(earlier) != _content(dashboard):  # a copy for another place is one
            other = earlier.subject
            text = f"the uid {uid.text} of {dashboard.subject.name!r} is that of {other.name!r}"
            remedy = f"give it one of its own; the other is {other.node.place()}"
            yield Complaint(dashboard.subject, text, remedy, uid.place())


@rule("panel/duplicate-id", Level.WARNING)
def duplicate_id(view: View) -> Iterator[Complaint]:
    """The panels of a dashboard have ids of their own: links to one would lead to the other."""
    for dashboard in view.files.dashboards:
        seen: set[str] = set()
        for panel in dashboard.panels:
            id = panel.subject.node.string("id")
            if id and id in seen:
                text = f"two panels of {dashboard.subject.name!r} have the id {id}"
                yield Complaint(panel.subject, text, "give each an id of its own", _at(panel.subject.node, "id"))
            seen.add(id)


@rule("panel/overlap", Level.WARNING)
def overlap(view: View) -> Iterator[Complaint]:
    """Panels lie beside each other."""
    for dashboard in view.files.dashboards:
        top = {id(node) for node in dashboard.subject.node.each("panels")}
        boxes = [(panel, box) for panel in dashboard.panels if id(panel.subject.node) in top and (box := _box(panel))]
        for index, (panel, box) in enumerate(boxes):
            for other, earlier in boxes[:index]:
                if _overlap(box, earlier):
                    text = f"the panel {panel.subject.name!r} overlaps {other.subject.name!r}"
                    place = _at(panel.subject.node, "gridPos")
                    yield Complaint(panel.subject, text, "move one of them: gridPos x, y, w, h", place)
                    break


@rule("panel/no-query", Level.WARNING)
def no_query(view: View) -> Iterator[Complaint]:
    """Every panel of data has a query."""
    for panel in _each_panel(view):
        node = panel.subject.node
        if panel.type in _DATA and panel.prometheus and not list(node.each("targets")) and not node.get("libraryPanel"):
            text = f"the panel {panel.subject.name!r} has no query"
            yield Complaint(panel.subject, text, "give it PromQL, or take it out", _at(node, "title"))


@rule("panel/unknown-unit", Level.WARNING)
def unknown_unit(view: View) -> Iterator[Complaint]:
    """A panel's unit is an id that Grafana knows: it shows any other as a suffix, unscaled."""
    for panel in _each_panel(view):
        unit = panel.unit
        if unit is not None and unit.kind == "text" and unit.text and not known_unit(unit.text):
            meant = meant_unit(unit.text)
            remedy = f"did you mean {meant}?" if meant else f"for a word of your own write suffix:{unit.text}"
            if unit.text in PREFIXES:
                remedy = f"write what comes behind it, such as {unit.text}files"
            text = f"the panel {panel.subject.name!r}: Grafana has no unit {unit.text!r}"
            yield Complaint(panel.subject, text, remedy, unit.place())


@rule("panel/rate-interval", Level.INFO)
def rate_interval(view: View) -> Iterator[Complaint]:
    """A rate in a chart is taken over `$__rate_interval`, which follows the zoom; a range of hours is meant as such."""
    for panel in _each_panel(view):
        for query in panel.queries if panel.type in _CHARTS else ():
            expr = view.parsed(query)
            for text, start, end in short_ranges(expr) if expr is not None else ():
                summary = f"a range of {text} leaves out events when the chart is zoomed out"
                yield Complaint(query.subject, summary, "write [$__rate_interval]", query.place(start, end))


def _each_panel(view: View) -> Iterator[Panel]:
    return (panel for dashboard in view.files.dashboards for panel in dashboard.panels)


def _content(dashboard: Dashboard) -> tuple[object, ...]:
    panels = [(panel.subject.name, tuple(query.text for query in panel.queries)) for panel in dashboard.panels]
    return dashboard.subject.name, tuple(panels)


def _at(node: Node, key: str) -> Place | None:
    value = node.get(key) or node.key(key)
    return value.place() if value is not None else None


def _box(panel: Panel) -> tuple[float, float, float, float] | None:
    grid = panel.subject.node.get("gridPos")
    try:
        x, y, w, h = (float(grid.string(key) or 0) for key in "xywh") if grid is not None else (0, 0, 0, 0)
    except ValueError:
        return None
    return (x, y, x + w, y + h) if w > 0 and h > 0 else None


def _overlap(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
