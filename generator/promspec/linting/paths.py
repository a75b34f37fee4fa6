"""Which files PATHS mean: files, directories with everything below them, and globs; and how one is read."""

from __future__ import annotations

import glob
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatch
from pathlib import Path

from promspec.linting.model import Found
from promspec.linting.nodes import Source
from promspec.problems import Level, Place, Problem

SUFFIXES = (".yml", ".yaml", ".json", ".rules")
"""What is looked at in a directory. A file that is named is looked at whatever it is called."""
LARGEST = 16_777_216
"""Bytes of the largest file that is read."""


class NoSuchPath(ValueError):
    """A path or a glob that stands for nothing."""


def files(paths: Iterable[str], exclude: Sequence[str] = ()) -> list[tuple[str, bool]]:
    """The files in order of their names, each with whether it was named itself; raises NoSuchPath."""
    found: dict[str, bool] = {}
    for path in paths:
        matches = [path] if Path(path).exists() else sorted(glob.glob(path, recursive=True))
        if not matches:
            raise NoSuchPath(f"there is no file, directory or match of {path!r}")
        for match in matches:
            named = not Path(match).is_dir()
            for file in [match] if named else sorted(_below(Path(match))):
                found[file] = named or found.get(file, False)
    return sorted((file, named) for file, named in found.items() if not _excluded(file, exclude))


def _below(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*"):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.suffix.lower() in SUFFIXES and not hidden and path.is_file():
            yield path.as_posix()


def _excluded(file: str, exclude: Sequence[str]) -> bool:
    """Whether a pattern names the file, one of its folders, or its end."""
    path = Path(file)
    names = [file, path.name, *(parent.as_posix() for parent in path.parents), *path.parts]
    return any(fnmatch(name, pattern.rstrip("/")) for pattern in exclude for name in names)


def read(file: str) -> Source | Found:
    """The text of a file, or why there is none."""
    try:
        if Path(file).stat().st_size > LARGEST:
            return problem("file/too-large", f"the file is larger than {LARGEST:,} bytes", "split it", file)
        raw = Path(file).read_bytes()
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or str(error) or "no such path").lower()
        return problem("file/unreadable", f"cannot read it: {reason}", "check the path and its rights", file)
    try:
        return Source(file, raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        return problem("file/encoding", "the file is not UTF-8", "save it as UTF-8, or exclude it", file, line)


def problem(id: str, summary: str, remedy: str, file: str, line: int = 0, level: Level = Level.ERROR) -> Found:
    """A finding about a file as a whole."""
    return Found(Problem(id, level, summary, Place(file, line), remedy, Path(file).name, "file"), None)
