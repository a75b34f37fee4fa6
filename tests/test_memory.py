"""Proofs found before are used again as long as all they depend on is the same; a spoiled cache is no cache."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from promspec.cli.app import app
from promspec.files import GeneratedFile
from promspec.pipeline import compile_spec
from promspec.proofs.memory import Memory

SPEC = """
from promspec import Alert, Counter, Gauge, Label, RecordingRule, Severity, Spec

queue = Label("queue", values=["mail", "sms"])
jobs = Counter("jobs_total", "Finished jobs.", labels=[queue])
depth = Gauge("depth", "Jobs that wait.", labels=[queue])
rate = RecordingRule("queue:jobs:rate5m", f"sum by (queue) (rate({jobs}[5m]))")


def alert(name: str, expr: str) -> Alert:
    return Alert(name, expr, for_="5m", severity=Severity.WARNING, summary=f"{name} fires.", description="See.")


alerts = [alert("Busy", f"{rate} > 7"), alert("Deep", f"{depth} > 40")]
alerts.append(alert("Odd", f"{depth} > 50 and on () day_of_week() == 0"))
spec = Spec("shop", owner="o", metrics=[jobs, depth], recording_rules=[rate], alerts=alerts)
"""


class Counting(Memory):
    """Counts what had to be found."""

    found = 0

    def proofs(self, facts: object, find: Any) -> Any:
        def counted() -> Any:
            self.found += 1
            return find()

        return super().proofs(facts, counted)


def _compiled(path: Path, known: dict[str, Any]) -> tuple[tuple[GeneratedFile, ...], Counting]:
    memory = Counting(known)
    return compile_spec(path, memory=memory).files, memory


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "shop.py"
    path.write_text(SPEC, encoding="utf-8")
    return path


def test_the_same_spec_gives_the_same_files_without_seeking_again(path: Path) -> None:
    files, first = _compiled(path, {})
    again, second = _compiled(path, first.used)
    assert (first.found, second.found) == (4, 0)
    assert again == files
    assert second.used == first.used


def test_only_what_depends_on_a_change_is_sought_again(path: Path) -> None:
    _, first = _compiled(path, {})
    path.write_text(SPEC.replace("[5m]))", "[10m]))"), encoding="utf-8")
    _, second = _compiled(path, first.used)
    assert second.found == 2  # The rule, and the alert that reads it.
    path.write_text(SPEC.replace('["mail", "sms"]', '["mail", "sms", "fax"]'), encoding="utf-8")
    changed, third = _compiled(path, first.used)
    assert third.found == 4
    assert changed == _compiled(path, {})[0]


@pytest.mark.parametrize(
    "entry",
    [None, 5, [], {}, {"proofs": 3}, {"proofs": [{"subject": "x"}]}, {"proofs": [{"subject": "x", "rules": 3}]}],
)
def test_an_entry_that_is_none_is_found_anew(path: Path, entry: Any) -> None:
    files, first = _compiled(path, {})
    again, second = _compiled(path, dict.fromkeys(first.used, entry))
    assert again == files
    assert second.used == first.used


@pytest.mark.parametrize("spoiled", ["", "[]", "nonsense", "{"])
def test_the_commands_keep_a_cache_and_do_not_mind_a_spoiled_one(
    path: Path, spoiled: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(path.parent)
    assert CliRunner().invoke(app, ["generate", "shop.py"]).exit_code == 0
    (file,) = (path.parent / ".promspec_cache").glob("*.json")
    good = file.read_text(encoding="utf-8")
    file.write_text(spoiled, encoding="utf-8")
    assert CliRunner().invoke(app, ["generate", "--check", "shop.py"]).exit_code == 0
    assert file.read_text(encoding="utf-8") == good
    assert (path.parent / ".promspec_cache" / ".gitignore").read_text(encoding="utf-8").endswith("*\n")


def test_where_nothing_may_be_written_the_command_works_without(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(path.parent)
    (path.parent / ".promspec_cache").write_text("in the way", encoding="utf-8")
    assert CliRunner().invoke(app, ["generate", "shop.py"]).exit_code == 0
