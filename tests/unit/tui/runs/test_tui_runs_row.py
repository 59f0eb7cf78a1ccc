"""The row of a run at every width of the list."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest

from rnnlab.runs.records import State
from rnnlab.runs.store import RunStore
from rnnlab.runs.summary import RunSummary, summarise
from rnnlab.tui.runs.columns import default_columns, fitting
from rnnlab.tui.runs.row import STATE_MARKS, RowLayout, RowLook
from tests.toys.app_lab import Lab

LOOK = RowLook("red", "", is_selected=False, is_pinned=False)
WIDTHS = (25, 27, 35, 57, 90)
"""Widths of the list in terminals of 80 (with and without a border), 120 and 200 columns, and
alone on a screen."""


@pytest.fixture
def training(tmp_path: Path) -> RunSummary:
    run = Lab(RunStore(tmp_path)).add(
        "shakespeare-lstm", "running", total_steps=400, eta_s=675.0, train_loss=1.25,
        val_loss=2.5, elapsed_s=75.0,
    )  # fmt: skip
    return summarise(run)


def lines(summary: RunSummary, width: int, look: RowLook = LOOK) -> list[str]:
    layout = RowLayout(*fitting(default_columns([summary]), width, len(summary.name)))
    cells = [cell.plain.split("\n") for cell in layout.cells(summary, look)]
    assert {len(cell) for cell in cells} == {layout.height_of(summary)}
    rows = ["".join(parts) for parts in zip(*cells, strict=True)]
    assert all(len(row) <= width for row in rows)
    assert len({len(row) for row in rows}) == 1
    return rows


@pytest.mark.parametrize("width", WIDTHS)
def test_a_run_in_training_shows_state_progress_loss_and_time_left_at_every_width(
    training: RunSummary, width: int
) -> None:
    text = " ".join(lines(training, width))
    for part in ("●", "10%", "1.2500", "2.5000", "11m15s"):
        assert part in text, part


def test_the_bar_is_as_long_as_the_progress(training: RunSummary) -> None:
    for step in (0, 100, 200, 400):
        bar = lines(replace(training, step=step), 35)[1]
        num_done, num_left = bar.count("█"), bar.count("░")
        assert num_done + num_left > 10
        assert num_done == round((num_done + num_left) * step / 400)


def test_without_a_known_end_the_row_shows_the_step_instead_of_a_percentage(
    training: RunSummary,
) -> None:
    endless = replace(training, total_steps=None, eta_s=None, step=12_345)
    assert "12.3k steps 1.2500" in lines(endless, 25)[1]


@pytest.mark.parametrize("state", get_args(State))
@pytest.mark.parametrize("width", WIDTHS)
def test_the_state_has_its_mark_and_if_there_is_no_bar_its_word(
    training: RunSummary, state: State, width: int
) -> None:
    row = lines(replace(training, state=state, queue_place=None), width)
    assert STATE_MARKS[state][0] in row[0]
    if len(row) > 1 and state != "running":
        assert state in row[1]


def test_a_queued_run_shows_its_place(training: RunSummary) -> None:
    queued = replace(training, state="queued", queue_place=2)
    for width in WIDTHS:
        assert "no. 2" in " ".join(lines(queued, width)), width


@pytest.mark.parametrize("width", WIDTHS)
def test_a_run_that_starts_shows_its_stage(training: RunSummary, width: int) -> None:
    starting = replace(training, state="starting", stage="loading torch", step=0)
    assert "loading" in " ".join(lines(starting, width))


def test_selection_letter_and_pin_are_visible_without_colours(training: RunSummary) -> None:
    plain = lines(training, 25)[0]
    look = RowLook("red", "c", is_selected=True, is_pinned=True)
    assert plain.startswith("▎ ● shakes")
    assert lines(training, 25, look)[0].startswith("◆c●^shakes")


def test_an_ended_run_has_a_line_of_facts_if_there_is_room(training: RunSummary) -> None:
    ended = replace(training, state="finished", cell="gru", corpus="mer", step=12_345)
    layout = RowLayout(("val",), 18, has_facts=True)
    text = "".join(cell.plain.partition("\n")[2] for cell in layout.cells(ended, LOOK))
    assert text.strip() == "gru · mer · 12.3k steps"
    assert replace(layout, has_facts=False).height_of(ended) == 1
