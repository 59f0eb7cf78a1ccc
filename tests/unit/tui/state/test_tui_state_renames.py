"""The state of the app follows a run that was renamed anywhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnnlab.runs.rename import rename
from rnnlab.runs.store import RunStore
from rnnlab.tui.outside.polling import RunPoller
from rnnlab.tui.state.lab_state import LabState
from rnnlab.tui.state.prompt_session import PromptRequest
from tests.toys.app_lab import Lab


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(RunStore(tmp_path / "checkpoints"))


def test_pin_selection_colour_and_answers_follow_a_renamed_run(lab: Lab) -> None:
    for name in ("first", "old"):
        lab.add(name)
    state, poller = LabState(lab.store), RunPoller(lab.store)
    state.update(poller.read([]))
    color = state.color_of("old")
    state.chosen_name, state.selected = "old", ("first", "old")
    state.toggle_pins(["old"])
    state.session.fields.checkpoints["old"] = "40"
    state.session.request = PromptRequest("old", "Once", ())
    rename(lab.store, lab.store.open("old"), "new")
    state.update(poller.read([]))
    assert (state.chosen_name, state.selected) == ("new", ("first", "new"))
    assert (state.view.pinned, state.color_of("new")) == (["new"], color)
    assert state.session.fields.checkpoints == {"new": "40"}
    assert state.session.request is not None
    assert state.session.request.run == "new"


def test_a_name_that_another_run_has_now_means_that_run(lab: Lab) -> None:
    lab.add("old")
    rename(lab.store, lab.store.open("old"), "new")
    lab.add("old")
    state = LabState(lab.store)
    state.chosen_name = "old"
    state.update(RunPoller(lab.store).read([]))
    assert state.chosen_name == "old"


def test_the_poller_reads_an_ended_run_again_when_its_notes_change(lab: Lab) -> None:
    run, poller = lab.add("alpha"), RunPoller(lab.store)
    assert poller.read([]).summaries[0].tags == ()
    run.paths.notes.write_text('{"note": "", "tags": ["good"], "former_names": []}')
    assert poller.read([]).summaries[0].tags == ("good",)
