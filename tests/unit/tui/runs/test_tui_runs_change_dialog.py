"""Change, resume and continue runs from the lab: refusals, answers, what the user is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rnnlab.runs.store import RunStore
from rnnlab.tui.runs.change_dialog import change_runs, continue_runs, resume_runs
from tests.toys.app_lab import Lab, mailed
from tests.toys.desk import Desk

if TYPE_CHECKING:
    from pathlib import Path

    from rnnlab.tui.runs.change_dialog import ChangeScreen


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(RunStore(tmp_path / "checkpoints"))


async def test_a_dialog_that_is_cancelled_or_left_unchanged_sends_nothing(lab: Lab) -> None:
    run = lab.add("a", "running", epoch=1.0)
    desk = Desk(lab.store, [None, lambda dialog: dict(dialog.present)])
    await change_runs(desk.screen, ["a"])
    assert desk.toasts == []
    await change_runs(desk.screen, ["a"])
    assert desk.told == ["no setting was changed"]
    assert mailed(run) == []


async def test_a_change_is_sent_to_the_worker(lab: Lab) -> None:
    run = lab.add("a", "running", epoch=1.0)
    desk = Desk(lab.store, [lambda dialog: {**dialog.present, "lr": "0.01"}])
    await change_runs(desk.screen, ["a"])
    assert mailed(run) == ["set"]
    [(text, severity)] = desk.toasts
    assert "0.01" in text
    assert severity == "information"


async def test_runs_that_are_gone_or_shipped_are_refused_before_a_dialog_opens(
    tmp_path: Path,
) -> None:
    Lab(RunStore(tmp_path)).add("given")
    desk = Desk(RunStore(tmp_path, shipped=[tmp_path / "given"]))
    await change_runs(desk.screen, ["gone", "given"])
    await continue_runs(desk.screen, ["gone"])
    assert desk.dialogs == []
    assert [severity for _, severity in desk.toasts] == ["warning"] * 3
    assert "unknown run 'gone'" in desk.told[0]
    assert "'given' is shipped with rnnlab" in desk.told[1]


async def test_a_new_run_from_the_best_weights_can_be_chosen_instead(lab: Lab) -> None:
    run = lab.add("a", epoch=10.0)
    run.paths.pointer("best").write_text("40")

    def choose_other(dialog: ChangeScreen) -> None:
        dialog.is_other_chosen = True

    desk = Desk(lab.store, [choose_other])
    await resume_runs(desk.screen, ["a"])
    assert desk.opened == ["new-run"]
    assert desk.state.draft_for_run is not None
    assert desk.state.draft_for_run["init_from"] == "a@best"


async def test_what_is_done_and_what_is_refused_are_told_apart(lab: Lab) -> None:
    run = lab.add("idle", "paused")
    lab.add("busy", "running")
    desk = Desk(lab.store)
    await resume_runs(desk.screen, ["idle", "busy", "gone"])
    assert mailed(run) == ["resume"]
    (done, severity), (refused, other) = desk.toasts
    assert (severity, other) == ("information", "warning")
    assert "idle" in done
    assert "'busy' is running already" in refused
    assert "unknown run 'gone'" in refused
