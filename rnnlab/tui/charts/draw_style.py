"""The style of the plots that a widget shows: colours and available characters."""

from __future__ import annotations

from textual.color import Color, ColorParseError
from textual.widget import Widget

from rnnlab.plots import DrawStyle
from rnnlab.tui.state.theme import Appearance


def draw_style(widget: Widget, appearance: Appearance) -> DrawStyle:
    """Return the style of a widget's plots.

    Without colours, plots use other signs: letters for the points of each run, characters as
    shades. The filter of the app could only remove the colours.
    """
    _, background = widget.background_colors
    try:
        color = Color.parse(widget.app.theme_variables.get("foreground", "")).rgb
    except ColorParseError:
        color = background.get_contrast_text().rgb
    return DrawStyle(
        appearance.glyphs,
        has_color=appearance.has_color,
        palette=appearance.palette,
        foreground=color,
        background=background.rgb,
    )
