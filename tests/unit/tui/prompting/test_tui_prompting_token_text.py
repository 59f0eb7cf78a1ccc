"""Letters as shade and as marks."""

from __future__ import annotations

import math

import pytest
from rich.cells import cell_len
from textual.color import Color

from rnnlab.protocol.messages import EOS
from rnnlab.tui.prompting.token_text import (
    MARKS,
    Shades,
    contrast_ratio,
    letters_of,
    marked,
    plain,
    shade,
    shaded,
)


@pytest.mark.parametrize(
    ("probability", "level"), [(1.0, 0), (0.61, 0), (0.5, 1), (0.2, 2), (0.05, 3), (0.02, 4)]
)
def test_the_less_probable_the_higher_the_shade(probability: float, level: int) -> None:
    assert shade(math.log(probability)) == level


def test_marks_stand_below_their_letters_at_any_width() -> None:
    tokens, logprobs = list("abcdefgh"), [math.log(p) for p in (1, 0.5, 0.2, 0.05, 0.01, 1, 1, 1)]
    for width in (3, 5, 40):
        lines = marked(letters_of("xy", tokens, logprobs), width).plain.split("\n")
        texts, marks = lines[::2], lines[1::2]
        assert "".join(texts) == "xyabcdefgh"
        assert all(len(text) <= width for text in texts)
        below = "".join(m.ljust(len(t)) for t, m in zip(texts, marks, strict=True))
        assert below == "  " + MARKS + "   "


def test_a_wide_letter_has_a_mark_as_wide() -> None:
    lines = marked(letters_of("", ["\N{GRINNING FACE}", "a"], [-9.0, -9.0]), 20).plain.split("\n")
    assert cell_len(lines[0]) == cell_len(lines[1]) == 3


@pytest.mark.parametrize("text", ["[applause]", "[/bold]", "\x1b[31mred", "a\nb\n\nc"])
def test_foreign_text_is_shown_as_it_is_in_every_look(text: str) -> None:
    letters = letters_of("", list(text), [-1.0] * len(text))
    shades = Shades.of(Color(0, 0, 0), Color(255, 255, 255), Color(255, 160, 0))
    shown = text.replace("\x1b", "␛").replace("\n\n", "⏎⏎|").replace("\n", "⏎|").replace("|", "\n")
    assert plain(letters).plain == shaded(letters, shades).plain == shown
    assert "".join(marked(letters, 80).plain.split("\n")[::2]) == shown.replace("\n", "")


def test_the_end_of_a_sentence_and_the_parting_are_seen() -> None:
    letters = letters_of("", ["a", EOS], [-0.1, -0.1], parts_at=1)
    assert plain(letters).plain == "a∎"
    assert "reverse" in str(plain(letters).spans[-1].style)


@pytest.mark.parametrize("background", [(0, 0, 0), (255, 255, 255), (30, 30, 46)])
def test_text_can_be_read_on_every_shade(background: tuple[int, int, int]) -> None:
    behind = Color(*background)
    shades = Shades.of(behind, behind.get_contrast_text(0.95), Color(255, 166, 43))
    for style in shades.styles[1:]:
        assert style.color is not None
        assert style.bgcolor is not None
        ink, paper = (Color(*part.get_truecolor()) for part in (style.color, style.bgcolor))
        assert contrast_ratio(ink, paper) > 3.9
