"""The commands `import sloth` and `import openslo`: where the spec goes, what is refused, what is said."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from promspec.cli.app import app

CASES = Path(__file__).parent / "cases"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a file of Sloth and two of OpenSLO, as the working directory."""
    shutil.copy(CASES / "sloth_shop" / "in.yml", tmp_path / "slos.yml")
    for name in ("in.yml", "objects.yml"):
        shutil.copy(CASES / "openslo_references" / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), catch_exceptions=False)


@pytest.mark.usefixtures("here")
def test_without_output_the_spec_goes_to_stdout_and_what_is_said_to_stderr() -> None:
    result = run("import", "sloth", "slos.yml")
    assert result.exit_code == 0
    assert result.stdout == (CASES / "sloth_shop" / "expected.py").read_text().replace("in.yml", "slos.yml")
    assert "slos.yml:16: info: orders-availability: its alerts are no longer called CheckoutOrdersFail" in result.stderr


def test_with_output_the_spec_is_written_checked_and_generates(here: Path) -> None:
    result = run("import", "sloth", "slos.yml", "--output", "spec/shop.py")
    assert result.exit_code == 0
    assert "Wrote spec/shop.py. Next: promspec generate spec/shop.py" in result.stdout
    assert ": warning: the SLO orders-latency has no runbook" in result.stdout
    assert run("generate", "spec/shop.py").exit_code == 0
    assert (here / "output" / "shop_checkout" / "recording_rules.yml").is_file()


def test_a_file_that_is_there_is_overwritten_only_by_force(here: Path) -> None:
    (here / "mine.py").write_text("mine")
    result = run("import", "sloth", "slos.yml", "-o", "mine.py")
    assert result.exit_code == 1
    assert "mine.py exists already; nothing was written. --force overwrites it." in result.stdout
    assert (here / "mine.py").read_text() == "mine"
    assert run("import", "sloth", "slos.yml", "-o", "mine.py", "--force").exit_code == 0
    assert "Spec(" in (here / "mine.py").read_text()


def test_a_broken_file_writes_nothing_and_exits_with_1(here: Path) -> None:
    (here / "broken.yml").write_text("version: prometheus/v1\nservice: [\n")
    result = run("import", "sloth", "broken.yml", "-o", "out.py")
    assert result.exit_code == 1
    assert "broken.yml:3: error:" in result.stdout
    assert not (here / "out.py").exists()


@pytest.mark.usefixtures("here")
def test_several_files_become_one_spec_of_the_name_that_is_given() -> None:
    result = run("import", "openslo", "in.yml", "objects.yml", "--name", "the_shop")
    assert result.exit_code == 0
    assert 'spec = Spec(\n    "the_shop",' in result.stdout


@pytest.mark.usefixtures("here")
def test_the_period_of_sloth_is_an_option() -> None:
    assert 'window="28d"' in run("import", "sloth", "slos.yml", "--window", "28d").stdout


@pytest.mark.parametrize(
    "arguments", [("--name", "The Shop"), ("--window", "a month"), ("--window", "5m"), ("--nonsense",)], ids=str
)
@pytest.mark.usefixtures("here")
def test_wrong_usage_exits_with_2(arguments: tuple[str, ...]) -> None:
    assert run("import", "sloth", "slos.yml", *arguments).exit_code == 2


def test_json_lists_problems_and_what_was_written(here: Path) -> None:
    document = json.loads(run("import", "sloth", "slos.yml", "-o", "out.py", "--format", "json").stdout)
    assert document["written"] == [{"file": "out.py", "spec": "shop_checkout"}]
    assert document["problems"][0]["id"] == "import/changed"
    assert (here / "out.py").is_file()
