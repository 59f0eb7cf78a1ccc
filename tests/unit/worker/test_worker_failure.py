"""A run that ends says why and what to do, whatever state its disk is in."""

from __future__ import annotations

import errno
import socket
from pathlib import Path

import pytest

from rnnlab.base.errors import BadInputError
from rnnlab.runs.paths import RunPaths
from rnnlab.runs.records import Status, encode_status
from rnnlab.runs.store import Run
from rnnlab.worker._failure import Reserve, is_disk_full, is_out_of_memory, reason_of


class OutOfMemoryError(RuntimeError):
    """As torch's for a GPU."""


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device", "metrics.jsonl"),
        OSError(errno.EDQUOT, "Disk quota exceeded"),
        RuntimeError("Error while serializing: IoError(No space left on device (os error 28))"),
    ],
)
def test_a_full_disk_is_said_with_what_to_do(error: Exception, tmp_path: Path) -> None:
    assert is_disk_full(error)
    said = reason_of(error, tmp_path / "mine")
    assert said.startswith("the disk is full")
    assert "`rnnlab resume mine`" in said


def test_an_error_of_ours_names_its_own_disk(tmp_path: Path) -> None:
    error = BadInputError("no space left for /elsewhere/data", "make room there")
    assert reason_of(error, tmp_path / "mine") == str(error)


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB"),
        RuntimeError("[enforce fail at alloc_cpu.cpp:127] can't allocate memory"),
        RuntimeError("std::bad_alloc"),
    ],
)
def test_want_of_memory_is_said_with_what_to_do(error: Exception, tmp_path: Path) -> None:
    assert is_out_of_memory(error)
    assert "smaller --batch" in reason_of(error, tmp_path)


def test_what_the_user_gave_and_what_nobody_foresaw_keep_their_words(tmp_path: Path) -> None:
    assert reason_of(BadInputError("no text", "give one"), tmp_path) == "no text; give one"
    assert reason_of(KeyError("x"), tmp_path) == "KeyError: 'x'; see worker.log"
    lacking = OSError(errno.EACCES, "Permission denied", "f")
    assert reason_of(lacking, tmp_path) == "Permission denied: f"


def test_room_is_reserved_and_given_back(tmp_path: Path) -> None:
    reserve = Reserve(RunPaths(tmp_path))
    [file] = tmp_path.iterdir()
    assert file.stat().st_size == 1 << 16
    reserve.free()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("free_bytes", "says"),
    [(10 << 20, "killed for lack of memory: 10 MiB were left, it used 900 MiB"),
     (8 << 30, "it was killed, or the machine went down"), (None, "it was killed")],
)  # fmt: skip
def test_a_worker_that_died_without_a_word_is_said_to_have_died_and_why(
    tmp_path: Path, free_bytes: int | None, says: str
) -> None:
    run = Run(RunPaths(tmp_path / "mine"))
    run.paths.root.mkdir()
    said = Status(
        state="running", pid=7, host=socket.gethostname(), held_bytes=900 << 20,
        free_bytes=free_bytes,
    )  # fmt: skip
    run.paths.status.write_text(encode_status(said))
    assert run.status().state == "lost"
    assert says in run.status().reason
    assert "`rnnlab resume mine`" in run.status().reason
