"""Reasons for a worker's unexpected end, from its last heartbeat, the kernel's count and log."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from rnnlab.runs import exit_reason, memory
from rnnlab.runs.exit_reason import killed_for_memory, why_lost
from rnnlab.runs.paths import RunPaths
from rnnlab.runs.records import Status

LOG = "3,9,77,-;Memory cgroup out of memory: Killed process 71 (python) total-vm:9kB\n"
Kernel = Callable[[int, str], None]


@pytest.fixture
def kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kernel:
    """Set the kernel's number of out-of-memory kills and its log."""
    monkeypatch.setattr(memory, "VMSTAT", tmp_path / "vmstat")
    monkeypatch.setattr(exit_reason, "KERNEL_LOG", str(tmp_path / "kmsg"))

    def say(num_killed: int, log: str) -> None:
        memory.VMSTAT.write_text(f"pgfault 12\noom_kill_x 5\noom_kill {num_killed}\n")
        (tmp_path / "kmsg").write_text(log)

    return say


def said(host: str = "") -> Status:
    return Status(
        state="running", pid=71, host=host or socket.gethostname(), held_bytes=900 << 20,
        free_bytes=8 << 30, oom_kills=3,
    )  # fmt: skip


def test_a_process_in_the_kernels_log_was_killed_for_lack_of_memory(kernel: Kernel) -> None:
    kernel(4, LOG)
    reason = why_lost(said(), "mine")
    assert "(process 71 on" in reason
    assert "killed by the kernel for lack of memory (the kernel's log names the process)" in reason
    assert "it used 900 MiB" in reason
    assert "smaller --batch" in reason
    assert "`rnnlab resume mine` continues the run" in reason


@pytest.mark.parametrize("log", ["", LOG.replace("71", "72")])
def test_without_the_log_the_reason_is_probable(kernel: Kernel, log: str) -> None:
    kernel(4, log)
    assert "probably killed by the kernel for lack of memory" in why_lost(said(), "mine")


def test_a_log_that_is_a_pipe_is_not_waited_for(kernel: Kernel, tmp_path: Path) -> None:
    kernel(3, "")
    os.mkfifo(RunPaths(tmp_path).log)
    assert "died without a message" in why_lost(said(), "mine", tmp_path)


def test_earlier_kills_and_other_hosts_are_not_evidence(kernel: Kernel) -> None:
    kernel(3, LOG)
    assert "without a message" in why_lost(said(), "mine")
    kernel(4, LOG)
    assert "without a message" in why_lost(said(host="elsewhere"), "mine")


def test_without_the_kernels_count_no_reason_is_claimed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "VMSTAT", tmp_path / "none")
    monkeypatch.setattr(exit_reason, "KERNEL_LOG", str(tmp_path / "none"))
    assert memory.oom_kills() is None
    assert killed_for_memory() == set()
    assert "without a message" in why_lost(said(), "mine")


def test_a_log_that_ends_with_an_error_of_the_disk_is_the_reason(
    kernel: Kernel, tmp_path: Path
) -> None:
    kernel(3, "")
    log = RunPaths(tmp_path).log
    log.write_text("torch says hello\nOSError: [Errno 27] File too large: 'status.json'\n")
    reason = why_lost(said(), "mine", tmp_path)
    assert "probably because a file has reached the largest size that is allowed" in reason
    assert reason.endswith("raise the limit (`ulimit -f`), then use `rnnlab resume mine`")
    later = replace(said(), heartbeat=log.stat().st_mtime + 1.0)
    assert "without a message" in why_lost(later, "mine", tmp_path), "of an earlier worker"
    log.write_text("OSError: [Errno 28] No space left on device\nall is well\n")
    assert "without a message" in why_lost(said(), "mine", tmp_path)


def test_a_log_that_ends_with_another_error_of_a_file_is_the_reason(
    kernel: Kernel, tmp_path: Path
) -> None:
    kernel(3, "")
    RunPaths(tmp_path).log.write_text("PermissionError: [Errno 13] Permission denied: 'lock'\n")
    assert why_lost(said(), "mine", tmp_path).endswith(
        "probably because it could not use a file: Permission denied; read its worker.log, then "
        "use `rnnlab resume mine`"
    )


def test_a_disk_without_space_is_probably_the_reason(
    kernel: Kernel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kernel(3, "")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=100))
    assert "probably because the disk is full" in why_lost(said(), "mine", tmp_path)
