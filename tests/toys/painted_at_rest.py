"""A lab that is painted when a test waits or reads the screen, not at every change in between.

Nobody sees what a headless app paints: Textual renders every change and drops it, which was a third
of the time of the tests of the app. The layout, the messages and the styles are those of every app;
`until` paints what has changed since, so that every state in which a test waits is painted once.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

from rich.console import RenderableType
from textual._compositor import Compositor
from textual._context import active_app
from textual.app import App
from textual.screen import Screen

from rnnlab.tui.app import LabApp
from rnnlab.tui.shell.styled_app import StyledApp
from tests.toys.picture import lines

_render_update = Compositor.render_update
_paints = count(1)
_latest = {"paint": 0}


def paint(app: App[Any]) -> None:
    """Paint what has changed on the screen since it was painted."""
    if app.screen_stack:
        below = list(app.screen_stack[:-1])
        if _render_update(app.screen._compositor, screen_stack=below) is not None:
            _latest["paint"] = next(_paints)


def latest_paint() -> int:
    """Return the number of the latest paint: as long as it stays, nothing has changed."""
    return _latest["paint"]


def shows(app: LabApp, text: str) -> Callable[[], bool]:
    """Return a condition: a text is on the screen, within a line; it is read after each change."""
    seen: list[tuple[object, int]] = []

    def condition() -> bool:
        paint(app)
        now = app.screen, latest_paint()
        if seen[-1:] == [now]:
            return False
        seen.append(now)
        return any(text in line for line in lines(app))

    return condition


def _paint_later(
    self: Compositor,
    full: bool = False,
    screen_stack: list[Screen[Any]] | None = None,
    simplify: bool = False,
) -> RenderableType | None:
    """Leave the changed regions to `paint`, unless the whole screen is wanted, as for a picture."""
    app = active_app.get(None)
    if not full and isinstance(app, StyledApp) and app.is_headless:
        return None
    return _render_update(self, full, screen_stack, simplify)


def paint_at_rest() -> None:
    """Have every headless app of ours painted at rest, also the bare host of a widget."""
    Compositor.render_update = _paint_later  # type: ignore[method-assign]
