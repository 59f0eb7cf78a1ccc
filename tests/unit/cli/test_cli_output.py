from __future__ import annotations

import io
import json
import math
import sys
from collections.abc import Iterator

import pytest
from rich.text import Text

from rnnlab.base.json_types import StreamedList
from rnnlab.cli._output import print_json, print_table, print_wide_table, say, table_width, talk
from tests.toys.streams import TerminalStream, terminal_of


def test_json_is_ascii_and_holds_no_number_that_json_has_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out = io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    print_json({"a": [float("nan"), (float("inf"), 1.5)], "é": "\x1b[31m日"})
    assert out.getvalue().isascii()
    assert "\x1b" not in out.getvalue()
    assert out.getvalue().count("null") == 2


def test_the_width_of_a_table_is_that_of_its_longest_cells_and_the_gaps_between_them() -> None:
    assert table_width(["name", "a"], [["x", "12345"], ["longer\n", "1"]]) == 7 + 2 + 5


def test_columns_without_room_follow_below_and_no_number_is_broken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    monkeypatch.setattr(sys, "stdout", out := TerminalStream())
    names = [f"run-{number}" for number in range(5)]
    print_wide_table(["", *names], [["val loss", *(["0.4808"] * 5)]], ())
    lines = [line.split() for line in Text.from_ansi(out.getvalue()).plain.splitlines()]
    figures = ["0.4808"] * 2
    assert lines == [
        names[:2], ["val", "loss", *figures], [],
        names[2:4], ["val", "loss", *figures], [],
        names[4:], ["val", "loss", "0.4808"],
    ]  # fmt: skip


def test_a_wide_table_in_a_file_is_in_one_piece(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    names = [f"run-{number}" for number in range(5)]
    print_wide_table(["", *names], [["val loss", *(["0.4808"] * 5)]], ())
    header, row = capsys.readouterr().out.splitlines()
    assert (header.split(), row.split()) == (names, ["val", "loss", *["0.4808"] * 5])


def test_on_a_terminal_lines_are_broken_between_words_but_never_in_a_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    terminal = terminal_of(monkeypatch)
    talk("m stopped at step 9;\nto continue the run use `rnnlab resume m --steps 20`")
    assert terminal.getvalue().splitlines() == [
        "m stopped at step 9;", "to continue the run use", "`rnnlab resume m --steps 20`",
    ]  # fmt: skip


def test_a_file_gets_whole_lines(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    say("a sentence of more than thirty columns")
    assert capsys.readouterr().out == "a sentence of more than thirty columns\n"


ROW = ["stump-lstm-96", " ".join(["word"] * 5), "0.4808"]


def test_a_table_in_a_file_is_as_wide_as_its_cells(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    print_table(["name", "note", "val"], [ROW], ("val",))
    assert capsys.readouterr().out.splitlines()[1].split("  ") == ROW


def test_on_a_narrow_terminal_neither_a_name_nor_a_number_is_broken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    monkeypatch.setattr(sys, "stdout", out := TerminalStream())
    print_table(["name", "note", "val"], [ROW], ("val",))
    assert {ROW[0], ROW[2]} <= set(out.getvalue().split())
    assert max(map(len, out.getvalue().splitlines()[1:])) <= 30


def test_a_streamed_list_is_printed_like_a_list(capsys: pytest.CaptureFixture[str]) -> None:
    """Its items are made one by one, while it is printed."""
    made: list[int] = []

    def items() -> Iterator[tuple[int, float]]:
        for number in range(3):
            made.append(number)
            yield number, math.nan

    document = {"few": StreamedList(items()), "none": StreamedList([]), "one": StreamedList([1])}
    assert made == [0]
    print_json(document)
    expected = {"few": [[number, None] for number in range(3)], "none": [], "one": [1]}
    assert capsys.readouterr().out == json.dumps(expected, indent=2) + "\n"
