"""How the typed wrapper finds and runs a binary, shown on stand-ins that do what the real ones rarely do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from promspec import promtool

StandIn = Callable[[str, str], None]


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StandIn:
    """Put a shell script in a tool's place."""

    def make(name: str, script: str) -> None:
        path = tmp_path / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        path.chmod(0o755)
        monkeypatch.setenv("PATH", f"{path.parent}:/usr/bin:/bin")

    return make


# --- finding


def test_path_comes_before_the_projects_own_tools(
    stand_in: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in("promtool", "exit 0")
    own = tmp_path / ".tools" / "bin" / "promtool"
    own.parent.mkdir(parents=True)
    own.symlink_to(tmp_path / "bin" / "promtool")
    monkeypatch.chdir(tmp_path)
    assert promtool.find() == tmp_path / "bin" / "promtool"


def test_tools_of_a_folder_above_are_found(stand_in: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in("promtool", "exit 0")
    (tmp_path / ".tools").mkdir()
    (tmp_path / "bin").rename(tmp_path / ".tools" / "bin")
    (tmp_path / "deep" / "er").mkdir(parents=True)
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    monkeypatch.chdir(tmp_path / "deep" / "er")
    assert promtool.find() == tmp_path / ".tools" / "bin" / "promtool"


def test_alertmanager_is_found_under_debians_name(stand_in: StandIn, tmp_path: Path) -> None:
    stand_in("prometheus-alertmanager", "exit 0")
    assert promtool.find("alertmanager") == tmp_path / "bin" / "prometheus-alertmanager"


@pytest.mark.parametrize(
    ("name", "package"),
    [("promtool", "prometheus"), ("amtool", "prometheus-alertmanager"), ("vmalert", "victoria-metrics")],
)
def test_a_missing_tool_says_how_to_get_it(
    name: str, package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(promtool.ToolMissing) as caught:
        promtool.find(name)
    assert caught.value.name == name
    assert str(caught.value) == (
        f"{name} was not found on PATH nor in .tools/bin. "
        f"Run `make tools`, or install it (Debian, Ubuntu: apt install {package})."
    )


def test_version_is_the_release_the_binary_tells(stand_in: StandIn) -> None:
    assert promtool.version() >= (2, 42, 0)
    stand_in("promtool", "echo 'promtool, version 3.5.1 (branch: HEAD)' >&2")
    assert promtool.version() == (3, 5, 1)


def test_a_binary_without_a_version_is_not_believed(stand_in: StandIn) -> None:
    stand_in("promtool", "echo hello")
    with pytest.raises(promtool.ToolFailed, match="promtool --version did not tell a version: 'hello'"):
        promtool.version()


# --- tools that misbehave


def test_a_tool_that_hangs_is_stopped(stand_in: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in("promtool", "exec sleep 30")
    monkeypatch.setattr(promtool, "TIMEOUT_SECONDS", 0.2)
    with pytest.raises(promtool.ToolFailed, match=r"promtool check metrics: not done within 0\.2 seconds"):
        promtool.check_metrics("")


def test_a_tool_that_cannot_start_is_named(stand_in: StandIn, tmp_path: Path) -> None:
    stand_in("promtool", "")
    (tmp_path / "bin" / "promtool").write_text("#!/no/such/shell\n", encoding="utf-8")
    with pytest.raises(promtool.ToolFailed, match="promtool could not be started: No such file or directory"):
        promtool.check_metrics("")


def test_output_that_is_not_utf_8_is_kept_readable(stand_in: StandIn) -> None:
    stand_in("promtool", "printf 'caf\\351\\n' >&2; exit 1")
    assert promtool.check_metrics("").messages == ("caf\N{REPLACEMENT CHARACTER}",)


def test_failed_with_exit_code_0_fails(stand_in: StandIn) -> None:
    stand_in("promtool", "echo 'Checking x.yml'; echo '  FAILED:' >&2; echo 'lint error 1 duplicate' >&2; exit 0")
    assert promtool.check_rules("groups: []") == promtool.CheckResult(ok=False, messages=("lint error 1 duplicate",))


def test_a_silent_failure_still_has_a_message(stand_in: StandIn) -> None:
    stand_in("promtool", "exit 7")
    assert promtool.check_rules("groups: []").messages == ("rules.yml: exit code 7",)
