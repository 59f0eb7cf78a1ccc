"""Closing the lab while runs train."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rnnlab.runs.store import RunStore
from rnnlab.tui.everywhere import EVERYWHERE
from tests.toys.app_lab import Lab, mailed
from tests.toys.desk import Desk

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("answer", "is_closed", "mail"),
    [("cancel", False, []), ("leave", True, []), ("stop", True, ["stop"])],
)
async def test_each_answer_leaves_or_stops_all_runs_that_train(
    tmp_path: Path, answer: str, is_closed: bool, mail: list[str]
) -> None:
    lab = Lab(RunStore(tmp_path))
    runs = [lab.add(name, "running") for name in ("a", "b")]
    lab.add("ended")
    desk = Desk(lab.store, [answer])
    await desk.do(EVERYWHERE, "quit")
    assert desk.is_closed is is_closed
    assert [mailed(run) for run in runs] == [mail, mail]


async def test_without_a_run_in_training_nothing_is_asked(tmp_path: Path) -> None:
    lab = Lab(RunStore(tmp_path))
    lab.add("ended")
    desk = Desk(lab.store)
    await desk.do(EVERYWHERE, "quit")
    assert desk.is_closed
    assert desk.dialogs == []
