"""The trial package, written once for all tests, imported anew for each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from tests.runtime.signals import SIGNALS
from tests.runtime.specs import TRIAL
from tests.support.generated import Generated, imported, written


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """Where the package is, and its plan."""
    folder = tmp_path_factory.mktemp("runtime") / "trial"
    return folder, written(TRIAL, folder)


@pytest.fixture(params=["alone", "several"])
def trial(
    folder: tuple[Path, Any], request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Generated:
    """The package with a registry of its own, at zero: in a service of one process, and of several."""
    return in_processes(request.param, folder, tmp_path, monkeypatch)


def in_processes(kind: str, package: tuple[Path, Any], folder: Path, monkeypatch: pytest.MonkeyPatch) -> Generated:
    """A package with a registry of its own; `several`: of a service of several processes that meet in the folder."""
    if kind == "several":
        monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(folder / "processes"))
    registry = CollectorRegistry()
    return Generated(package[0], package[1], imported(package[0], registry), registry)


@pytest.fixture(scope="session")
def pit_folder(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """Where the package of events, logs and health is, and its plan."""
    folder = tmp_path_factory.mktemp("signals") / "pit"
    return folder, written(SIGNALS, folder)


@pytest.fixture
def pit(pit_folder: tuple[Path, Any]) -> Generated:
    """The package with a registry of its own, at zero."""
    registry = CollectorRegistry()
    return Generated(pit_folder[0], pit_folder[1], imported(pit_folder[0], registry), registry)
