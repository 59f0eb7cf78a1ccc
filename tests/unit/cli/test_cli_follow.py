"""A verb that follows a run alerts the user of its terminal."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from rnnlab.cli._follow import follow
from rnnlab.runs.records import Status
from rnnlab.runs.store import Run, RunStore


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


def test_a_user_who_looks_elsewhere_hears_of_the_target_and_of_the_end_of_a_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached = "val 1.2000, target 1.25"
    statuses = [
        Status(state="running", step=1),
        Status(state="running", step=2, reached=reached),
        Status(state="finished", step=3, reached=reached),
    ]

    class Course(Run):
        """A run whose status changes at every reading."""

        def status(self) -> Status:
            return statuses.pop(0) if len(statuses) > 1 else statuses[0]

    run = Course(RunStore(tmp_path).create("mine", "").paths)
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("RNNLAB_ALERTS", "osc9")
    monkeypatch.delenv("TMUX", raising=False)
    assert follow(run, is_new=False, json=False) == 0
    heard = [part.partition("\a")[0] for part in terminal.getvalue().split("\x1b]9;")[1:]]
    assert heard == [f"mine: {reached}", "mine is finished"]
