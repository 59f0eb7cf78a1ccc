from __future__ import annotations

import io
import sys

import pytest

from rnnlab.cli._output import print_json, print_wide_table, table_width


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
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    names = [f"run-{number}" for number in range(5)]
    print_wide_table(["", *names], [["val loss", *(["0.4808"] * 5)]], ())
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    figures = ["0.4808"] * 2
    assert lines == [
        names[:2], ["val", "loss", *figures], [],
        names[2:4], ["val", "loss", *figures], [],
        names[4:], ["val", "loss", "0.4808"],
    ]  # fmt: skip
