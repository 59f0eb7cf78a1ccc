"""The letters of the runs."""

from __future__ import annotations

from string import ascii_lowercase

from rnnlab.tui.state.run_letters import assign_letters, lend_letters


def test_a_run_keeps_its_letter_while_it_is_listed() -> None:
    letters: dict[str, str] = {}
    assign_letters(letters, ["x", "y", "z"])
    assert letters == {"x": "a", "y": "b", "z": "c"}
    assign_letters(letters, ["y", "z", "new"])
    assert letters == {"y": "b", "z": "c", "new": "a"}


def test_of_many_runs_those_shown_together_have_different_letters() -> None:
    letters: dict[str, str] = {}
    names = [f"run-{number}" for number in range(40)]
    assign_letters(letters, names)
    assert list(letters.values()) == list(ascii_lowercase)
    shown = ("run-0", "run-30", "run-39")
    lend_letters(letters, shown)
    given = [letters[name] for name in shown]
    assert given[0] == "a"
    assert len(set(given)) == 3
    assert len(set(letters.values())) == len(letters) == 26


def test_more_runs_than_letters_leave_the_last_ones_without() -> None:
    letters: dict[str, str] = {}
    names = [f"run-{number}" for number in range(30)]
    assign_letters(letters, names)
    lend_letters(letters, names)
    assert [name for name in names if name not in letters] == names[26:]
