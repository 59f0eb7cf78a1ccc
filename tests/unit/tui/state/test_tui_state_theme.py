"""The appearance from preferences and terminal, and the filters of the screen's lines."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from rnnlab.base.preferences import Preferences
from rnnlab.tui.runs.row import STATE_MARKS, TROUBLE_MARK
from rnnlab.tui.state.theme import appearance_of, harmless, to_ascii

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@settings(deadline=None)
@given(st.text())
def test_ascii_keeps_the_width_of_any_text(text: str) -> None:
    shown = to_ascii(text)
    assert shown.isascii()
    assert cell_len(shown) == sum(map(cell_len, text))


@settings(deadline=None)
@given(st.text())
@example("[applause]\x1b[41m\x1b]0;title\x07\x9b2J\x00\t\u202e \U0001f469\u200d\U0001f467 [b]x[/b]")
def test_control_characters_are_replaced(text: str) -> None:
    kept = harmless(text)
    assert not CONTROL.search(kept)
    assert "".join(c for c in text if c.isprintable() and c != " ") == "".join(
        c for c in kept if c.isprintable() and c != " "
    )


def test_no_two_signs_of_a_kind_look_alike_in_ascii() -> None:
    signs = [to_ascii(mark) for mark, _ in (*STATE_MARKS.values(), TROUBLE_MARK)]
    for kind in (signs, to_ascii("◆▎"), to_ascii("⏎∎✗"), to_ascii("█░"), to_ascii("↑↓✓")):
        assert len(set(kind)) == len(kind)


def test_appearance_follows_preference_and_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("COLORFGBG", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    assert appearance_of(Preferences()).has_color
    assert appearance_of(Preferences()).theme == "dark"
    monkeypatch.setenv("COLORFGBG", "0;15")
    assert appearance_of(Preferences()).theme == "light"
    monkeypatch.setenv("COLORFGBG", "15;0")
    assert appearance_of(Preferences()).theme == "dark"
    assert appearance_of(Preferences(theme="light")).theme == "light"
    monkeypatch.setenv("TERM", "linux")
    assert appearance_of(Preferences()).glyphs == "ascii"
    assert appearance_of(Preferences(glyphs="blocks")).glyphs == "blocks"
    monkeypatch.setenv("NO_COLOR", "1")
    assert not appearance_of(Preferences()).has_color
