"""No worker carries out the settings of another user."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from rnnlab.base.errors import BadInputError
from rnnlab.base.files import replace_text
from rnnlab.runs import launch as launching
from rnnlab.runs.launch import launch
from rnnlab.runs.records import Status, encode_status
from rnnlab.runs.run import Run
from rnnlab.runs.store import RunStore


@pytest.fixture
def run(tmp_path: Path) -> Run:
    made = RunStore(tmp_path).create("a", 'corpus = "x"\n')
    replace_text(made.paths.status, encode_status(Status("stopped", host=socket.gethostname())))
    return made


@pytest.fixture
def spawned(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The folders of the runs whose workers would have been started."""
    spawned: list[str] = []

    def start(arguments: list[str], _log: int, _lock: int) -> int:
        spawned.append(arguments[0])
        return 1

    monkeypatch.setattr(launching, "start_worker", start)
    return spawned


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give files away")
@pytest.mark.parametrize("part", ["root", "config"])
def test_the_settings_of_another_user_are_not_carried_out(
    run: Run, spawned: list[str], part: str
) -> None:
    os.chown(getattr(run.paths, part), 12345, -1)
    with pytest.raises(BadInputError, match=r"another user.*resume a copy: `cp -r .*a-copy`"):
        launch(run)
    assert spawned == []


def test_a_file_system_that_gives_every_file_one_owner_has_no_other_users(
    run: Run, spawned: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: owner + 1)
    launch(run)
    assert len(spawned) == 1
