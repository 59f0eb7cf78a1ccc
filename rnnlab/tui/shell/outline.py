"""The first frame: the empty panes of the home screen, which are filled while it is built.

Every import delays the first frame, so this module uses neither the widgets of the home screen nor
their data.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from types import MappingProxyType

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

from rnnlab.tui.shell.pane_sizes import sizes_of
from rnnlab.tui.shell.panes import Layout, Pane
from rnnlab.tui.shell.screen import HOME, BaseScreen
from rnnlab.tui.shell.screen_bar import ScreenBar
from rnnlab.tui.state.view_state import ViewState

HOME_PANES = (
    Pane("runs", "Runs", also="left_square_bracket", edge="bottom", least=4),
    Pane("plots", "Charts"),
    Pane("prompt-pane", "Prompt", edge="top", least=4),
    Pane(
        "details", "Details", is_for_wide=True, also="right_square_bracket", edge="left", least=20
    ),
)

_REFRESHES = 2
"""Number of refreshes until a new pane is drawn completely."""


class Outline(Screen[None]):
    """A copy of the home screen's layout, which the home screen replaces."""

    HORIZONTAL_BREAKPOINTS = BaseScreen.HORIZONTAL_BREAKPOINTS
    VERTICAL_BREAKPOINTS = BaseScreen.VERTICAL_BREAKPOINTS
    entry_name = HOME

    def __init__(
        self,
        chosen: Mapping[str, bool],
        sizes: Mapping[str, Mapping[str, float]] = MappingProxyType({}),
        num_runs: int = 1,
    ) -> None:
        """chosen: panes that the user has shown or hidden; see `Layout.chosen`.

        sizes: see `ViewState.sizes`; num_runs: number of runs that will probably be listed.
        """
        super().__init__()
        self._layout = Layout(self, HOME_PANES)
        self._layout.chosen = dict(chosen)
        self._layout.sizes.by_class = sizes_of(HOME, sizes)
        self._num_runs = max(num_runs, 1)

    @classmethod
    def of(cls, view: ViewState) -> Outline:
        """Return the outline for a saved view: every listed run has a colour there."""
        return cls(view.panes.get(HOME, {}), view.sizes, len(view.colors))

    def compose(self) -> ComposeResult:
        """Lay out empty panes like those of the home screen."""
        self._layout.begin()
        runs, plots, prompt, details = map(_frame, HOME_PANES)
        runs.update("\n" * self._num_runs)  # the header of the list has one more line
        prompt.add_class("-empty")
        yield ScreenBar()
        yield runs
        with Horizontal(id="upper", classes="panes"):
            yield plots
            yield details
        yield prompt
        yield Static(id="keys")

    def on_mount(self) -> None:
        """Show as many panes as fit."""
        self._layout.apply()

    def on_resize(self) -> None:
        """Show as many panes as fit."""
        self._layout.apply()

    async def fill(self, pane: Widget, status: str) -> None:
        """Show a pane in place of the empty one with its id, as if focused; return once drawn.

        status: the states of the runs, for the bar.
        """
        pane.add_class("outline")
        # The keys are held for the home screen. A real focus would compute all styles again.
        pane.set_reactive(Widget.has_focus, True)
        with self.app.batch_update():
            await self.query_one(f"#{pane.id}").remove()
            await self.mount(pane, before="#upper")
            self._layout.apply()
            self.query_one(ScreenBar).show_status(status)
        # The layout gives the pane its size, to which it fits its content, which it then scrolls.
        for _ in range(_REFRESHES):
            is_drawn = asyncio.Event()
            self.call_after_refresh(is_drawn.set)
            await is_drawn.wait()


def _frame(pane: Pane) -> Static:
    frame = Static(id=pane.id, classes="outline")
    frame.border_title = pane.title
    return frame
