"""A binary that is too old for a rule says so in our words, not in those of its parser."""

from __future__ import annotations

from pathlib import Path

import pytest

from promspec import promtool
from promspec.binaries import outdated
from promspec.pipeline import compile_spec
from promspec.proving import proofs

FILL = "promql-binop-fill-modifiers"
SPEC = f"""
from promspec import Alert, Counter, Deployment, Label, Receiver, Routing, Runbook, Severity, Spec

job = Label("kind", "What.", values=["a", "b"])
done = Counter("done_total", "Done.", labels=[job])
failed = Counter("failed_total", "Failed.", labels=[job])
usual = dict(for_="5m", severity=Severity.WARNING, summary="It fails.", runbook=Runbook("b", "B", summary="Mend it."))
spec = Spec("shop", owner="web", metrics=[done, failed], alerts=[
    Alert("Plain", f"sum by (kind) (rate({{failed}}[5m])) > 1", **usual),
    Alert("Filled", f"sum by (kind) (rate({{failed}}[5m])) - fill(0) sum by (kind) (rate({{done}}[5m])) > 1", **usual),
    Alert("Anchored", f"sum by (kind) (increase({{failed}}[5m] anchored)) > 100", **usual),
], deployment=Deployment("shop", prometheus_version="3.15", absence_alerts=False,
                         features=["{FILL}", "promql-extended-range-selectors"]))
"""


def _says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, release: str) -> None:
    tool = tmp_path / name
    tool.write_text(f"#!/bin/sh\necho {name}, version {release}\n", encoding="utf-8")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")


@pytest.mark.parametrize(
    ("release", "features", "reason"),
    [
        ("2.42.0", (FILL,), f"fill() needs Prometheus 3.10 or later and --enable-feature={FILL}"),
        ("3.15.0", (), f"fill() needs --enable-feature={FILL}"),
        ("3.15.0", (FILL,), None),
    ],
)
def test_what_a_binary_cannot_read_is_told_with_its_release(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, release: str, features: tuple[str, ...], reason: str | None
) -> None:
    _says(tmp_path, monkeypatch, "prometheus", release)
    found = outdated("prometheus", ["a + fill(0) b", "a + b", "a + fill(0) b", "broken("], features)
    said = {} if reason is None else {"a + fill(0) b": f"prometheus {release} does not read this rule: {reason}"}
    assert found == said


def test_without_rules_no_binary_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.chdir(tmp_path)
    assert outdated("prometheus", [], ()) == {}
    with pytest.raises(promtool.ToolMissing):
        outdated("prometheus", ["a"], ())


def test_an_old_promtool_proves_the_rules_that_it_reads_and_names_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "spec.py").write_text(SPEC, encoding="utf-8")
    compiled = compile_spec(tmp_path / "spec.py")
    assert compiled.spec is not None
    assert compiled.plan is not None, compiled.problems
    assert compiled.plan.rule_tests.unproven == ()
    release = promtool.version()
    monkeypatch.setattr(promtool, "version", lambda name="promtool": min(release, (2, 42, 0)))
    tests = proofs.tests_for_tool(compiled.spec, compiled.plan)
    found = {item.subject: item.failures for item in proofs.prove(tests, compiled.plan.source, 2)}
    old = "no proof: promtool 2.42.0 does not read this rule:"
    flags = ("Prometheus 3.10 or later", "Prometheus 3.7 or later")
    assert found == {
        "Plain": (),
        "Filled": (f"{old} fill() needs {flags[0]} and --enable-feature={FILL}",),
        "Anchored": (f"{old} `anchored` needs {flags[1]} and --enable-feature=promql-extended-range-selectors",),
    }
