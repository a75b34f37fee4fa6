"""The audit's exit codes: what each tool's report means, and what a tree with planted faults gives."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

TOOL = Path(__file__).resolve().parents[2] / "tools" / "security_audit.py"


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("security_audit", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["security_audit"] = module
    spec.loader.exec_module(module)
    return module


audit = _load()

HOLE = {"id": "PYSEC-2026-1", "aliases": ["CVE-2026-1"], "fix_versions": ["2.0"]}
REPORT = {"dependencies": [{"name": "web", "version": "1.0", "vulns": [HOLE]}]}


def test_a_hole_in_a_dependency_is_4_and_names_the_version_that_mends_it() -> None:
    (finding,) = audit.dependencies(REPORT, lambda id: "HIGH")
    assert (finding.code, finding.where, finding.what) == (4, "web 1.0", "PYSEC-2026-1, CVE-2026-1")
    assert finding.remedy == "update to 2.0"


def test_a_critical_hole_by_any_of_its_names_is_3() -> None:
    (finding,) = audit.dependencies(REPORT, lambda id: "CRITICAL" if id == "CVE-2026-1" else "")
    assert (finding.code, finding.what) == (3, "PYSEC-2026-1, CVE-2026-1 (critical)")


def test_a_dependency_nobody_could_be_asked_about_is_not_clean() -> None:
    skipped = {
        "dependencies": [{"name": "web", "skip_reason": "not found"}, {"name": "x", "version": "1", "vulns": []}]
    }
    (finding,) = audit.dependencies(skipped, lambda id: "")
    assert (finding.code, finding.where) == (1, "web")


def test_dangerous_code_is_6_and_what_only_needs_thought_is_not() -> None:
    rows = [
        {"filename": "a.py", "line_number": 3, "issue_severity": level, "issue_text": level, "test_id": "B1"}
        for level in ("LOW", "MEDIUM", "HIGH")
    ]
    found = audit.code({"results": rows, "errors": []})
    assert [(finding.code, finding.where, finding.what) for finding in found] == [
        (6, "a.py:3", "MEDIUM [B1]"),
        (6, "a.py:3", "HIGH [B1]"),
    ]


@pytest.mark.parametrize(
    ("codes", "expected"), [([], 0), ([0], 0), ([1, 0], 1), ([1, 6], 6), ([6, 4, 1], 4), ([6, 4, 3], 3)]
)
def test_the_worst_decides(codes: list[int], expected: int) -> None:
    assert audit.verdict([audit.Finding("part", code, "", "") for code in codes]) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("PRICE = 3\n", 0),
        ('import subprocess\n\n\ndef run(name):\n    subprocess.run("ls " + name, shell=True)\n', 6),
        ('KEY = "AKIAQ3EGVOGKKIM2YVTD"  # the cloud\'s\nexec(KEY)\n', 3),  # pragma: allowlist secret
    ],
)
def test_a_tree_is_audited_by_the_real_tools(tmp_path: Path, source: str, expected: int) -> None:
    (tmp_path / "service").mkdir()
    (tmp_path / "service" / "app.py").write_text(source, encoding="utf-8")
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    subprocess.run(["git", "add", "."], cwd=tmp_path, check=True)
    command = [sys.executable, str(TOOL), "--root", str(tmp_path), "--offline", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    document = json.loads(done.stdout)
    assert (done.returncode, document["exit_code"]) == (expected, expected), done.stderr
    assert "AKIA" not in done.stdout


def test_a_tool_that_fails_is_a_finding_not_an_all_clear(tmp_path: Path) -> None:
    (tmp_path / "constraints.txt").write_text("not a requirement ===\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(TOOL), "--root", str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "pip_audit gave no report" in done.stdout
