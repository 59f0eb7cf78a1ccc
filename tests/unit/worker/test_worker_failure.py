"""The reason for a failure, with advice, even on a full disk."""

from __future__ import annotations

import errno
import socket
from pathlib import Path

import pytest

from rnnlab.base.errors import BadInputError
from rnnlab.runs.paths import RunPaths
from rnnlab.runs.records import Status, encode_status
from rnnlab.runs.run import Run
from rnnlab.worker._failure import Reserve, reason_of


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device", "metrics.jsonl"),
        OSError(errno.EDQUOT, "Disk quota exceeded"),
        RuntimeError("Error while serializing: IoError(No space left on device (os error 28))"),
    ],
)
def test_the_reason_of_a_full_disk_has_advice(error: Exception, tmp_path: Path) -> None:
    message = reason_of(error, tmp_path / "mine")
    assert message.startswith("the disk is full")
    assert "`rnnlab resume mine`" in message


def test_the_error_of_another_disk_is_unchanged(tmp_path: Path) -> None:
    error = BadInputError("no space left for /elsewhere/data", "make room there")
    assert reason_of(error, tmp_path / "mine") == str(error)


def test_the_reason_of_too_little_memory_has_advice(tmp_path: Path) -> None:
    reason = reason_of(MemoryError(), tmp_path / "mine")
    assert reason.startswith("out of memory; lower --batch")
    assert reason.endswith("then use `rnnlab resume mine`")


def test_the_reason_of_a_failed_gpu_has_advice(tmp_path: Path) -> None:
    error = RuntimeError("CUDA error: unspecified launch failure\nCompile with TORCH_USE_CUDA_DSA")
    assert reason_of(error, tmp_path / "mine") == (
        "the GPU failed: CUDA error: unspecified launch failure; `rnnlab resume mine` continues "
        "from the last checkpoint; if it fails again, use another --device; `nvidia-smi` shows the "
        "GPU's state"
    )


def test_other_errors_keep_their_messages(tmp_path: Path) -> None:
    assert reason_of(BadInputError("no text", "give one"), tmp_path) == "no text; give one"
    assert reason_of(KeyError("x"), tmp_path) == "KeyError: 'x'; see worker.log"
    lacking = OSError(errno.EACCES, "Permission denied", "f")
    assert reason_of(lacking, tmp_path) == "Permission denied: f"


def test_the_reserve_is_allocated_and_freed(tmp_path: Path) -> None:
    reserve = Reserve(RunPaths(tmp_path))
    [file] = tmp_path.iterdir()
    assert file.stat().st_size == 1 << 16
    reserve.free()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("free_bytes", "says"),
    [(10 << 20, "killed for lack of memory: only 10 MiB were free; it used 900 MiB"),
     (8 << 30, "it was killed, or the machine went down"), (None, "it was killed")],
)  # fmt: skip
def test_a_killed_worker_is_lost_with_a_probable_reason(
    tmp_path: Path, free_bytes: int | None, says: str
) -> None:
    run = Run(RunPaths(tmp_path / "mine"))
    run.paths.root.mkdir()
    run.paths.config.touch()
    message = Status(
        state="running", pid=7, host=socket.gethostname(), held_bytes=900 << 20,
        free_bytes=free_bytes,
    )  # fmt: skip
    run.paths.status.write_text(encode_status(message))
    assert run.status().state == "lost"
    assert says in run.status().reason
    assert "`rnnlab resume mine`" in run.status().reason
