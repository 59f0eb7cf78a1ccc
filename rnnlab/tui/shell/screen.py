"""What every screen of the lab is: a bar, a body, a footer, and a table of actions.

A screen never computes and never waits in a handler: it reads the state and does actions.
"""

from __future__ import annotations

import inspect
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from textual import events, on
from textual.app import ComposeResult
from textual.notifications import Notify
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input, TextArea

from rnnlab.tui.messages import KeysDue, ScreenAsked, Told
from rnnlab.tui.shell.actions import Action, Group
from rnnlab.tui.shell.footer import LabFooter
from rnnlab.tui.shell.panes import Layout, Pane
from rnnlab.tui.shell.screen_bar import ScreenBar

if TYPE_CHECKING:
    from rnnlab.tui.state import LabState

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
    IS_FORM: ClassVar[bool] = False
    """Whether all of it is fields, so that escape leaves the screen and not first a field."""
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-normal"), (150, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-low"), (30, "-high")]

    def __init__(self, state: LabState) -> None:
        super().__init__()
        self.state = state
        self._has_arrived = False
        self.panes = Layout(self, self.PANES)
        self.panes.chosen = dict(state.view.panes.get(self.entry_name, {}))

    @property
    def entry_name(self) -> str:
        """Name under which the shell knows this screen: that of its file."""
        return type(self).__module__.rpartition(".")[2].replace("_", "-")

    def compose(self) -> ComposeResult:
        """Put the body between the bar and the footer."""
        self.panes.begin()
        yield ScreenBar()
        yield from self.compose_body()
        yield LabFooter(self.label_of)

    def compose_body(self) -> ComposeResult:
        """Lay out what is the screen's own."""
        yield from ()

    def show_state(self) -> None:
        """Show what has changed on the state; called after every read while the screen is shown."""

    def keep_view(self) -> None:
        """Write into `state.view` what is to be found again at the next start."""
        if self.panes.chosen:
            self.state.view.panes[self.entry_name] = dict(self.panes.chosen)
        else:
            self.state.view.panes.pop(self.entry_name, None)

    def fail(self, reason: str) -> None:
        """Say that the generator has ended."""
        self.toast(reason, "error")

    def out(self) -> None:
        """Escape: one thing at a time, the same order on every screen."""
        if self.stop_task() or self.leave_field() or self.panes.leave_full():
            return
        self.leave()

    def stop_task(self) -> bool:
        """End what goes on, the first step of escape; tell whether something did."""
        return False

    def leave_field(self) -> bool:
        """Go from a text field to where letters are keys; tell whether the focus was in one."""
        is_in_field = self._is_in_field
        if is_in_field:
            beside = self.widget_after_fields()  # a board that is still empty takes no focus
            self.set_focus(beside if beside is not None and beside.focusable else None)
        return is_in_field

    @property
    def _is_in_field(self) -> bool:
        return not self.IS_FORM and isinstance(self.focused, Input | TextArea)

    def leave(self) -> None:
        """Leave the screen, the last step of escape."""
        self.open_screen(HOME)

    def escape_label(self) -> str:
        """Say in a word or two what escape does now; nothing where it does nothing."""
        if self.is_task_running:
            return "End writing"
        if self._is_in_field:
            return "Leave text"
        return "Home" if self.panes.alone is None else "All panes"

    @property
    def is_task_running(self) -> bool:
        """Whether something goes on that escape ends."""
        return False

    def main_widget(self) -> Widget | None:
        """Return what has the focus when the screen comes; None to leave it where it was."""
        return None

    def widget_after_fields(self) -> Widget | None:
        """Return where letters are keys, for the focus that leaves a text field."""
        return self.main_widget()

    def open_screen(self, name: str, *, toast: str = "") -> None:
        """Show another screen and say something there; keys from now on are for that one."""
        self.state.keys.close()
        self.post_message(ScreenAsked(name, toast))

    def arrive(self) -> None:
        """Take note that this screen is to come, not only a dialog over it to go."""
        self._has_arrived = True

    def on_screen_suspend(self) -> None:
        """Name no keys while a dialog has them."""
        self.query_one(LabFooter).visible = False

    def on_screen_resume(self) -> None:
        """Show what has come while another screen was shown, and begin at the main widget."""
        self.query_one(LabFooter).visible = True
        self.show_state()
        if self._has_arrived:
            self._has_arrived = False
            if (main := self.main_widget()) is not None:
                self.set_focus(main)
        self.show_keys()

    def show_keys(self) -> None:
        """Bring the footer in line with what can be done now; it knows what it shows."""
        self.refresh_bindings()

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

    def label_of(self, name: str) -> str:
        """Return what an action's key would do now, empty for one that the footer leaves out."""
        found = self.action_named(name)
        if found is None:
            return ""
        action = found[1]
        return action.label if action.label_now is None else action.label_now(self)

    def opens_with(self, key: str) -> bool:
        """Tell whether a key of the table may open a screen or a dialog."""
        actions = [action for group in self.GROUPS for action in group.actions if action.opens]
        return any(key in action.key.split(",") for action in actions)

    def action_do(self, name: str) -> None:
        """Do an action of the table; one that asks or waits is done once at a time."""
        found = self.action_named(name)
        if found is None or (self._is_doing(name) and not found[1].is_repeatable):
            return
        made = found[1].do(self)
        if inspect.iscoroutine(made):
            if found[1].opens:
                made = self._hold_keys_for(made, self.state.keys.close())
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
        """Leave a pane's keys alone while another pane has the focus, and what can do nothing."""
        if action != "do":
            return True
        found = self.action_named(str(parameters[0]))
        if found is None or (found[0].pane and not self.has_focus_in(found[0].pane)):
            return False
        return found[1].is_possible(self)

    def has_focus_in(self, pane: str) -> bool:
        """Tell whether the focus is in the widget of that id."""
        return self.focused is not None and any(
            widget.id == pane for widget in self.focused.ancestors_with_self
        )

    def toast(self, message: str, severity: Severity = "information") -> None:
        """Say something in passing, in place of what was told like that before."""
        told = Told(message, severity=severity, markup=False, timeout=4)
        self.app.post_message(Notify(told))

    def groups_of_focus_first(self) -> list[Group[Any]]:
        """Return the groups: the focused pane's, those of anywhere, then the other panes'."""

        def order(group: Group[Any]) -> tuple[bool, bool]:
            is_of_other_pane = bool(group.pane) and not self.has_focus_in(group.pane)
            return is_of_other_pane, not group.pane

        return sorted(self.GROUPS, key=order)
