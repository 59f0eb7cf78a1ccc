"""The status thread writes the last status, even on a full disk."""

from __future__ import annotations

import contextlib
import errno
import os
import threading
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rnnlab.runs.held_folder import FolderMovedError
from rnnlab.runs.mailbox import Command, send
from rnnlab.runs.paths import RunPaths
from rnnlab.runs.records import Status, decode_status
from rnnlab.runs.run import Run
from rnnlab.worker import _status_thread
from rnnlab.worker._status_thread import StatusReporter
from tests.toys.lab import Lab


def test_the_last_status_is_written_if_there_is_no_space_for_a_temporary_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    RunPaths(tmp_path).config.touch()
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


@pytest.fixture
def paths(tmp_path: Path) -> RunPaths:
    (tmp_path / "run").mkdir()
    return RunPaths(tmp_path / "run")


@contextlib.contextmanager
def reporting(paths: RunPaths, mail_limit_s: float = 60.0) -> Iterator[StatusReporter]:
    reporter = StatusReporter(paths, Status(state="running"), mail_limit_s=mail_limit_s)
    try:
        yield reporter
    finally:
        reporter.close()


def read(paths: RunPaths) -> Status:
    status = decode_status(paths.status.read_bytes())
    assert status is not None
    return status


def test_a_mailbox_that_is_no_folder_is_an_alarm_and_the_status_goes_on(paths: RunPaths) -> None:
    paths.mailbox.write_text("not a folder")
    with reporting(paths) as reporter:
        Lab.until(lambda: "mailbox" in read(paths).alarm, "the status has the problem")
        assert "`rnnlab stop run` still stops it" in read(paths).alarm
        reporter.change(step=7)
        Lab.until(lambda: read(paths).step == 7, "the status goes on")
        assert len(reporter.problems()) == 1
        paths.mailbox.unlink()
        send(paths.mailbox, Command("pause"))
        Lab.until(lambda: reporter.commands() == [Command("pause")], "the command arrives")
        Lab.until(lambda: read(paths).alarm == "", "the alarm is over")
        assert reporter.problems() == []


def test_a_mailbox_that_does_not_answer_delays_neither_status_nor_end(
    paths: RunPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = threading.Event()
    monkeypatch.setattr(_status_thread, "collect", lambda _mailbox: [answer.wait()][1:])
    with reporting(paths, mail_limit_s=0.1) as reporter:
        reporter.change(step=7)
        Lab.until(lambda: read(paths).step == 7, "the status goes on")
        Lab.until(lambda: "(no answer)" in read(paths).alarm, "the status has the problem")
        monkeypatch.setattr(_status_thread, "collect", lambda _mailbox: [])
        reporter.end(state="stopped")
        assert read(paths).state == "stopped"
        answer.set()


def test_a_state_that_cannot_be_written_is_written_later(paths: RunPaths) -> None:
    """A pause must not end a run whose folder is read-only for a while."""
    with reporting(paths) as reporter:
        paths.status.unlink()
        paths.status.mkdir()
        reporter.change(state="paused")
        paths.status.rmdir()
        Lab.until(paths.status.exists, "the status is written")
        assert read(paths).state == "paused"


def test_mail_that_comes_too_late_is_dropped(
    paths: RunPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    with reporting(paths) as reporter:
        reporter.close()
        send(paths.mailbox, Command("pause"))
        reporter.end(state="finished")
    assert list(paths.mailbox.iterdir()) == []


def test_a_moved_folder_gets_the_last_status_and_a_new_one_nothing(paths: RunPaths) -> None:
    with reporting(paths) as reporter:
        old = RunPaths(paths.root.rename(paths.root.with_name("old")))
        paths.root.mkdir()
        send(paths.mailbox, Command("stop"))
        paths.reserve.touch()

        def has_noticed() -> bool:
            try:
                reporter.commands()
            except FolderMovedError:
                return True
            return False

        Lab.until(has_noticed, "the move is noticed")
        with pytest.raises(FolderMovedError):
            reporter.change(state="paused")
        reporter.end(state="failed", reason="moved")
    assert (read(old).state, read(old).reason) == ("failed", "moved")
    assert not old.reserve.exists()
    assert sorted(os.listdir(paths.root)) == [".reserve", "mailbox"]
    assert len(list(paths.mailbox.iterdir())) == 1, "its mail is not read"


@pytest.mark.parametrize("is_signal", [True, False])
def test_a_stop_while_the_training_thread_is_busy_has_an_effect_at_once(
    paths: RunPaths, *, is_signal: bool
) -> None:
    posted: deque[Command] = deque()
    reporter = StatusReporter(paths, Status(state="starting"), posted=posted)
    has_ended, is_checked = threading.Event(), threading.Event()

    def end() -> None:
        """End as the worker does, but let this process live."""
        reporter.end(state="stopped")
        reporter.change(stage="loading torch", state="starting")  # as the training thread may
        has_ended.set()
        is_checked.wait()

    reporter.stop_at_once(end)
    if is_signal:
        posted.append(Command("stop"))
    else:
        send(paths.mailbox, Command("stop"))
    Lab.until(has_ended.is_set, "the worker ends")
    assert (read(paths).state, read(paths).stage) == ("stopped", "")
    is_checked.set()
    reporter.close()
