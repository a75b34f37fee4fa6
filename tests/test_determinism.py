"""Same spec, same bytes: under another hash seed, time zone and locale, in another directory, as a copy."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SPECS = sorted(path for path in (Path(__file__).parent.parent / "spec").glob("[!_]*.py"))
PROGRAM = (
    "import sys; sys.argv = ['promspec', 'generate', sys.argv[1], '-o', 'out']; from promspec.cli import main; main()"
)


def _generate(spec: Path, folder: Path, **environment: str) -> dict[str, str]:
    folder.mkdir(parents=True)
    copy = shutil.copy(spec, folder / spec.name)
    subprocess.run(
        [sys.executable, "-c", PROGRAM, str(copy)],
        cwd=folder,
        env={**os.environ, **environment},
        check=True,
        capture_output=True,
        timeout=120,
    )
    files = sorted(path for path in (folder / "out").rglob("*") if path.is_file())
    return {str(path.relative_to(folder / "out")): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.stem)
def test_the_bytes_do_not_depend_on_where_and_when_they_are_made(spec: Path, tmp_path: Path) -> None:
    one = _generate(spec, tmp_path / "one", PYTHONHASHSEED="1", TZ="UTC", LC_ALL="C")
    two = _generate(spec, tmp_path / "another place" / "tw ö", PYTHONHASHSEED="4711", TZ="Asia/Tokyo", LC_ALL="C.UTF-8")
    assert len(one) > 20
    assert one == two


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.stem)
def test_what_is_committed_is_what_the_spec_gives(spec: Path, tmp_path: Path, root: Path) -> None:
    fresh = _generate(spec, tmp_path / "fresh")
    committed = root / "output" / spec.stem
    for path, digest in fresh.items():
        file = committed / Path(path).relative_to(spec.stem)
        assert file.is_file(), f"{path} is not committed: run `make generate`"
        assert hashlib.sha256(file.read_bytes()).hexdigest() == digest, f"{path} has drifted: run `make generate`"


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.stem)
def test_no_generated_file_names_this_machine(spec: Path, root: Path) -> None:
    for path in sorted((root / "output" / spec.stem).rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            text = path.read_text(encoding="utf-8")
            assert str(root) not in text, path
            assert str(Path.home()) + "/" not in text, path
