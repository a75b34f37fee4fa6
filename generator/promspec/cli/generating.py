"""The command `generate` for one spec: compile, then compare or write, and say what happened."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from promspec.cli.remembering import compiled as compiled_spec
from promspec.cli.show import Report
from promspec.files import GeneratedFile
from promspec.write import EXPLAINED, CannotWrite, Change, Difference, EditedByHand, compare, write


def generate_one(path: Path, output: Path, report: Report, *, check: bool, force: bool) -> None:
    """Generate one spec's folder, or with `check` only say how it differs."""
    compiled = compiled_spec(path)
    report.problems(compiled.problems)
    if compiled.spec is None or not compiled.ok:
        return
    folder = output / compiled.spec.name
    try:
        if check:
            _drift(compare(compiled.files, folder), folder, report)
        else:
            _written(compiled.files, write(compiled.files, folder, force=force).differences, folder, report)
    except EditedByHand as error:
        _edited(error.differences, folder, report)
    except CannotWrite as error:
        report.fail()
        report.row("failures", {"folder": str(folder), "message": str(error)}, f"{error}; {folder} is as it was.\n")


def _drift(differences: Sequence[Difference], folder: Path, report: Report) -> None:
    for difference in differences:
        report.fail()
        row = {
            "file": str(folder / difference.path),
            "change": str(difference.change),
            "message": EXPLAINED[difference.change],
            "diff": difference.unified(),
        }
        report.row("differences", row, f"{row['file']}: {row['message']}\n{row['diff']}\n")
    by_hand = sum(difference.by_hand for difference in differences)
    moved = len(differences) - by_hand
    if differences:
        verdict = f"{folder} has drifted: {_files(moved)} behind the spec, {_files(by_hand)} edited by hand."
        advice = "Run `promspec generate` and commit" + (", with --force to drop the edits." if by_hand else ".")
        report.row("verdicts", {"folder": str(folder), "drift": True}, f"{verdict}\n{advice}\n")
    else:
        report.row("verdicts", {"folder": str(folder), "drift": False}, f"{folder} is as the spec says.\n")


def _written(files: Sequence[GeneratedFile], differences: Sequence[Difference], folder: Path, report: Report) -> None:
    gone = [difference for difference in differences if difference.change in (Change.STALE, Change.STALE_EDITED)]
    lines = sum(file.text.count("\n") for file in files)
    row = {
        "folder": str(folder),
        "files": len(files),
        "lines": lines,
        "written": len(differences) - len(gone),
        "removed": len(gone),
    }
    text = f"{folder}: {_files(len(files))}, {lines:,} lines; {row['written']} written, {row['removed']} removed.\n"
    report.row("generated", row, text)


def _edited(differences: Sequence[Difference], folder: Path, report: Report) -> None:
    report.fail()
    for difference in differences:
        row = {"file": str(folder / difference.path), "message": EXPLAINED[difference.change]}
        report.row("edited", row, f"{row['file']}: {row['message']}\n")
    advice = "Nothing was written. Move the edits into the spec, or give --force to drop them.\n"
    report.row("advice", {"folder": str(folder), "message": advice.strip()}, advice)


def _files(count: int) -> str:
    return f"{count} file{'s' if count != 1 else ''}"
