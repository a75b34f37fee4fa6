"""The command as a person, a script and a pipeline use it: words, exit codes, formats."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from promspec import __version__
from promspec.cli.app import app

GOOD = """
from promspec import Counter, Spec

spec = Spec("shop", owner="web", metrics=[Counter("requests_total", "Finished requests.")])
"""
BAD = GOOD.replace("requests_total", "requests")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project with one good spec, as the working directory."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "spec").mkdir()
    (tmp_path / "spec" / "shop.py").write_text(GOOD)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), catch_exceptions=False)


def test_version() -> None:
    result = run("version")
    assert (result.exit_code, result.stdout) == (0, f"promspec {__version__}\n")


def test_the_package_runs_as_a_module() -> None:
    done = subprocess.run([sys.executable, "-m", "promspec", "version"], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, f"promspec {__version__}\n")


def test_without_a_command_the_help_is_shown() -> None:
    result = run()
    for command in ("check", "generate", "plan", "init", "rules", "version"):
        assert command in result.output


def test_every_option_of_generate_is_explained() -> None:
    text = " ".join(run("generate", "--help").output.replace("│", " ").split())
    for word in ("--check", "--output", "--force", "--format", "SPEC", "drift", "edited by hand"):
        assert word in text


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["generat"], "generate"),
        (["check", "--fromat", "json"], "--format"),
        (["check", "--format", "xml"], "text"),
        (["plan"], "SPEC"),
    ],
)
def test_wrong_usage_exits_2_and_hints(here: Path, arguments: list[str], hint: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert hint in result.output


def test_no_spec_in_sight_is_wrong_usage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("check")
    assert result.exit_code == 2
    assert "promspec init" in result.output


def test_check_of_a_good_spec(here: Path) -> None:
    result = run("check")
    assert (result.exit_code, result.stdout) == (0, "No problems.\n")


def test_check_of_a_bad_spec_shows_place_line_and_remedy(here: Path) -> None:
    (here / "spec" / "shop.py").write_text(BAD)
    result = run("check", "spec/shop.py")
    assert result.exit_code == 1
    assert result.stdout.startswith("spec/shop.py:4: error: the counter requests does not end in _total")
    assert '4 | spec = Spec("shop"' in result.stdout
    assert "= name it requests_total" in result.stdout
    assert result.stdout.endswith("1 error\n")


def test_check_writes_nothing(here: Path) -> None:
    run("check")
    assert sorted(path.name for path in here.rglob("*")) == ["shop.py", "spec"]


def test_check_as_json(here: Path) -> None:
    (here / "spec" / "shop.py").write_text(BAD)
    document = json.loads(run("check", "--format", "json").stdout)
    assert document["errors"] == 1
    assert document["problems"][0] == {
        "file": "spec/shop.py",
        "line": 4,
        "column": 0,
        "id": "metric/counter-suffix",
        "severity": "error",
        "name": "requests",
        "message": "the counter requests does not end in _total",
        "remedy": "name it requests_total",
    }


def test_check_as_annotations_of_github(here: Path) -> None:
    (here / "spec" / "shop.py").write_text(BAD.replace("Finished requests.", "100%: all, really"))
    result = run("check", "--format", "github")
    assert result.stdout == (
        "::error file=spec/shop.py,line=4,title=metric/counter-suffix::"
        "the counter requests does not end in _total%0Aname it requests_total\n"
    )


def test_a_missing_file_is_a_problem_with_a_near_miss(here: Path) -> None:
    result = run("check", "spec/shpo.py")
    assert result.exit_code == 1
    assert "cannot read the spec: no such file or directory [load/no-file]" in result.stdout
    assert "did you mean shop.py?" in result.stdout


def test_generate_then_check_is_clean_and_says_so(here: Path) -> None:
    first = run("generate")
    assert first.exit_code == 0
    assert first.stdout.startswith("output/shop: ")
    assert run("generate", "--check").stdout == "output/shop is as the spec says.\nNo problems.\n"
    again = run("generate")
    assert "0 written, 0 removed" in again.stdout


def test_nothing_is_written_while_an_error_stands(here: Path) -> None:
    (here / "spec" / "shop.py").write_text(BAD)
    assert run("generate").exit_code == 1
    assert not (here / "output").exists()


def test_check_tells_a_spec_that_moved_on_from_an_edit(here: Path) -> None:
    run("generate")
    rules = here / "output" / "shop" / "catalog.md"
    (here / "spec" / "shop.py").write_text(GOOD.replace("Finished requests.", "Requests that were finished."))
    moved = run("generate", "--check")
    assert moved.exit_code == 1
    assert "output/shop/catalog.md: outdated: the spec has moved on since it was generated" in moved.stdout
    assert "+++ from the spec/catalog.md" in moved.stdout
    assert "0 files edited by hand" in moved.stdout
    (here / "spec" / "shop.py").write_text(GOOD)
    rules.write_text(rules.read_text() + "mine\n")
    edited = run("generate", "--check")
    assert edited.exit_code == 1
    assert "output/shop/catalog.md: edited by hand since it was generated" in edited.stdout
    assert "-mine" in edited.stdout
    assert "1 file edited by hand" in edited.stdout


def test_generate_does_not_overwrite_an_edit_without_force(here: Path) -> None:
    run("generate")
    catalog = here / "output" / "shop" / "catalog.md"
    catalog.write_text("mine\n")
    refused = run("generate")
    assert refused.exit_code == 1
    assert "output/shop/catalog.md: edited by hand" in refused.stdout
    assert "--force" in refused.stdout
    assert catalog.read_text() == "mine\n"
    assert run("generate", "--force").exit_code == 0
    assert catalog.read_text() != "mine\n"


def test_drift_as_json(here: Path) -> None:
    run("generate")
    (here / "output" / "shop" / "catalog.md").write_text("mine\n")
    result = run("generate", "--check", "--format", "json")
    assert result.exit_code == 1
    [difference] = json.loads(result.stdout)["differences"]
    assert difference["file"] == "output/shop/catalog.md"
    assert difference["change"] == "edited"


def test_another_output_folder(here: Path) -> None:
    run("generate", "--output", "elsewhere")
    assert (here / "elsewhere" / "shop" / "manifest.json").is_file()


def test_an_output_that_cannot_be_written_is_an_error(here: Path) -> None:
    (here / "taken").write_text("a file\n")
    result = run("generate", "--output", "taken")
    assert result.exit_code == 1
    assert "cannot" in result.stdout
    assert (here / "taken").read_text() == "a file\n"


def test_plan_as_json_is_one_document_and_problems_go_elsewhere(here: Path) -> None:
    result = run("plan", "spec/shop.py", "--json")
    document = json.loads(result.stdout)
    assert document["spec"] == "shop"
    assert list(document)[:4] == ["spec", "source", "instrumentation", "recording_rules"]


def test_plan_counts(here: Path) -> None:
    text = run("plan", "spec/shop.py").stdout
    assert "instrumentation 1 metric\n" in text
    assert "recording_rules 0 rules in 0 groups\n" in text
    assert "  instrumentation/metrics.py\n" in text


def test_init_writes_a_spec_that_generates_without_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("init", "web_shop")
    assert result.exit_code == 0
    assert (tmp_path / "spec" / "web_shop.py").is_file()
    document = json.loads(run("generate", "--format", "json").stdout)
    assert document["errors"] == 0
    assert document["warnings"] == 0
    assert (tmp_path / "output" / "web_shop" / "recording_rules.yml").is_file()


def test_init_overwrites_nothing(here: Path) -> None:
    result = run("init", "shop")
    assert result.exit_code == 1
    assert (here / "spec" / "shop.py").read_text() == GOOD


def test_init_with_a_name_that_cannot_be_one(here: Path) -> None:
    result = run("init", "My Shop")
    assert result.exit_code == 2
    assert "my_shop" in result.output


def test_rules_are_listed_with_their_level() -> None:
    text = run("rules").stdout
    assert "metric/counter-suffix" in text
    assert "promql/unknown-metric" in text
    rows = json.loads(run("rules", "--json").stdout)
    assert len(rows) == len({row["id"] for row in rows}) >= 60
    assert all(row["summary"].endswith(".") for row in rows)


def test_a_spec_that_prints_does_not_spoil_the_json(here: Path) -> None:
    (here / "spec" / "shop.py").write_text('print("hello")\n' + GOOD)
    result = run("check", "--format", "json")
    assert json.loads(result.stdout)["errors"] == 0
