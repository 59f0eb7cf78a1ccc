"""The dots of a curve and their characters, against lines drawn dot by dot."""

from __future__ import annotations

from itertools import pairwise

import pytest

from rnnlab.plots import DrawStyle, Glyphs
from rnnlab.plots._dots import Dot, Dots

SIZE = (8, 6)
POINTS = [(0, 3), (0, 0), (1, 23), (2, 5), (6, 4), (9, 7), (10, 23), (13, 0), (15, 9)]


def naive(dots: list[Dot]) -> set[Dot]:
    """Return the dots of lines: as many as the longer side, the shorter side rounded down."""
    line = set(dots)
    for (x0, y0), (x1, y1) in pairwise(dots):
        longest = max(abs(x1 - x0), abs(y1 - y0), 1)
        for step in range(longest + 1):
            line.add((x0 + step * (x1 - x0) // longest, y0 + step * (y1 - y0) // longest))
    return line


def picture(dots: Dots, marker: str = "*") -> list[str]:
    rows = [[" "] * SIZE[0] for _ in range(SIZE[1])]
    for (column, row), character in dots.characters(marker):
        rows[-1 - row][column] = character
    return ["".join(row) for row in rows]


@pytest.mark.parametrize("glyphs", ["braille", "blocks", "ascii"])
@pytest.mark.parametrize("is_mirrored", [False, True])
def test_points_are_joined_like_lines_drawn_dot_by_dot(glyphs: Glyphs, is_mirrored: bool) -> None:
    style = DrawStyle(glyphs=glyphs)
    fine_x, fine_y = style.fineness
    points = [(x * fine_x // 2, y * fine_y // 4) for x, y in POINTS]
    if is_mirrored:
        points = [(x, fine_y * SIZE[1] - 1 - y) for x, y in points]
    joined, single = Dots(SIZE, style), Dots(SIZE, style)
    joined.join(points)
    single.add(naive(points))
    assert picture(joined) == picture(single)


@pytest.mark.parametrize(
    ("glyphs", "character"), [("braille", "⢁"), ("blocks", "▚"), ("ascii", "*")]
)
def test_the_dots_of_a_cell_are_one_character(glyphs: Glyphs, character: str) -> None:
    style = DrawStyle(glyphs=glyphs)
    fine_x, fine_y = style.fineness
    dots = Dots(SIZE, style)
    dots.add([(3 * fine_x, 3 * fine_y - 1), (4 * fine_x - 1, 2 * fine_y)])
    assert [*dots.characters("*")] == [((3, 2), character)]
    assert dots.cells([(4 * fine_x - 1, 2 * fine_y)]) == [(3, 2)]


def test_a_point_of_a_curve_has_a_dot_in_the_picture_even_just_beyond_its_edge() -> None:
    dots = Dots(SIZE, DrawStyle()).places([10, 15, 20, 20.1], [-1.1, 0, 1, 1], (10, 20), (-1, 1))
    assert dots == [(0, 0), (8, 12), (15, 23), (15, 23)]
