"""write: compare what is generated with what is on disk, then swap the whole folder, or leave it as it was.

The folder's manifest holds each generated file's digest. With it a file that differs is told apart: the spec moved on
(the file is as it was generated), or somebody edited it by hand (it is not).
"""

from __future__ import annotations

import contextlib
import ctypes
import difflib
import glob
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from promspec.files import GeneratedFile, digest

MANIFEST = "manifest.json"
_CACHES = ("__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache")


class Change(StrEnum):
    """How a file on disk differs from what the spec gives."""

    MISSING = "missing"
    OUTDATED = "outdated"
    EDITED = "edited"
    STALE = "stale"
    STALE_EDITED = "stale and edited"


EXPLAINED = {
    Change.MISSING: "missing: the spec has moved on, or the file was deleted",
    Change.OUTDATED: "outdated: the spec has moved on since it was generated",
    Change.EDITED: "edited by hand since it was generated",
    Change.STALE: "stale: the spec no longer gives it",
    Change.STALE_EDITED: "stale, and edited by hand since it was generated",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One file that is not as the spec gives it; `old` and `new` are its texts, None where there is none."""

    path: str
    change: Change
    old: str | None
    new: str | None

    @property
    def by_hand(self) -> bool:
        """Whether somebody's work would be lost by writing."""
        return self.change in (Change.EDITED, Change.STALE_EDITED)

    def unified(self) -> str:
        """The difference as a unified diff, from disk to spec."""
        before = (self.old or "").splitlines(keepends=True)
        after = (self.new or "").splitlines(keepends=True)
        lines = difflib.unified_diff(before, after, f"on disk/{self.path}", f"from the spec/{self.path}")
        return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


@dataclass(frozen=True, slots=True)
class Written:
    """What writing did: the differences it settled; none means that nothing was touched."""

    differences: tuple[Difference, ...]


class EditedByHand(Exception):
    """Writing would overwrite what somebody edited by hand; nothing was written."""

    def __init__(self, differences: Sequence[Difference]) -> None:
        super().__init__(", ".join(difference.path for difference in differences))
        self.differences = tuple(differences)


class CannotWrite(Exception):
    """The file system refused; the folder is as it was."""


def with_manifest(files: Sequence[GeneratedFile], spec: str, version: str) -> tuple[GeneratedFile, ...]:
    """The files in the order of their paths, and the manifest that lists them."""
    ordered = sorted(files)
    listed = {file.path: file.digest for file in ordered}
    if len(listed) != len(ordered):
        twice = sorted({file.path for file in ordered if [other.path for other in ordered].count(file.path) > 1})
        raise ValueError(f"two artefacts generate {', '.join(twice)}")
    body = {"generator": f"promspec {version}", "spec": spec, "files": listed}
    return (*ordered, GeneratedFile(MANIFEST, json.dumps(body, indent=2, ensure_ascii=False) + "\n"))


def compare(files: Sequence[GeneratedFile], folder: Path) -> tuple[Difference, ...]:
    """Every file that differs between the spec and the folder, in the order of paths. Reads only."""
    before = _manifest(folder)
    return tuple(_differences(files, folder, before))


def _differences(files: Sequence[GeneratedFile], folder: Path, before: dict[str, str]) -> Iterator[Difference]:
    wanted = {file.path: file.text for file in files}
    for path in sorted({*wanted, *before}):
        new, old = wanted.get(path), _read(folder / path)
        if new == old:
            continue
        if path == MANIFEST:
            yield Difference(path, Change.MISSING if old is None else Change.OUTDATED, old, new)
        elif old is None:
            yield Difference(path, Change.MISSING, old, new)
        else:
            as_generated = before.get(path) == digest(old)
            if new is None:
                yield Difference(path, Change.STALE if as_generated else Change.STALE_EDITED, old, new)
            else:
                yield Difference(path, Change.OUTDATED if as_generated else Change.EDITED, old, new)


def _manifest(folder: Path) -> dict[str, str]:
    """The digests of what was generated last; without a readable manifest nothing is known to be ours."""
    text = _read(folder / MANIFEST)
    with contextlib.suppress(ValueError, AttributeError, TypeError):
        files = json.loads(text or "{}").get("files", {})
        return {path: value for path, value in files.items() if _inside(path)}
    return {}


def _inside(path: object) -> bool:
    return isinstance(path, str) and not path.startswith("/") and ".." not in Path(path).parts


def _read(path: Path) -> str | None:
    try:
        return path.read_bytes().decode("utf-8", errors="surrogateescape")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except IsADirectoryError:
        return ""
    except OSError as error:
        raise CannotWrite(f"cannot read {path}: {error.strerror}") from error


def write(files: Sequence[GeneratedFile], folder: Path, *, force: bool = False) -> Written:
    """Make the folder as the spec gives it: whole, or not at all.

    Files that promspec did not generate stay. Raises `EditedByHand` if a generated file was edited and `force` is not
    given, and `CannotWrite` if the file system refuses.
    """
    target = folder.resolve()
    if not _unsettled(files, folder, force) and not _left(target):
        return Written(())
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with _alone(target.parent):
            differences = _unsettled(files, folder, force)  # another run may have been faster
            for folder_left in _left(target):
                shutil.rmtree(folder_left, ignore_errors=True)
            if differences:
                _swap(target, files, {difference.path for difference in differences})
    except OSError as error:
        raise CannotWrite(f"cannot write {error.filename or target}: {error.strerror or error}") from error
    return Written(differences)


def _unsettled(files: Sequence[GeneratedFile], folder: Path, force: bool) -> tuple[Difference, ...]:
    differences = compare(files, folder)
    edited = [difference for difference in differences if difference.by_hand]
    if edited and not force:
        raise EditedByHand(edited)
    return differences


@contextlib.contextmanager
def _alone(parent: Path) -> Iterator[None]:
    """While this is open no other run writes beside this one; without effect where folders cannot be locked."""
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(ImportError, OSError):
            import fcntl

            handle = os.open(parent, os.O_RDONLY)
            stack.callback(os.close, handle)
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _left(target: Path) -> list[Path]:
    """The folders that runs which were killed left beside the folder."""
    found = []
    with contextlib.suppress(OSError):
        for item in target.parent.glob(f".{glob.escape(target.name)}-????????"):
            if item.is_dir() and not item.is_symlink() and {part.name for part in item.iterdir()} <= {"new", "old"}:
                found.append(item)
    return found


def _swap(target: Path, files: Sequence[GeneratedFile], changed: set[str]) -> None:
    """Build the whole new folder beside the old one, then put it in its place by renaming."""
    work = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        fresh = work / "new"
        _build(fresh, target, files, changed)
        if not target.exists():
            os.rename(fresh, target)
        elif not _exchanged(fresh, target):
            _replaced(fresh, target, work / "old")
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _exchanged(fresh: Path, target: Path) -> bool:
    """Swap two folders in one step, where the system can: Linux's renameat2 with RENAME_EXCHANGE."""
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError, TypeError):
        return False
    here, exchange = -100, 2
    return bool(rename(here, os.fsencode(fresh), here, os.fsencode(target), exchange) == 0)


def _replaced(fresh: Path, target: Path, old: Path) -> None:
    """Swap in two steps; if the second fails the first is taken back."""
    os.rename(target, old)
    try:
        os.rename(fresh, target)
    except OSError:
        os.rename(old, target)
        raise


def _build(fresh: Path, target: Path, files: Sequence[GeneratedFile], changed: set[str]) -> None:
    if target.exists():
        gone = {target / path for path in changed}

        def left_out(folder: str, names: list[str]) -> list[str]:
            return [name for name in names if name in _CACHES or Path(folder, name) in gone]

        shutil.copytree(target, fresh, symlinks=True, ignore=left_out)
        _prune(fresh)
    else:
        fresh.mkdir()
    for file in files:
        if file.path in changed:
            path = fresh / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file.text.encode("utf-8"))


def _prune(folder: Path) -> None:
    """Remove the folders that hold nothing any more."""
    for path in sorted((item for item in folder.rglob("*") if item.is_dir() and not item.is_symlink()), reverse=True):
        with contextlib.suppress(OSError):
            path.rmdir()
