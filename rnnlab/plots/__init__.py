"""Records -> plot: what a run's journal looks like, for the command line and the app alike.

One file a plot: its `chart(runs, axis, is_log)` turns histories into a `Chart`, which is data only;
`draw` turns a chart into terminal text. What a look into a model shows is a `Finding` with
pictures of more kinds, for `draw_picture`. The only user of plotext, imported when it draws.
"""

from rnnlab.plots._chart import Axis, Chart, Curve, Level, NamedHistory
from rnnlab.plots._draw import draw
from rnnlab.plots._draw_picture import draw_picture, natural_height
from rnnlab.plots._pictures import (
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
from rnnlab.plots._style import PALETTE, DrawStyle

__all__ = [
    "PALETTE",
    "Axis",
    "Chart",
    "Curve",
    "Distribution",
    "DrawStyle",
    "Finding",
    "HeatMap",
    "Histograms",
    "Level",
    "NamedHistory",
    "Picture",
    "Plane",
    "ShadedText",
    "Table",
    "draw",
    "draw_picture",
    "finding_from_json",
    "natural_height",
]
