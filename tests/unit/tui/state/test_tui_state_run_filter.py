"""Sorting, pinning and filtering the list of runs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from rnnlab.runs.run import Run
from rnnlab.runs.store import RunStore
from rnnlab.runs.summary import RunSummary, summarise
from rnnlab.tui.state.run_filter import SORTS, ordered
from tests.toys.app_lab import Lab


@pytest.fixture
def rows(tmp_path: Path) -> list[RunSummary]:
    lab = Lab(RunStore(tmp_path))
    runs: list[Run] = [
        lab.add("gru-a", train_loss=2.0, val_loss=2.5),
        lab.add("lstm-b", "failed", train_loss=1.0, val_loss=None),
        lab.add("gru-c", "running", train_loss=3.0, val_loss=1.5),
    ]
    return [summarise(run) for run in runs]


def names(rows: list[RunSummary]) -> list[str]:
    return [row.name for row in rows]


def test_runs_at_work_come_first_then_the_newest(rows: list[RunSummary]) -> None:
    assert names(ordered(rows)) == ["gru-c", "lstm-b", "gru-a"]


def test_runs_are_sorted_by_their_figures_and_those_without_come_last(
    rows: list[RunSummary],
) -> None:
    assert names(ordered(rows, "val")) == ["gru-c", "gru-a", "lstm-b"]
    assert names(ordered(rows, "train")) == ["lstm-b", "gru-a", "gru-c"]
    assert names(ordered(rows, "name", is_reversed=True)) == ["lstm-b", "gru-c", "gru-a"]
    for sort in SORTS:
        assert len(ordered(rows, sort)) == 3


def test_pinned_runs_stay_at_the_top_whatever_the_filter(rows: list[RunSummary]) -> None:
    assert names(ordered(rows, "val", text="gru", pinned=["lstm-b"])) == [
        "lstm-b",
        "gru-c",
        "gru-a",
    ]


def test_the_best_row_comes_first_and_rows_without_the_figure_last_in_both_orders(
    rows: list[RunSummary],
) -> None:
    classified = [
        replace(row, val_accuracy=accuracy)
        for row, accuracy in zip(rows, (0.7, None, 0.9), strict=True)
    ]
    assert names(ordered(classified, "accuracy")) == ["gru-c", "gru-a", "lstm-b"]
    assert names(ordered(classified, "accuracy", is_reversed=True)) == ["gru-a", "gru-c", "lstm-b"]
    assert names(ordered(rows, "val", is_reversed=True)) == ["gru-a", "gru-c", "lstm-b"]


def test_a_saved_filter_that_cannot_be_understood_hides_nothing(rows: list[RunSummary]) -> None:
    assert len(ordered(rows, text="val<")) == 3
