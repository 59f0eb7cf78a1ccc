"""The first frame: the empty panes of the home screen.

Every import delays the first frame, so this module uses neither the widgets of the home screen nor
their data.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.screen import Screen
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


class Outline(Screen[None]):
    """An empty copy of the home screen's layout, which the home screen replaces."""

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


def _frame(pane: Pane) -> Static:
    frame = Static(id=pane.id, classes="outline")
    frame.border_title = pane.title
    return frame
