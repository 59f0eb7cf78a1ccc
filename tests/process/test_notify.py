"""The worker notifies its user at the end of a run, although no lab is open."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rnnlab.runs.history import read_history
from rnnlab.runs.lock import is_locked

if TYPE_CHECKING:
    from tests.toys.lab import Call, Lab

pytestmark = [pytest.mark.process, pytest.mark.timeout(300)]


def test_a_user_who_has_closed_the_lab_hears_of_target_end_and_failure(
    lab: Lab, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = lab.folder / "heard"
    monkeypatch.setenv("RNNLAB_NOTIFY", f'echo "$RNNLAB_EVENT $RNNLAB_RUN" >> {heard}; exit 3')
    call(
        lab, "train", lab.text, "--name", "mine", "--steps", "4", "--eval-every", "2",
        "--hidden", "8", "--target", "90", "--detach",
    )  # fmt: skip
    run = lab.open("mine")
    lab.until_state(run, "finished")
    lab.until(lambda: not is_locked(run.paths.lock), "the worker has ended")
    assert heard.read_text() == "target mine\nfinished mine\n"
    assert run.status().reached.endswith("target 90")
    events = read_history(run.paths.journal).events
    notes = [event.message for event in events if "notify" in event.message]
    assert notes == ["the notify command ended with code 3"] * 2
    heard.unlink()
    call(lab, "train", lab.text, "--name", "bad", "--device", "cuda:99", "--detach")
    bad = lab.open("bad")
    lab.until_state(bad, "failed")
    lab.until(lambda: not is_locked(bad.paths.lock), "the worker has ended")
    assert heard.read_text() == "failed bad\n"
