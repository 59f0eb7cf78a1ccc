"""What every screen of the lab is: a bar, a body, a footer, and a table of actions.

A screen never computes and never waits in a handler: it reads the desk and does actions.
"""

from __future__ import annotations

import inspect
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from textual import events, on
from textual.app import ComposeResult
from textual.screen import Screen

from rnnlab.tui.actions import Action, Group
from rnnlab.tui.messages import KeysDue, ScreenAsked
from rnnlab.tui.screens._panes import Layout, Pane
from rnnlab.tui.widgets.keys_line import KeysLine
from rnnlab.tui.widgets.screen_bar import ScreenBar

if TYPE_CHECKING:
    from rnnlab.tui.desk import Desk

HOME = "lab"
"""The screen that the app opens with and that escape leads back to."""
_DOING = "actions"
"""Group of the workers that do actions."""
Severity = Literal["information", "warning", "error"]


class BaseScreen(Screen[None]):
    """One screen; built once by the shell, kept when another one is shown."""

    GROUPS: ClassVar[tuple[Group[Any], ...]] = ()
    """Its table of actions. Every screen also writes `BINDINGS = bindings(GROUPS)`."""
    PANES: ClassVar[tuple[Pane, ...]] = ()
    """What `f` shows alone and the digits show and hide; see `_panes.py`."""
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-normal"), (150, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-low"), (30, "-high")]

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self.panes = Layout(self, self.PANES)
        self.panes.chosen = dict(desk.view.panes.get(self.entry_name, {}))

    @property
    def entry_name(self) -> str:
        """Name under which the shell knows this screen: that of its file."""
        return type(self).__module__.rpartition(".")[2].replace("_", "-")

    def compose(self) -> ComposeResult:
        """Put the body between the bar and the footer."""
        self.panes.begin()
        yield ScreenBar()
        yield from self.compose_body()
        yield KeysLine()

    def compose_body(self) -> ComposeResult:
        """Lay out what is the screen's own."""
        yield from ()

    def take(self) -> None:
        """Show what has changed on the desk; called after every read while the screen is shown."""

    def keep_view(self) -> None:
        """Write into `desk.view` what is to be found again at the next start."""
        if self.panes.chosen:
            self.desk.view.panes[self.entry_name] = dict(self.panes.chosen)
        else:
            self.desk.view.panes.pop(self.entry_name, None)

    def fail(self, reason: str) -> None:
        """Say that the generator has ended."""
        self.tell(reason, "error")

    def out(self) -> None:
        """Escape: leave full screen, or go home."""
        if not self.panes.leave_full():
            self.open_screen(HOME)

    def open_screen(self, name: str) -> None:
        """Show another screen; what is pressed from now on is for that one."""
        self.desk.keys.close()
        self.post_message(ScreenAsked(name))

    def on_screen_resume(self) -> None:
        """Show what has come while another screen was shown."""
        self.take()

    @on(events.Mount)
    def fit(self) -> None:
        """Show as many panes as there is room for."""
        self.panes.apply()

    def on_resize(self) -> None:
        """Show as many panes as there is room for."""
        self.panes.apply()

    def action_named(self, name: str) -> tuple[Group[Any], Action[Any]] | None:
        """Return an action of the table and its group."""
        for group in self.GROUPS:
            for action in group.actions:
                if action.name == name:
                    return group, action
        return None

    def action_do(self, name: str) -> None:
        """Do an action of the table; one that asks or waits is done once at a time."""
        found = self.action_named(name)
        if found is None or (self._is_doing(name) and not found[1].is_repeatable):
            return
        made = found[1].do(self)
        if inspect.iscoroutine(made):
            if found[1].has_dialog:
                made = self._hold_keys_for(made, self.desk.keys.close())
            self.run_worker(made, name=name, group=_DOING)

    async def _hold_keys_for(self, doing: Coroutine[Any, Any, None], ticket: int) -> None:
        """Do what opens a dialog; where it has opened none, the keys are for this screen."""
        try:
            await doing
        finally:
            self.post_message(KeysDue(ticket))

    def _is_doing(self, name: str) -> bool:
        return any(
            one.node is self and one.group == _DOING and one.name == name and not one.is_finished
            for one in self.workers
        )

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave a pane's keys alone while another pane has the focus."""
        if action != "do":
            return True
        found = self.action_named(str(parameters[0]))
        return found is not None and (not found[0].pane or self.has_focus_in(found[0].pane))

    def has_focus_in(self, pane: str) -> bool:
        """Tell whether the focus is in the widget of that id."""
        return self.focused is not None and any(
            widget.id == pane for widget in self.focused.ancestors_with_self
        )

    def tell(self, message: str, severity: Severity = "information") -> None:
        """Say something in passing."""
        self.notify(message, severity=severity, markup=False, timeout=4)

    def groups_of_focus_first(self) -> list[Group[Any]]:
        """Return the groups of the table, those of the focused pane first."""
        return sorted(self.GROUPS, key=lambda g: not (g.pane and self.has_focus_in(g.pane)))
