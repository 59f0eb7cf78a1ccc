"""What is sent to the terminal when parts of the screen have changed."""

from __future__ import annotations

import io

import pyte
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from rnnlab.tui.shell.span_update import SpanUpdate, without_repeats

RED, BLUE = Style(color="#ff0000"), Style(color="#0000ff", bold=True)
TERMINAL = Console(file=io.StringIO(), force_terminal=True, color_system="truecolor")


def sent(spans: list[tuple[int, int, int]]) -> str:
    """Return what is sent for spans of a screen of one line: two widgets with a gap of one cell."""
    line = {
        0: Strip([Segment("abc", RED), Segment("def", RED), Segment("gh", BLUE)]),
        8: None,
        9: Strip([Segment("xyz", BLUE)]),
    }
    return SpanUpdate([line], spans, [[8, 9, 12]]).render_segments(TERMINAL)


def test_only_the_cells_of_a_span_are_sent() -> None:
    assert sent([(0, 2, 4)]) == "\x1b[1;3H\x1b[38;2;255;0;0mcd\x1b[0m"


def test_a_span_across_widgets_sends_the_rest_of_one_and_the_beginning_of_the_other() -> None:
    screen = pyte.Screen(12, 1)
    pyte.Stream(screen).feed("............" + sent([(0, 5, 10)]))
    assert screen.display == [".....fgh.x.."]
    assert [screen.buffer[0][column].fg for column in (5, 6, 9)] == ["ff0000", "0000ff", "0000ff"]
    assert not screen.buffer[0][5].bold
    assert screen.buffer[0][9].bold


def test_the_colours_are_sent_once_for_neighbours_of_the_same_style() -> None:
    assert sent([(0, 0, 6)]).count("\x1b[38;2;255;0;0m") == 1
    assert without_repeats("\x1b[1ma\x1b[0mb\x1b[1mc\x1b[0m") == "\x1b[1ma\x1b[0mb\x1b[1mc\x1b[0m"
