"""The columns of the list of runs: which are shown, and at which width."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from rich.cells import cell_len

from rnnlab.runs.store import RunStore
from rnnlab.runs.summary import RunSummary, summarise
from rnnlab.tui.runs.columns import (
    COLUMNS,
    cell_of,
    chosen_columns,
    default_columns,
    fitting,
    header,
    sorts_of,
)
from tests.toys.app_lab import Lab


@pytest.fixture
def stream(tmp_path: Path) -> RunSummary:
    return summarise(Lab(RunStore(tmp_path / "s")).add("s", val_loss=1.5))


@pytest.fixture
def documents(tmp_path: Path) -> RunSummary:
    run = Lab(RunStore(tmp_path / "d")).add("d", task="classify", val_accuracy=0.875)
    return summarise(run)


def test_the_accuracy_is_shown_if_a_run_is_a_classifier(
    stream: RunSummary, documents: RunSummary
) -> None:
    assert "accuracy" not in default_columns([stream])
    columns = default_columns([stream, documents])
    assert columns[:2] == ["val", "accuracy"]
    for width in (25, 27, 35, 57):
        assert fitting(columns, width, 14)[0][:2] == ("val", "accuracy"), width
    assert cell_of("accuracy", documents) == " 87.5%"


def test_the_column_of_the_state_has_the_word_for_a_divergence(stream: RunSummary) -> None:
    assert cell_of("state", replace(stream, diverged_step=7)) == " diverged"
    assert cell_of("state", replace(stream, diverged_step=7, silent_s=20.0)) == " silent  "


def test_chosen_columns_are_shown_in_their_order_and_unknown_ones_are_ignored(
    stream: RunSummary,
) -> None:
    assert chosen_columns(["age", "no-column", "val"], [stream]) == ["age", "val"]
    assert chosen_columns(["no-column"], [stream]) == default_columns([stream])
    assert sorts_of(["age", "val"]) == ["newest", "name", "age", "val"]


def test_a_long_name_gets_the_width_that_no_column_needs() -> None:
    assert fitting(["val"], 60, 30) == (("val",), 34)
    assert fitting(["val"], 60, 4) == (("val",), 18)
    assert fitting(["val", "train"], 25, 30) == (("val",), 18)


def test_the_sorted_column_is_marked_with_the_direction() -> None:
    assert header("val", "val", is_reversed=False).strip() == "val↑"
    assert header("val", "val", is_reversed=True).strip() == "val↓"
    assert header("accuracy", "accuracy", is_reversed=False).strip() == "acc↓"
    assert header("val", "train", is_reversed=False).strip() == "val"


def test_every_cell_and_title_is_as_wide_as_its_column(
    stream: RunSummary, documents: RunSummary
) -> None:
    wide = replace(documents, tags=("日本語の文", "語"), corpus="文の集まりです")
    for name, column in COLUMNS.items():
        assert cell_len(cell_of(name, wide)) == column.width + 1, name
        assert {len(cell_of(name, run)) for run in (stream, documents)} == {column.width + 1}, name
        title = header(name, column.sort, is_reversed=False)
        assert len(title) <= column.width + 1, name
