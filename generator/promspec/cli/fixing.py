"""The option `--fix` of `check` and `lint`: a unified diff of mechanical fixes; with `--write` they are applied."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import typer

from promspec.cli.show import as_ascii, forget_sources
from promspec.fixing.edits import mended
from promspec.problems import Problem
from promspec.write import MANIFEST


def fix_and_tell(problems: Sequence[Problem], *, write: bool) -> None:
    """Show the diff, and write the files if that is asked for."""
    found = mended(problems, _read)
    for each in found:
        sys.stdout.write(as_ascii(each.diff(), sys.stdout))
        if write:
            _write(each.file, each.after)
    count = sum(each.count for each in found)
    files = f"{len(found)} file{'s' if len(found) != 1 else ''}"
    said = f"{count} fix{'es' if count != 1 else ''} in {files}"
    if not count:
        sys.stdout.write("There is nothing to fix mechanically.\n")
    else:
        sys.stdout.write(f"{said} written.\n" if write else f"{said}; --write applies them.\n")
    forget_sources()


def _read(file: str) -> str | None:
    """The text of a file that fixes may change: what lies beside a manifest was generated, and is not touched."""
    if any((folder / MANIFEST).is_file() for folder in Path(file).absolute().parents[:4]):
        return None
    try:
        return Path(file).read_bytes().decode("utf-8")
    except (OSError, ValueError):
        return None


def _write(file: str, text: str) -> None:
    try:
        Path(file).write_bytes(text.encode("utf-8"))
    except OSError as error:
        raise typer.BadParameter(f"cannot write {file}: {error.strerror}", param_hint="--write") from None
