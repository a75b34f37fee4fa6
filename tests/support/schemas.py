"""The schemas of others that generated files must keep: of compose files, and of Kubernetes objects."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

from jsonschema import Draft202012Validator


@cache
def _compose() -> Draft202012Validator:
    """compose-spec's own schema, which check-jsonschema carries."""
    vendored = files("check_jsonschema") / "builtin_schemas" / "vendor" / "compose-spec.json"
    return Draft202012Validator(json.loads(vendored.read_text(encoding="utf-8")))


def compose_complaints(document: dict[str, Any]) -> list[str]:
    """What is wrong with a compose file; nothing if it keeps the schema."""
    return [f"{'/'.join(map(str, error.path))}: {error.message}" for error in _compose().iter_errors(document)]


def kubernetes_object(document: dict[str, Any]) -> dict[str, Any]:
    """What Kubernetes understands of a manifest: read by models of its API and of the operator's CRDs, written again.

    They are made from Kubernetes' OpenAPI document and from the CRDs, with their patterns and bounds. They drop a field
    that they do not know, as the API server does: what is not in here was not understood. Raises ValidationError.
    """
    from cloudcoil.models.kubernetes.core.v1 import ConfigMap
    from cloudcoil.models.prometheus_operator.v1 import PrometheusRule, ServiceMonitor

    models: dict[tuple[str, str], Any] = {
        ("v1", "ConfigMap"): ConfigMap,
        ("monitoring.coreos.com/v1", "PrometheusRule"): PrometheusRule,
        ("monitoring.coreos.com/v1", "ServiceMonitor"): ServiceMonitor,
    }
    model = models[document["apiVersion"], document["kind"]]
    understood: dict[str, Any] = model.model_validate(document).model_dump(by_alias=True, exclude_unset=True)
    return understood
