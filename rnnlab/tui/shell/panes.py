"""The panes of a screen: shown, hidden, resized, or one of them in full screen.

A user's choice lasts until it is reset. On a small terminal, less important panes are hidden: their
keys show them next to the others if there is room, else in full screen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from textual.screen import Screen

from rnnlab.tui.shell.pane_sizes import Edge, Sizes

LEAST_COLUMNS, _NORMAL, _WIDE = 66, 100, 150
"""Minimum number of columns for panes next to each other, of a normal and of a wide screen."""
_TINY = "-tiny"
"""CSS class of a screen with fewer columns than panes next to each other need."""
OFF, ALONE = "-off", "-alone"
"""CSS classes of a hidden pane and of a pane in full screen."""
REST_OFF = "-rest-off"
"""CSS class of a screen on which the pane that fills the rest is hidden."""


@dataclass(frozen=True, slots=True)
class Pane:
    """A part of a screen that can be hidden."""

    id: str
    """Id of the pane's widget; containers of panes have the CSS class `panes`."""
    title: str
    is_for_wide: bool = False
    """Whether the pane is hidden by default if the terminal has fewer than 150 columns; with fewer
    than 100, it has no room next to the others."""
    also: str = ""
    """A second key that shows and hides the pane, besides its digit."""
    edge: Edge = ""
    """The border that moves when the pane is resized; empty for a pane that fills the rest."""
    least: int = 4
    """Minimum number of columns or rows of a resized pane."""
    narrow_edge: Edge = ""
    """The border that moves if the terminal has fewer than 100 columns, on which the panes are
    below each other; empty for the same one."""

    def at(self, width: int) -> Pane:
        """Return the pane on a terminal of that many columns."""
        if width >= _NORMAL or not self.narrow_edge:
            return self
        return replace(self, edge=self.narrow_edge, least=4)


class Layout:
    """Decides which panes of a screen are shown."""

    def __init__(
        self,
        screen: Screen[Any],
        panes: Sequence[Pane],
        has_room: Callable[[str], bool] = lambda _pane: True,
    ) -> None:
        """has_room: returns False for a pane that does not fit on the screen now."""
        self._screen = screen
        self._all = panes
        self._can_fit = has_room
        self.alone: str | None = None
        """Id of the pane in full screen; None if there is none."""
        self.chosen: dict[str, bool] = {}
        """For each pane that the user has shown or hidden, unlike the default: whether it shows."""
        self.sizes = Sizes(screen)

    @property
    def _panes(self) -> list[Pane]:
        # The app's size: below a dialog, the screen's own size is set after the resize event.
        return [pane.at(self._screen.app.size.width) for pane in self._all]

    def leave_full(self) -> bool:
        """Leave full screen; return True if a pane was in full screen."""
        was_alone, self.alone = self.alone is not None, None
        self.apply()
        return was_alone

    def toggle_full(self, pane: str | None) -> None:
        """Show a pane in full screen, or leave full screen."""
        self.alone = None if self.alone is not None else pane
        self.apply()

    def toggle(self, pane: str) -> None:
        """Show or hide a pane; one that does not fit is shown in full screen."""
        if self.alone == pane:
            self.alone = None
        elif self.is_shown(pane) and self.alone is None:
            self._choose(pane, False)
        elif self._has_room(pane):
            self.alone = None
            self._choose(pane, True)
        else:
            self.alone = pane
        self.apply()

    def _choose(self, pane: str, is_shown: bool) -> None:
        """Show or hide a pane; what is the default at this width is the default at every one."""
        self.chosen.pop(pane, None)
        if is_shown != self._is_default(pane):
            self.chosen[pane] = is_shown

    def reset(self) -> None:
        """Forget the user's choices: show the panes that fit."""
        self.alone = None
        self.chosen.clear()
        self.sizes.clear()
        self.apply()

    def resize(self, pane: str | None, steps: int) -> None:
        """Make a pane larger by `steps`, or smaller; None: the pane that fills the rest.

        A pane that fills the rest becomes larger if the others become smaller.
        """
        if self.alone is not None:
            return
        spec = self._spec(pane)
        if spec is not None and spec.edge:
            self.sizes.grow(spec.id, spec.edge, steps)
        else:
            for other in self._resizable():
                self.sizes.grow(other.id, other.edge, -steps)
        self.apply()

    def grab(self, x: int, y: int) -> str | None:
        """Begin to drag the border at a cell of the screen; return its pane, None for no border."""
        if self.alone is None:
            for pane in self._resizable():
                if self.sizes.grab(pane.id, pane.edge, x, y):
                    return pane.id
        return None

    def drag(self, x: int, y: int) -> None:
        """Move the border that was grabbed with the mouse."""
        self.sizes.drag(x, y)
        self.apply()

    def _resizable(self) -> list[Pane]:
        """Return the visible panes that can be resized, because another one fills the rest.

        If the pane that fills the rest is hidden, the first visible one does so in the height.
        """
        shown = [pane for pane in self._panes if pane.edge and self.is_shown(pane.id)]
        if self._is_rest_shown:
            return shown
        return [pane for pane in shown[1:] if pane.edge in ("top", "bottom")]

    @property
    def _is_rest_shown(self) -> bool:
        return any(self.is_shown(pane.id) for pane in self._panes if not pane.edge)

    def is_shown(self, pane: str) -> bool:
        """Return True if a pane is shown."""
        if self.alone is not None:
            return pane == self.alone
        return self._has_room(pane) and self.chosen.get(pane, self._is_default(pane))

    def _is_default(self, pane: str) -> bool:
        spec = self._spec(pane)
        return spec is None or not spec.is_for_wide or self._screen.app.size.width >= _WIDE

    def apply(self) -> None:
        """Set the CSS classes of the panes' widgets, and of a screen that is very narrow."""
        self._screen.set_class(self._screen.app.size.width < LEAST_COLUMNS, _TINY)
        for pane in self._panes:
            widget = self._screen.query_one(f"#{pane.id}")
            widget.set_class(not self.is_shown(pane.id), OFF)
            widget.set_class(self.alone == pane.id, ALONE)
        for container in self._screen.query(".panes"):
            inside = [p.id for p in self._panes if container.query(f"#{p.id}")]
            container.set_class(not any(map(self.is_shown, inside)), OFF)
        is_rest_off = bool(self._panes) and not self._is_rest_shown
        self._screen.set_class(is_rest_off, REST_OFF)
        resizable = self._resizable() if self.alone is None else []
        others = [pane.id for pane in self._panes if pane not in resizable and pane.edge]
        self.sizes.apply({pane.id: (pane.edge, pane.least) for pane in resizable}, others)

    def _has_room(self, pane: str) -> bool:
        spec = self._spec(pane)
        if spec is None:
            return True
        is_fitting = not spec.is_for_wide or self._screen.app.size.width >= _NORMAL
        return is_fitting and self._can_fit(pane)

    def _spec(self, pane: str | None) -> Pane | None:
        return next((p for p in self._panes if p.id == pane), None)
