"""Where a running stack is remembered: one folder below `.promspec_stack` for each spec."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from promspec.stack.model import Busy, Part, StackError

HOME = Path(".promspec_stack")
_IGNORED = "# promspec's: a running stack, its logs and data\n*\n"


def folder_of(spec: str) -> Path:
    """The folder of a spec's stack; made, and kept out of git. Raises StackError."""
    folder = HOME / spec
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (HOME / ".gitignore").write_text(_IGNORED, encoding="utf-8")
    except OSError as error:
        why = f"{folder} cannot be written: {error.strerror or error}"
        raise StackError(f"{why}; what runs is remembered there: use a folder of your own") from None
    return folder


def parts_of(spec: str) -> list[Part]:
    """The parts that were started last; none if nothing was."""
    try:
        rows = json.loads((HOME / spec / "state.json").read_text(encoding="utf-8"))
        return [Part(**row) for row in rows]
    except (OSError, ValueError, TypeError):
        return []


def remember(spec: str, parts: Sequence[Part]) -> None:
    """Write down the parts, whole or not at all."""
    file = folder_of(spec) / "state.json"
    temporary = file.with_name(f"state.json.{os.getpid()}")
    temporary.write_text(json.dumps([asdict(part) for part in parts], indent=2) + "\n", encoding="utf-8")
    os.replace(temporary, file)


def note_file(spec: str, file: Path) -> None:
    """Write down of which spec file a stack is, to be found by it when the file is broken."""
    (folder_of(spec) / "spec").write_text(str(file.resolve()), encoding="utf-8")


def spec_of(file: Path) -> str:
    """The spec whose stack was started of this file; empty if there is none."""
    for noted in sorted(HOME.glob("*/spec")):
        if noted.read_text(encoding="utf-8") == str(file.resolve()):
            return noted.parent.name
    return ""


@contextlib.contextmanager
def held(spec: str) -> Iterator[None]:
    """Only one command at a time starts or ends a stack. Raises StackError if another one is at it."""
    with (folder_of(spec) / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Busy("another command starts or ends this stack at the moment") from None
        yield
