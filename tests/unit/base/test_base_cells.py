"""Texts in cells: wide characters count twice, combining ones not at all."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from rnnlab.base.cells import (
    beginning,
    breaks,
    ending,
    shortened,
    to_left,
    to_right,
    truncated,
    wrapped,
)

WIDE = "日本語の文"
COMBINED = "e\u0301a\u0300o"
TEXTS = ("", "plain", WIDE, COMBINED, f"ab{WIDE}cd", "👍🏽x")


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("width", range(12))
def test_a_part_of_a_text_fits_and_is_a_part_of_it(text: str, width: int) -> None:
    assert text.startswith(beginning(text, width))
    assert text.endswith(ending(text, width))
    for part in (beginning, ending, shortened, truncated):
        assert cell_len(part(text, width)) <= width
    for part in (to_left, to_right):
        assert cell_len(part(text, width)) == width
    if cell_len(text) <= width:
        assert beginning(text, width) == ending(text, width) == shortened(text, width) == text


def test_a_combining_character_stays_with_its_base() -> None:
    assert beginning(COMBINED, 1) == "e\u0301"
    assert ending(COMBINED, 1) == "o"
    assert ending("xe\u0301", 1) == "e\u0301"
    assert ending("日\u0301", 1) == "", "the base does not fit"


def test_columns_are_filled_with_blanks() -> None:
    assert to_left("日本", 5) == "日本 "
    assert to_right("日本", 5) == " 日本"
    assert to_right("日本", 3) == " 日"


def test_the_middle_of_a_long_text_is_replaced() -> None:
    assert shortened("0123456789", 5) == "01…89"
    assert shortened(WIDE, 6) == "日…文"
    assert shortened("0123456789", 7, "...") == "01...89"
    assert truncated(WIDE, 6) == "日本…"


@pytest.mark.parametrize("width", range(2, 30))
@pytest.mark.parametrize("text", [f"{WIDE} {WIDE} one two", "one two  three", f"a {WIDE * 4} b"])
def test_broken_lines_fit_and_lose_nothing_but_blanks(text: str, width: int) -> None:
    lines = wrapped(text, width)
    assert max(map(cell_len, lines)) <= width
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_a_line_is_broken_between_words_that_fit() -> None:
    assert wrapped("one two three", 7) == ["one two", "three"]
    assert wrapped(f"{WIDE} {WIDE}", 12) == [WIDE, WIDE]
    assert wrapped(f"see {WIDE}", 8) == ["see 日本", "語の文"]
    assert breaks("name    one two", 12, indent=8) == [12]
