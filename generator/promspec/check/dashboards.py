"""Rules on dashboards: that each can be told apart, that every panel shows something, in units Grafana knows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress

from promspec import naming
from promspec.check.rules import Complaint, View, rule
from promspec.judging.names import repeated
from promspec.judging.panels import wrong_unit
from promspec.problems import Level, near_miss
from promspec.promql import Expr, PromQLError, parse, selectors
from promspec.promql.grafana import result_labels, series_labels, variables_in
from promspec.vocabulary.dashboards import Dashboard
from promspec.vocabulary.panels import DataPanel, Heatmap, Panel, Query, Table, Text
from promspec.vocabulary.selectors import TARGET_LABELS

_COLOUR = re.compile(
    r"(?:(?:super-light|light|semi-dark|dark)-)?(?:red|orange|yellow|green|blue|purple)|text|transparent|white|black"
    r"|#[0-9a-fA-F]{3,8}|(?:rgb|hsl)a?\(.+\)"
)
"""Source: grafana/packages/grafana-data/src/themes/createVisualizationColors.ts"""
_COLOURS = ("red", "orange", "yellow", "green", "blue", "purple", "text", "transparent")
_LONGEST_UID = 40


@rule("dashboard/duplicate-uid", Level.ERROR)
def duplicate_uid(view: View) -> Iterator[Complaint]:
    """Every dashboard has a uid, and so a file, of its own."""
    for dashboard, _ in repeated(view.each(Dashboard), lambda item: _uid(view, item).lower()):
        uid = _uid(view, dashboard)
        yield dashboard, f"the uid {uid} of {dashboard.title!r} is that of another dashboard", 'give it uid="…"'


@rule("dashboard/duplicate-title", Level.ERROR)
def duplicate_title(view: View) -> Iterator[Complaint]:
    """Every dashboard has a title of its own: alerts name them by it."""
    for dashboard, _ in repeated(view.each(Dashboard), lambda item: item.title.strip().lower()):
        yield dashboard, f"two dashboards have the title {dashboard.title!r}", "give each a title of its own"


@rule("dashboard/empty", Level.WARNING)
def empty(view: View) -> Iterator[Complaint]:
    """Every dashboard has a row, and every row a panel."""
    for dashboard in view.each(Dashboard):
        if not dashboard.rows:
            yield dashboard, f"the dashboard {dashboard.title!r} has no row", "give it rows=[Row(…, [panels])]"
        for row in dashboard.rows:
            if not row.panels:
                yield row, f"the row {row.title!r} of {dashboard.title!r} has no panel", "give it a panel, or delete it"


@rule("dashboard/uid-length", Level.INFO)
def uid_length(view: View) -> Iterator[Complaint]:
    """A uid made of the spec's name and the title fits into Grafana's 40 characters."""
    for dashboard in view.each(Dashboard):
        whole = f"{naming.kebab(view.spec.name)}-{naming.kebab(dashboard.title)}"
        if dashboard.uid is None and len(whole) > _LONGEST_UID:
            uid = _uid(view, dashboard)
            yield dashboard, f"the uid of {dashboard.title!r} is cut to {uid}", 'shorten the title or give uid="…"'


@rule("dashboard/unused-variable", Level.WARNING)
def unused_variable(view: View) -> Iterator[Complaint]:
    """A variable of a dashboard filters at least one of its queries."""
    for dashboard in view.each(Dashboard):
        filters = {label for _, _, expr in _parsed(dashboard) for label in _filterable(view, expr)}
        filters |= {name for panel in _panels(dashboard) for text in _texts(panel) for name in variables_in(text)}
        for label in dashboard.variables:
            if label.name not in filters and label.name not in TARGET_LABELS:
                text = f"no query of {dashboard.title!r} has a series with the label {label.name} to filter"
                yield dashboard, text, f"remove {label.name} from variables, or query a metric that has it"


@rule("dashboard/undeclared-variable", Level.ERROR)
def undeclared_variable(view: View) -> Iterator[Complaint]:
    """A `$variable` in a query is one of the dashboard's, or one of Grafana's own, such as `$__rate_interval`."""
    for dashboard in view.each(Dashboard):
        known = (*TARGET_LABELS, *(label.name for label in dashboard.variables))
        for query in (query for panel in _panels(dashboard) for query in panel.queries_):
            for name in variables_in(query.expr):
                if name not in known:
                    remedy = near_miss(name, known) or f"add the label {name} to the dashboard's variables"
                    text = f"${name} is no variable of the dashboard {dashboard.title!r}"
                    yield query, text, remedy, f"${name}"


@rule("panel/duplicate-title", Level.WARNING)
def duplicate_panel_title(view: View) -> Iterator[Complaint]:
    """The panels of a dashboard have titles of their own, so that people can speak about them."""
    for dashboard in view.each(Dashboard):
        for panel, _ in repeated(_panels(dashboard), lambda item: item.title.strip().lower()):
            yield panel, f"{dashboard.title!r} has two panels called {panel.title!r}", "say how they differ"


@rule("panel/no-query", Level.ERROR)
def no_query(view: View) -> Iterator[Complaint]:
    """Every panel but a text has a query."""
    for panel in view.each(DataPanel):
        if not panel.queries_:
            yield panel, f"the panel {panel.title!r} has no query", "give it PromQL, or make it a Text"


@rule("panel/unknown-unit", Level.WARNING)
def unknown_unit(view: View) -> Iterator[Complaint]:
    """A panel's unit is an id that Grafana knows: it shows any other as a suffix, unscaled."""
    for panel in view.each(DataPanel):
        wrong = wrong_unit(panel.title, panel.unit)
        if wrong is not None:
            yield panel, *wrong, panel.unit


@rule("panel/thresholds-order", Level.ERROR)
def thresholds_order(view: View) -> Iterator[Complaint]:
    """Thresholds begin with the value None, which is the lowest, and increase."""
    for panel in view.each(DataPanel):
        values = [value for value, _ in panel.thresholds]
        later = [value for value in values[1:] if value is not None]
        if values and values[0] is not None:
            text = f"the panel {panel.title!r}: the first threshold has the value {values[0]:g}"
            yield panel, text, f'begin with the colour of what is lower: (None, "green"), ({values[0]:g}, …)'
        elif len(later) < len(values) - 1:
            yield (
                panel,
                f"the panel {panel.title!r}: a later threshold has no value",
                "only the first has the value None",
            )
        elif later != sorted(set(later)):
            ordered = ", ".join(f"{value:g}" for value in sorted(set(later)))
            yield panel, f"the panel {panel.title!r}: the thresholds do not increase", f"write them as {ordered}"


@rule("panel/unknown-colour", Level.WARNING)
def unknown_colour(view: View) -> Iterator[Complaint]:
    """A colour is one that Grafana has a name for, or is written as #rrggbb."""
    for panel in view.each(DataPanel):
        shown = [colour for text in panel.mappings.values() if not isinstance(text, str) for colour in text[1:]]
        for colour in dict.fromkeys((*(colour for _, colour in panel.thresholds), *shown)):
            if not _COLOUR.fullmatch(colour):
                remedy = near_miss(colour, _COLOURS) or 'write a name such as "dark-red", or "#c4162a"'
                yield panel, f"the panel {panel.title!r}: Grafana has no colour {colour!r}", remedy, colour


@rule("panel/heatmap-buckets", Level.ERROR)
def heatmap_buckets(view: View) -> Iterator[Complaint]:
    """A heatmap of buckets keeps the label `le`."""
    for panel in view.each(Heatmap):
        for query in panel.queries_ if panel.buckets else ():
            labels, exact = _result(view, query)
            if exact and "le" not in labels:
                text = f"the heatmap {panel.title!r} has no buckets: the result has no label le"
                yield query, text, "write sum by (le) (increase(h_bucket[$__rate_interval])), or buckets=False"


@rule("panel/unknown-column", Level.ERROR)
def unknown_column(view: View) -> Iterator[Complaint]:
    """A column that a table renames is a label of its result."""
    for panel in view.each(Table):
        results = [_result(view, query) for query in panel.queries_]
        labels = tuple(dict.fromkeys(label for found, _ in results for label in found))
        for column in panel.columns:
            if column not in labels and all(exact for _, exact in results):
                remedy = near_miss(column, labels) or f"its labels are {', '.join(labels) or '(none)'}"
                yield panel, f"the table {panel.title!r} has no column {column}", remedy, column


def _uid(view: View, dashboard: Dashboard) -> str:
    return dashboard.uid or naming.dashboard_uid(view.spec.name, dashboard.title)


def _panels(dashboard: Dashboard) -> list[Panel]:
    return [panel for row in dashboard.rows if not row.broken for panel in row.panels if not panel.broken]


def _parsed(dashboard: Dashboard) -> Iterator[tuple[Panel, Query, Expr]]:
    """The queries that can be parsed; the others have a problem of their own."""
    for panel in _panels(dashboard):
        for query in panel.queries_:
            with suppress(PromQLError):
                yield panel, query, parse(query.expr, templated=True)


def _result(view: View, query: Query) -> tuple[tuple[str, ...], bool]:
    try:
        return result_labels(query.expr, view.series)
    except PromQLError:
        return (), False


def _texts(panel: Panel) -> Iterator[str]:
    yield from (panel.title, panel.description, panel.content if isinstance(panel, Text) else "")
    for query in panel.queries_:
        yield from (query.expr, query.legend)


def _filterable(view: View, expr: Expr) -> Iterator[str]:
    """The labels of the expression's series that it does not match itself."""
    for selector in selectors(expr):
        matched = {matcher.label for matcher in selector.matchers}
        yield from (label for label in series_labels(selector, view.series) if label not in matched)
