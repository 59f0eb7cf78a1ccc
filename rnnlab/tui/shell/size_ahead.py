"""The size that a widget will have: its content is then arranged once, not after each layout."""

from __future__ import annotations

from itertools import pairwise

from textual.geometry import Size
from textual.widget import Widget


def size_ahead(widget: Widget) -> Size:
    """Return the size of a widget's content after the next layout, as its container has it now.

    Textual keeps the arrangements that this computes, so that the layout does not compute them
    again. Only containers without scrollbars may enclose the widget.
    """
    inside = widget.app.size
    chain = [node for node in reversed(widget.ancestors_with_self) if isinstance(node, Widget)]
    for parent, child in pairwise(chain):
        placements = parent.arrange(inside).placements
        region = next((place.region for place in placements if place.widget is child), None)
        if region is None:
            return Size(0, 0)  # it will not be shown
        inside = region.shrink(child.styles.gutter).size
    return inside
