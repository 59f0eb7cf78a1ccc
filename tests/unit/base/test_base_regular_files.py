"""Files that others may have written: real pipes, sockets, folders, links and large files."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from rnnlab.base.regular_files import (
    UnfitFileError,
    open_binary,
    open_regular,
    open_to_append,
    path_of_open,
    read_bytes,
    read_named,
    read_text,
    write_bytes,
)

MAKERS: dict[str, Callable[[Path], object]] = {
    "pipe": os.mkfifo,
    "folder": os.mkdir,
    "device": lambda file: file.symlink_to("/dev/zero"),
}
READERS: tuple[Callable[[Path], object], ...] = (
    read_bytes, read_text, open_binary, lambda file: path_of_open(file).__enter__(),
)  # fmt: skip
WRITERS: tuple[Callable[[Path], object], ...] = (
    open_to_append, lambda file: write_bytes(file, b"text"),
)  # fmt: skip


@pytest.mark.parametrize("kind", MAKERS)
@pytest.mark.parametrize("act", [*READERS, *WRITERS])
def test_only_regular_files_are_opened_and_nothing_waits(
    tmp_path: Path, kind: str, act: Callable[[Path], object]
) -> None:
    file = tmp_path / "file"
    MAKERS[kind](file)
    with pytest.raises(UnfitFileError) as caught:
        act(file)
    assert caught.value.filename == str(file)
    assert caught.value.strerror in (
        "not a regular file", "a folder, not a file", "a symbolic link",
    )  # fmt: skip


def test_a_socket_is_not_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # the name of a socket is short
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("file")
        with pytest.raises(UnfitFileError, match="not a regular file"):
            read_bytes(Path("file"))


def test_the_descriptor_of_a_refused_file_is_closed(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    before = os.open(tmp_path, os.O_RDONLY)
    os.close(before)
    for _ in range(3):
        with pytest.raises(UnfitFileError):
            read_bytes(tmp_path / "pipe")
    after = os.open(tmp_path, os.O_RDONLY)
    os.close(after)
    assert after == before


def test_a_link_is_read_but_never_written(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_bytes(b"kept")
    link.symlink_to(target)
    assert read_bytes(link) == b"kept"
    for write in WRITERS:
        with pytest.raises(UnfitFileError, match="a symbolic link"):
            write(link)
    assert target.read_bytes() == b"kept"


def test_a_larger_file_is_refused_unread(tmp_path: Path) -> None:
    """A sparse file: reading it would need its whole size in memory."""
    file = tmp_path / "large"
    file.touch()
    os.truncate(file, 1 << 40)
    with pytest.raises(UnfitFileError, match="larger than 1 MB"):
        read_bytes(file)
    os.truncate(file, 5)
    assert read_bytes(file, 5) == bytes(5)
    with pytest.raises(UnfitFileError, match="larger than 4 bytes"):
        read_bytes(file, 4)


def test_a_file_without_a_size_is_read_to_its_end() -> None:
    """The kernel reports 0 bytes for the files in /proc, as for a file that is still growing."""
    file = Path("/proc/self/status")
    if not file.exists():
        pytest.skip("there is no /proc")
    assert read_text(file).endswith("\n")
    with pytest.raises(UnfitFileError, match="larger than 9 bytes"):
        read_bytes(file, 9)


def test_a_missing_file_and_a_wrong_text_keep_their_errors(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_bytes(tmp_path / "none")
    (tmp_path / "text").write_bytes(b"a\r\nb\rc\xff")
    with pytest.raises(UnicodeDecodeError):
        read_text(tmp_path / "text")
    assert read_text(tmp_path / "text", encoding="latin-1") == "a\nb\ncÿ"


def test_a_descriptor_is_not_inherited_and_blocks(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    descriptor = open_regular(tmp_path / "file")
    assert not os.get_inheritable(descriptor)
    assert os.get_blocking(descriptor)
    os.close(descriptor)


def test_the_path_for_a_library_names_the_checked_file(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"checked")
    with path_of_open(file) as path:
        if path == file:
            pytest.skip("only Linux shows descriptors as paths")
        file.unlink()
        file.write_bytes(b"replaced")
        assert path.read_bytes() == b"checked"


def test_a_named_pipe_of_the_user_is_read(tmp_path: Path) -> None:
    ours, theirs = os.pipe()
    os.write(theirs, b"text\r\n")
    os.close(theirs)
    file = Path(f"/dev/fd/{ours}")
    assert read_named(file, 100) == "text\n"
    os.close(ours)
    with pytest.raises(UnfitFileError, match="larger than 2 MB"):
        read_named(Path("/dev/zero"), 2 << 20)


def test_appended_text_follows_the_old_text(tmp_path: Path) -> None:
    for _ in range(2):
        with open_to_append(tmp_path / "log") as stream:
            stream.write(b"line\n")
    write_bytes(tmp_path / "other", b"a longer text")
    write_bytes(tmp_path / "other", b"text")
    assert (tmp_path / "log").read_bytes() == b"line\nline\n"
    assert (tmp_path / "other").read_bytes() == b"text"
