"""An archive that may be malicious: pipes, bombs, members without end or outside of the folder."""

from __future__ import annotations

import gzip
import io
import os
import re
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rnnlab.base.errors import BadInputError
from rnnlab.corpora._archives import (
    TAR_LIMITS,
    Reader,
    TarLimits,
    plain_text,
    tar_members,
    zipped_text,
)

TEXT = re.compile(r"a/(\d+)\.txt")


def write_tar(file: Path, members: dict[str, bytes], kind: bytes = tarfile.REGTYPE) -> Path:
    with tarfile.open(file, "w:gz") as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size, member.type = len(content), kind
            member.linkname = "/etc/passwd"
            archive.addfile(member, io.BytesIO(content))
    return file


def contents(file: Path, limits: TarLimits = TAR_LIMITS) -> list[tuple[str, bytes]]:
    return [(match[1], content) for match, content in tar_members(file, TEXT, limits)]


def test_the_wanted_members_are_read(tmp_path: Path) -> None:
    members = {"a/1.txt": b"one", "a/x.feat": b"x" * 5000, "b/2.txt": b"no", "a/2.txt": b"two"}
    file = write_tar(tmp_path / "a.tar.gz", members)
    small = TarLimits(num_members=4, member_bytes=3)
    assert contents(file, small) == [("1", b"one"), ("2", b"two")]


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
def test_links_and_pipes_are_no_texts(tmp_path: Path, kind: bytes) -> None:
    assert contents(write_tar(tmp_path / "a.tar.gz", {"a/1.txt": b""}, kind)) == []


@pytest.mark.parametrize("name", ["../1.txt", "/a/1.txt", "a/../../1.txt", "a\\..\\..\\b"])
def test_no_member_leaves_the_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadInputError, match="a member outside of its folder"):
        contents(write_tar(tmp_path / "a.tar.gz", {name: b"evil"}))


@pytest.mark.parametrize(
    ("limits", "problem"),
    [
        (TarLimits(num_members=1), "has more than 1 members"),
        (TarLimits(member_bytes=9), "has a member of 10 bytes: a/1.txt"),
        (
            TarLimits(unpacked=TAR_LIMITS.unpacked._replace(num_bytes=1000, ratio=1)),
            "decompresses to more than 1,000 bytes",
        ),
    ],
)
def test_an_archive_beyond_a_limit_is_refused(
    tmp_path: Path, limits: TarLimits, problem: str
) -> None:
    file = write_tar(tmp_path / "a.tar.gz", {"a/1.txt": b"x" * 10, "a/2.txt": b"x"})
    assert len(contents(file)) == 2
    with pytest.raises(BadInputError, match=problem) as caught:
        contents(file, limits)
    assert "it may be malicious" in caught.value.hint


PACKED = gzip.compress(b"x" * 2000, mtime=0)


@pytest.mark.parametrize("content", [b"", b"x" * 2000, PACKED], ids=["empty", "text", "packed"])
def test_a_file_that_is_not_an_archive_is_named(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "a.tar.gz"
    file.write_bytes(content)
    with pytest.raises(BadInputError, match=r"not a complete archive|not valid"):
        contents(file)


def first_block(reader: Reader) -> Callable[[Path], object]:
    """Return a function that reads the first block of a file; no reader uses the request."""
    request: Any = None
    return lambda file: next(iter(reader(file, request).blocks))


READERS: list[Callable[[Path], object]] = [
    contents, first_block(plain_text("a.txt")), first_block(zipped_text("a.txt", "a")),
]  # fmt: skip


@pytest.fixture
def pipe(tmp_path: Path) -> Iterator[Path]:
    """A pipe that has a writer: to open it does not wait, so that a defect fails the test."""
    pipe = tmp_path / "a.tar.gz"
    os.mkfifo(pipe)
    descriptor = os.open(pipe, os.O_RDWR)
    os.write(descriptor, b"x" * 2000)
    yield pipe
    os.close(descriptor)


@pytest.mark.parametrize("read", READERS)
def test_a_pipe_in_place_of_a_corpus_is_refused(pipe: Path, read: Callable[[Path], object]) -> None:
    with pytest.raises(BadInputError, match="not a regular file"):
        read(pipe)
