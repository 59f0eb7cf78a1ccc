"""The base class of all screens: a bar, a body, a footer, and a table of actions.

A screen never computes and never blocks in a handler: it reads the state and runs actions.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.widget import Widget

from rnnlab.tui.messages import KeysDue, ScreenAsked
from rnnlab.tui.shell.action_screen import ActionScreen
from rnnlab.tui.shell.footer import LabFooter
from rnnlab.tui.shell.go_keys import GoKeys
from rnnlab.tui.shell.pane_sizes import keep_sizes, sizes_of
from rnnlab.tui.shell.panes import Layout, Pane
from rnnlab.tui.shell.screen_bar import ScreenBar
from rnnlab.tui.shell.screen_registry import entry
from rnnlab.tui.shell.size_classes import add_size_classes
from rnnlab.tui.shell.text_fields import is_text_field

if TYPE_CHECKING:
    from rnnlab.runs.summary import RunSummary
    from rnnlab.tui.state.lab_state import LabState

HOME = "lab"
"""Name of the home screen: the app starts with it, and escape leads back to it."""


class BaseScreen(ActionScreen):
    """Base class of a screen; the app builds it once and keeps it while another one is shown."""

    PANES: ClassVar[tuple[Pane, ...]] = ()
    """Panes: the digit keys show and hide them, `f` shows one in full screen; see `panes.py`."""
    IS_FORM: ClassVar[bool] = False
    """Whether the screen consists of fields: escape then leaves the screen, not just the field."""
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-normal"), (150, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-low"), (30, "-high")]

    def __init__(self, state: LabState) -> None:
        super().__init__(state)
        self._has_arrived = False
        self.go_keys = GoKeys()
        self.panes = Layout(self, self.PANES, self.has_room_for)
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
        add_size_classes(self)
        yield ScreenBar()
        yield from self.compose_body()
        yield LabFooter(self.label_of)
        yield self.go_keys

    def has_room_for(self, pane: str) -> bool:
        """Return False for a pane that the screen has no room for now."""
        return True

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
        """Go back to the screen that the user came from, the last step of escape."""
        self.open_screen(self.previous_screen)

    @property
    def previous_screen(self) -> str:
        """Name of the screen that escape leads to: home if the one before needs a run."""
        previous = self.state.trail.previous
        has_run = self.state.chosen is not None or not entry(previous).needs_run
        return previous if has_run else HOME

    def escape_label(self) -> str:
        """Return the footer's label of escape in the current state; empty if it has no effect."""
        if self.is_task_running:
            return "Stop"
        if self._is_in_field:
            return "Leave text"
        if self.panes.alone is not None:
            return "All panes"
        return "Lab" if self.previous_screen == HOME else "Back"

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
        """Show all panes, and record that this screen opens, not just a dialog above it closes."""
        self._has_arrived = True
        if self.is_mounted:
            self.panes.leave_full()

    def on_screen_suspend(self) -> None:
        """Call `suspended`: Textual would call a handler of each subclass, besides `super()`."""
        self.suspended()

    def on_screen_resume(self) -> None:
        """Call `resumed`, as above."""
        self.resumed()

    def suspended(self) -> None:
        """Hide the footer while a dialog receives the keys, and stop waiting for a letter."""
        self.go_keys.close()
        self.query_one(LabFooter).hide(True)

    def resumed(self) -> None:
        """Show the current state, and focus the main widget if the screen has just opened."""
        self.query_one(LabFooter).hide(False)
        self.query_one(ScreenBar).show_status(self.state.status)
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
