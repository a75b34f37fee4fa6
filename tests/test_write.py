"""Writing: whole or not at all, nothing of anybody's lost, and drift told apart."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from promspec import write as writing
from promspec.files import GeneratedFile
from promspec.write import MANIFEST, CannotWrite, Change, EditedByHand, compare, with_manifest, write

OLD = with_manifest([GeneratedFile("a.txt", "a\n"), GeneratedFile("sub/b.txt", "b\n")], "shop", "0")
NEW = with_manifest([GeneratedFile("a.txt", "a2\n"), GeneratedFile("c.txt", "c\n")], "shop", "0")


def _tree(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _changes(folder: Path, files: tuple[GeneratedFile, ...]) -> dict[str, Change]:
    return {difference.path: difference.change for difference in compare(files, folder)}


def test_a_new_folder_holds_exactly_the_files(tmp_path: Path) -> None:
    written = write(OLD, tmp_path / "deep" / "shop")
    assert _tree(tmp_path / "deep" / "shop") == {file.path: file.text for file in OLD}
    assert {difference.change for difference in written.differences} == {Change.MISSING}
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["shop"], "nothing is left beside the folder"


def test_writing_the_same_again_touches_nothing(tmp_path: Path) -> None:
    write(OLD, tmp_path / "shop")
    before = (tmp_path / "shop").stat()
    assert write(OLD, tmp_path / "shop").differences == ()
    after = (tmp_path / "shop").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_what_the_spec_no_longer_gives_is_removed_with_its_empty_folder(tmp_path: Path) -> None:
    write(OLD, tmp_path / "shop")
    assert _changes(tmp_path / "shop", NEW) == {
        "a.txt": Change.OUTDATED,
        "c.txt": Change.MISSING,
        MANIFEST: Change.OUTDATED,
        "sub/b.txt": Change.STALE,
    }
    write(NEW, tmp_path / "shop")
    assert _tree(tmp_path / "shop") == {file.path: file.text for file in NEW}
    assert not (tmp_path / "shop" / "sub").exists()


def test_files_that_were_never_generated_stay(tmp_path: Path) -> None:
    write(OLD, tmp_path / "shop")
    (tmp_path / "shop" / "mine.txt").write_text("mine\n")
    write(NEW, tmp_path / "shop")
    assert (tmp_path / "shop" / "mine.txt").read_text() == "mine\n"


def test_a_file_edited_by_hand_is_named_and_nothing_is_written(tmp_path: Path) -> None:
    write(OLD, tmp_path / "shop")
    (tmp_path / "shop" / "a.txt").write_text("edited\n")
    before = _tree(tmp_path / "shop")
    with pytest.raises(EditedByHand) as caught:
        write(NEW, tmp_path / "shop")
    assert [difference.path for difference in caught.value.differences] == ["a.txt"]
    assert _tree(tmp_path / "shop") == before


def test_a_stale_file_edited_by_hand_is_not_deleted_either(tmp_path: Path) -> None:
    write(OLD, tmp_path / "shop")
    (tmp_path / "shop" / "sub" / "b.txt").write_text("edited\n")
    assert _changes(tmp_path / "shop", NEW)["sub/b.txt"] is Change.STALE_EDITED
    with pytest.raises(EditedByHand):
        write(NEW, tmp_path / "shop")


def test_force_drops_the_edits(tmp_path: Path) -> None:
    write(OLD, tmp_path / "shop")
    (tmp_path / "shop" / "a.txt").write_text("edited\n")
    write(NEW, tmp_path / "shop", force=True)
    assert _tree(tmp_path / "shop") == {file.path: file.text for file in NEW}


def test_a_folder_without_a_manifest_is_somebody_elses(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "a.txt").write_text("theirs\n")
    with pytest.raises(EditedByHand):
        write(OLD, tmp_path / "shop")
    assert _tree(tmp_path / "shop") == {"a.txt": "theirs\n"}


@pytest.mark.parametrize("manifest", ["", "not json", "[]", '{"files": 3}', '{"files": {"../../x": "y"}}', '"x"'])
def test_a_broken_manifest_is_no_licence_to_overwrite(tmp_path: Path, manifest: str) -> None:
    write(OLD, tmp_path / "shop")
    (tmp_path / "shop" / MANIFEST).write_text(manifest)
    (tmp_path / "x").write_text("outside\n")
    assert _changes(tmp_path / "shop", OLD) == {MANIFEST: Change.OUTDATED}
    assert _changes(tmp_path / "shop", NEW)["a.txt"] is Change.EDITED
    write(NEW, tmp_path / "shop", force=True)
    assert (tmp_path / "x").read_text() == "outside\n"


def test_a_deleted_file_comes_back(tmp_path: Path) -> None:
    write(OLD, tmp_path / "shop")
    (tmp_path / "shop" / "a.txt").unlink()
    assert _changes(tmp_path / "shop", OLD) == {"a.txt": Change.MISSING}
    write(OLD, tmp_path / "shop")
    assert (tmp_path / "shop" / "a.txt").read_text() == "a\n"


def test_a_failure_in_the_middle_leaves_the_folder_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(OLD, tmp_path / "shop")
    before = _tree(tmp_path / "shop")
    real = Path.write_bytes

    def full(path: Path, data: bytes) -> int:
        if path.name == MANIFEST:
            raise OSError(28, "No space left on device", str(path))
        return real(path, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(CannotWrite, match="No space left on device"):
        write(NEW, tmp_path / "shop")
    assert _tree(tmp_path / "shop") == before
    assert [path.name for path in tmp_path.iterdir()] == ["shop"]


def test_a_failure_of_the_second_rename_takes_the_first_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(OLD, tmp_path / "shop")
    before = _tree(tmp_path / "shop")
    monkeypatch.setattr(writing, "_exchanged", lambda fresh, target: False)
    real = os.rename

    def second_fails(source: Path, target: Path) -> None:
        if Path(source).name == "new":
            raise OSError(5, "Input/output error", str(source))
        real(source, target)

    monkeypatch.setattr(os, "rename", second_fails)
    with pytest.raises(CannotWrite):
        write(NEW, tmp_path / "shop")
    assert _tree(tmp_path / "shop") == before


@pytest.mark.parametrize("exchange", [True, False])
def test_both_ways_of_swapping_give_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exchange: bool) -> None:
    if not exchange:
        monkeypatch.setattr(writing, "_exchanged", lambda fresh, target: False)
    write(OLD, tmp_path / "shop")
    write(NEW, tmp_path / "shop")
    assert _tree(tmp_path / "shop") == {file.path: file.text for file in NEW}


def test_a_file_where_the_folder_should_be_is_an_error_and_stays(tmp_path: Path) -> None:
    (tmp_path / "shop").write_text("a file\n")
    with pytest.raises(CannotWrite):
        write(OLD, tmp_path / "shop")
    assert (tmp_path / "shop").read_text() == "a file\n"


def test_a_link_to_the_folder_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "shop").symlink_to(tmp_path / "real")
    write(OLD, tmp_path / "shop")
    assert (tmp_path / "shop").is_symlink()
    assert _tree(tmp_path / "real") == {file.path: file.text for file in OLD}


def test_the_manifest_lists_every_file_with_its_digest() -> None:
    manifest = json.loads(OLD[-1].text)
    assert manifest["spec"] == "shop"
    assert manifest["files"] == {file.path: file.digest for file in OLD[:-1]}


def test_two_artefacts_of_one_path_are_refused() -> None:
    with pytest.raises(ValueError, match=r"a\.txt"):
        with_manifest([GeneratedFile("a.txt", "1"), GeneratedFile("a.txt", "2")], "shop", "0")


@pytest.mark.parametrize("path", ["/etc/passwd", "../x", "a/../b", "./a", "a//b"])
def test_a_generated_file_has_a_plain_relative_path(path: str) -> None:
    with pytest.raises(ValueError, match="relative path"):
        GeneratedFile(path, "")


def test_a_difference_shows_as_a_unified_diff(tmp_path: Path) -> None:
    write(OLD, tmp_path / "shop")
    difference = next(item for item in compare(NEW, tmp_path / "shop") if item.path == "a.txt")
    assert difference.unified() == "--- on disk/a.txt\n+++ from the spec/a.txt\n@@ -1 +1 @@\n-a\n+a2\n"


def test_what_a_killed_run_left_beside_the_folder_is_removed_by_the_next(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    write(OLD, folder)
    (tmp_path / ".shop-abcd1234" / "new").mkdir(parents=True)
    (tmp_path / ".shop-mine5678").mkdir()
    (tmp_path / ".shop-mine5678" / "notes.txt").write_text("not ours\n")
    assert write(OLD, folder).differences == ()
    assert sorted(item.name for item in tmp_path.iterdir()) == [".shop-mine5678", "shop"]
