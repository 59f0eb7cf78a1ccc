from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rnnlab.runs.store import RunStore
from rnnlab.runs.summary import summarise
from rnnlab.tui.state.weights import weights_of
from tests.toys.app_lab import Lab

if TYPE_CHECKING:
    from pathlib import Path


def test_the_weights_of_another_step_than_the_list_shows_are_named(tmp_path: Path) -> None:
    """A run of which only the best weights are stored answers with these, also at `live`."""
    run = summarise(Lab(RunStore(tmp_path)).add("a"))
    run = replace(run, step=21_680, best_step=20_596)
    assert weights_of(20_596, run) == "step 20,596 (best)"
    assert weights_of(21_680, run) == "step 21,680"
    assert weights_of(20_596, replace(run, step=20_596)) == "step 20,596"
    assert weights_of(5, run) == weights_of(5, None) == "step 5"
