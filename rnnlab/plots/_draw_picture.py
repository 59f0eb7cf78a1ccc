"""Any picture as terminal text; those of several findings in rows."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from rnnlab.plots._chart import Chart
from rnnlab.plots._draw import draw
from rnnlab.plots._heat_map import draw_heat_map, on_one_scale
from rnnlab.plots._histograms import draw_histograms
from rnnlab.plots._pictures import (
    Finding,
    HeatMap,
    Histograms,
    Picture,
    Plane,
    ShadedText,
    Table,
)
from rnnlab.plots._plane import draw_plane
from rnnlab.plots._shaded_text import draw_shaded_text
from rnnlab.plots._style import DrawStyle
from rnnlab.plots._table import draw_table

CHART_HEIGHT = 14
_ENDLESS = 10_000
_STYLE = DrawStyle()


def draw_picture(
    picture: Picture, width: int, height: int | None = None, *, style: DrawStyle = _STYLE
) -> str:
    """Return a picture as at most `height` lines of at most `width` columns; None: as it likes."""
    wanted = _natural_height(picture) if height is None else height
    match picture:
        case Chart():
            return draw(
                picture, width, max(wanted, 1), style=style, has_whole_legend=height is None
            )
        case HeatMap():
            lines = draw_heat_map(picture, width, wanted, style)
        case Histograms():
            lines = draw_histograms(picture, width, wanted, style)
        case Plane():
            lines = draw_plane(picture, width, wanted, style)
        case ShadedText():
            lines = draw_shaded_text(picture, width, wanted, style)
        case Table():
            lines = draw_table(picture, width, wanted, style)
    return "\n".join(lines)


def side_by_side(findings: Sequence[Finding]) -> list[tuple[Picture | None, ...]]:
    """Return the same picture of every finding in a row, heat maps on one scale."""
    rows = zip_longest(*(finding.pictures for finding in findings))
    return [_comparable(row) for row in rows]


def _comparable(row: tuple[Picture | None, ...]) -> tuple[Picture | None, ...]:
    heats = [picture for picture in row if isinstance(picture, HeatMap)]
    return tuple(on_one_scale(heats)) if len(heats) == len(row) else row


def _natural_height(picture: Picture) -> int:
    """Return the lines that a picture takes where there is no limit, at most."""
    match picture:
        case Chart():
            return CHART_HEIGHT
        case HeatMap():
            return len(picture.rows) + 2 if len(picture.rows) <= 40 else 42
        case Plane():
            return 20
        case _:
            return _ENDLESS
