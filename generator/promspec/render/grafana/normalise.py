"""What grafanalib writes, brought to Grafana's final v1 model (schemaVersion 42): one pass, by lists of the kept keys.

grafanalib 0.7.1 writes the model of 2016 (schemaVersion 12); Grafana's own migrations from there would overwrite what
we set. So the version is the last one, and what the migrations repair is written repaired.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from grafanalib._gen import DashboardEncoder

Json = dict[str, Any]

SCHEMA_VERSION = 42
_DASHBOARD = (
    "uid", "title", "description", "tags", "editable", "graphTooltip", "links", "annotations", "templating", "panels",
    "refresh", "time", "timepicker", "timezone", "schemaVersion", "version",
)  # fmt: skip
_PANEL = (
    "id", "type", "title", "description", "gridPos", "datasource", "targets", "transformations", "fieldConfig",
    "options", "links", "collapsed", "panels",
)  # fmt: skip
_TARGET = (
    "refId", "datasource", "editorMode", "expr", "legendFormat", "format", "instant", "range",
)  # fmt: skip
_VARIABLE = (
    "name", "label", "description", "type", "datasource", "definition", "query", "current", "options", "multi",
    "includeAll", "allValue", "refresh", "sort", "regex", "hide",
)  # fmt: skip
_GRAFANA = {"type": "grafana", "uid": "-- Grafana --"}


def normalise(dashboard: object) -> Json:
    """A grafanalib dashboard as JSON of the final v1 model, keys in a fixed order, null only for a lowest threshold."""
    plain: Json = json.loads(json.dumps(dashboard, cls=DashboardEncoder))
    plain["schemaVersion"] = SCHEMA_VERSION
    plain["panels"] = [_panel(panel) for panel in plain["panels"]]
    plain["templating"] = {"list": [_kept(variable, _VARIABLE) for variable in plain["templating"]["list"]]}
    plain["annotations"] = {"list": [_annotation(), *plain["annotations"]["list"]]}
    plain["timepicker"] = {}
    result: Json = _without_nulls(_kept(plain, _DASHBOARD))
    return result


def _panel(panel: Json) -> Json:
    kept = _kept(panel, _PANEL)
    if kept["type"] == "row":
        kept = _kept(kept, ("id", "type", "title", "gridPos", "collapsed", "panels"))
        kept["panels"] = [_panel(inner) for inner in kept["panels"]]
        return kept
    kept["targets"] = [_target(target) for target in kept["targets"]]
    if kept["type"] == "text":
        kept.pop("fieldConfig")
    else:
        kept["fieldConfig"].setdefault("overrides", [])
        if not kept["fieldConfig"]["defaults"].get("custom"):
            kept["fieldConfig"]["defaults"].pop("custom", None)
    return {key: value for key, value in kept.items() if key in ("title", "description") or value not in ([], {})}


def _target(target: Json) -> Json:
    current = {**target, "editorMode": "code", "range": not target["instant"]}
    return _kept(current, _TARGET)


def _annotation() -> Json:
    """The annotation that Grafana adds to every dashboard, so that opening one changes nothing."""
    return {
        "builtIn": 1,
        "datasource": _GRAFANA,
        "enable": True,
        "hide": True,
        "iconColor": "rgba(0, 211, 255, 1)",
        "name": "Annotations & Alerts",
        "type": "dashboard",
    }


def _kept(data: Mapping[str, Any], keys: Sequence[str]) -> Json:
    return {key: data[key] for key in keys if data.get(key) is not None}


def _without_nulls(data: Any) -> Any:
    """Everything but nulls; the lowest threshold has the value null, which stands for minus infinity."""
    if isinstance(data, list):
        return [_without_nulls(item) for item in data]
    if not isinstance(data, dict):
        return data
    step = data.keys() == {"color", "value"}
    return {key: _without_nulls(value) for key, value in data.items() if value is not None or step}
