"""Records -> plot: what a run's journal looks like, for the command line and the app alike.

One file a plot: its `chart(runs, axis, is_log)` turns histories into a `Chart`, which is data only;
`draw` turns a chart into terminal text. The only user of plotext, imported when something is drawn.
"""

from rnnlab.plots._chart import Axis, Chart, Curve, Level, NamedHistory
from rnnlab.plots._draw import draw
from rnnlab.plots._style import PALETTE, DrawStyle

__all__ = [
    "PALETTE",
    "Axis",
    "Chart",
    "Curve",
    "DrawStyle",
    "Level",
    "NamedHistory",
    "draw",
]
