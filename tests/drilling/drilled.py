"""Runs `promspec drill` for one of our systems as `make drill` does, in a folder of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.conftest import ROOT


def drilled(system: str, folder: Path) -> tuple[int, dict[str, dict[str, Any]], str]:
    """The exit code, the outcomes by incident, and what was said on the way."""
    words = ["drill", str(ROOT / "spec" / f"{system}.py"), "--output", str(ROOT / "output"), "--json"]
    words += ["--drills", str(ROOT / "tests" / "drilling" / f"{system}.py")]
    command = [sys.executable, "-m", "promspec", *words]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=420)
    outcomes = json.loads(done.stdout)["outcomes"] if done.stdout else []
    return done.returncode, {each["incident"]: each for each in outcomes}, done.stderr
