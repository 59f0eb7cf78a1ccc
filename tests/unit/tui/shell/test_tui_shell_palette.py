"""The palette finds an action by the words that a user tries first."""

from __future__ import annotations

import pytest

from rnnlab.tui.shell.palette import Entry


def entry(
    label: str, help_line: str, *, is_possible: bool = True, is_elsewhere: bool = False
) -> Entry:
    return Entry(label, "k", help_line, list, is_possible, is_elsewhere)


ENTRIES = (
    entry("Help", "Show all keys"),
    entry("Pause", "Pause the run, or resume it if it is paused"),
    entry("Stop", "Stop the run after saving a checkpoint"),
    entry("Set", "Set lr, clip, end and patience of the run"),
    entry("To file", "Save the candidates to a file"),
    entry("Picture", "Write the screen to new files: SVG and text"),
    entry("Delete", "Delete the run for good"),
    entry("Log", "Switch the log scale (y) on or off"),
)


@pytest.mark.parametrize(
    ("query", "label"),
    [
        ("pause", "Pause"), ("halt", "Pause"), ("wait", "Pause"), ("kill", "Stop"),
        ("rate", "Set"), ("learning rate", "Set"), ("lr", "Set"), ("patience", "Set"),
        ("export", "To file"), ("screenshot", "Picture"), ("svg", "Picture"),
        ("remove", "Delete"), ("bin", "Delete"), ("logarithmic", "Log"), ("PAUSE", "Pause"),
    ],
)  # fmt: skip
def test_a_query_finds_the_action(query: str, label: str) -> None:
    best = max(ENTRIES, key=lambda one: one.score(query))
    assert best.label == label
    assert best.score(query) > 0


def test_every_word_of_the_query_counts_and_nonsense_finds_nothing() -> None:
    pause = ENTRIES[1]
    assert pause.score("pause run") > 0
    assert pause.score("pause zebra") == 0
    assert [one.label for one in ENTRIES if one.score("qqq") or one.score("?!")] == []


def test_what_has_an_effect_here_and_now_comes_first() -> None:
    here = entry("Add", "Add a file")
    later = entry("Add", "Add a file", is_possible=False)
    elsewhere = entry("Add", "Add a file", is_elsewhere=True)
    assert here.score("add") > later.score("add") > elsewhere.score("add") > 0


def test_an_entry_shows_its_key() -> None:
    assert entry("Pause", "Pause the run").shown.plain.split() == ["Pause", "k"]
