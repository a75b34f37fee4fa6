"""A planned panel as a grafanalib object: one function for each kind."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from grafanalib import core

from promspec.plan.grafana.layout import Position
from promspec.plan.grafana.panels import MappingPlan, PanelPlan, QueryPlan
from promspec.render.grafana.panels import BarGauge, GaugePanel, Heatmap

Json = dict[str, Any]

_LEGEND = {"showLegend": True, "displayMode": "table", "placement": "bottom", "calcs": ["lastNotNull"]}
_LIST = {"showLegend": True, "displayMode": "list", "placement": "bottom", "calcs": []}


def data_source_reference(variable: str) -> Json:
    """The reference to the data source that the dashboard's variable names."""
    return {"type": "prometheus", "uid": f"${{{variable}}}"}


def grid(position: Position) -> Any:
    """The position as Grafana writes it."""
    return core.GridPos(h=position.height, w=position.width, x=position.x, y=position.y)


def build_panel(plan: PanelPlan, variable: str) -> Any:
    """The panel as a grafanalib object; `variable` names the data source."""
    return _KINDS[plan.kind](plan, variable)


def _common(plan: PanelPlan, variable: str, custom: Json | None = None, **defaults: Any) -> Json:
    """The arguments that all data panels share; what grafanalib has no argument for goes into `extraJson`."""
    field = {
        "unit": plan.unit,
        "decimals": plan.decimals,
        "min": _number(plan.minimum),
        "max": _number(plan.maximum),
        "mappings": _mappings(plan),
        "color": {"mode": "thresholds"},
        **defaults,
        **({"custom": custom} if custom is not None else {}),
    }
    return {
        "id": plan.id,
        "title": plan.title,
        "description": plan.description,
        "gridPos": grid(plan.position),
        "dataSource": data_source_reference(variable),
        "targets": [_target(query, variable) for query in plan.queries],
        "thresholds": [{"color": step.colour, "value": _number(step.value)} for step in plan.thresholds],
        "extraJson": {"fieldConfig": {"defaults": field}},
    }


def _target(query: QueryPlan, variable: str) -> Any:
    return core.Target(
        refId=query.ref,
        expr=query.expr,
        legendFormat=query.legend,
        format=query.format,
        instant=query.instant,
        datasource=data_source_reference(variable),
    )


def _number(text: str) -> Any:
    return json.loads(text) if text else None


def _mappings(plan: PanelPlan) -> list[Json]:
    results = [(mapping, _result(mapping, index)) for index, mapping in enumerate(plan.mappings)]
    values = {mapping.value: result for mapping, result in results if not mapping.special}
    special = [(mapping.value, result) for mapping, result in results if mapping.special]
    return [
        *([{"type": "value", "options": values}] if values else []),
        *({"type": "special", "options": {"match": match, "result": result}} for match, result in special),
    ]


def _result(mapping: MappingPlan, index: int) -> Json:
    colour = {"color": mapping.colour} if mapping.colour else {}
    return {"index": index, "text": mapping.text, **colour}


def _timeseries(plan: PanelPlan, variable: str) -> Any:
    custom = {
        "stacking": {"mode": "normal" if plan.stacked else "none", "group": "A"},
        "thresholdsStyle": {"mode": "dashed" if plan.judged else "off"},
        "scaleDistribution": {"type": "linear"},
    }
    common = _common(plan, variable, custom, color={"mode": "palette-classic"})
    common["extraJson"]["options"] = {"legend": dict(_LEGEND), "tooltip": {"mode": "multi", "sort": "desc"}}
    return core.TimeSeries(
        **common, fillOpacity=30 if plan.stacked else 10, showPoints="never", lineWidth=1, unit=plan.unit
    )


def _stat(plan: PanelPlan, variable: str) -> Any:
    return core.Stat(
        **_common(plan, variable),
        format=plan.unit,
        graphMode="area" if plan.sparkline else "none",
        reduceCalc="lastNotNull",
        colorMode="value",
        noValue=None,
    )


def _gauge(plan: PanelPlan, variable: str) -> Any:
    return GaugePanel(**_common(plan, variable))


def _bar_gauge(plan: PanelPlan, variable: str) -> Any:
    return BarGauge(**_common(plan, variable), orientation=plan.orientation)


def _heatmap(plan: PanelPlan, variable: str) -> Any:
    return Heatmap(
        **_common(plan, variable, {"scaleDistribution": {"type": "linear"}}),
        unit=plan.unit,
        byBucket=plan.by_bucket,
        scheme=plan.scheme,
        minimum=_number(plan.minimum),
        maximum=_number(plan.maximum),
    )


def _state_timeline(plan: PanelPlan, variable: str) -> Any:
    common = _common(plan, variable, {"lineWidth": 0, "fillOpacity": 70, "spanNulls": False})
    common["extraJson"]["options"] = {"legend": dict(_LIST), "tooltip": {"mode": "single", "sort": "none"}}
    return core.StateTimeline(**common)


def _table(plan: PanelPlan, variable: str) -> Any:
    values = [column for column in plan.columns if column.is_value]
    common = _common(plan, variable, {"align": "auto", "cellOptions": {"type": "auto"}, "inspect": False})
    # grafanalib writes the deprecated displayMode, which extraJson cannot delete but can make null.
    common["extraJson"]["fieldConfig"]["defaults"]["custom"]["displayMode"] = None
    common["extraJson"]["options"] = {
        "showHeader": True,
        "cellHeight": "sm",
        "sortBy": [{"displayName": column.title, "desc": True} for column in values[:1]],
    }
    coloured = [{"id": "custom.cellOptions", "value": {"type": "color-text"}}]
    overrides = [{"matcher": {"id": "byName", "options": column.title}, "properties": coloured} for column in values]
    return core.Table(
        **common, unit=plan.unit, overrides=overrides if plan.judged else [], transformations=_transformations(plan)
    )


def _transformations(plan: PanelPlan) -> list[Json]:
    """One row for each set of labels: results merged, the time hidden, columns in order and named."""
    organise = {
        "excludeByName": {"Time": True, "__name__": True},
        "indexByName": {column.field: index for index, column in enumerate(plan.columns)},
        "renameByName": {column.field: column.title for column in plan.columns if column.title != column.field},
    }
    merge = [{"id": "merge", "options": {}}] if len(plan.queries) > 1 else []
    return [*merge, {"id": "organize", "options": organise}]


def _text(plan: PanelPlan, variable: str) -> Any:
    return core.Text(
        id=plan.id, title=plan.title, description=plan.description, gridPos=grid(plan.position), content=plan.content
    )


_KINDS: dict[str, Callable[[PanelPlan, str], Any]] = {
    "timeseries": _timeseries,
    "stat": _stat,
    "gauge": _gauge,
    "bargauge": _bar_gauge,
    "heatmap": _heatmap,
    "state-timeline": _state_timeline,
    "table": _table,
    "text": _text,
}
