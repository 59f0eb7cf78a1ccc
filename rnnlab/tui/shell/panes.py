"""The panes of a screen: shown, hidden, or one of them in full screen.

A user's choice lasts until it is reset. On a small terminal, less important panes are hidden, and
their keys show them in full screen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from textual.screen import Screen

_NORMAL, _WIDE = 100, 150
"""Minimum number of columns of a normal and of a wide screen."""
OFF, ALONE = "-off", "-alone"
"""CSS classes of a hidden pane and of a pane in full screen."""


@dataclass(frozen=True, slots=True)
class Pane:
    """A part of a screen that can be hidden."""

    id: str
    """Id of the pane's widget; containers of panes have the CSS class `panes`."""
    title: str
    is_for_wide: bool = False
    """Whether the pane is hidden if the terminal has fewer than 150 columns."""
    is_for_normal: bool = False
    """Whether the pane is hidden if the terminal has fewer than 100 columns."""
    also: str = ""
    """A second key that shows and hides the pane, besides its digit."""


class Layout:
    """Decides which panes of a screen are shown."""

    def __init__(self, screen: Screen[Any], panes: Sequence[Pane]) -> None:
        self._screen = screen
        self._panes = panes
        self.alone: str | None = None
        """Id of the pane in full screen; None if there is none."""
        self.chosen: dict[str, bool] = {}
        """For each pane that the user has shown or hidden: whether it is shown."""

    def begin(self) -> None:
        """Set the CSS classes of the terminal's size on a screen that is still empty.

        Textual itself sets them only after the first layout; without this method, the first frame
        would show panes that do not fit, and all styles would be computed twice.
        """
        screen = self._screen
        for size, breakpoints in zip(
            screen.app.size,
            (screen.HORIZONTAL_BREAKPOINTS, screen.VERTICAL_BREAKPOINTS),
            strict=True,
        ):
            reached = [name for least, name in breakpoints or () if size >= least]
            screen.add_class(*reached[-1:])

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
            self.chosen[pane] = False
        elif self._has_room(pane):
            self.alone = None
            self.chosen[pane] = True
        else:
            self.alone = pane
        self.apply()

    def reset(self) -> None:
        """Forget the user's choices: show the panes that fit."""
        self.alone = None
        self.chosen.clear()
        self.apply()

    def is_shown(self, pane: str) -> bool:
        """Return True if a pane is shown."""
        if self.alone is not None:
            return pane == self.alone
        return self._has_room(pane) and self.chosen.get(pane, True)

    def apply(self) -> None:
        """Set the CSS classes of the panes' widgets."""
        for pane in self._panes:
            widget = self._screen.query_one(f"#{pane.id}")
            widget.set_class(not self.is_shown(pane.id), OFF)
            widget.set_class(self.alone == pane.id, ALONE)
        for container in self._screen.query(".panes"):
            inside = [p.id for p in self._panes if container.query(f"#{p.id}")]
            container.set_class(not any(map(self.is_shown, inside)), OFF)

    def _has_room(self, pane: str) -> bool:
        spec = next((p for p in self._panes if p.id == pane), None)
        if spec is None:
            return True
        # The app's size: below a dialog, the screen's own size is set after the resize event.
        width = self._screen.app.size.width
        return width >= (_WIDE if spec.is_for_wide else _NORMAL if spec.is_for_normal else 0)
