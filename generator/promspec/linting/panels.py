"""Rules on panels: queries, units, titles, references, data sources, and where panels lie."""

from __future__ import annotations

from collections.abc import Iterator

from promspec.judging.names import repeated
from promspec.judging.panels import Box, overlaps, wrong_unit
from promspec.linting.model import Panel, Query
from promspec.linting.view import Complaint, View, rule
from promspec.problems import Level
from promspec.promql import Selector, selectors

_NUMBERS = ("timeseries", "graph", "barchart", "stat", "gauge", "bargauge", "singlestat")
_DATA = (*_NUMBERS, "heatmap", "table", "piechart", "state-timeline", "status-history")
_COLUMNS = 24


@rule("panel/duplicate-id", Level.WARNING)
def duplicate_id(view: View) -> Iterator[Complaint]:
    """The panels of a dashboard have ids of their own: links to one would lead to the other."""
    for dashboard in view.files.dashboards:
        seen: set[str] = set()
        for panel in dashboard.panels:
            id = panel.subject.node.string("id")
            if id and id in seen:
                text = f"two panels of {dashboard.subject.name!r} have the id {id}"
                yield Complaint(panel.subject, text, "give each an id of its own", panel.subject.node.place_of("id"))
            seen.add(id)


@rule("panel/overlap", Level.WARNING)
def overlap(view: View) -> Iterator[Complaint]:
    """Panels lie beside each other."""
    for dashboard in view.files.dashboards:
        top = {id(node) for node in dashboard.subject.node.each("panels")}
        boxes = [(panel, box) for panel in dashboard.panels if id(panel.subject.node) in top and (box := _box(panel))]
        for index, under in overlaps([box for _, box in boxes]):
            panel, other = boxes[index][0].subject, boxes[under][0].subject
            text = f"the panel {panel.name!r} overlaps {other.name!r}"
            yield Complaint(panel, text, "move one of them: gridPos x, y, w, h", panel.node.place_of("gridPos"))


@rule("panel/no-query", Level.ERROR)
def no_query(view: View) -> Iterator[Complaint]:
    """Every panel of data has a query."""
    for panel in _each_panel(view):
        node = panel.subject.node
        if panel.type in _DATA and panel.prometheus and not list(node.each("targets")) and not node.get("libraryPanel"):
            text = f"the panel {panel.subject.name!r} has no query"
            yield Complaint(panel.subject, text, "give it PromQL, or take it out", node.place_of("title"))


@rule("panel/unknown-unit", Level.WARNING)
def unknown_unit(view: View) -> Iterator[Complaint]:
    """A panel's unit is an id that Grafana knows: it shows any other as a suffix, unscaled."""
    for panel in _each_panel(view):
        unit = panel.unit
        if unit is not None and unit.kind == "text" and unit.text:
            wrong = wrong_unit(panel.subject.name, unit.text)
            if wrong is not None:
                yield Complaint(panel.subject, *wrong, unit.place())


@rule("panel/off-grid", Level.WARNING)
def off_grid(view: View) -> Iterator[Complaint]:
    """Panels lie within the 24 columns of a dashboard."""
    for panel in _each_panel(view):
        box = _box(panel)
        if box is not None and (box[0] < 0 or box[2] > _COLUMNS):
            text = f"the panel {panel.subject.name!r} reaches from column {box[0]:g} to {box[2]:g}, of {_COLUMNS}"
            yield Complaint(panel.subject, text, "write x + w of at most 24", panel.subject.node.place_of("gridPos"))


@rule("panel/duplicate-ref", Level.WARNING)
def duplicate_ref(view: View) -> Iterator[Complaint]:
    """The queries of a panel have references of their own: Grafana runs one of two that share theirs."""
    for panel in _each_panel(view):
        targets = [target for target in panel.subject.node.each("targets") if target.string("refId")]
        for target, _ in repeated(targets, lambda each: each.string("refId")):
            text = f"two queries of the panel {panel.subject.name!r} have the refId {target.string('refId')}"
            yield Complaint(panel.subject, text, "give each a letter of its own", target.place_of("refId"))


@rule("panel/no-title", Level.INFO)
def no_title(view: View) -> Iterator[Complaint]:
    """Every panel of data has a title."""
    for panel in _data(view):
        if not panel.subject.node.string("title").strip():
            yield Complaint(panel.subject, f"the panel {panel.subject.name} has no title", "say what it shows")


@rule("panel/no-description", Level.INFO)
def no_description(view: View) -> Iterator[Complaint]:
    """Every panel of data is described: what it shows, and what is good."""
    for panel in _data(view):
        if not panel.subject.node.string("description").strip():
            text = f"the panel {panel.subject.name!r} has no description"
            yield Complaint(panel.subject, text, "write description: …", panel.subject.node.place_of("title"))


@rule("panel/no-unit", Level.INFO)
def no_unit(view: View) -> Iterator[Complaint]:
    """Every panel that shows numbers has a unit."""
    for panel in _data(view):
        old = panel.subject.node.get("yaxes") is not None or panel.subject.node.get("format") is not None
        if panel.type in _NUMBERS and (panel.unit is None or not panel.unit.text) and not old:
            text = f"the panel {panel.subject.name!r} has no unit"
            remedy = 'write fieldConfig.defaults.unit, such as "reqps", "s" or "short"'
            yield Complaint(panel.subject, text, remedy, panel.subject.node.place_of("title"))


@rule("panel/fixed-datasource", Level.INFO)
def fixed_datasource(view: View) -> Iterator[Complaint]:
    """A panel asks the data source that the dashboard's variable names."""
    for dashboard in view.files.dashboards:
        if not any(variable.type == "datasource" for variable in dashboard.variables):
            continue
        for panel in (panel for panel in dashboard.panels if panel.queries):
            source = panel.subject.node.get("datasource")
            uid = source.text or source.string("uid") if source is not None else ""
            if uid and "$" not in uid and not uid.startswith("--") and source is not None:
                text = f"the panel {panel.subject.name!r} always asks the data source {uid}"
                place = panel.subject.node.place_of("datasource")
                yield Complaint(panel.subject, text, "write ${datasource}, or the name of your variable", place)


@rule("panel/unfiltered-query", Level.INFO)
def unfiltered(view: View) -> Iterator[Complaint]:
    """Where a dashboard lets people choose a job or an instance, each query of a panel asks for that one."""
    for dashboard in view.files.dashboards:
        names = [each.subject.name for each in dashboard.variables if each.subject.name in ("job", "instance")]
        for query in (query for panel in dashboard.panels for query in panel.queries):
            for name in names:
                yield from _unfiltered(view, query, name)


def _unfiltered(view: View, query: Query, name: str) -> Iterator[Complaint]:
    expr = view.parsed(query)
    for selector in selectors(expr) if expr is not None else ():
        if (
            selector.name is not None
            and name not in [m.label for m in selector.matchers]
            and _has(view, selector, name)
        ):
            text = f"{selector.name} is asked of every {name}, whatever is chosen"
            place = query.place(selector.name_start, selector.name_end)
            yield Complaint(query.subject, text, f'write {name}=~"${name}"', place)
            return


def _has(view: View, selector: Selector, label: str) -> bool:
    """Whether the selected series certainly have a label."""
    return label in view.registry.series(selector.name or "").labels


def _each_panel(view: View) -> Iterator[Panel]:
    return (panel for dashboard in view.files.dashboards for panel in dashboard.panels)


def _data(view: View) -> Iterator[Panel]:
    return (panel for panel in _each_panel(view) if panel.type in _DATA and panel.prometheus)


def _box(panel: Panel) -> Box | None:
    grid = panel.subject.node.get("gridPos")
    try:
        x, y, w, h = (float(grid.string(key) or 0) for key in "xywh") if grid is not None else (0, 0, 0, 0)
    except ValueError:
        return None
    return (x, y, x + w, y + h) if w > 0 and h > 0 else None
