"""The strips of a chart are those that Rich makes of its lines."""

from __future__ import annotations

import io
from collections.abc import Iterable

import pytest
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from rich.text import Text

from rnnlab.plots import Chart, Curve, DrawStyle, drawing
from rnnlab.tui.charts.ansi_line import strip_of

CONSOLE = Console(file=io.StringIO(), force_terminal=True, color_system="truecolor")
CURVES = (Curve("a", (0.0, 1.0, 2.0), (3.0, 1.0, 2.0), 0), Curve("b", (0.0, 2.0), (1.0, 2.0), 1))
DRAWN = drawing(Chart("loss", "step", "", CURVES), 60, 14, style=DrawStyle()).lines


def colored(segments: Iterable[Segment]) -> list[tuple[str, object, object, bool]]:
    """Return the look of each character."""
    return [
        (character, look.color, look.bgcolor, bool(look.bold))
        for text, style, _ in segments
        for look in (style or Style(),)
        for character in text
    ]


@pytest.mark.parametrize(
    "line", [*DRAWN, "plain", "", "\x1b[1m\x1b[38;5;3mtwo codes\x1b[0m then none \x1b[41mred"]
)
def test_a_line_has_the_characters_and_colours_of_richs_own_strip(line: str) -> None:
    expected = Text.from_ansi(line, no_wrap=True, end="").render(CONSOLE)
    assert colored(strip_of(line)) == colored(expected)


def test_lines_share_their_styles() -> None:
    first, second = (next(iter(strip_of("\x1b[31mred\x1b[0m"))).style for _ in range(2))
    assert first is second
