"""dashboards: the plan as Grafana's JSON (through grafanalib), and the files that provision it."""

from __future__ import annotations

import json
from typing import Any

from grafanalib import core

from promspec.files import GeneratedFile, header
from promspec.plan.dashboards import DashboardPlan, LinkPlan, ProvisioningPlan, RowPlan
from promspec.plan.grafana.variables import VariablePlan
from promspec.render.grafana.build import build_panel, data_source_reference, grid
from promspec.render.grafana.normalise import normalise
from promspec.render.yaml import document

_ON_TIME_RANGE_CHANGE = 2
_SORTED_BY_NAME = 1
_SHARED_CROSSHAIR = 1


def render_dashboards(plan: tuple[DashboardPlan, ...], source: str) -> tuple[GeneratedFile, ...]:
    """A JSON file for each dashboard, and Grafana's provisioning files if there is any; `source` is the spec file."""
    files = tuple(GeneratedFile(dashboard.file, _json(dashboard, source)) for dashboard in plan)
    return (*files, *_provisioning(plan[0].provisioning, source)) if plan else ()


def _json(plan: DashboardPlan, spec_file: str) -> str:
    return json.dumps(normalise(_dashboard(plan, spec_file)), indent=2, ensure_ascii=False) + "\n"


def _dashboard(plan: DashboardPlan, spec_file: str) -> Any:
    # JSON has no comments: what other files say in their first line, a dashboard says in its description.
    origin = header(spec_file, "").strip()
    return core.Dashboard(
        uid=plan.uid,
        title=plan.title,
        description=f"{plan.description}\n\n{origin}" if plan.description else origin,
        tags=list(plan.tags),
        editable=False,
        graphTooltip=_SHARED_CROSSHAIR,
        links=[_link(link) for link in plan.links],
        templating=core.Templating(list=[*_data_source(plan), *(_variable(v, plan) for v in plan.variables)]),
        panels=[panel for row in plan.rows for panel in _row(row, plan.data_source)],
        refresh=plan.refresh,
        time=core.Time(f"now-{plan.since}", "now"),
        timezone="browser",
        version=1,
    )


def _row(row: RowPlan, data_source: str) -> list[Any]:
    """The row's header followed by its panels; a collapsed row holds them inside."""
    panels = [build_panel(panel, data_source) for panel in row.panels]
    inside, after = (panels, []) if row.collapsed else ([], panels)
    head = core.RowPanel(id=row.id, title=row.title, gridPos=grid(row.position), collapsed=row.collapsed, panels=inside)
    return [head, *after]


def _link(link: LinkPlan) -> dict[str, Any]:
    among = bool(link.tag)
    made: dict[str, Any] = core.DashboardLink(
        title=link.title,
        type="dashboards" if among else "link",
        uri=link.url,
        tags=[link.tag] if among else [],
        asDropdown=among,
        includeVars=among,
        keepTime=among,
        targetBlank=not among,
    ).to_json_data()
    return made


def _data_source(plan: DashboardPlan) -> list[dict[str, Any]]:
    if not plan.data_source:
        return []
    variable: dict[str, Any] = core.Template(
        name=plan.data_source, query="prometheus", type="datasource", label="Data source", default="default"
    ).to_json_data()
    current = {"selected": False, "text": "default", "value": "default"}
    return [{**variable, "current": current, "refresh": 1, "regex": ""}]


def _variable(plan: VariablePlan, dashboard: DashboardPlan) -> dict[str, Any]:
    query = {"qryType": 1, "query": plan.query, "refId": "PrometheusVariableQueryEditor-VariableQuery"}
    variable: dict[str, Any] = core.Template(
        name=plan.name,
        label=plan.title,
        query=query,
        dataSource=data_source_reference(dashboard.data_source),
        includeAll=True,
        multi=True,
        # Not Grafana's default, the list of all values: this one also matches series that do not have the label.
        allValue=".*",
        refresh=_ON_TIME_RANGE_CHANGE,
        sort=_SORTED_BY_NAME,
        regex="",
    ).to_json_data()
    everything = {"selected": True, "text": ["All"], "value": ["$__all"]}
    return {
        **variable,
        "description": plan.description or None,
        "definition": plan.query,
        "current": everything,
    }


def _provisioning(plan: ProvisioningPlan, spec_file: str) -> tuple[GeneratedFile, ...]:
    provider = {
        "name": plan.name,
        "folder": plan.folder,
        "folderUid": plan.folder_uid,
        "type": "file",
        "disableDeletion": True,
        "allowUiUpdates": False,
        "updateIntervalSeconds": 30,
        "options": {"path": plan.path, "foldersFromFilesStructure": False},
    }
    prometheus = {
        "name": "Prometheus",
        "uid": "prometheus",
        "type": "prometheus",
        "access": "proxy",
        "url": "http://prometheus:9090",
        "isDefault": True,
        "jsonData": {"httpMethod": "POST", "timeInterval": plan.scrape_interval},
    }
    line = header(spec_file)
    return (
        GeneratedFile(
            "dashboards/provisioning/dashboards.yml", document(line, {"apiVersion": 1, "providers": [provider]})
        ),
        GeneratedFile(
            "dashboards/provisioning/datasources.yml", document(line, {"apiVersion": 1, "datasources": [prometheus]})
        ),
    )
