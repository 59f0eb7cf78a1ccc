"""Files that are replaced, and paths with loops."""

from __future__ import annotations

import errno
import json
import os
import shutil
import stat
import threading
from pathlib import Path
from typing import Any, NoReturn
from unittest import mock

import pytest

from rnnlab.base.files import (
    drop_leftovers,
    flush,
    real_path,
    remove_folder,
    replace_text,
    replacing,
)


@pytest.mark.parametrize(
    ("umask", "is_private", "mode"),
    [(0o022, False, 0o644), (0o077, False, 0o600), (0o000, False, 0o644), (0o000, True, 0o600)],
)
def test_a_replaced_file_is_as_open_as_the_umask_permits(
    tmp_path: Path, umask: int, is_private: bool, mode: int
) -> None:
    before = os.umask(umask)
    try:
        replace_text(tmp_path / "file", "text", is_private=is_private)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == mode


@pytest.mark.parametrize("durable", [False, True])
def test_the_new_text_takes_the_place_of_the_old(tmp_path: Path, durable: bool) -> None:
    file = tmp_path / "a"
    replace_text(file, "old")
    replace_text(file, "é new", durable=durable)
    assert file.read_text(encoding="utf-8") == "é new"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a"]


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_text("old")

    def write() -> None:
        with replacing(file) as temporary:
            temporary.write_text("half")
            raise OSError("no space left")

    with pytest.raises(OSError, match="no space left"):
        write()
    assert file.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a"]


def test_a_reader_never_sees_a_part(tmp_path: Path) -> None:
    file = tmp_path / "a"
    texts = ["a" * 100_000, "b" * 100_000]
    replace_text(file, texts[0])
    is_done = threading.Event()

    def write() -> None:
        for turn in range(200):
            replace_text(file, texts[turn % 2])
        is_done.set()

    writer = threading.Thread(target=write)
    writer.start()
    seen = {file.read_text()}
    while not is_done.is_set():
        seen.add(file.read_text())
    writer.join()
    assert seen <= set(texts)


def test_a_loop_of_links_has_a_path(tmp_path: Path) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    assert real_path(loop).name == "loop"
    (tmp_path / "link").symlink_to(tmp_path / "file")
    assert real_path(tmp_path / "link") == real_path(tmp_path) / "file"


def test_a_deletion_that_was_interrupted_is_completed_by_the_next(tmp_path: Path) -> None:
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").touch()
    with (
        mock.patch.object(shutil, "rmtree", side_effect=KeyboardInterrupt),
        pytest.raises(KeyboardInterrupt),
    ):
        remove_folder(tmp_path / "first")
    left = [entry.name for entry in tmp_path.iterdir()]
    assert "first" not in left
    assert len(left) == 2
    remove_folder(tmp_path / "second")
    assert list(tmp_path.iterdir()) == []


def test_two_deletions_at_a_time_delete_both_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of them also deletes what it takes for the leftovers of the other."""
    rmtree = shutil.rmtree

    def rmtree_after_another(path: Path, **options: Any) -> None:
        rmtree(path, ignore_errors=True)
        rmtree(path, **options)

    (tmp_path / "a" / "b").mkdir(parents=True)
    monkeypatch.setattr(shutil, "rmtree", rmtree_after_another)
    remove_folder(tmp_path / "a")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_deleted_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> NoReturn:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    (tmp_path / "a").mkdir()
    monkeypatch.setattr(os, "rmdir", refuse)
    with pytest.raises(PermissionError):
        remove_folder(tmp_path / "a")


def test_a_leftover_that_is_a_folder_stays_and_the_others_go(tmp_path: Path) -> None:
    for name in (".a.json.1.tmp", ".c.json.3.tmp", "d.tmp"):
        (tmp_path / name).touch()
    (tmp_path / ".b.json.2.tmp").mkdir()
    drop_leftovers(tmp_path)
    assert sorted(file.name for file in tmp_path.iterdir()) == [".b.json.2.tmp", "d.tmp"]


def test_a_link_to_a_folder_is_not_deleted(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (tmp_path / "link").symlink_to(folder)
    with pytest.raises(OSError, match="it is a symbolic link"):
        remove_folder(tmp_path / "link")
    assert (tmp_path / "link").is_symlink()


def test_a_folder_that_cannot_be_flushed_is_not_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(number: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", lambda _descriptor: fail(errno.EINVAL))
    flush(tmp_path)
    monkeypatch.setattr(os, "fsync", lambda _descriptor: fail(errno.EIO))
    with pytest.raises(OSError, match="Input/output error"):
        flush(tmp_path)


def test_the_name_of_a_file_that_is_not_text_can_be_written(tmp_path: Path) -> None:
    """A reason of a failure may name such a file; its bytes are unpaired surrogates in Python."""
    file = tmp_path / "reason.json"
    replace_text(file, json.dumps(os.fsdecode(b"caf\xe9.txt"), ensure_ascii=False))
    assert json.loads(file.read_bytes()) == "caf\udce9.txt"
