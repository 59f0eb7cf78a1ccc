"""Points of the complex plane as terminal text, with axes and unit circle."""

from __future__ import annotations

import math
from typing import cast

from rnnlab.plots._canvas import PlotextFigure, built, clear
from rnnlab.plots._figures import Plane
from rnnlab.plots._style import DrawStyle
from rnnlab.plots._text import Segment, cropped, paint
from rnnlab.plots._ticks import brief

_CIRCLE_POINTS = 720
_MARGIN = 1.1


def draw_plane(plane: Plane, width: int, height: int, style: DrawStyle) -> list[str]:
    """Return at most `height` lines; both axes have the same scale."""
    title = Segment(style.printable(plane.title), style.foreground)
    lines = [paint(cropped((title,), width, style.ellipsis), style, 0)]
    rows = height - 2
    if rows < 3 or width < 10:
        return lines[:height]
    points = [p for p in plane.points if all(map(math.isfinite, p))]
    reach = _MARGIN * max([1.0, *(max(abs(x), abs(y)) for x, y in points)])
    # A character cell is about twice as high as wide.
    columns = min(width, 2 * rows)
    import plotext  # importing plotext takes 0.05 s

    figure = cast("PlotextFigure", plotext)
    clear(figure, columns, rows, style)
    figure.xlim(-reach, reach)
    figure.ylim(-reach, reach)
    dot = "." if style.is_ascii else "braille"
    dim = style.dim if style.has_color else "default"
    ink = style.color(1) if style.has_color else "default"
    angles = [2 * math.pi * i / _CIRCLE_POINTS for i in range(_CIRCLE_POINTS)]
    if style.has_color or style.is_ascii:
        figure.scatter([*map(math.cos, angles)], [*map(math.sin, angles)], marker=dot, color=dim)
    else:
        # Without colours, sparse dots for the circle make the points stand out.
        sparse = angles[::30]
        figure.scatter([*map(math.cos, sparse)], [*map(math.sin, sparse)], marker="·", color=dim)
    mark = "o" if style.is_ascii else "braille"
    figure.scatter([x for x, _ in points], [y for _, y in points], marker=mark, color=ink)
    lines += built(figure, style)[:rows]
    num_outside = sum(math.hypot(x, y) > 1 for x, y in points)
    end = brief(round(reach, 2))
    foot = f"{num_outside} of {len(points)} outside the unit circle; axes from -{end} to {end}"
    lines.append(paint(cropped((Segment(foot, style.dim),), width, style.ellipsis), style, 0))
    return lines[:height]
