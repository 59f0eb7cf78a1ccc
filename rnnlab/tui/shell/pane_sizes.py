"""The sizes of a screen's panes, as the user has set them by key or by dragging a border.

A size is a fraction of the terminal's width or height, so the layout survives another size of the
terminal; narrow, normal and wide terminals have sizes of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from textual.screen import Screen
from textual.widget import Widget

Edge = Literal["", "left", "right", "top", "bottom"]
_STEP_COLUMNS, _STEP_ROWS = 4, 2
_REST_COLUMNS, _REST_ROWS = 24, 8
"""Columns and rows that remain for the pane that fills the rest, bar and footer included."""


class Sizes:
    """The sizes of the panes of a screen, by width class of the terminal."""

    def __init__(self, screen: Screen[Any]) -> None:
        self._screen = screen
        self.by_class: dict[str, dict[str, float]] = {}
        """Width class (`-narrow`, ...) -> pane -> fraction of the terminal's width or height."""
        self._grabbed: tuple[str, Edge, int, int] | None = None
        """The pane whose border is dragged, its edge, and the column or row and size at first."""

    @property
    def _own(self) -> dict[str, float]:
        """The sizes for the current width."""
        screen = self._screen
        reached = [
            name for least, name in screen.HORIZONTAL_BREAKPOINTS or ()
            if screen.app.size.width >= least
        ]  # fmt: skip
        return self.by_class.setdefault(reached[-1] if reached else "", {})

    def clear(self) -> None:
        """Return to the default sizes at every width."""
        self.by_class.clear()

    def grow(self, pane: str, edge: Edge, steps: int) -> None:
        """Make a pane larger by `steps` of two rows or four columns, or smaller."""
        step = _STEP_ROWS if _is_vertical(edge) else _STEP_COLUMNS
        self._set(pane, edge, self._cells(pane, edge) + steps * step)

    def grab(self, pane: str, edge: Edge, x: int, y: int) -> bool:
        """Return True if a cell is on the movable border of a pane, which can then be dragged.

        The border is that of the pane and of its neighbour; on a low terminal, only the one in
        front of the title or the text.
        """
        region = self._widget(pane).region
        line = {"top": region.y, "bottom": region.bottom, "left": region.x, "right": region.right}[
            edge
        ]
        place = y if _is_vertical(edge) else x
        is_in_line = place == line or (place == line - 1 and not self._screen.has_class("-low"))
        is_along = (
            region.x <= x < region.right if _is_vertical(edge) else region.y <= y < region.bottom
        )
        if is_in_line and is_along:
            self._grabbed = pane, edge, place, self._cells(pane, edge)
        return is_in_line and is_along

    def drag(self, x: int, y: int) -> None:
        """Resize the grabbed pane by the distance of the mouse."""
        if self._grabbed is not None:
            pane, edge, place, cells = self._grabbed
            moved = (y if _is_vertical(edge) else x) - place
            self._set(pane, edge, cells + (moved if edge in ("bottom", "right") else -moved))

    def apply(self, shown: Mapping[str, tuple[Edge, int]], others: Iterable[str]) -> None:
        """Give the panes their sizes. shown: pane -> its edge and least size; others: the rest."""
        own = self._own
        for pane in others:
            _style(self._widget(pane), None, None)
        for is_vertical in (True, False):
            panes = {p: least for p, (e, least) in shown.items() if _is_vertical(e) == is_vertical}
            cells = {p: max(round(own[p] * self._total(is_vertical)), panes[p])
                     for p in panes if p in own}  # fmt: skip
            room = self._total(is_vertical) - (_REST_ROWS if is_vertical else _REST_COLUMNS)
            room -= sum(least for p, least in panes.items() if p not in own)
            excess = sum(cells.values()) - room
            for pane in sorted(cells, key=lambda p: panes[p] - cells[p]):  # the largest first
                less = min(max(excess, 0), cells[pane] - panes[pane])
                cells[pane] -= less
                excess -= less
            for pane in panes:
                size = cells.get(pane)
                _style(self._widget(pane), *((None, size) if is_vertical else (size, None)))

    def _set(self, pane: str, edge: Edge, cells: int) -> None:
        total = self._total(_is_vertical(edge))
        if total > 2:
            self._own[pane] = min(max(cells, 1), total - 1) / total

    def _cells(self, pane: str, edge: Edge) -> int:
        region = self._widget(pane).region
        return region.height if _is_vertical(edge) else region.width

    def _total(self, is_vertical: bool) -> int:
        size = self._screen.app.size
        return size.height if is_vertical else size.width

    def _widget(self, pane: str) -> Widget:
        return self._screen.query_one(f"#{pane}")


def _is_vertical(edge: Edge) -> bool:
    return edge in ("top", "bottom")


def _style(widget: Widget, width: int | None, height: int | None) -> None:
    """Set the size of a widget in cells; None restores the size of the style sheet."""
    for name, cells in (("width", width), ("height", height)):
        for rule in (name, f"min_{name}", f"max_{name}"):
            if widget.styles.inline.has_rule(rule) if cells is None else True:
                setattr(widget.styles, rule, cells)


def sizes_of(screen: str, saved: Mapping[str, Mapping[str, float]]) -> dict[str, dict[str, float]]:
    """Return the saved sizes of a screen by width class; saved: see `ViewState.sizes`."""
    return {key.removeprefix(f"{screen}/"): dict(panes) for key, panes in saved.items()
           if key.startswith(f"{screen}/")}  # fmt: skip


def keep_sizes(
    screen: str, sizes: Mapping[str, dict[str, float]], saved: dict[str, dict[str, float]]
) -> None:
    """Replace the saved sizes of a screen."""
    for key in [key for key in saved if key.startswith(f"{screen}/")]:
        del saved[key]
    saved.update({f"{screen}/{name}": dict(panes) for name, panes in sizes.items() if panes})
