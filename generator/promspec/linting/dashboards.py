"""Rules on dashboards: variables, links, and dashboards that take each other's place."""

from __future__ import annotations

from collections.abc import Iterator

from promspec.judging.names import repeated
from promspec.judging.texts import unknown_dashboard
from promspec.linting.model import Dashboard, Panel, Subject
from promspec.linting.nodes import Node
from promspec.linting.view import Complaint, View, rule
from promspec.problems import Level, near_miss
from promspec.promql.grafana import variables_in

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
        for panel in dashboard.panels:
            for name, where in _shown(panel):
                if name not in known:
                    text = f"${name} is no variable of the dashboard {dashboard.subject.name!r}"
                    remedy = near_miss(name, known) or f"add {name} to the dashboard's variables"
                    yield Complaint(panel.subject, text, remedy, where.place())


def _shown(panel: Panel) -> Iterator[tuple[str, Node]]:
    """The variables that a panel is repeated over, or that its legends show, each with where it stands."""
    repeat = panel.subject.node.get("repeat")
    if repeat is not None and repeat.text:
        yield repeat.text, repeat
    for query in panel.queries:
        if query.legend is not None:
            yield from ((name, query.legend) for name in variables_in(query.legend.text))


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
                yield Complaint(
                    variable.subject, text, "use it, or take it out", variable.subject.node.place_of("name")
                )


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
    named = [dashboard for dashboard in view.files.dashboards if dashboard.uid is not None and dashboard.uid.text]
    for dashboard, earlier in repeated(named, lambda each: each.uid.text.lower() if each.uid is not None else ""):
        uid, other = dashboard.uid, earlier.subject
        if uid is not None and _content(earlier) != _content(dashboard):  # a copy for another place is one
            text = f"the uid {uid.text} of {dashboard.subject.name!r} is that of {other.name!r}"
            remedy = f"give it one of its own; the other is {other.node.place()}"
            yield Complaint(dashboard.subject, text, remedy, uid.place())


def _content(dashboard: Dashboard) -> tuple[object, ...]:
    panels = [(panel.subject.name, tuple(query.text for query in panel.queries)) for panel in dashboard.panels]
    return dashboard.subject.name, tuple(panels)


@rule("dashboard/duplicate-variable", Level.ERROR)
def duplicate_variable(view: View) -> Iterator[Complaint]:
    """The variables of a dashboard have names of their own."""
    for dashboard in view.files.dashboards:
        for variable, _ in repeated(dashboard.variables, lambda each: each.subject.name):
            text = f"two variables of {dashboard.subject.name!r} are called {variable.subject.name}"
            yield Complaint(variable.subject, text, "rename one of them", variable.subject.node.place_of("name"))


@rule("dashboard/unknown-link", Level.WARNING)
def unknown_link(view: View) -> Iterator[Complaint]:
    """A link to another dashboard leads to one that there is."""
    uids = [board.uid.text for board in view.files.dashboards if board.uid is not None]
    for dashboard in view.files.dashboards if len(uids) > 1 else ():
        for subject, url in _links(dashboard):
            wrong = unknown_dashboard(url.text, uids)
            if wrong is not None:
                text = f"the link leads to the dashboard {wrong[0]}, which is not here"
                yield Complaint(subject, text, wrong[1], url.place())


def _links(dashboard: Dashboard) -> Iterator[tuple[Subject, Node]]:
    """The URLs of the links of a dashboard and of its panels."""
    holders = [(dashboard.subject, dashboard.subject.node)]
    for panel in dashboard.panels:
        defaults = panel.subject.node.at("fieldConfig", "defaults")
        holders += [(panel.subject, node) for node in (panel.subject.node, defaults) if node is not None]
    for subject, node in holders:
        for link in node.each("links"):
            url = link.get("url")
            if url is not None:
                yield subject, url


@rule("dashboard/no-datasource-variable", Level.INFO)
def no_datasource(view: View) -> Iterator[Complaint]:
    """The data source of a dashboard is a variable, so that it works with any Prometheus."""
    for dashboard in view.files.dashboards:
        asked = any(panel.queries for panel in dashboard.panels)
        if asked and not dashboard.inputs and not any(each.type == "datasource" for each in dashboard.variables):
            text = f"the dashboard {dashboard.subject.name!r} has no variable for its data source"
            yield _of(dashboard, text, "add a variable of the type datasource, and use ${datasource}")


@rule("dashboard/no-target-variables", Level.INFO)
def no_target(view: View) -> Iterator[Complaint]:
    """The targets of a dashboard can be chosen: it has the variables job and instance."""
    for dashboard in view.files.dashboards:
        names = [variable.subject.name for variable in dashboard.variables]
        lacking = [name for name in ("job", "instance") if name not in names]
        if lacking and any(panel.queries for panel in dashboard.panels):
            text = f"the dashboard {dashboard.subject.name!r} has no variable {' nor '.join(lacking)}"
            yield _of(dashboard, text, "add label_values(up, job), and instance of the chosen jobs")


@rule("dashboard/variable-refresh", Level.INFO)
def refresh(view: View) -> Iterator[Complaint]:
    """A variable that lists values asks for them anew when the time range changes."""
    for dashboard in view.files.dashboards:
        for variable in (each for each in dashboard.variables if each.type == "query"):
            if variable.subject.node.string("refresh") != "2":
                text = f"the variable {variable.subject.name} keeps its values when the time range changes"
                yield Complaint(variable.subject, text, "write refresh: 2", variable.subject.node.place_of("name"))


@rule("dashboard/editable", Level.INFO)
def editable(view: View) -> Iterator[Complaint]:
    """A dashboard that is kept in files cannot be edited in Grafana: the next deployment would undo it."""
    for dashboard in view.files.dashboards:
        if dashboard.subject.node.string("editable") != "false":
            yield _of(dashboard, f"the dashboard {dashboard.subject.name!r} is editable", "write editable: false")


@rule("dashboard/no-uid", Level.INFO)
def no_uid(view: View) -> Iterator[Complaint]:
    """A dashboard has a uid, so that links to it last."""
    for dashboard in view.files.dashboards:
        if dashboard.uid is None or not dashboard.uid.text:
            yield _of(dashboard, f"the dashboard {dashboard.subject.name!r} has no uid", "write uid: a-readable-name")


def _of(dashboard: Dashboard, text: str, remedy: str) -> Complaint:
    return Complaint(dashboard.subject, text, remedy, dashboard.subject.node.place_of("title"))
