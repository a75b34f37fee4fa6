"""Writes what deploys the generated files: Prometheus' configuration, the compose stack, Kubernetes objects, Mimir."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from promspec import files, naming
from promspec.files import GeneratedFile
from promspec.plan.deployment import ContainerPlan, DeploymentPlan, KubernetesPlan, ScrapePlan
from promspec.render import yaml

CONFIG_MAP_LIMIT = 1_048_576
"""Bytes that a ConfigMap may hold. Source: https://kubernetes.io/docs/concepts/configuration/configmap/"""

RuleGroups = Sequence[Mapping[str, Any]]


def render_deployment(
    plan: DeploymentPlan, source: str, rule_groups: RuleGroups, dashboards: Mapping[str, str]
) -> tuple[GeneratedFile, ...]:
    """Everything below `deployment/`.

    `rule_groups` is the content of `groups:` of all rule files together, `dashboards` maps a uid to the JSON text.
    Raises `ValueError` for a dashboard that no ConfigMap can hold.
    """
    header = files.header(source)
    made: dict[str, Any] = {
        "prometheus.yml": _prometheus(plan.scrape),
        "prometheus-compose.yml": _prometheus(plan.compose.scrape),
        "kubernetes/servicemonitor.yml": _service_monitor(plan.kubernetes),
        **({"kubernetes/prometheusrule.yml": _rules(plan.kubernetes, rule_groups)} if rule_groups else {}),
        **_config_maps(plan.kubernetes, dashboards),
    }
    if plan.mimir_namespace is not None:
        made["mimir_rules.yml"] = {"namespace": plan.mimir_namespace, "groups": list(rule_groups)}
    needs = {"kubernetes/prometheusrule.yml": f"{header}{_needed(plan.features)}"} if plan.features else {}
    rendered = [
        GeneratedFile(f"deployment/{path}", yaml.document(needs.get(path, header), data)) for path, data in made.items()
    ]
    return _compose(plan, header), *rendered


def _prometheus(scrape: ScrapePlan) -> dict[str, Any]:
    static = [{"targets": list(scrape.targets)}]
    return {
        "global": {
            "scrape_interval": scrape.scrape_interval,
            "evaluation_interval": scrape.evaluation_interval,
            **({"external_labels": dict(scrape.external_labels)} if scrape.external_labels else {}),
        },
        **({"rule_files": list(scrape.rule_files)} if scrape.rule_files else {}),
        **({"alerting": _alerting(scrape)} if scrape.alertmanagers else {}),
        "scrape_configs": [
            {
                "job_name": scrape.job,
                "metrics_path": scrape.metrics_path,
                **({"sample_limit": scrape.sample_limit} if scrape.sample_limit else {}),
                "static_configs": static,
            }
        ],
    }


def _alerting(scrape: ScrapePlan) -> dict[str, Any]:
    return {"alertmanagers": [{"static_configs": [{"targets": list(scrape.alertmanagers)}]}]}


def _compose(plan: DeploymentPlan, header: str) -> GeneratedFile:
    secrets = [f"#   {secret.variable}: the file that becomes {secret.target}" for secret in plan.compose.secrets]
    notes = ["# Run it from this folder with `docker compose up`. Every port is open to this machine only."]
    if secrets:
        notes += [
            "# Variables that name the files of the secrets (without them nobody is notified):",
            *secrets,
        ]
    services = {container.name: _container(container) for container in plan.compose.containers}
    text = yaml.document("\n".join([header, *(" ".join(note.splitlines()) for note in notes)]), {"services": services})
    return GeneratedFile("deployment/docker-compose.yml", text)


def _container(container: ContainerPlan) -> dict[str, Any]:
    host, inside = container.port
    return {
        "image": container.image,
        **({"command": list(container.command)} if container.command else {}),
        **({"environment": dict(container.environment)} if container.environment else {}),
        "ports": [f"127.0.0.1:${{{naming.identifier(naming.snake(container.name)).upper()}_PORT:-{host}}}:{inside}"],
        **({"volumes": [f"{m.source}:{m.target}:ro" for m in container.mounts]} if container.mounts else {}),
        **({"extra_hosts": ["host.docker.internal:host-gateway"]} if container.reaches_host else {}),
        **({"depends_on": list(container.depends_on)} if container.depends_on else {}),
        "restart": "unless-stopped",
    }


def _metadata(plan: KubernetesPlan, name: str, **labels: str) -> dict[str, Any]:
    known = {"app.kubernetes.io/name": plan.name, "app.kubernetes.io/managed-by": "promspec", **labels}
    return {"name": name, "namespace": plan.namespace, "labels": known}


def _rules(plan: KubernetesPlan, rule_groups: RuleGroups) -> dict[str, Any]:
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": _metadata(plan, plan.rules),
        "spec": {"groups": list(rule_groups)},
    }


def _needed(features: Sequence[str]) -> str:
    """A comment: the flags belong to the Prometheus resource, which is not the spec's."""
    return f"\n# The Prometheus that loads these rules needs spec.enableFeatures: [{', '.join(features)}]"


def _service_monitor(plan: KubernetesPlan) -> dict[str, Any]:
    # The rules select by job; by itself the operator would take the name of the Service. `$` begins a reference here.
    relabelings = [{"targetLabel": "job", "replacement": plan.job.replace("$", "$$")}]
    endpoint = {"targetPort": plan.port, "path": plan.metrics_path, "interval": plan.scrape_interval}
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "ServiceMonitor",
        "metadata": _metadata(plan, plan.name),
        "spec": {
            "selector": {"matchLabels": {"app.kubernetes.io/name": plan.name}},
            "endpoints": [{**endpoint, "relabelings": relabelings}],
            **({"sampleLimit": plan.sample_limit} if plan.sample_limit else {}),
        },
    }


def _config_maps(plan: KubernetesPlan, dashboards: Mapping[str, str]) -> dict[str, Any]:
    return {
        f"kubernetes/{name}.yml": {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": _metadata(plan, name, grafana_dashboard="1"),
            "data": {f"{uid}.json": _fitting(uid, dashboards[uid])},
        }
        for uid, name in plan.dashboards
        if uid in dashboards
    }


def _fitting(uid: str, text: str) -> str:
    """The JSON as it is, without its white space where only so it fits a ConfigMap."""
    for candidate in (text, json.dumps(json.loads(text), separators=(",", ":"), ensure_ascii=False)):
        if len(candidate.encode()) + len(uid) + len(".json") <= CONFIG_MAP_LIMIT:
            return candidate
    raise ValueError(f"the dashboard {uid} exceeds the {CONFIG_MAP_LIMIT:,} bytes of a ConfigMap: split it in two")
