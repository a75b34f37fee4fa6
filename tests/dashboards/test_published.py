"""The dashboards in `output/` are what their specs give today, and the validator finds nothing in them."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

import promql_parser
import pytest
from syrupy.assertion import SnapshotAssertion

from promspec.load import load
from promspec.plan.dashboards import plan_dashboards
from promspec.render.dashboards import render_dashboards
from promspec.series import SpecSeries
from tests.support.grafana_validator import faults, panels
from tests.support.snapshots import JsonFile

ROOT = Path(__file__).resolve().parent.parent.parent
PUBLISHED = sorted((ROOT / "output").glob("*/dashboards/*.json"))


@lru_cache
def _rendered(name: str) -> tuple[SpecSeries, dict[str, str], tuple[str, ...]]:
    """The registry of a spec, its freshly rendered files, and all tags of its dashboards."""
    loaded = load(ROOT / "spec" / f"{name}.py")
    assert loaded.spec is not None, loaded.problems
    series = SpecSeries(loaded.spec)
    plan = plan_dashboards(loaded.spec, series)
    files = {file.path: file.text for file in render_dashboards(plan, loaded.source)}
    return series, files, tuple(dict.fromkeys(tag for dashboard in plan for tag in dashboard.tags))


def _id(path: Path) -> str:
    return f"{path.parent.parent.name}/{path.stem}"


def test_there_are_published_dashboards() -> None:
    assert PUBLISHED, "output/ has no dashboards: run `promspec generate`"


@pytest.mark.parametrize("path", PUBLISHED, ids=_id)
def test_a_published_dashboard_is_what_its_spec_gives(path: Path) -> None:
    _, files, _ = _rendered(path.parent.parent.name)
    assert path.read_text(encoding="utf-8") == files[f"dashboards/{path.name}"]


@pytest.mark.parametrize("path", PUBLISHED, ids=_id)
def test_a_dashboard_of_our_specs_is_as_it_was(path: Path, snapshot: SnapshotAssertion) -> None:
    _, files, _ = _rendered(path.parent.parent.name)
    assert files[f"dashboards/{path.name}"] == snapshot(extension_class=JsonFile)


@pytest.mark.parametrize("name", sorted({path.parent.parent.name for path in PUBLISHED}))
def test_every_dashboard_of_the_spec_is_published(name: str) -> None:
    _, files, _ = _rendered(name)
    published = {f"dashboards/{path.name}" for path in PUBLISHED if path.parent.parent.name == name}
    assert published == {path for path in files if path.endswith(".json")}


@pytest.mark.parametrize("path", PUBLISHED, ids=_id)
def test_the_validator_finds_nothing_in_a_published_dashboard(path: Path) -> None:
    series, _, tags = _rendered(path.parent.parent.name)
    assert faults(json.loads(path.read_text(encoding="utf-8")), series, tags) == []


def _filled(query: str) -> str:
    return query.replace("$__rate_interval_ms", "300000").replace("$__rate_interval", "5m").replace("$__range", "1h")


@pytest.mark.parametrize("path", PUBLISHED, ids=_id)
def test_another_parser_accepts_every_published_query(path: Path) -> None:
    shown = panels(json.loads(path.read_text(encoding="utf-8")))
    found = [target["expr"] for panel in shown for target in panel.get("targets", ())]
    parsed = [promql_parser.parse(_filled(query)) for query in found]
    assert len(parsed) == len(found) > 0
