"""Says what is wrong with a dashboard, offline: the SDK's schema, then what no schema can say."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any

from promspec.grafana_units import known_unit
from promspec.promql import Call as PromQLCall
from promspec.promql import PromQLError, Registry, Selector, duration_seconds, infer, parse, walk
from tests.support.grafana_schema import schema_faults

Json = Mapping[str, Any]

_VARIABLE = re.compile(r"\$(\w+)|\$\{(\w+)[^}]*\}|\[\[(\w+)[^\]]*\]\]")
_LABEL_VALUES = re.compile(r"label_values\((?:(.+),\s*)?([a-zA-Z_]\w*)\)", re.DOTALL)
_DURATION = re.compile(r"\d+(ms|[smhdwMy])")
_COLOUR = re.compile(
    r"((super-light|light|semi-dark|dark)-)?(red|orange|yellow|green|blue|purple)|text|transparent|#[0-9a-f]{3,8}|rgba?\(.+\)"
)
_RATES = ("rate", "irate", "increase")
_TRANSFORMATIONS = ("merge", "organize", "filterFieldsByName", "joinByField", "sortBy", "reduce", "labelsToFields")


def faults(dashboard: Json, registry: Registry | None = None, tags: tuple[str, ...] | None = None) -> list[str]:
    """Everything wrong with a dashboard, as `where: what`.

    With a `registry` queries are checked against the series of the spec. `tags` are all tags of the dashboards that
    exist, to see that a link by tag leads somewhere.
    """
    found = list(schema_faults(dashboard))
    if not isinstance(dashboard.get("panels"), list):
        return [*found, "dashboard.panels: there are none"]
    found += _head_faults(dashboard)
    found += _layout_faults(dashboard)
    found += _variable_faults(dashboard, registry)
    found += _link_faults(dashboard, tags)
    for panel in panels(dashboard):
        found += [f"panel {panel.get('title')!r}: {text}" for text in _panel_faults(panel, registry)]
    return found


def panels(dashboard: Json) -> list[Json]:
    """Every panel that is no row, those of collapsed rows too."""
    every = [inner for panel in dashboard["panels"] for inner in (panel, *panel.get("panels", ()))]
    return [panel for panel in every if panel.get("type") != "row"]


def _head_faults(dashboard: Json) -> Iterator[str]:
    if not str(dashboard.get("title", "")).strip():
        yield "dashboard: no title"
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,40}", str(dashboard.get("uid", ""))):
        yield f"dashboard: {dashboard.get('uid')!r} is no uid"
    if dashboard.get("schemaVersion") != 42:
        yield f"dashboard: schemaVersion {dashboard.get('schemaVersion')} is not 42"
    if dashboard.get("editable") is not False:
        yield "dashboard: a generated dashboard must not be editable"
    if "id" in dashboard:
        yield "dashboard: an id belongs to one Grafana"
    if not dashboard.get("tags"):
        yield "dashboard: no tags"
    refresh = dashboard.get("refresh")
    if refresh != "" and not _DURATION.fullmatch(str(refresh)):
        yield f"dashboard: refresh {refresh!r} is no duration of Grafana"
    if not re.fullmatch(r"now-\d+[smhdwMy]", str(dashboard.get("time", {}).get("from"))):
        yield "dashboard: the time range is not relative"


def _layout_faults(dashboard: Json) -> Iterator[str]:
    rows = [panel for panel in dashboard["panels"] if panel.get("type") == "row"]
    every = [*dashboard["panels"], *(inner for row in rows for inner in row.get("panels", ()))]
    for id, count in Counter(panel.get("id") for panel in every).items():
        if id is None or count > 1:
            yield f"layout: {count} panels have the id {id}"
    for row in rows:
        if row.get("panels") and not row.get("collapsed"):
            yield f"layout: the open row {row.get('title')!r} holds panels inside"
    for panel in every:
        place = panel.get("gridPos", {})
        if set(place) != {"x", "y", "w", "h"} or not _inside(place):
            yield f"layout: {panel.get('title')!r} is not inside the 24 columns: {place}"
    for group in (dashboard["panels"], *(row.get("panels", ()) for row in rows)):
        for one, other in combinations(group, 2):
            if _overlap(one.get("gridPos", {}), other.get("gridPos", {})):
                yield f"layout: {one.get('title')!r} and {other.get('title')!r} overlap"


def _inside(place: Json) -> bool:
    lowest = {"x": 0, "y": 0, "w": 1, "h": 1}
    return all(place[side] >= least for side, least in lowest.items()) and bool(place["x"] + place["w"] <= 24)


def _overlap(one: Json, other: Json) -> bool:
    if not (one.keys() >= {"x", "y", "w", "h"} <= other.keys()):
        return False
    beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
    return not beside and one["y"] + one["h"] > other["y"] and other["y"] + other["h"] > one["y"]


def _mentioned(text: str) -> set[str]:
    names = {"".join(found.groups("")) for found in _VARIABLE.finditer(text)}
    return {name for name in names if not name.startswith("__") and not name[0].isdigit()}


def _variable_faults(dashboard: Json, registry: Registry | None) -> Iterator[str]:
    variables = dashboard.get("templating", {}).get("list", [])
    names = Counter(variable.get("name") for variable in variables)
    yield from (f"variables: {name!r} is declared {count} times" for name, count in names.items() if count > 1)
    queries = [target.get("expr", "") for panel in panels(dashboard) for target in panel.get("targets", ())]
    needed = set().union(*(_mentioned(query) for query in queries)) if queries else set()
    for variable in variables:
        needed |= _mentioned(str(variable.get("definition", ""))) | _mentioned(_uid(variable))
        if variable.get("type") == "query":
            yield from _query_variable_faults(variable, registry)
    needed |= {
        name
        for panel in panels(dashboard)
        for part in (panel, *panel.get("targets", ()))
        for name in _mentioned(_uid(part))
    }
    shown = _mentioned(
        " ".join(str(panel.get(key)) for panel in panels(dashboard) for key in ("title", "description", "options"))
    )
    yield from (f"variables: ${name} is used and not declared" for name in sorted(needed - set(names)))
    yield from (f"variables: ${name} is declared and not used" for name in names if name not in needed | shown)
    if queries and not any(variable.get("type") == "datasource" for variable in variables):
        yield "variables: none for the data source"


def _uid(part: Json) -> str:
    source = part.get("datasource")
    return str(source.get("uid", "")) if isinstance(source, Mapping) else ""


def _query_variable_faults(variable: Json, registry: Registry | None) -> Iterator[str]:
    where = f"variable {variable.get('name')!r}"
    definition = str(variable.get("definition", ""))
    query = variable.get("query")
    if not isinstance(query, Mapping) or query.get("query") != definition:
        yield f"{where}: query and definition differ"
    asked = _LABEL_VALUES.fullmatch(definition)
    if asked is None:
        yield f"{where}: {definition!r} is no label_values()"
    elif registry is not None:
        yield from (f"{where}: {text}" for text in _expression_faults(asked[1], registry))
        names = re.findall(r"[A-Za-z_:][\w:]*", asked[1].split("{")[0]) or re.findall(r'__name__=~"([^"]+)"', asked[1])
        for name in "|".join(names).split("|"):
            series = registry.series(name)
            if series is None or asked[2] not in series.labels:
                yield f"{where}: {name} has no label {asked[2]}"
    if variable.get("includeAll") and variable.get("current", {}).get("value") != ["$__all"]:
        yield f"{where}: is not on All at first"


def _link_faults(dashboard: Json, tags: tuple[str, ...] | None) -> Iterator[str]:
    for link in dashboard.get("links", ()):
        where = f"link {link.get('title')!r}"
        if link.get("type") == "link" and not re.match(r"https?://[^\s]+|/", str(link.get("url"))):
            yield f"{where}: {link.get('url')!r} is no URL"
        if link.get("type") == "dashboards" and not link.get("tags"):
            yield f"{where}: no tag to find dashboards by"
        if link.get("type") == "dashboards" and not (link.get("keepTime") and link.get("includeVars")):
            yield f"{where}: time and variables are lost"
        if tags is not None:
            yield from (f"{where}: no dashboard has the tag {tag!r}" for tag in link.get("tags", ()) if tag not in tags)


def _panel_faults(panel: Json, registry: Registry | None) -> Iterator[str]:
    for key in ("title", "description"):
        if not str(panel.get(key) or "").strip():
            yield f"no {key}"
    if panel.get("type") == "text":
        return
    defaults = panel.get("fieldConfig", {}).get("defaults", {})
    if not known_unit(str(defaults.get("unit", ""))):
        yield f"Grafana has no unit {defaults.get('unit')!r}"
    yield from _threshold_faults(defaults.get("thresholds", {}))
    if not panel.get("datasource"):
        yield "no data source"
    targets = panel.get("targets", ())
    if not targets:
        yield "no query"
    for ref, count in Counter(target.get("refId") for target in targets).items():
        if not ref or count > 1:
            yield f"{count} queries have the refId {ref!r}"
    for target in targets:
        yield from _target_faults(panel, target, registry)
    for step in panel.get("transformations", ()):
        if step.get("id") not in _TRANSFORMATIONS:
            yield f"{step.get('id')!r} is no transformation"
    yield from _kind_faults(panel)


def _threshold_faults(thresholds: Json) -> Iterator[str]:
    steps = thresholds.get("steps", [])
    values = [step.get("value") for step in steps]
    if not steps or values[0] is not None:
        yield "the first threshold is not the lowest value"
    numbers = [value for value in values[1:] if isinstance(value, (int, float))]
    if len(numbers) != len(values[1:]) or numbers != sorted(set(numbers)):
        yield f"thresholds out of order: {values}"
    yield from (f"{s.get('color')!r} is no colour" for s in steps if not _COLOUR.fullmatch(str(s.get("color"))))


def _kind_faults(panel: Json) -> Iterator[str]:
    kind, targets = panel.get("type"), panel.get("targets", ())
    legend = panel.get("options", {}).get("legend", {})
    if kind == "timeseries" and (legend.get("displayMode"), legend.get("calcs")) != ("table", ["lastNotNull"]):
        yield "the legend is no table with the last value"
    if kind == "table":
        hidden = [
            name
            for step in panel.get("transformations", ())
            for name in step.get("options", {}).get("excludeByName", ())
        ]
        if "Time" not in hidden:
            yield "the time is not hidden"
        if any(target.get("format") != "table" or not target.get("instant") for target in targets):
            yield "a table needs instant queries in the format table"
    if any(bool(target.get("instant")) == bool(target.get("range")) for target in targets):
        yield "a query is either instant or over a range"


def _target_faults(panel: Json, target: Json, registry: Registry | None) -> Iterator[str]:
    expr = target.get("expr", "")
    try:
        tree = parse(expr, templated=True)
    except PromQLError as error:
        yield f"{expr!r}: {error}"
        return
    for call in (node for node in walk(tree) if isinstance(node, PromQLCall) and node.func in _RATES):
        ranges = [a.range.text for a in call.args if isinstance(a, Selector) and a.range is not None]
        if target.get("range") and any(not r.startswith("$") and duration_seconds(r) < 3600 for r in ranges):
            yield f"{expr!r}: {call.func} over {ranges[0]} does not follow the zoom"
    if registry is not None:
        yield from _expression_faults(expr, registry)
        yield from _filter_faults(tree, registry)
        yield from _legend_faults(target, infer(tree, registry))


def _expression_faults(expr: str, registry: Registry) -> Iterator[str]:
    try:
        findings = infer(parse(expr, templated=True), registry).findings
    except PromQLError as error:
        yield f"{expr!r}: {error}"
        return
    yield from (f"{expr!r}: {finding.message} [{finding.id}]" for finding in findings)


def _filter_faults(tree: Any, registry: Registry) -> Iterator[str]:
    for node in walk(tree):
        series = registry.series(node.name) if isinstance(node, Selector) and node.name else None
        matched = {matcher.label for matcher in node.matchers} if isinstance(node, Selector) else set()
        for label in ("job", "instance"):
            if series is not None and label in series.labels and label not in matched:
                yield f"{series.name} is not filtered by {label}"


def _legend_faults(target: Json, result: Any) -> Iterator[str]:
    for label in re.findall(r"\{\{\s*(\w+)\s*\}\}", target.get("legendFormat", "")):
        if result.exact and label not in result.labels:
            yield f"the legend names {label!r}, which the result does not have"
