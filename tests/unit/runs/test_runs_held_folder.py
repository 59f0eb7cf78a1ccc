"""A worker knows its folder again: moved, replaced, deleted, without its lock."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from rnnlab.runs.held_folder import FolderMovedError, HeldFolder
from rnnlab.runs.lock import take_lock
from rnnlab.runs.paths import RunPaths


@pytest.fixture
def paths(tmp_path: Path) -> RunPaths:
    (tmp_path / "pp").mkdir()
    return RunPaths(tmp_path / "pp")


@pytest.fixture
def lock(paths: RunPaths) -> Iterator[int]:
    taken = take_lock(paths.lock)
    assert taken is not None
    yield taken
    os.close(taken)


@pytest.fixture
def folder(paths: RunPaths, lock: int) -> Iterator[HeldFolder]:
    held = HeldFolder(paths, lock)
    yield held
    held.close()


def test_a_renamed_folder_is_known_by_its_new_name(paths: RunPaths, folder: HeldFolder) -> None:
    folder.check()
    new = paths.root.rename(paths.root.with_name("pp-old"))
    with pytest.raises(FolderMovedError, match="is now 'pp-old'; `rnnlab resume pp-old` continues"):
        folder.check()
    paths.root.mkdir()  # another run of the same name
    with pytest.raises(FolderMovedError, match="'pp-old'"):
        folder.check()
    folder.replace_text("status.json", "old")
    folder.unlink("lock")
    assert os.listdir(paths.root) == []
    assert [(file.name, file.read_text()) for file in new.iterdir()] == [("status.json", "old")]
    paths.root.rmdir()
    new.rename(paths.root)
    (paths.root / "lock").touch()
    with pytest.raises(FolderMovedError, match="its lock was deleted"):
        folder.check()


def test_a_folder_that_was_moved_far_away_or_deleted_is_said_to_be(
    paths: RunPaths, folder: HeldFolder, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    new = paths.root.rename(tmp_path / "elsewhere" / "pp")
    with pytest.raises(FolderMovedError, match=f"moved to {new}; move it back"):
        folder.check()
    shutil.rmtree(new)
    with pytest.raises(FolderMovedError, match=r"^its folder was deleted$"):
        folder.check()
    with pytest.raises(OSError, match="No such file"):
        folder.replace_text("status.json", "nowhere to write it")


def test_a_folder_with_a_new_lock_may_have_a_new_worker(
    paths: RunPaths, folder: HeldFolder
) -> None:
    paths.lock.unlink()
    with pytest.raises(FolderMovedError, match="its lock was deleted; `rnnlab resume pp`"):
        folder.check()
    folder.replace_text("status.json", "the last words")
    other = take_lock(paths.lock)
    assert other is not None
    folder.replace_text("status.json", "over the words of another")
    os.close(other)
    assert paths.status.read_text() == "the last words"


def test_a_folder_that_was_replaced_after_its_lock_was_taken_is_not_entered(
    paths: RunPaths, lock: int
) -> None:
    paths.root.rename(paths.root.with_name("pp-old"))
    paths.root.mkdir()
    before = os.listdir("/proc/self/fd")
    with pytest.raises(FolderMovedError):
        HeldFolder(paths, lock)
    assert os.listdir("/proc/self/fd") == before


def test_a_file_system_that_does_not_answer_is_no_move(
    paths: RunPaths, folder: HeldFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise TimeoutError("the server does not answer")

    monkeypatch.setattr(os, "stat", fail)
    folder.check()
