"""Plots of a run's records as terminal text, for the command line and the app.

Every plot is one file: its `chart(runs, axis, is_log)` turns histories into a `Chart`, which is
only data, and `draw` turns a chart into terminal text. A view of `rnnlab.insight` returns a
`Finding` with other kinds of pictures, which `draw_picture` draws. Only this package uses plotext,
and imports it when it draws.

Losses per character and per document have no common axis: in the file of a plot,
`IS_PER_UNIT = True` makes the app draw one chart for each unit. `IS_FOR_CLASSIFIERS = True` hides a
chart if no run is a classifier.
"""

from rnnlab.base.palettes import PALETTE, PALETTES, Palette
from rnnlab.plots._axis_lookup import places
from rnnlab.plots._chart import Axis, Chart, Curve, Landmark, Level, NamedHistory
from rnnlab.plots._draw import Drawing, draw, drawing
from rnnlab.plots._draw_picture import comparable, draw_picture
from rnnlab.plots._entries import charts_of
from rnnlab.plots._figures import (
    Distribution,
    Finding,
    HeatMap,
    Histograms,
    Picture,
    Plane,
    ShadedText,
    Table,
    finding_from_json,
)
from rnnlab.plots._heat_map import on_one_scale
from rnnlab.plots._style import DrawStyle, Glyphs
from rnnlab.plots._ticks import brief
from rnnlab.plots._viewport import Viewport, extent, looked_at, moved_cursor, pointed_cursor
from rnnlab.plots._x_window import ALL, Extent, XWindow

__all__ = [
    "ALL",
    "PALETTE",
    "PALETTES",
    "Axis",
    "Chart",
    "Curve",
    "Distribution",
    "DrawStyle",
    "Drawing",
    "Extent",
    "Finding",
    "Glyphs",
    "HeatMap",
    "Histograms",
    "Landmark",
    "Level",
    "NamedHistory",
    "Palette",
    "Picture",
    "Plane",
    "ShadedText",
    "Table",
    "Viewport",
    "XWindow",
    "brief",
    "charts_of",
    "comparable",
    "draw",
    "draw_picture",
    "drawing",
    "extent",
    "finding_from_json",
    "looked_at",
    "moved_cursor",
    "on_one_scale",
    "places",
    "pointed_cursor",
]
