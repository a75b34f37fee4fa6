"""The Prometheus that linted files are for: what its release or its feature flags lack is an error."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from promspec.cli.app import app

RULES = """groups:
- name: g
  rules:
  - record: a:b:c
    expr: limitk(3, x) + fill(0) y
  - record: d:e:f
    expr: sum(x)
"""
FUNCTIONS, FILLS = "promql-experimental-functions", "promql-binop-fill-modifiers"


def _found(folder: Path, *options: str) -> list[tuple[int, str]]:
    path = folder / "rules.yml"
    path.write_text(RULES, encoding="utf-8")
    result = CliRunner().invoke(app, ["lint", str(path), "--format", "json", *options])
    return [(row["line"], row["message"]) for row in json.loads(result.stdout) if row["id"] == "promql/version"]


def test_without_a_version_nothing_is_said(tmp_path: Path) -> None:
    assert _found(tmp_path) == []


def test_an_older_release_lacks_the_syntax(tmp_path: Path) -> None:
    assert _found(tmp_path, "--prometheus-version", "3.5.1") == [
        (5, f"limitk() needs --enable-feature={FUNCTIONS}"),
        (5, f"fill() needs Prometheus 3.10 or later and --enable-feature={FILLS}"),
    ]


def test_a_flag_that_is_set_is_enough(tmp_path: Path) -> None:
    flags = ("--enable-feature", FUNCTIONS, "--enable-feature", FILLS)
    assert _found(tmp_path, "--prometheus-version", "3.10", *flags) == []
    assert _found(tmp_path, "--prometheus-version", "v3.9", *flags) == [
        (5, f"fill() needs Prometheus 3.10 or later and --enable-feature={FILLS}")
    ]


@pytest.mark.parametrize("text", ["three", "3", "3.x", "", "3.5.1.1"])
def test_what_is_no_version_is_wrong_usage(text: str, tmp_path: Path) -> None:
    (tmp_path / "rules.yml").write_text(RULES, encoding="utf-8")
    result = CliRunner().invoke(app, ["lint", str(tmp_path), "--prometheus-version", text])
    assert result.exit_code == 2
    assert "is no version: write such as 3.5" in " ".join(result.output.replace("│", " ").split())
