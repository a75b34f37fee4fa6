"""Generates the instrumentation of a spec given as text, imports it under a name of its own, and asks its registry."""

from __future__ import annotations

import importlib
import itertools
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import prometheus_client
from prometheus_client import CollectorRegistry, generate_latest

from promspec.load import load
from promspec.plan.contract_tests import plan_contract_tests
from promspec.plan.instrumentation import InstrumentationPlan, plan_instrumentation
from promspec.render.contract_tests import render_contract_tests
from promspec.render.instrumentation import render_instrumentation
from promspec.vocabulary.spec import Spec

_numbers = itertools.count()


@dataclass
class Generated:
    """A generated package that was imported with a registry of its own."""

    folder: Path
    plan: InstrumentationPlan
    module: Any
    registry: CollectorRegistry

    @property
    def metrics(self) -> Any:
        return self.module.metrics

    def value(self, series: str, /, **labels: str) -> float | None:
        """The value of a series; None if it is not exposed."""
        return self.registry.get_sample_value(series, labels)

    def lost(self, kind: str) -> float | None:
        """How many calls were dropped for a reason."""
        return self.value("promspec_telemetry_errors_total", kind=kind)

    def text(self) -> str:
        """The exposition."""
        return generate_latest(self.registry).decode("utf-8")


def planned(spec_text: str, folder: Path) -> tuple[InstrumentationPlan, str]:
    """The plan of a spec given as text, and the name of its file."""
    spec, source = sound(spec_text, folder)
    return plan_instrumentation(spec), source


def sound(spec_text: str, folder: Path) -> tuple[Spec, str]:
    """A spec given as text, which has no problem, and the name of its file."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "spec.py"
    file.write_text("from promspec import *\n" + textwrap.dedent(spec_text), encoding="utf-8")
    loaded = load(file)
    assert loaded.spec is not None, loaded.problems
    assert not loaded.problems, loaded.problems
    return loaded.spec, loaded.source


def written(spec_text: str, folder: Path) -> InstrumentationPlan:
    """Write the instrumentation and the contract tests of a spec below a folder; it becomes a package."""
    spec, source = sound(spec_text, folder.parent / f"{folder.name}_spec")
    plan = plan_instrumentation(spec)
    contract = plan_contract_tests(spec, plan)
    files = (*render_instrumentation(plan, source), *render_contract_tests(contract, source))
    for file in files:
        target = folder / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(file.text, encoding="utf-8")
    return plan


def imported(folder: Path, registry: CollectorRegistry) -> Any:
    """Import the package at a folder under a new name, while `registry` is prometheus_client's default one."""
    parent = folder.parent / f"import_{next(_numbers)}"
    parent.mkdir()
    (parent / f"{folder.name}_{parent.name}").symlink_to(folder, target_is_directory=True)
    usual = prometheus_client.REGISTRY
    sys.path.insert(0, str(parent))
    try:
        prometheus_client.REGISTRY = registry
        return importlib.import_module(f"{folder.name}_{parent.name}.instrumentation")
    finally:
        prometheus_client.REGISTRY = usual
        sys.path.remove(str(parent))


def generated(spec_text: str, folder: Path, registry: CollectorRegistry | None = None) -> Generated:
    """Generate and import a spec; by default with a registry of its own."""
    own = registry if registry is not None else CollectorRegistry()
    plan = written(spec_text, folder)
    return Generated(folder, plan, imported(folder, own), own)
