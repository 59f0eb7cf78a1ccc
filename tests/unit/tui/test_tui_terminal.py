"""Terminals that cannot show everything."""

from __future__ import annotations

import pytest

from rnnlab.base.errors import BadInputError
from rnnlab.tui.terminal import check_terminal, has_mouse


@pytest.mark.parametrize(
    ("term", "expected"), [("xterm-256color", True), ("tmux", True), ("vt100", False)]
)
def test_an_old_terminal_is_not_asked_for_a_mouse(
    monkeypatch: pytest.MonkeyPatch, term: str, expected: bool
) -> None:
    monkeypatch.setenv("TERM", term)
    check_terminal()
    assert has_mouse() == expected


def test_a_terminal_without_a_cursor_cannot_show_the_lab(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    with pytest.raises(BadInputError, match=r"TERM is dumb; use another terminal"):
        check_terminal()
