"""The status thread writes the last status, even on a full disk."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from rnnlab.runs.paths import RunPaths
from rnnlab.runs.records import Status
from rnnlab.runs.store import Run
from rnnlab.worker._status_thread import StatusReporter


def test_the_last_status_is_written_if_there_is_no_space_for_a_temporary_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reporter = StatusReporter(RunPaths(tmp_path), Status(state="running"))

    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    reporter.end(state="failed", reason="the disk is full")
    monkeypatch.undo()
    status = Run(RunPaths(tmp_path)).status()
    assert (status.state, status.reason) == ("failed", "the disk is full")
    assert not RunPaths(tmp_path).reserve.exists()


def test_the_status_has_the_memory(tmp_path: Path) -> None:
    StatusReporter(RunPaths(tmp_path), Status(state="running")).end(state="stopped")
    status = Run(RunPaths(tmp_path)).status()
    assert status.held_bytes is not None
    assert status.free_bytes is not None
    assert status.held_bytes > 1 << 20
