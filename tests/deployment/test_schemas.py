"""Manifests and compose files keep the schemas of their readers: Kubernetes, the Prometheus operator, compose-spec."""

from __future__ import annotations

import copy
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from promspec.pipeline import compile_spec
from tests.conftest import ROOT
from tests.support.schemas import compose_complaints, kubernetes_object

SPECS = [ROOT / "spec" / "cad_ml_platform.py", ROOT / "spec" / "snakepit.py"]
CASES = [
    ROOT / "tests" / "cases" / name / "spec.py"
    for name in (
        *("hostile_texts", "labels_with_awkward_names", "deployed_for_prometheus_operator", "divided_for_mimir"),
        *("empty_spec", "every_panel", "external_metrics", "slo_periods"),
    )
]


@cache
def manifests(spec: Path) -> dict[str, Any]:
    """Every YAML file below deployment/: of our specs what is committed, of a case what is generated."""
    if spec in SPECS:
        folder = ROOT / "output" / spec.stem / "deployment"
        texts = {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in folder.rglob("*.yml")}
    else:
        files = compile_spec(spec).files
        texts = {
            file.path.removeprefix("deployment/"): file.text for file in files if file.path.startswith("deployment/")
        }
    return {path: yaml.safe_load(text) for path, text in texts.items()}


def _name(spec: Path) -> str:
    return spec.stem if spec in SPECS else spec.parent.name


@pytest.mark.parametrize("spec", [*SPECS, *CASES], ids=_name)
def test_every_manifest_is_understood_whole(spec: Path) -> None:
    objects = {path: each for path, each in manifests(spec).items() if path.startswith("kubernetes/")}
    assert "kubernetes/servicemonitor.yml" in objects
    for path, document in objects.items():
        assert kubernetes_object(document) == document, path


@pytest.mark.parametrize("spec", [*SPECS, *CASES], ids=_name)
def test_the_compose_file_keeps_the_schema_of_compose(spec: Path) -> None:
    compose = manifests(spec)["docker-compose.yml"]
    assert compose_complaints(compose) == []
    assert {"prometheus", "alertmanager"} <= set(compose["services"])


def _changed(path: str, **change: Any) -> dict[str, Any]:
    document: dict[str, Any] = copy.deepcopy(manifests(SPECS[1])[path])
    rules = document["spec"]["groups"][0]["rules"] if "groups" in document["spec"] else document["spec"]["endpoints"]
    rules[0].update(change)
    return document


@pytest.mark.parametrize(
    ("file", "change", "field"),
    [
        ("prometheusrule.yml", {"for": "5 minutes"}, "for"),
        ("prometheusrule.yml", {"labels": {"a": ["b"]}}, "labels"),
        ("prometheusrule.yml", {"expr": None}, "expr"),
        ("servicemonitor.yml", {"interval": "often"}, "interval"),
        ("servicemonitor.yml", {"relabelings": [{"action": "renamed"}]}, "relabelings"),
    ],
)
def test_the_models_refuse_what_kubernetes_would(file: str, change: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as caught:
        kubernetes_object(_changed(f"kubernetes/{file}", **change))
    assert any(field in error["loc"] for error in caught.value.errors())


def test_a_field_that_kubernetes_does_not_know_is_noticed() -> None:
    document = _changed("kubernetes/prometheusrule.yml", forr="5m")
    assert kubernetes_object(document) != document


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"ports": "9090"}, "services/prometheus/ports"),
        ({"imagee": "x"}, "services/prometheus"),
        ({"restart": 5}, "services/prometheus/restart"),
    ],
)
def test_the_schema_of_compose_refuses_what_compose_would(change: dict[str, Any], complaint: str) -> None:
    compose = copy.deepcopy(manifests(SPECS[1])["docker-compose.yml"])
    compose["services"]["prometheus"].update(change)
    assert complaint in {each.partition(":")[0] for each in compose_complaints(compose)}


def test_names_and_groups_are_unique_where_kubernetes_asks_for_it() -> None:
    for spec in (*SPECS, *CASES):
        objects = [each for path, each in manifests(spec).items() if path.startswith("kubernetes/")]
        names = [(each["kind"], each["metadata"]["namespace"], each["metadata"]["name"]) for each in objects]
        assert len(set(names)) == len(names) > 0
        groups = [group["name"] for each in objects for group in each.get("spec", {}).get("groups", ())]
        assert len(set(groups)) == len(groups)
