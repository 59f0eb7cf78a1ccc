"""The runs of the vanishing lab are queued from the inspect screen."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from rnnlab.runs.records import encode_status
from rnnlab.runs.run import Run
from rnnlab.runs.store import RunStore
from rnnlab.tui.inspect.actions import INSIGHT
from tests.toys.app_lab import WORLD
from tests.toys.desk import Desk

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setenv("RNNLAB_DATA", str(tmp_path / "data"))
    return Desk(RunStore(tmp_path / "checkpoints"), ["queue"])


async def test_runs_that_are_queued_already_are_not_queued_again(desk: Desk) -> None:
    launched: list[str] = []

    def launch(run: Run, *, is_queued: bool = False) -> None:
        assert is_queued
        launched.append(run.name)

    desk.state.outside = replace(WORLD, launch=launch)
    desk.answers *= 2
    await desk.do(INSIGHT, "train-lab")
    assert len(launched) == 12
    assert desk.told == ["12 runs are queued; press F2 to see them, s there to remove one"]
    for run in desk.store:  # no worker holds the locks of these runs: they would count as lost
        finished = replace(run.status(), state="finished")
        run.paths.status.write_text(encode_status(finished))
    await desk.do(INSIGHT, "train-lab")
    assert len(launched) == 12
    assert desk.told[1] == "all runs of the vanishing lab are trained, running or queued"


async def test_a_run_that_cannot_be_started_is_reported(desk: Desk) -> None:
    desk.store.root.parent.mkdir(exist_ok=True)
    desk.store.root.write_text("a file in place of the folder")
    await desk.do(INSIGHT, "train-lab")
    [(text, severity)] = desk.toasts
    assert severity == "warning"
    assert "checkpoints" in text


async def test_nothing_is_queued_without_a_confirmation(desk: Desk) -> None:
    desk.answers[:] = ["cancel"]
    await desk.do(INSIGHT, "train-lab")
    assert desk.toasts == []
    assert not list(desk.store)
