"""The base class of all screens: a bar, a body, a footer, and a table of actions.

A screen never computes and never blocks in a handler: it reads the state and runs actions.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from textual import events, on
from textual.app import ComposeResult
from textual.notifications import Notify
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

from rnnlab.tui.messages import KeysDue, ReplaceableToast, ScreenAsked
from rnnlab.tui.shell.actions import Action, Group
from rnnlab.tui.shell.footer import LabFooter
from rnnlab.tui.shell.go_keys import GoKeys
from rnnlab.tui.shell.pane_sizes import keep_sizes, sizes_of
from rnnlab.tui.shell.panes import Layout, Pane
from rnnlab.tui.shell.screen_bar import ScreenBar
from rnnlab.tui.shell.text_fields import is_text_field

if TYPE_CHECKING:
    from rnnlab.runs.summary import RunSummary
    from rnnlab.tui.state.lab_state import LabState

HOME = "lab"
"""Name of the home screen: the app starts with it, and escape returns to it."""
_ACTIONS = "actions"
"""Group of the Textual workers that run actions."""
Severity = Literal["information", "warning", "error"]


class BaseScreen(Screen[None]):
    """Base class of a screen; the app builds it once and keeps it while another one is shown."""

    GROUPS: ClassVar[tuple[Group[Any], ...]] = ()
    """Actions of the screen. Every screen must also define `BINDINGS = bindings(GROUPS)`."""
    PANES: ClassVar[tuple[Pane, ...]] = ()
    """Panes: the digit keys show and hide them, `f` shows one in full screen; see `panes.py`."""
    IS_FORM: ClassVar[bool] = False
    """Whether the screen consists of fields: escape then leaves the screen, not just the field."""
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-normal"), (150, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-low"), (30, "-high")]

    def __init__(self, state: LabState) -> None:
        super().__init__()
        self.state = state
        self._has_arrived = False
        self.go_keys = GoKeys()
        self.panes = Layout(self, self.PANES)
        self.panes.chosen = dict(state.view.panes.get(self.entry_name, {}))
        self.panes.sizes.by_class = sizes_of(self.entry_name, state.view.sizes)
        self._is_dragging = False
        """Whether the mouse drags the border between two panes."""

    @property
    def entry_name(self) -> str:
        """Name in the screen registry: the file's name with hyphens."""
        return type(self).__module__.rpartition(".")[2].replace("_", "-")

    def compose(self) -> ComposeResult:
        """Yield the bar, the body and the footer."""
        self.panes.begin()
        yield ScreenBar()
        yield Static(classes="bar-space")
        yield from self.compose_body()
        yield LabFooter(self.label_of)
        yield self.go_keys

    def compose_body(self) -> ComposeResult:
        """Yield the widgets between the bar and the footer."""
        yield from ()

    def show_state(self) -> None:
        """Show the changes of the state; called after every poll while the screen is shown."""

    def refresh_state(self) -> None:
        """Show the state, the status of the runs and the possible actions after a poll."""
        if self.is_mounted:  # a screen has no bar until it is composed
            self.query_one(ScreenBar).show_status(self.state.status)
            self.show_state()
            self.show_keys()

    def targets(self) -> tuple[RunSummary, ...]:
        """Return the runs that an action applies to: the selected ones, or else the chosen one."""
        return self.state.targets

    def keep_view(self) -> None:
        """Copy into `state.view` the settings of this screen that are saved across starts."""
        if self.panes.chosen:
            self.state.view.panes[self.entry_name] = dict(self.panes.chosen)
        else:
            self.state.view.panes.pop(self.entry_name, None)
        keep_sizes(self.entry_name, self.panes.sizes.by_class, self.state.view.sizes)

    def fail(self, reason: str) -> None:
        """Show why the generator process has ended."""
        self.toast(reason, "error")

    def out(self) -> None:
        """Handle escape: stop a task, leave a field, leave full screen, or leave the screen."""
        if self.stop_task() or self.leave_field() or self.panes.leave_full():
            return
        self.leave()

    def stop_task(self) -> bool:
        """Stop a running task, the first step of escape; return True if there was one."""
        return False

    def leave_field(self) -> bool:
        """Move the focus out of a text field; return True if it was in one."""
        is_in_field = self._is_in_field
        if is_in_field:
            target = self.widget_after_fields()  # an empty board is not focusable
            self.set_focus(target if target is not None and target.focusable else None)
        return is_in_field

    @property
    def _is_in_field(self) -> bool:
        return not self.IS_FORM and is_text_field(self.focused)

    def leave(self) -> None:
        """Leave the screen, the last step of escape."""
        self.open_screen(HOME)

    def escape_label(self) -> str:
        """Return the footer's label of escape in the current state; empty if it has no effect."""
        if self.is_task_running:
            return "Stop"
        if self._is_in_field:
            return "Leave text"
        return "Home" if self.panes.alone is None else "All panes"

    @property
    def is_task_running(self) -> bool:
        """Whether a task is running that escape stops."""
        return False

    def main_widget(self) -> Widget | None:
        """Return the widget to focus when the screen opens; None to keep the previous focus."""
        return None

    def widget_after_fields(self) -> Widget | None:
        """Return the widget to focus when the focus leaves a text field."""
        return self.main_widget()

    def open_screen(self, name: str, *, toast: str = "", action: str = "") -> None:
        """Open another screen, which receives all further keys; show a toast, run an action there.

        action: name of the action; empty for none.
        """
        self.state.keys.close()
        self.post_message(ScreenAsked(name, toast, action))

    def press(self, key: str) -> None:
        """Press another key, before the keys that follow."""
        ticket = self.state.keys.close()
        self.state.keys.put_first(events.Key(key, None))
        self.post_message(KeysDue(ticket))

    def take_go_key(self, event: events.Key) -> bool:
        """Handle the key after `g`: open a screen; return False for a key with its usual effect."""
        target = self.go_keys.take(event)
        if target.screen:
            self.open_screen(target.screen)
        elif target.is_first_row:
            self.press("home")
        elif target.problem:
            self.toast(target.problem, "warning")
        return not target.is_usual

    def arrive(self) -> None:
        """Record that this screen opens; it also resumes when a dialog above it closes."""
        self._has_arrived = True

    def on_screen_suspend(self) -> None:
        """Hide the footer while a dialog receives the keys, and stop waiting for a letter."""
        self.go_keys.close()
        self.query_one(LabFooter).visible = False

    def on_screen_resume(self) -> None:
        """Show the current state, and focus the main widget if the screen has just opened."""
        self.query_one(LabFooter).visible = True
        self.show_state()
        if self._has_arrived:
            self._has_arrived = False
            if (main := self.main_widget()) is not None:
                self.set_focus(main)
        self.show_keys()

    def show_keys(self) -> None:
        """Update the footer to the actions that are possible now."""
        self.refresh_bindings()

    @on(events.Mount)
    def fit(self) -> None:
        """Show as many panes as fit."""
        self.panes.apply()

    def on_resize(self) -> None:
        """Show as many panes as fit."""
        self.panes.apply()

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Start to drag the border between two panes."""
        pane = self.panes.grab(event.screen_x, event.screen_y)
        if pane is not None:
            self._is_dragging = True
            self.app.capture_mouse(self.query_one(f"#{pane}"))

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Move the border with the mouse."""
        if self._is_dragging:
            self.clear_selection()
            self.panes.drag(event.screen_x, event.screen_y)

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """End the drag of the border."""
        if self._is_dragging:
            self._is_dragging = False
            self.app.capture_mouse(None)

    def action_named(self, name: str) -> tuple[Group[Any], Action[Any]] | None:
        """Return an action of the table and its group; None for an unknown name."""
        for group in self.GROUPS:
            for action in group.actions:
                if action.name == name:
                    return group, action
        return None

    def label_of(self, name: str) -> str:
        """Return the label of an action in the current state; empty to omit it from the footer."""
        entry = self.action_named(name)
        if entry is None:
            return ""
        _, action = entry
        return action.label if action.label_now is None else action.label_now(self)

    def opens_with(self, key: str) -> bool:
        """Return True if a key of the table may open a screen or a dialog."""
        actions = [action for group in self.GROUPS for action in group.actions if action.opens]
        return any(key in action.keys for action in actions)

    def action_do(self, name: str) -> None:
        """Run an action of the table; a coroutine runs at most once at a time."""
        entry = self.action_named(name)
        if entry is None or (self._is_running(name) and not entry[1].is_repeatable):
            return
        _, action = entry
        result = action.do(self)
        if inspect.iscoroutine(result):
            if action.opens:
                result = self._hold_keys_for(result, self.state.keys.close())
            self.run_worker(result, name=name, group=_ACTIONS)

    async def _hold_keys_for(self, coroutine: Coroutine[Any, Any, None], ticket: int) -> None:
        """Run an action that opens a dialog; release the keys if it has not opened one."""
        try:
            await coroutine
        finally:
            self.post_message(KeysDue(ticket))

    def _is_running(self, name: str) -> bool:
        return any(
            worker.node is self and worker.group == _ACTIONS and worker.name == name
            and not worker.is_finished
            for worker in self.workers
        )  # fmt: skip

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Disable the actions of panes without the focus, and those that have no effect now."""
        if action != "do":
            return True
        entry = self.action_named(str(parameters[0]))
        if entry is None or (entry[0].pane and not self.has_focus_in(entry[0].pane)):
            return False
        return entry[1].is_possible(self)

    def has_focus_in(self, pane: str) -> bool:
        """Return True if the focus is in a widget with that id or that CSS class."""
        return self.focused is not None and any(
            widget.id == pane or widget.has_class(pane)
            for widget in self.focused.ancestors_with_self
        )

    def toast(self, message: str, severity: Severity = "information") -> None:
        """Show a toast, replacing the previous one of the same severity."""
        toast = ReplaceableToast(message, severity=severity, markup=False, timeout=4)
        self.app.post_message(Notify(toast))

    def copy(self, text: str) -> None:
        """Copy a text through the terminal (OSC 52) and show a toast."""
        self.app.copy_to_clipboard(text)
        tmux = "; tmux needs: set -g set-clipboard on" if "TMUX" in os.environ else ""
        self.toast(f"copied {len(text)} characters{tmux}")

    def action_copy_text(self) -> None:
        """Copy the text that is selected with the mouse; without one, explain what ctrl+c does."""
        text = self.get_selected_text()
        if text is None:
            self.explain_copy()
        else:
            self.copy(text)

    def explain_copy(self) -> None:
        """Show what ctrl+c does here: in other programs, it would end the lab."""
        self.toast("ctrl+c copies selected text; q quits (ctrl+q anywhere), training goes on")

    def groups_of_focus_first(self) -> list[Group[Any]]:
        """Return the groups of the focused pane, then of the whole screen, then of other panes."""

        def order(group: Group[Any]) -> tuple[bool, bool]:
            is_of_other_pane = bool(group.pane) and not self.has_focus_in(group.pane)
            return is_of_other_pane, not group.pane

        return sorted(self.GROUPS, key=order)
