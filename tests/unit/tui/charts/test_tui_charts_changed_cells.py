"""The cells of a chart that are painted again."""

from __future__ import annotations

import pytest
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from rnnlab.tui.charts.changed_cells import changed_spans

RED, BLUE = Style(color="red"), Style(color="blue")


def line(text: str, style: Style = RED) -> Strip:
    return Strip([Segment(text[:4], style), Segment(text[4:], RED)])


@pytest.mark.parametrize(
    ("before", "after", "spans"),
    [
        (line("0123456789"), line("0123456789"), []),
        (line("0123456789"), line("012345x789"), [(6, 7)]),
        (line("0123456789"), line("0x234567x9"), [(1, 9)]),  # a gap that is cheaper to repaint
        (line("." * 40), line("x" + "." * 38 + "x"), [(0, 1), (39, 40)]),
        (line("0123456789"), line("0123456789", BLUE), [(0, 4)]),
        (line("0123"), line("01234"), [(0, 5)]),
        (line("海123"), line("海124"), [(0, 5)]),  # columns are not characters
    ],
)
def test_the_spans_have_all_changed_cells_and_only_short_gaps(
    before: Strip, after: Strip, spans: list[tuple[int, int]]
) -> None:
    assert changed_spans(before, after) == spans
