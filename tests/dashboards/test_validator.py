"""The validator is proved by planting faults: it finds each of them, and nothing in what it was planted in."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from promspec.plan.dashboards import plan_dashboards
from promspec.render.dashboards import render_dashboards
from promspec.series import SpecSeries
from tests.dashboards.example import spec
from tests.support.grafana_validator import faults

SERIES = SpecSeries(spec)
SOUND = json.loads(render_dashboards(plan_dashboards(spec, SERIES), "example.py")[0].text)
Plant = Callable[[dict[str, Any]], None]


def _at(path: str, value: Any) -> Plant:
    """Set what is at a path, such as `panels.1.title`; `DELETE` deletes it."""

    def plant(dashboard: dict[str, Any]) -> None:
        *way, last = path.split(".")
        part: Any = dashboard
        for step in way:
            part = part[int(step) if isinstance(part, list) else step]
        key = int(last) if isinstance(part, list) else last
        if value is DELETE:
            del part[key]
        else:
            part[key] = value

    return plant


DELETE = object()
_STAT, _DIAL, _CHART, _ROW = "panels.1", "panels.4", "panels.6", "panels.10"
_TABLE, _STATES = f"{_ROW}.panels.2", f"{_ROW}.panels.4"
_UNFILTERED = "sum(rate(read_requests_total[$__rate_interval]))"

PLANTED = [
    ("no title", _at("title", ""), "dashboard: no title"),
    ("a panel without a title", _at(f"{_STAT}.title", DELETE), "no title"),
    ("a panel without a description", _at(f"{_CHART}.description", " "), "no description"),
    ("a uid with spaces", _at("uid", "my board"), "is no uid"),
    ("a uid that is too long", _at("uid", "x" * 41), "is no uid"),
    ("an old schema", _at("schemaVersion", 12), "schemaVersion 12"),
    ("editable", _at("editable", True), "must not be editable"),
    ("an id", _at("id", 7), "belongs to one Grafana"),
    ("no tags", _at("tags", []), "no tags"),
    ("a refresh of two units", _at("refresh", "1h30m"), "refresh '1h30m'"),
    ("an absolute time range", _at("time.from", "2024-01-01T00:00:00Z"), "not relative"),
    ("a wrong key of the dashboard", _at("hideControls", False), "no such key"),
    ("a wrong key of a panel", _at(f"{_CHART}.lineWidth", 1), "no such key"),
    ("a wrong key of a target", _at(f"{_CHART}.targets.0.step", 10), "no such key"),
    ("a wrong key of the options", _at(f"{_DIAL}.options.reduceOptions.calc", "last"), "no such key"),
    ("a wrong key of a custom field", _at(f"{_CHART}.fieldConfig.defaults.custom.linewidth", 1), "no such key"),
    ("options of another panel", _at(f"{_STATES}.options.reduceOptions", {}), "no such key"),
    ("custom fields where there are none", _at(f"{_DIAL}.fieldConfig.defaults.custom", {"x": 1}), "is no NoneType"),
    ("a tooltip mode that is none", _at("graphTooltip", 3), "is none of"),
    ("a draw style that is none", _at(f"{_CHART}.fieldConfig.defaults.custom.drawStyle", "lines"), "is none of"),
    ("a legend mode that is none", _at(f"{_CHART}.options.legend.displayMode", "grid"), "is none of"),
    ("a query format that is none", _at(f"{_CHART}.targets.0.format", "series"), "is none of"),
    ("a panel of Angular", _at(f"{_CHART}.type", "graph"), "is no known panel"),
    ("a cell that is none", _at(f"{_TABLE}.fieldConfig.defaults.custom.cellOptions.type", "bold"), "no known type"),
    ("a mapping that is none", _at("panels.2.fieldConfig.defaults.mappings.0.type", "text"), "no known type"),
    ("a text for a number", _at(f"{_CHART}.fieldConfig.defaults.min", "0"), "is no number"),
    ("a number for a text", _at(f"{_CHART}.title", 5), "is no str"),
    ("a truth for a number", _at(f"{_CHART}.gridPos.h", True), "is no whole number"),
    ("an object for a list", _at("links", {}), "is no list"),
    ("a data source by name", _at(f"{_STAT}.datasource", "Prometheus"), "is no DataSourceRef"),
    ("a data source of a query by name", _at(f"{_STAT}.targets.0.datasource", "Prometheus"), "has no known type"),
    ("a panel without a data source", _at(f"{_STAT}.datasource", DELETE), "no data source"),
    ("a data source variable of another name", _at(f"{_STAT}.datasource.uid", "${prometheus}"), "$prometheus is used"),
    ("no data source variable", _at("templating.list.0", DELETE), "$datasource is used and not declared"),
    ("an id twice", _at(f"{_STAT}.id", 5), "2 panels have the id 5"),
    ("an id twice inside a row", _at(f"{_TABLE}.id", 5), "2 panels have the id 5"),
    ("no panel id", _at(f"{_STAT}.id", DELETE), "have the id None"),
    ("outside the grid", _at(f"{_STAT}.gridPos.x", 20), "not inside the 24 columns"),
    ("no grid position", _at(f"{_STAT}.gridPos", DELETE), "not inside the 24 columns"),
    ("an overlap", _at(f"{_STAT}.gridPos.w", 7), "overlap"),
    ("an overlap inside a row", _at(f"{_TABLE}.gridPos.y", 30), "overlap"),
    ("an open row with panels inside", _at(f"{_ROW}.collapsed", False), "holds panels inside"),
    ("an unknown unit", _at(f"{_STAT}.fieldConfig.defaults.unit", "requests"), "has no unit 'requests'"),
    ("no unit", _at(f"{_STAT}.fieldConfig.defaults.unit", DELETE), "has no unit None"),
    ("thresholds out of order", _at(f"{_DIAL}.fieldConfig.defaults.thresholds.steps.2.value", 0.001), "out of order"),
    ("no lowest threshold", _at(f"{_DIAL}.fieldConfig.defaults.thresholds.steps.0.value", 0), "not the lowest"),
    ("a threshold of text", _at(f"{_DIAL}.fieldConfig.defaults.thresholds.steps.0.value", "null"), "no number"),
    ("no colour", _at(f"{_DIAL}.fieldConfig.defaults.thresholds.steps.0.color", "grene"), "is no colour"),
    ("no query", _at(f"{_STAT}.targets", []), "no query"),
    ("no refId", _at(f"{_STAT}.targets.0.refId", ""), "have the refId ''"),
    ("a refId twice", _at("panels.7.targets.1.refId", "A"), "2 queries have the refId 'A'"),
    ("a query that does not parse", _at(f"{_STAT}.targets.0.expr", "sum(rate(x[5m])"), "sum(rate(x[5m])"),
    ("an unknown metric", _at(f"{_STAT}.targets.0.expr", "read_request_total"), "promql/unknown-metric"),
    ("an unknown label", _at(f"{_STAT}.targets.0.expr", 'up{host="a"}'), "promql/unknown-label"),
    ("a query that is not filtered", _at(f"{_STAT}.targets.0.expr", _UNFILTERED), "not filtered by job"),
    ("a fixed range", _at(f"{_STAT}.targets.0.expr", "rate(read_requests_total[5m])"), "does not follow the zoom"),
    ("a variable that is not declared", _at(f"{_STAT}.targets.0.expr", 'up{job=~"$pod"}'), "$pod is used and not"),
    ("a label only the legend has", _at(f"{_CHART}.targets.0.legendFormat", "{{engine}}"), "the legend names"),
    ("a query that is both", _at(f"{_STAT}.targets.0.instant", True), "either instant or over a range"),
    ("a variable twice", _at("templating.list.2.name", "job"), "declared 2 times"),
    ("a variable that nothing uses", _at("templating.list.3.name", "pod"), "$pod is declared and not used"),
    ("a variable of a wrong type", _at("templating.list.1.type", "queries"), "is none of"),
    ("a variable with another query", _at("templating.list.1.query.query", "up"), "query and definition differ"),
    ("a variable of no metric", _at("templating.list.1.definition", "label_values(upp, job)"), "unknown-metric"),
    ("a variable of no label", _at("templating.list.1.definition", "label_values(up, pod)"), "no label"),
    ("a variable on nothing", _at("templating.list.1.current.value", ["All"]), "is not on All"),
    ("a link to nowhere", _at("links.1.url", "example"), "is no URL"),
    ("a link by a tag nobody has", _at("links.0.tags", ["shop"]), "no dashboard has the tag 'shop'"),
    ("a link without a tag", _at("links.0.tags", []), "no tag to find dashboards by"),
    ("a link that forgets the time", _at("links.0.keepTime", False), "time and variables are lost"),
    ("a legend that is no table", _at(f"{_CHART}.options.legend.calcs", []), "no table with the last value"),
    ("a table over time", _at(f"{_TABLE}.targets.0.format", "time_series"), "instant queries in the format table"),
    ("a table with the time", _at(f"{_TABLE}.transformations.1.options.excludeByName", {}), "time is not hidden"),
    ("an unknown transformation", _at(f"{_TABLE}.transformations.0.id", "organise"), "is no transformation"),
    ("no panels at all", _at("panels", None), "dashboard.panels"),
]  # fmt: skip


def test_nothing_is_wrong_before_a_fault_is_planted() -> None:
    assert faults(SOUND, SERIES, ("read-service", "overview")) == []


@pytest.mark.parametrize(("name", "plant", "said"), PLANTED, ids=[name for name, _, _ in PLANTED])
def test_every_planted_fault_is_found(name: str, plant: Plant, said: str) -> None:
    dashboard = copy.deepcopy(SOUND)
    plant(dashboard)
    assert any(said in fault for fault in faults(dashboard, SERIES, ("read-service", "overview")))
