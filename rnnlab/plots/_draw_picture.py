"""Draw any kind of picture as terminal text, and give heat maps of several findings one scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rnnlab.plots._chart import Chart
from rnnlab.plots._draw import draw
from rnnlab.plots._figures import Finding, HeatMap, Histograms, Picture, Plane, ShadedText, Table
from rnnlab.plots._heat_map import draw_heat_map, on_one_scale
from rnnlab.plots._histograms import draw_histograms
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
    """Return a picture of at most `height` lines (None: its natural height) and `width` columns."""
    num_lines = _natural_height(picture) if height is None else height
    match picture:
        case Chart():
            return draw(
                picture, width, max(num_lines, 1), style=style, has_whole_legend=height is None
            )
        case HeatMap():
            lines = draw_heat_map(picture, width, num_lines, style)
        case Histograms():
            lines = draw_histograms(picture, width, num_lines, style)
        case Plane():
            lines = draw_plane(picture, width, num_lines, style)
        case ShadedText():
            lines = draw_shaded_text(picture, width, num_lines, style)
        case Table():
            lines = draw_table(picture, width, num_lines, style)
    return "\n".join(lines)


def comparable(findings: Sequence[Finding]) -> list[Finding]:
    """Return the findings; heat maps at the same position in all of them get one common scale."""
    pictures = [list(finding.pictures) for finding in findings]
    for place in range(min(map(len, pictures), default=0)):
        heats = [heat for own in pictures if isinstance(heat := own[place], HeatMap)]
        if len(heats) == len(pictures):
            for own, heat in zip(pictures, on_one_scale(heats), strict=True):
                own[place] = heat
    return [replace(f, pictures=tuple(own)) for f, own in zip(findings, pictures, strict=True)]


def _natural_height(picture: Picture) -> int:
    """Return the maximum number of lines of a picture whose height is not limited."""
    match picture:
        case Chart():
            return CHART_HEIGHT
        case HeatMap():
            return len(picture.rows) + 2 if len(picture.rows) <= 40 else 42
        case Plane():
            return 20
        case _:
            return _ENDLESS
