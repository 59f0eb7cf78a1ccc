"""A lab that is painted when a test waits or reads the screen, not at every change in between.

Nobody sees what a headless app paints: Textual renders every change and drops it, which was a third
of the time of the tests of the app. The layout, the messages and the styles are those of every app;
`until` paints what has changed since, so that every state in which a test waits is painted once.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

from textual.app import App
from textual.screen import Screen

from rnnlab.tui.app import LabApp
from tests.toys.picture import lines

_paint = Screen._compositor_refresh
_paints = count(1)
_latest = {"paint": 0}
"""Number of the latest paint."""


def paint(app: App[Any]) -> None:
    """Paint what has changed on the screen since it was painted."""
    if app.screen_stack and app.screen._compositor._dirty_regions:
        _latest["paint"] = next(_paints)
        _paint(app.screen)


def shows(app: LabApp, text: str) -> Callable[[], bool]:
    """Return a condition: a text is on the screen, within a line; it is read after each change."""
    seen: list[tuple[object, int]] = []

    def condition() -> bool:
        paint(app)
        now = app.screen, _latest["paint"]
        if seen[-1:] == [now]:
            return False
        seen.append(now)
        return any(text in line for line in lines(app))

    return condition


def _paint_later(screen: Screen[Any]) -> None:
    """Leave the changed regions to `paint`; those below a dialog are painted with the dialog."""
    app = screen.app
    if app.is_headless and isinstance(app, LabApp) and screen is app.screen:
        screen._dirty_widgets.clear()
        app._update_mouse_over(screen)
    else:
        _paint(screen)


def paint_at_rest() -> None:
    """Have every headless lab painted at rest; a bare widget host paints every change."""
    Screen._compositor_refresh = _paint_later  # type: ignore[method-assign]
