"""The CSS classes of the terminal's size, set on a screen or dialog before it has widgets."""

from __future__ import annotations

from typing import Any

from textual.screen import Screen


def add_size_classes(screen: Screen[Any]) -> None:
    """Set the CSS classes of `HORIZONTAL_BREAKPOINTS` and `VERTICAL_BREAKPOINTS`.

    To be called first in `compose`. Textual itself sets them only after the first layout; the first
    frame would then show what does not fit, and all styles would be computed twice.
    """
    for size, breakpoints in zip(
        screen.app.size,
        (screen.HORIZONTAL_BREAKPOINTS, screen.VERTICAL_BREAKPOINTS),
        strict=True,
    ):
        reached = [name for least, name in breakpoints or () if size >= least]
        screen.add_class(*reached[-1:])
