"""How plots are drawn on a widget: by its background, the theme and what the terminal can show."""

from __future__ import annotations

from textual.color import Color, ColorParseError
from textual.widget import Widget

from rnnlab.plots import DrawStyle
from rnnlab.tui.shell.theme import Appearance


def draw_style(widget: Widget, looks: Appearance) -> DrawStyle:
    """Return the style of plots on a widget; colours are left to the app's own filter."""
    _, background = widget.background_colors
    try:
        color = Color.parse(widget.app.theme_variables.get("foreground", "")).rgb
    except ColorParseError:
        color = background.get_contrast_text().rgb
    return DrawStyle(
        looks.glyphs, palette=looks.palette, foreground=color, background=background.rgb
    )
