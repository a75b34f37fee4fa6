"""`promspec check` for other tools: SARIF with what its schema requires, JUnit as XML with right counts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner, Result

from promspec.cli.app import app

SPEC = """
from promspec import Alert, Counter, Gauge, Severity, Spec

def alert(name):
    return Alert(name, "rate(nothing_total[5m]) > 1", for_="9m", severity=Severity.INFO, summary="A < B & 'C'.")

spec = Spec("shop", owner="web", metrics=[Gauge("delay_ms", "Späte.")], alerts=[
    alert("Late"),
])
"""
CLEAN = (
    'from promspec import Counter, Spec\nspec = Spec("other", owner="web", metrics=[Counter("x_total", "Xs of y.")])\n'
)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a spec that has four problems and one that has none."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad spec.py").write_text(SPEC)
    (tmp_path / "clean.py").write_text(CLEAN)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), catch_exceptions=False)


def sarif(*arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run("check", *arguments, "--format", "sarif").stdout)
    return found


def test_sarif_has_what_the_schema_requires(here: Path) -> None:
    log = sarif("bad spec.py", "clean.py")
    assert set(log) >= {"version", "runs"}
    assert log["version"] == "2.1.0"
    [one] = log["runs"]
    driver = one["tool"]["driver"]
    assert driver["name"] == "promspec"
    ids = [rule["id"] for rule in driver["rules"]]
    assert len(set(ids)) == len(ids)
    for result in one["results"]:
        assert result["message"]["text"]
        assert ids[result["ruleIndex"]] == result["ruleId"]
        assert result["level"] in ("none", "note", "warning", "error")
        [location] = result["locations"]
        physical = location["physicalLocation"]
        assert physical["artifactLocation"]["uri"] == "bad%20spec.py"
        region = physical["region"]
        assert region["startLine"] >= 1
        assert region.get("endColumn", 2) > region.get("startColumn", 1)


def test_sarif_holds_the_same_findings_as_json(here: Path) -> None:
    results = sarif("bad spec.py")["runs"][0]["results"]
    rows = json.loads(run("check", "bad spec.py", "--format", "json").stdout)["problems"]
    assert [(result["ruleId"], result["level"].replace("note", "info")) for result in results] == [
        (row["id"], row["severity"]) for row in rows
    ]
    assert len(rows) == 4


def test_sarif_relates_the_call_to_the_line_inside_the_function(here: Path) -> None:
    results = sarif("bad spec.py")["runs"][0]["results"]
    [missing] = [result for result in results if result["ruleId"] == "alert/no-runbook"]
    [inside] = missing["relatedLocations"]
    assert missing["locations"][0]["physicalLocation"]["region"]["startLine"] == 8
    assert inside["physicalLocation"]["region"]["startLine"] == 5
    assert inside["message"]["text"] == "in alert"


def test_junit_counts_cases_and_failures(here: Path) -> None:
    result = run("check", "bad spec.py", "clean.py", "--format", "junit")
    assert result.exit_code == 1
    suites = ElementTree.fromstring(result.stdout)
    cases = list(suites.iter("testcase"))
    failed = [case for case in cases if case.find("failure") is not None]
    assert (suites.get("tests"), suites.get("failures")) == (str(len(cases)), str(len(failed)))
    assert (len(cases), len(failed)) == (5, 3)
    assert [case.get("classname") for case in cases if case not in failed and not list(case)] == ["clean.py"]


@pytest.mark.parametrize("format", ["sarif", "junit"])
def test_a_clean_spec_passes_in_every_format(here: Path, format: str) -> None:
    assert run("check", "clean.py", "--format", format).exit_code == 0


def test_json_relates_only_what_a_function_made(here: Path) -> None:
    rows = json.loads(run("check", "bad spec.py", "--format", "json").stdout)["problems"]
    assert {row["id"]: row.get("related", {}).get("line") for row in rows} == {
        "metric/base-unit": None,
        "routing/none": None,
        "alert/no-runbook": 5,
        "promql/unknown-metric": 8,
    }
