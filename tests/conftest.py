"""What all tests share: the tools on PATH, and a helper that compiles a spec text."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from promspec.pipeline import Compilation, compile_spec

pytest_plugins = ["tests.support.reports"]

ROOT = Path(__file__).resolve().parent.parent

# A loaded machine is no defect; and what is said of a commit must not depend on the dice. `make explore` throws them.
_PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("repeatable", _PATIENT, derandomize=True)
settings.register_profile("explore", _PATIENT, derandomize=False, print_blob=True)
settings.load_profile("repeatable")

os.environ["PATH"] = os.pathsep.join([str(ROOT / ".tools" / "bin"), os.environ.get("PATH", "")])


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's folder."""
    return ROOT


@pytest.fixture
def compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Compilation]:
    """Compile a spec given as text; its problems name the file `spec.py`."""

    def compile_text(text: str, name: str = "spec.py") -> Compilation:
        path = tmp_path / name
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        monkeypatch.chdir(tmp_path)
        return compile_spec(path)

    return compile_text
